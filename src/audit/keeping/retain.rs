//! Closed files that are old enough to go, and the record that says so.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::closed::Closed;
use super::{Check, KeepingError};
use crate::audit::chain::{ChainHead, Hash};
use crate::audit::digest::{DigestedFile, digests_of};
use crate::audit::files::{COMPRESSED, Hashed, plain};
use crate::audit::folder::{DiskError, Folder};

/// How many files one record names at most; the next round goes on.
const MOST: usize = 1000;

/// How far ahead of the clock a digest's time may be without being taken for a mistake.
const FARTHEST_AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// What a retention record says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::audit) struct Retention {
    /// The files that a digest named before this time, and which were closed before that.
    pub(in crate::audit) older_than: Timestamp,
    /// In the order of the chain.
    pub(in crate::audit) files: Vec<DigestedFile>,
    pub(in crate::audit) digests: Vec<RemovedDigest>,
}

/// A digest that is removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::audit) struct RemovedDigest {
    pub(in crate::audit) file: String,
    pub(in crate::audit) sha256: Hash,
}

impl Retention {
    /// Reads the record with these fields; none when it is not one, or when its files do not follow each other.
    pub(in crate::audit) fn of(fields: &serde_json::Map<String, Value>) -> Option<Self> {
        if fields.get("stage")? != "retention" {
            return None;
        }
        let read = Self::deserialize(fields.get("additionalEventData")?.get("retention")?).ok()?;
        read.is_one_chain().then_some(read)
    }

    fn is_one_chain(&self) -> bool {
        let mut ends = self.files.iter().filter_map(|file| Some((file.first_sequence?, file.last?.sequence)));
        let Some((_, mut end)) = ends.next() else { return true };
        ends.all(|(first, last)| end.checked_add(1) == Some(first) && std::mem::replace(&mut end, last) < last)
    }

    /// Whether it lets this file go.
    fn names(&self, file: &DigestedFile) -> bool {
        self.files.contains(file)
    }

    /// Whether the chain may begin after `head`.
    pub(in crate::audit) fn ends_at(&self, head: ChainHead) -> bool {
        self.files.iter().any(|file| file.last == Some(head))
    }
}

/// What goes. Its names are as many as its retention's files.
#[derive(Debug)]
pub(super) struct Old {
    retention: Retention,
    /// The files as they lie there, the oldest first.
    names: Vec<String>,
}

/// What became of age.
#[derive(Debug)]
pub(super) struct Aged {
    pub(super) old: Option<Old>,
    /// What keeps other files from it that were old enough by the clock.
    pub(super) hindrance: Option<KeepingError>,
}

/// The files that a digest named longer than `keep` ago, and in which no write without an outcome was begun; `shipped` is the
/// last record that every sink has.
pub(super) fn old_files(
    closed: &Closed,
    open: &str,
    keep: SignedDuration,
    shipped: u64,
    check: Check<'_>,
) -> Result<Aged, KeepingError> {
    let folder = closed.folder();
    let now = folder.clock.now();
    let Ok(older_than) = now.checked_sub(keep) else { return Ok(Aged { old: None, hindrance: None }) };
    let names = folder.names()?;
    let unsettled_since = folder.header(open)?.and_then(|header| header.unsettled_since).unwrap_or(u64::MAX);
    let digests = digests_of(&names).into_iter().map(|name| Ok((name.clone(), closed.digest(&name)?)));
    let digests = digests.collect::<Result<Vec<_>, KeepingError>>()?;
    let ahead = digests.iter().map(|(_, (signed, anchor))| (signed.digest.time, &anchor.file)).max();
    let hindrance = ahead.filter(|(time, _)| time.duration_since(now) > FARTHEST_AHEAD).map(|(time, file)| {
        let until = time.checked_add(keep).unwrap_or(Timestamp::MAX);
        KeepingError::AheadOfClock { file: file.clone(), time, until }
    });
    let old_digests = digests.iter().take_while(|(_, (signed, _))| signed.digest.time < older_than);
    let named: Vec<&DigestedFile> = old_digests.flat_map(|(_, (signed, _))| &signed.digest.files).collect();
    let is_done_with =
        |file: &DigestedFile| file.last.is_none_or(|last| last.sequence < unsettled_since && last.sequence <= shipped);
    let (mut old, mut files) = (Vec::new(), Vec::new());
    for name in Closed::files(&names, open).into_iter().take(MOST) {
        let Some(file) = named.iter().find(|named| named.file == plain(&name)) else { break };
        if !is_done_with(file) {
            break;
        }
        check()?;
        confirm(folder, &name, file)?;
        old.push(name);
        files.push((*file).clone());
    }
    if old.is_empty() {
        return Ok(Aged { old: None, hindrance });
    }
    // A digest goes with the files that it names; the newest stays, for the next to follow it.
    let stays = |file: &DigestedFile| !files.contains(file) && names.iter().any(|name| plain(name) == file.file);
    let removed = digests[..digests.len() - 1]
        .iter()
        .take_while(|(_, (signed, _))| signed.digest.time < older_than && !signed.digest.files.iter().any(stays))
        .map(|(name, (_, anchor))| RemovedDigest { file: name.to_string(), sha256: anchor.sha256 });
    let digests: Vec<RemovedDigest> = removed.take(MOST).collect();
    let old = Some(Old { retention: Retention { older_than, files, digests }, names: old });
    Ok(Aged { old, hindrance })
}

/// The record of what is removed is signed, and may say only what is so: a file that somebody changed stays as evidence.
fn confirm(folder: &Folder, name: &str, digested: &DigestedFile) -> Result<(), KeepingError> {
    let failed = || DiskError::when("reading", name);
    let content = folder.open(name).and_then(|reader| Hashed::of(reader).end());
    if content.map_err(failed())? == (digested.sha256, digested.bytes) {
        return Ok(());
    }
    Err(KeepingError::Changed { file: name.to_owned(), why: "its digest knows another content".to_owned() })
}

impl Old {
    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    /// What of it a record that is durable already lets go, from the oldest on; none of it where that names not even the first.
    /// The clock has moved on since: how old files had to be then makes no difference.
    pub(super) fn named_by(&self, recorded: &Retention) -> Option<Self> {
        let files: Vec<_> = self.retention.files.iter().take_while(|file| recorded.names(file)).cloned().collect();
        let digests = self.retention.digests.iter().take_while(|digest| recorded.digests.contains(digest)).cloned();
        let retention = Retention { older_than: recorded.older_than, digests: digests.collect(), files };
        let names = self.names[..retention.files.len()].to_vec();
        (!names.is_empty()).then_some(Self { retention, names })
    }

    pub(super) fn retention(&self) -> &Retention {
        &self.retention
    }

    /// Removes the oldest first, so that what is left is one chain at every moment.
    pub(super) fn remove(self, folder: &Folder, check: Check<'_>) -> Result<(), KeepingError> {
        for name in &self.names {
            check()?;
            // Where a file lies there both ways, the compressed one would stand for it from now on.
            folder.remove(&format!("{}{COMPRESSED}", plain(name)))?;
            folder.remove(plain(name))?;
        }
        for digest in &self.retention.digests {
            folder.remove(&digest.file)?;
        }
        Ok(())
    }
}
