//! A journal's folder in memory, to be changed and written out.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

/// The content of each file as it lies there, by name.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Reads a folder, but for its lock.
pub(super) fn read(folder: &Path) -> Files {
    let files = fs::read_dir(folder).expect("the folder is ours").map(|file| file.expect("it is there"));
    let files = files.map(|file| (file.file_name().to_string_lossy().into_owned(), file.path()));
    let files = files.filter(|(name, _)| name != "journal.lock");
    files.map(|(name, path)| (name, fs::read(path).expect("the folder is ours"))).collect()
}

/// Writes them to a folder of their own.
pub(super) fn write(files: &Files) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    for (name, content) in files {
        fs::write(folder.path().join(name), content).expect("the folder is ours");
    }
    folder
}

/// The names of the journal files, in the order of the chain.
pub(super) fn journal(files: &Files) -> Vec<String> {
    files.keys().filter(|name| name.trim_end_matches(".gz").ends_with(".jsonl")).cloned().collect()
}

/// The names of the digest files, in their order.
pub(super) fn digests(files: &Files) -> Vec<String> {
    files.keys().filter(|name| name.starts_with("digest-")).cloned().collect()
}

/// What a file holds, as it was before it was compressed.
pub(super) fn content(files: &Files, name: &str) -> Vec<u8> {
    let bytes = &files[name];
    if name.ends_with(".gz") { decompressed(bytes).expect("it was compressed by the journal") } else { bytes.clone() }
}

/// Whether the data of each compressed file is whole.
pub(super) fn is_readable(files: &Files) -> bool {
    files.iter().filter(|(name, _)| name.ends_with(".gz")).all(|(_, bytes)| decompressed(bytes).is_ok())
}

fn decompressed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    MultiGzDecoder::new(bytes).read_to_end(&mut content)?;
    Ok(content)
}

/// Puts this content in a file, compressed if its name says so.
pub(super) fn put(files: &mut Files, name: &str, content: &[u8]) {
    let bytes = if name.ends_with(".gz") {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(content).expect("memory takes it");
        packed.finish().expect("memory takes it")
    } else {
        content.to_vec()
    };
    files.insert(name.to_owned(), bytes);
}

/// The lines of a file, each with its end.
pub(super) fn lines(files: &Files, name: &str) -> Vec<Vec<u8>> {
    content(files, name).split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}
