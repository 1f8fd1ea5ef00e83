//! The sandbox's trail, what CloudTrail would say, kept in a file of the folder: one event a line, to be held against the audit journal.

use std::fs::File;
use std::io::{self, Write};

use futures_util::FutureExt;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::sandbox::Sandbox;
use crate::sandbox::trail::Subscription;

/// Writes events as they come.
#[derive(Debug)]
pub(super) struct TrailFile {
    end: CancellationToken,
    writer: JoinHandle<io::Result<()>>,
}

impl TrailFile {
    /// Begins to write to `file`.
    pub(super) fn begin(sandbox: &Sandbox, file: File) -> Self {
        let end = CancellationToken::new();
        let writer = tokio::spawn(write(sandbox.trail().subscribe(), file, end.clone()));
        Self { end, writer }
    }

    /// Writes what is left.
    pub(super) async fn end(self) -> io::Result<()> {
        self.end.cancel();
        self.writer.await.map_err(io::Error::other)?
    }
}

async fn write(mut trail: Subscription, mut file: File, end: CancellationToken) -> io::Result<()> {
    loop {
        let (events, ending) = tokio::select! {
            events = trail.next() => (events, false),
            () = end.cancelled() => (trail.next().now_or_never().unwrap_or_default(), true),
        };
        for event in events {
            let mut line = serde_json::to_string(&event).expect("an event serializes");
            line.push('\n');
            // A line at a time, and few of them: the file is for people who watch it.
            file.write_all(line.as_bytes())?;
        }
        if ending {
            return Ok(());
        }
    }
}
