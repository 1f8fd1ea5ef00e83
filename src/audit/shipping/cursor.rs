//! How far a sink came, beside the journal.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::audit::folder::Folder;

/// How often the file is written at most. What is not written is shipped again by the next process.
const EVERY: Duration = Duration::from_secs(1);

/// A file that holds one number: the last record that the sink has.
#[derive(Debug)]
pub(super) struct Cursor {
    folder: Arc<Folder>,
    file: String,
    written: Option<Instant>,
}

impl Cursor {
    pub(super) fn of(folder: Arc<Folder>, sink: &str) -> Self {
        Self { folder, file: format!("sink-{sink}.cursor"), written: None }
    }

    /// What an earlier process wrote; 0 where none did, or where it is not a number: everything is then shipped again.
    pub(super) fn read(&self) -> u64 {
        let mut text = String::new();
        let reader = self.folder.storage.read(&self.folder.directory.join(&self.file));
        let read = reader.and_then(|reader| reader.take(32).read_to_string(&mut text));
        read.ok().and_then(|_| text.trim().parse().ok()).unwrap_or(0)
    }

    /// The sink has every record up to this one.
    pub(super) async fn reached(&mut self, through: u64) {
        if self.written.is_none_or(|written| written.elapsed() >= EVERY) {
            self.write(through).await;
        }
    }

    /// Writes it down now.
    pub(super) async fn write(&mut self, through: u64) {
        self.written = Some(Instant::now());
        let (folder, file) = (Arc::clone(&self.folder), self.file.clone());
        let written =
            tokio::task::spawn_blocking(move || folder.write_whole(&file, &mut format!("{through}\n").as_bytes()));
        if let Ok(Err(error)) = written.await {
            tracing::warn!(%error, "how far audit records were shipped is not noted: some will come twice");
        }
    }
}
