//! A disk that does what a test tells it, for a journal in this process.

use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use iam_mcp_gateway::audit::{DiskStorage, SegmentFile, Storage};

/// What a disk does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum State {
    #[default]
    Works,
    /// Nothing more fits.
    Full,
    /// The next sync fails, and it works again.
    FailsOnce,
}

/// A disk that fails as it is told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

impl Disk {
    /// From now on it does this.
    pub(crate) fn set(&self, state: State) {
        *self.state() = state;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self) -> io::Result<()> {
        if *self.state() == State::Full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl Storage for Disk {
    fn prepare(&self, directory: &Path) -> io::Result<()> {
        DiskStorage.prepare(directory)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        DiskStorage.list(directory)
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        DiskStorage.read(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn SegmentFile>> {
        self.check()?;
        Ok(Box::new(FileOnDisk { file: DiskStorage.create(path)?, disk: self.clone() }))
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        DiskStorage.truncate(path, length)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        DiskStorage.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        DiskStorage.remove(path)
    }
}

#[derive(Debug)]
struct FileOnDisk {
    file: Box<dyn SegmentFile>,
    disk: Disk,
}

impl SegmentFile for FileOnDisk {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.disk.check()?;
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        if *state == State::FailsOnce {
            *state = State::Works;
            return Err(io::Error::other("an error of the device"));
        }
        drop(state);
        self.file.sync()
    }
}
