//! A disk that has again, when its power is lost, what was removed and not synced, and that fails when it is told to.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use super::*;
use crate::audit::SegmentFile;

#[derive(Debug, Default)]
pub(super) struct Disk {
    /// Removed, and not synced.
    removed: Mutex<BTreeSet<PathBuf>>,
    pub(super) removing_fails: AtomicBool,
    /// The journal's records when the first of its files was to be removed.
    before_removals: Mutex<Vec<Value>>,
    /// The next renaming of a digest is done, and said to have failed.
    pub(super) digest_in_doubt: AtomicBool,
    /// Nothing is written to the journal.
    pub(super) journal_fails: Arc<AtomicBool>,
}

/// A file of the journal.
#[derive(Debug)]
struct Segment {
    file: Box<dyn SegmentFile>,
    fails: Arc<AtomicBool>,
}

fn unless(fails: &AtomicBool) -> io::Result<()> {
    if fails.load(Ordering::SeqCst) { Err(io::Error::other("the journal cannot be written")) } else { Ok(()) }
}

impl SegmentFile for Segment {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        unless(&self.fails)?;
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        unless(&self.fails)?;
        self.file.sync()
    }
}

fn begins(path: &Path, begin: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(begin))
}

impl Disk {
    /// What a machine that loses its power now finds again.
    pub(super) fn comes_back(&self) -> Vec<PathBuf> {
        self.removed.lock().unwrap().iter().cloned().collect()
    }

    /// The journal's records when the first of its files was to be removed.
    pub(super) fn before_removals(&self) -> Vec<Value> {
        std::mem::take(&mut *self.before_removals.lock().unwrap())
    }

    fn check(&self, path: &Path) -> io::Result<()> {
        if self.removed.lock().unwrap().contains(path) { Err(io::ErrorKind::NotFound.into()) } else { Ok(()) }
    }

    fn sync(&self) -> io::Result<()> {
        std::mem::take(&mut *self.removed.lock().unwrap()).iter().try_for_each(|path| DiskStorage.remove(path))
    }
}

impl Storage for Disk {
    fn prepare(&self, directory: &Path) -> io::Result<()> {
        DiskStorage.prepare(directory)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let mut names = DiskStorage.list(directory)?;
        names.retain(|name| self.check(&directory.join(name)).is_ok());
        Ok(names)
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn io::Read + Send>> {
        self.check(path)?;
        DiskStorage.read(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn SegmentFile>> {
        self.sync()?;
        if !begins(path, "journal-") {
            return DiskStorage.create(path);
        }
        unless(&self.journal_fails)?;
        Ok(Box::new(Segment { file: DiskStorage.create(path)?, fails: self.journal_fails.clone() }))
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        DiskStorage.truncate(path, length)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.sync()?;
        DiskStorage.rename(from, to)?;
        match begins(to, "digest-") && self.digest_in_doubt.swap(false, Ordering::SeqCst) {
            true => Err(io::Error::other("the directory cannot be synced")),
            false => Ok(()),
        }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.check(path)?;
        if !path.exists() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut before = self.before_removals.lock().unwrap();
        if begins(path, "journal-") && before.is_empty() {
            *before = records(path.parent().unwrap());
        }
        if self.removing_fails.load(Ordering::SeqCst) {
            return Err(io::Error::other("nothing can be removed"));
        }
        self.removed.lock().unwrap().insert(path.to_owned());
        Ok(())
    }

    fn sync_directory(&self, _directory: &Path) -> io::Result<()> {
        self.sync()
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_removed_does_not_come_back_when_the_power_is_lost() {
    let keep = Some(SignedDuration::from_hours(2));
    for (options, what) in [
        (KeepingOptions { compress: true, ..KeepingOptions::default() }, "plain files"),
        (KeepingOptions { keep, ..KeepingOptions::default() }, "old files"),
    ] {
        let disk = Arc::<Disk>::default();
        let mut kept = Kept::begin_on(disk.clone(), options).await;
        let first = kept.path().join(kept.name("journal", ".jsonl"));
        for name in ["a", "b", "c", "d"] {
            kept.an_hour_with(name).await;
        }
        assert!(!first.exists(), "{what} go");
        assert!(disk.comes_back().is_empty(), "{what}: {:?}", disk.comes_back());
        kept.end().await;
    }
}
