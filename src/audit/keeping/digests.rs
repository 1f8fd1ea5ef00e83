//! Which closed files no digest names yet, and the digest that does.

use std::io::BufReader;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::closed::{Closed, anchor};
use super::newest::Newest;
use super::{Anchor, Check, KeepingError, own};
use crate::audit::chain::ChainHead;
use crate::audit::digest::{
    Digest, DigestName, DigestedFile, LAST_NUMBER, MOST_FILES, Previous, SignedDigest, digests_of,
};
use crate::audit::files::{Hashed, plain};
use crate::audit::folder::{DiskError, Folder};
use crate::audit::scan::{confirmed_through, scan};
use crate::audit::signing::PublicKey;

/// What a round finds.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) undigested: Undigested,
    /// Whether the files hold nothing but headers and what keeping wrote of itself.
    pub(super) only_own: bool,
    /// The digest before, where there is one.
    pub(super) last: Option<Anchor>,
    /// Whether there are files for another digest behind it.
    pub(super) more: bool,
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

/// Reads the closed files that no digest names. `head` is durable, and `open` the file that is written. The `newest` digest
/// has to be the one that is known.
pub(super) fn due(
    closed: &Closed,
    open: &str,
    newest: &Newest,
    head: ChainHead,
    check: Check<'_>,
) -> Result<Due, KeepingError> {
    let folder = closed.folder();
    let names = folder.names()?;
    let last = digests_of(&names).pop().map(|name| closed.digest(&name)).transpose()?;
    newest.confirm(last.as_ref().map(|(_, anchor)| anchor))?;
    let number = match &last {
        None => 1,
        Some((signed, _)) if signed.digest.number < LAST_NUMBER => signed.digest.number + 1,
        Some((_, anchor)) => {
            let why = "its number is the last that there is".to_owned();
            return Err(KeepingError::Changed { file: anchor.file.clone(), why });
        }
    };
    let through = last.as_ref().and_then(|(signed, _)| signed.digest.through.clone());
    let all = Closed::files(&names, open);
    // Names sort in the order of the chain.
    let is_new = |file: &&String| through.as_deref().is_none_or(|through| plain(file) > through);
    let mut new: Vec<&str> = all.iter().filter(is_new).map(String::as_str).collect();
    let more = new.len() > MOST_FILES;
    let following = new.get(MOST_FILES).copied().unwrap_or(open);
    new.truncate(MOST_FILES);
    let mut headers = Vec::with_capacity(new.len() + 1);
    for file in new.iter().copied().chain([following]) {
        headers.push(folder.header(file)?);
    }
    let mut files = Vec::with_capacity(new.len());
    let mut only_own = true;
    // A file before the first sound header was begun at the same record, and nothing in it was confirmed.
    let mut end = headers.iter().flatten().next().map(|header| header.last_durable);
    for (index, file) in new.into_iter().enumerate() {
        check()?;
        let confirmed = confirmed_through(&headers[index + 1..], end);
        let digested = digested(folder, file, end, confirmed, &mut |fields| only_own &= own::is_own(fields))?;
        end = digested.last.or(end);
        files.push(digested);
    }
    let previous = last.as_ref().map(|(signed, anchor)| Previous {
        file: anchor.file.clone(),
        sha256: anchor.sha256,
        signature: signed.signature,
    });
    let undigested = Undigested { number, previous, files, through, head };
    Ok(Due { undigested, only_own, last: last.map(|(_, anchor)| anchor), more })
}

fn digested(
    folder: &Folder,
    file: &str,
    follows: Option<ChainHead>,
    confirmed: Option<u64>,
    seen: &mut dyn FnMut(&Map<String, Value>),
) -> Result<DigestedFile, KeepingError> {
    let failed = || DiskError::when("reading", file);
    let mut content = Hashed::of(folder.open(file).map_err(failed())?);
    let found =
        scan(BufReader::new(&mut content), follows, confirmed, None, &mut |fields, _| seen(fields)).map_err(failed())?;
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

/// A digest as it is written.
#[derive(Debug)]
pub(super) struct DigestFile {
    pub(super) anchor: Anchor,
    bytes: Vec<u8>,
}

impl DigestFile {
    pub(super) fn of(signed: &SignedDigest) -> Self {
        let name = DigestName::new(signed.digest.number, signed.digest.time);
        let bytes = signed.to_bytes();
        Self { anchor: anchor(&name, signed, &bytes), bytes }
    }

    /// Writes it, whole or not at all. Which of the two is unknown after an error: the file may have its name already.
    pub(super) fn write(&self, folder: &Folder) -> Result<(), KeepingError> {
        Ok(folder.write_whole(&self.anchor.file, &mut &self.bytes[..])?)
    }
}
