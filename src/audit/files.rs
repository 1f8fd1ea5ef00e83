//! The files of a journal: which there are, and how they are read.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::segment::EXTENSION;

/// What the name of a file ends with that was closed and compressed (gzip, RFC 1952).
pub(super) const COMPRESSED: &str = ".jsonl.gz";

/// How much of a file is read at once.
const BUFFER: usize = 64 * 1024;

/// The names of a folder's journal files, in the order of the chain. Where a file lies there both ways, it was being
/// compressed when the process ended, and the plain one counts.
///
/// # Errors
/// When the folder cannot be read.
pub fn journal_files(directory: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in directory.read_dir()? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(EXTENSION) || name.ends_with(COMPRESSED) {
            names.push(name);
        }
    }
    names.sort_unstable();
    names.dedup_by(|later, earlier| later.strip_suffix(".gz") == Some(earlier));
    Ok(names)
}

/// Opens a journal file, compressed or not.
///
/// # Errors
/// When it cannot be opened.
pub fn open(path: &Path) -> io::Result<Box<dyn BufRead + Send>> {
    let file = File::open(path)?;
    if path.as_os_str().as_encoded_bytes().ends_with(b".gz") {
        return Ok(Box::new(BufReader::with_capacity(
            BUFFER,
            MultiGzDecoder::new(BufReader::with_capacity(BUFFER, file)),
        )));
    }
    Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

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
