//! The files of a journal: which there are, and how they are read.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use sha2::{Digest as _, Sha256};

use super::chain::Hash;
use super::segment::EXTENSION;

/// What the name of a file has behind it that was closed and compressed (gzip, RFC 1952).
pub(super) const COMPRESSED: &str = ".gz";

/// How much of a file is read at once.
const BUFFER: usize = 64 * 1024;

/// The names of a folder's journal files, in the order of the chain. Where a file lies there both ways, it was being
/// compressed when the process ended, and the plain one counts.
///
/// # Errors
/// When the folder cannot be read.
pub fn journal_files(directory: &Path) -> io::Result<Vec<String>> {
    let names = directory.read_dir()?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    Ok(of_the_journal(names.collect::<io::Result<_>>()?))
}

/// Those of a folder's `names` that are journal files, as [`journal_files`] lists them.
pub(super) fn of_the_journal(mut names: Vec<String>) -> Vec<String> {
    names.retain(|name| plain(name).ends_with(EXTENSION));
    names.sort_unstable();
    names.dedup_by(|later, earlier| is_compressed(later) && plain(later) == earlier);
    names
}

/// The name of a file without what compression adds: the name that headers know it by.
#[must_use]
pub(super) fn plain(name: &str) -> &str {
    name.strip_suffix(COMPRESSED).unwrap_or(name)
}

/// Whether the file of this name is compressed.
pub(super) fn is_compressed(name: &str) -> bool {
    name.ends_with(COMPRESSED)
}

/// Reads what compression made of a file.
pub(super) fn decompressed(reader: impl Read + Send + 'static) -> Box<dyn BufRead + Send> {
    let decoder = MultiGzDecoder::new(BufReader::with_capacity(BUFFER, reader));
    Box::new(BufReader::with_capacity(BUFFER, decoder))
}

/// Opens a journal file, compressed or not.
///
/// # Errors
/// When it cannot be opened.
pub fn open(path: &Path) -> io::Result<Box<dyn BufRead + Send>> {
    let file = File::open(path)?;
    match is_compressed(&path.to_string_lossy()) {
        true => Ok(decompressed(file)),
        false => Ok(Box::new(BufReader::with_capacity(BUFFER, file))),
    }
}

/// Opens a file of a journal; if it was closed and compressed since its name was read, what it has become.
pub(super) fn open_either(path: &Path) -> io::Result<Box<dyn BufRead + Send>> {
    either(|ending| {
        let mut path = path.as_os_str().to_owned();
        path.push(ending);
        open(Path::new(&path))
    })
}

/// What `open` makes of a file's name with this ending behind it: none, and where nothing lies there, what compression adds.
///
/// # Errors
/// When it can open neither.
pub(super) fn either<T>(open: impl Fn(&str) -> io::Result<T>) -> io::Result<T> {
    match open("") {
        Err(error) if error.kind() == io::ErrorKind::NotFound => open(COMPRESSED),
        opened => opened,
    }
}

/// Hashes what is read through it.
#[derive(Debug)]
pub(super) struct Hashed<R> {
    reader: R,
    hash: Sha256,
    bytes: u64,
}

impl<R: Read> Hashed<R> {
    pub(super) fn of(reader: R) -> Self {
        Self { reader, hash: Sha256::new(), bytes: 0 }
    }

    /// Reads what is left; the SHA-256 and the length of everything.
    pub(super) fn end(mut self) -> io::Result<(Hash, u64)> {
        io::copy(&mut self, &mut io::sink())?;
        Ok((Hash::from_bytes(self.hash.finalize().into()), self.bytes))
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn files_are_listed_once_and_read_alike() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(b"{}\n").unwrap();
        let packed = packed.finish().unwrap();
        write("journal-1.jsonl.gz", &packed);
        write("journal-2.jsonl", b"{}\n");
        write("journal-2.jsonl.gz", &packed[..5]);
        write("journal-3.jsonl", b"{}\n");
        write("journal-3.jsonl.torn", b"");
        write("journal.lock", b"");
        let names = journal_files(folder.path()).unwrap();
        assert_eq!(names, ["journal-1.jsonl.gz", "journal-2.jsonl", "journal-3.jsonl"]);
        for name in names {
            let mut text = String::new();
            open(&folder.path().join(name)).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "{}\n");
        }
    }
}
