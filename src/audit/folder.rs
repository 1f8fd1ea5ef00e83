//! A journal's folder, for what works on it beside the writer: keeping and shipping.

use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;

use super::files::{decompressed, is_compressed};
use super::record::Record;
use super::scan::read_header;
use super::segment::Header;
use super::signing::{PublicKey, SigningKey};
use super::storage::Storage;
use crate::clock::SharedClock;
use crate::current::Current;

/// The folder cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {source}")]
pub struct DiskError {
    /// What was being done, with the file's name.
    doing: String,
    /// What the operating system answered.
    source: io::Error,
}

impl DiskError {
    /// What `doing` this to `file` ended with.
    pub(super) fn when(doing: &str, file: &str) -> impl FnOnce(io::Error) -> Self {
        let doing = format!("{doing} {file}");
        move |source| Self { doing, source }
    }
}

/// The folder, and what files in it are made with.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) directory: PathBuf,
    pub(super) storage: Arc<dyn Storage>,
    pub(super) clock: SharedClock,
    pub(super) signing_key: Option<Arc<SigningKey>>,
    /// Fields of every segment's header, as they are now: a reload changes the configuration's digest.
    pub(super) context: Arc<Current<Record>>,
}

impl Folder {
    /// The names of everything in it.
    pub(super) fn names(&self) -> Result<Vec<String>, DiskError> {
        self.storage.list(&self.directory).map_err(DiskError::when("listing", "the folder"))
    }

    /// Reads a file of the journal, compressed or not.
    pub(super) fn open(&self, file: &str) -> io::Result<Box<dyn BufRead + Send>> {
        let reader = self.storage.read(&self.directory.join(file))?;
        Ok(if is_compressed(file) { decompressed(reader) } else { Box::new(BufReader::new(reader)) })
    }

    /// The header of a file of the journal, where it is a sound one.
    pub(super) fn header(&self, file: &str) -> Result<Option<Header>, DiskError> {
        self.open(file).and_then(read_header).map_err(DiskError::when("reading", file))
    }

    /// Fields of every segment's header now.
    pub(super) fn context(&self) -> Arc<Record> {
        self.context.get()
    }

    /// A text of the folder's context: `gateway`, `configuration`.
    pub(super) fn context_text(&self, name: &str) -> String {
        self.context().text(name)
    }

    /// In a signed journal, the keys of what is believed: its own, and the `former` ones.
    pub(super) fn believed_keys(&self, former: &[PublicKey]) -> Option<Vec<PublicKey>> {
        let own = self.signing_key.as_ref().map(|key| key.public());
        own.map(|own| former.iter().copied().chain([own]).collect())
    }

    /// Removes a file, if it is there. It stays away even if the machine loses its power; synced one by one, what is removed
    /// in some order is gone in that order.
    pub(super) fn remove(&self, file: &str) -> Result<(), DiskError> {
        let removed = match self.storage.remove(&self.directory.join(file)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            removed => removed.and_then(|()| self.storage.sync_directory(&self.directory)),
        };
        removed.map_err(DiskError::when("removing", file))
    }

    /// Writes a file under another name, makes it durable, and gives it its own name: it is there whole or not at all.
    pub(super) fn write_whole(&self, name: &str, content: &mut dyn Read) -> Result<(), DiskError> {
        let failed = || DiskError::when("writing", name);
        let part_name = format!("{name}.part");
        let part = self.directory.join(&part_name);
        self.remove(&part_name)?;
        let written = self.storage.create(&part).and_then(|mut file| {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                match content.read(&mut buffer)? {
                    0 => return file.sync(),
                    read => file.write_all(&buffer[..read])?,
                }
            }
        });
        if let Err(error) = written {
            // What cannot be removed now is by the next attempt.
            let _ = self.storage.remove(&part);
            return Err(failed()(error));
        }
        self.storage.rename(&part, &self.directory.join(name)).map_err(failed())
    }
}
