//! Which closed files no digest names yet, and the digest that does.

use std::io::{self, BufRead, BufReader, Read};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Anchor, Folder, KeepingError};
use crate::audit::chain::ChainHead;
use crate::audit::digest::{Digest, DigestName, DigestedFile, Previous, SignedDigest, digests_of, file_hash};
use crate::audit::files::{Hashed, decompressed, is_compressed, of_the_journal, plain};
use crate::audit::scan::{confirmed_through, read_header, scan};
use crate::audit::segment::Header;
use crate::audit::signing::PublicKey;

/// What a round finds.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) undigested: Undigested,
    /// The digest before, where there is one.
    pub(super) last: Option<Anchor>,
}

/// What the next digest says.
#[derive(Debug)]
pub(super) struct Undigested {
    number: u64,
    previous: Option<Previous>,
    pub(super) files: Vec<DigestedFile>,
    through: Option<String>,
    head: ChainHead,
}

impl Undigested {
    pub(super) fn into_digest(
        self,
        time: Timestamp,
        made_by: Map<String, Value>,
        signing_key: Option<PublicKey>,
    ) -> Digest {
        let Self { number, previous, files, through, head } = self;
        let through = files.last().map(|file| file.file.clone()).or(through);
        Digest { number, time, made_by, previous, files, through, head, signing_key }
    }
}

/// The closed files: those before the one that is written, in the order of the chain.
pub(super) fn closed_files(names: &[String], open: &str) -> Vec<String> {
    of_the_journal(names.to_vec()).into_iter().take_while(|name| plain(name) != open).collect()
}

/// Reads the closed files that no digest names. `head` is durable, and `open` the file that is written.
pub(super) fn due(
    folder: &Folder,
    open: &str,
    head: ChainHead,
    check: &dyn Fn() -> Result<(), KeepingError>,
) -> Result<Due, KeepingError> {
    let names = folder.names()?;
    let last = digests_of(&names).pop().map(|name| folder.digest(&name)).transpose()?;
    let through = last.as_ref().and_then(|(signed, _)| signed.digest.through.clone());
    let files = closed_files(&names, open);
    // Names sort in the order of the chain.
    let is_new = |file: &&String| through.as_deref().is_none_or(|through| plain(file) > through);
    let new: Vec<&String> = files.iter().filter(is_new).collect();
    let mut headers = Vec::with_capacity(new.len() + 1);
    for file in new.iter().map(|file| file.as_str()).chain([open]) {
        headers.push(folder.header(file)?);
    }
    let mut files = Vec::with_capacity(new.len());
    // A file before the first sound header was begun at the same record, and nothing in it was confirmed.
    let mut end = headers.iter().flatten().next().map(|header| header.last_durable);
    for (index, file) in new.into_iter().enumerate() {
        check()?;
        let confirmed = confirmed_through(&headers[index + 1..], end);
        let digested = folder.digested(file, end, confirmed)?;
        end = digested.last.or(end);
        files.push(digested);
    }
    let previous = last.as_ref().map(|(signed, anchor)| Previous {
        file: anchor.file.clone(),
        sha256: anchor.sha256,
        signature: signed.signature,
    });
    let number = last.as_ref().map_or(1, |(signed, _)| signed.digest.number + 1);
    let undigested = Undigested { number, previous, files, through, head };
    Ok(Due { undigested, last: last.map(|(_, anchor)| anchor) })
}

/// Writes the digest, whole or not at all.
pub(super) fn write(folder: &Folder, signed: &SignedDigest) -> Result<Anchor, KeepingError> {
    let name = DigestName::new(signed.digest.number, signed.digest.time);
    let bytes = signed.to_bytes();
    folder.write_whole(name.as_str(), &mut &bytes[..])?;
    Ok(anchor(&name, signed, &bytes))
}

fn anchor(name: &DigestName, signed: &SignedDigest, bytes: &[u8]) -> Anchor {
    Anchor { file: name.to_string(), number: name.number, sha256: file_hash(bytes), head: signed.digest.head }
}

impl Folder {
    pub(super) fn names(&self) -> Result<Vec<String>, KeepingError> {
        self.storage.list(&self.directory).map_err(KeepingError::disk("listing", "the folder"))
    }

    /// Reads a file of the journal, compressed or not.
    pub(in crate::audit) fn open(&self, file: &str) -> io::Result<Box<dyn BufRead + Send>> {
        let reader = self.storage.read(&self.directory.join(file))?;
        Ok(if is_compressed(file) { decompressed(reader) } else { Box::new(BufReader::new(reader)) })
    }

    pub(super) fn header(&self, file: &str) -> Result<Option<Header>, KeepingError> {
        self.open(file).and_then(read_header).map_err(KeepingError::disk("reading", file))
    }

    /// A digest, whose own key must have signed it; that a later digest or an anchor names it is what `audit verify` sees.
    pub(super) fn digest(&self, name: &DigestName) -> Result<(SignedDigest, Anchor), KeepingError> {
        let mut bytes = Vec::new();
        let mut reader = self
            .storage
            .read(&self.directory.join(name.as_str()))
            .map_err(KeepingError::disk("reading", name.as_str()))?;
        reader.read_to_end(&mut bytes).map_err(KeepingError::disk("reading", name.as_str()))?;
        let signed = SignedDigest::read(name, &bytes)
            .map_err(|why| KeepingError::Changed { file: name.to_string(), why: why.to_string() })?;
        let anchor = anchor(name, &signed, &bytes);
        Ok((signed, anchor))
    }

    fn digested(
        &self,
        file: &str,
        follows: Option<ChainHead>,
        confirmed: Option<u64>,
    ) -> Result<DigestedFile, KeepingError> {
        let failed = || KeepingError::disk("reading", file);
        let mut content = Hashed::of(self.open(file).map_err(failed())?);
        let found = scan(BufReader::new(&mut content), follows, confirmed, None, &mut |_, _| {}).map_err(failed())?;
        if let Some(problem) = found.problem {
            let why = format!("line {}: {}", problem.line, problem.fault);
            return Err(KeepingError::Changed { file: file.to_owned(), why });
        }
        let (sha256, bytes) = content.end().map_err(failed())?;
        Ok(DigestedFile {
            file: plain(file).to_owned(),
            sha256,
            bytes,
            first_sequence: found.end.and(found.first_sequence),
            last: found.end,
        })
    }

    /// Writes a file of the folder under another name, makes it durable, and gives it its own name.
    pub(in crate::audit) fn write_whole(&self, name: &str, content: &mut dyn Read) -> Result<(), KeepingError> {
        let failed = || KeepingError::disk("writing", name);
        let part = self.directory.join(format!("{name}.part"));
        match self.storage.remove(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed()(error)),
            _ => {}
        }
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
