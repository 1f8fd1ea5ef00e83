//! Standard output: for platforms that collect what a process prints.

use std::io::{self, Write};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::audit::shipping::{Batch, Sink, SinkError};

/// Writes each record on a line of standard output, as it stands in the journal. The log goes to standard error.
#[derive(Debug, Clone, Copy, Default)]
pub struct StdoutSink;

impl Sink for StdoutSink {
    fn name(&self) -> &'static str {
        "stdout"
    }

    fn ship<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Result<(), SinkError>> {
        let lines = batch.lines.clone();
        async move {
            // A pipe that nobody reads holds up this thread and no other.
            let written = tokio::task::spawn_blocking(move || {
                let mut stdout = io::stdout().lock();
                stdout.write_all(&lines).and_then(|()| stdout.flush())
            });
            Ok(written.await??)
        }
        .boxed()
    }
}
