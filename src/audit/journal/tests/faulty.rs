//! A disk that fails when it is told to.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::audit::{DiskStorage, SegmentFile, Storage};

/// What the disk does the next time it is asked.
#[derive(Debug)]
pub(super) enum Trouble {
    /// `write_all` fails, having written nothing.
    WriteFails(io::ErrorKind),
    /// `write_all` fails, having written this many bytes.
    ShortWrite(usize),
    /// `sync` fails.
    SyncFails,
    /// `sync` hangs until the sender is dropped, and then succeeds.
    SyncHangs(Receiver<()>),
    /// `create` fails.
    CreateFails(io::ErrorKind),
    /// `write_all` panics.
    WritePanics,
}

#[derive(Debug, Default)]
pub(super) struct Faulty {
    troubles: Mutex<VecDeque<Trouble>>,
    syncs: AtomicUsize,
    creates: AtomicUsize,
    hanging: Notify,
}

impl Faulty {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Troubles come in this order, each at the first call it applies to.
    pub(super) fn next(&self, trouble: Trouble) {
        self.troubles.lock().unwrap().push_back(trouble);
    }

    /// The next sync hangs until what is returned is dropped.
    pub(super) fn hang_next_sync(&self) -> Sender<()> {
        let (release, released) = channel();
        self.next(Trouble::SyncHangs(released));
        release
    }

    /// Returns when a sync hangs.
    pub(super) async fn is_hanging(&self) {
        self.hanging.notified().await;
    }

    pub(super) fn syncs(&self) -> usize {
        self.syncs.load(Ordering::SeqCst)
    }

    pub(super) fn creates(&self) -> usize {
        self.creates.load(Ordering::SeqCst)
    }

    fn take(&self, applies: impl Fn(&Trouble) -> bool) -> Option<Trouble> {
        let mut troubles = self.troubles.lock().unwrap();
        if troubles.front().is_some_and(applies) { troubles.pop_front() } else { None }
    }
}

/// The handle the journal gets; the test keeps the other.
#[derive(Debug)]
pub(super) struct FaultyDisk(pub(super) Arc<Faulty>);

impl Storage for FaultyDisk {
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
        self.0.creates.fetch_add(1, Ordering::SeqCst);
        if let Some(Trouble::CreateFails(kind)) = self.0.take(|next| matches!(next, Trouble::CreateFails(_))) {
            return Err(kind.into());
        }
        Ok(Box::new(FaultyFile { inner: DiskStorage.create(path)?, faulty: self.0.clone() }))
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
struct FaultyFile {
    inner: Box<dyn SegmentFile>,
    faulty: Arc<Faulty>,
}

impl SegmentFile for FaultyFile {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let applies =
            |next: &Trouble| matches!(next, Trouble::WriteFails(_) | Trouble::ShortWrite(_) | Trouble::WritePanics);
        match self.faulty.take(applies) {
            Some(Trouble::WriteFails(kind)) => Err(kind.into()),
            Some(Trouble::ShortWrite(length)) => {
                self.inner.write_all(&bytes[..length])?;
                Err(io::ErrorKind::StorageFull.into())
            }
            Some(_) => panic!("asked to"),
            None => self.inner.write_all(bytes),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.faulty.syncs.fetch_add(1, Ordering::SeqCst);
        match self.faulty.take(|next| matches!(next, Trouble::SyncFails | Trouble::SyncHangs(_))) {
            Some(Trouble::SyncHangs(released)) => {
                self.faulty.hanging.notify_one();
                // Ends when the test drops the sender.
                let _ = released.recv();
                self.inner.sync()
            }
            Some(_) => Err(io::Error::other("the disk is broken")),
            None => self.inner.sync(),
        }
    }
}
