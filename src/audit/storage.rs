//! The disk, injected: what the journal asks of it, so that tests can make each step fail.

use std::fmt::Debug;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Only the gateway's own user reads or writes.
pub(super) const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;

/// Where segments are kept. All methods block; the journal calls them where blocking is allowed.
pub trait Storage: Debug + Send + Sync + 'static {
    /// Makes sure that `directory` exists; one that is created is for its owner only, and its name durable.
    ///
    /// # Errors
    /// When it cannot be created.
    fn prepare(&self, directory: &Path) -> io::Result<()>;

    /// The names of the files in `directory`, in any order.
    ///
    /// # Errors
    /// When the directory cannot be read.
    fn list(&self, directory: &Path) -> io::Result<Vec<String>>;

    /// Reads a file from its beginning.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn read(&self, path: &Path) -> io::Result<Box<dyn Read + Send>>;

    /// Creates a file that does not exist yet, for its owner only, and makes its name durable.
    ///
    /// # Errors
    /// When the file exists or cannot be created, or its name cannot be made durable; then no file is left behind.
    fn create(&self, path: &Path) -> io::Result<Box<dyn SegmentFile>>;

    /// Cuts a file to `length` bytes and makes all of it durable.
    ///
    /// # Errors
    /// When the file cannot be cut or synced.
    fn truncate(&self, path: &Path, length: u64) -> io::Result<()>;

    /// Gives a file of the same directory another name, durably.
    ///
    /// # Errors
    /// When the file cannot be renamed, or the directory not synced.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file; a machine that loses its power may have it again until [`Storage::sync_directory`]. The journal asks
    /// it only for a segment it has just begun, none of whose records was ever confirmed, and for the copy of a torn line
    /// that it could not finish; keeping, for closed files.
    ///
    /// # Errors
    /// When the file cannot be removed.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes what was removed from a directory stay away, whatever happens to the machine. As on the machine's file system,
    /// unless a storage has another way.
    ///
    /// # Errors
    /// When the directory cannot be synced.
    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        File::open(directory)?.sync_all()
    }
}

/// A file that is only appended to.
pub trait SegmentFile: Debug + Send {
    /// Appends all of `bytes`.
    ///
    /// # Errors
    /// When any of it may not have been written.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Returns when everything written is on the disk.
    ///
    /// # Errors
    /// When any of it may not be. What the disk holds is then unknown, and asking again proves nothing: the operating
    /// system forgets the pages it failed to write.
    fn sync(&mut self) -> io::Result<()>;
}

/// The machine's file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskStorage;

impl Storage for DiskStorage {
    fn prepare(&self, directory: &Path) -> io::Result<()> {
        if directory.is_dir() {
            return Ok(());
        }
        DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory)?;
        sync_parent(directory)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        // A name that is not UTF-8 is not one the journal gave.
        fs::read_dir(directory)?
            .filter_map(|entry| entry.map(|entry| entry.file_name().into_string().ok()).transpose())
            .collect()
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(path)?))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn SegmentFile>> {
        let file = OpenOptions::new().append(true).create_new(true).mode(FILE_MODE).open(path)?;
        if let Err(error) = sync_parent(path) {
            // The first error is the one to report.
            let _ = fs::remove_file(path);
            return Err(error);
        }
        Ok(Box::new(DiskFile(file)))
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(length)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        sync_parent(to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => DiskStorage.sync_directory(Path::new(".")),
        Some(parent) => DiskStorage.sync_directory(parent),
        None => Ok(()),
    }
}

#[derive(Debug)]
struct DiskFile(File);

impl SegmentFile for DiskFile {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        // fdatasync writes the length along with the data (POSIX: what is needed to read the data back).
        self.0.sync_data()
    }
}
