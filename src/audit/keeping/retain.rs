//! Closed files that are old enough to go, and the record that says so.

use std::io;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::digests::closed_files;
use super::{Folder, KeepingError, text_of};
use crate::audit::chain::{ChainHead, Hash};
use crate::audit::digest::{DigestedFile, digests_of};
use crate::audit::event::{Event, Stage};
use crate::audit::files::plain;
use crate::audit::journal::Journal;
use crate::audit::record::{Record, RecordError};
use crate::audit::segment::SegmentName;

/// How many files one record names at most; the next round goes on.
const MOST: usize = 1000;

/// What a retention record says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::audit) struct Retention {
    /// The files that were closed before this time.
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
    /// Reads the record with these fields; none when it is not one.
    pub(in crate::audit) fn of(fields: &serde_json::Map<String, Value>) -> Option<Self> {
        if fields.get("stage")? != "retention" {
            return None;
        }
        Self::deserialize(fields.get("additionalEventData")?.get("retention")?).ok()
    }

    /// Whether the chain may begin after `head`.
    pub(in crate::audit) fn ends_at(&self, head: ChainHead) -> bool {
        self.files.iter().any(|file| file.last == Some(head))
    }
}

/// What goes.
#[derive(Debug)]
pub(super) struct Old {
    retention: Retention,
    /// The files as they lie there, the oldest first.
    names: Vec<String>,
}

/// The files that were closed longer than `keep` ago, where a digest names them and no write without an outcome was begun in
/// them; `shipped` is the last record that every sink has.
pub(super) fn old_files(
    folder: &Folder,
    open: &str,
    keep: SignedDuration,
    shipped: u64,
) -> Result<Option<Old>, KeepingError> {
    let Ok(older_than) = folder.clock.now().checked_sub(keep) else { return Ok(None) };
    let names = folder.names()?;
    let files = closed_files(&names, open);
    let unsettled_since = folder.header(open)?.and_then(|header| header.unsettled_since).unwrap_or(u64::MAX);
    let mut old = Vec::new();
    for (index, file) in files.iter().enumerate().take(MOST) {
        // A file is closed when the next is begun.
        let next = files.get(index + 1).map_or(open, |next| plain(next));
        match SegmentName::parse(next).and_then(|next| next.begun()) {
            Some(closed) if closed < older_than => old.push(file.clone()),
            _ => break,
        }
    }
    if old.is_empty() {
        return Ok(None);
    }
    let digests = digests_of(&names).into_iter().map(|name| Ok((name.clone(), folder.digest(&name)?)));
    let digests = digests.collect::<Result<Vec<_>, KeepingError>>()?;
    let named = |file: &String| {
        let mut named = digests.iter().flat_map(|(_, (signed, _))| &signed.digest.files);
        named.find(|named| named.file == plain(file)).cloned()
    };
    let files: Vec<DigestedFile> = old
        .iter()
        .map_while(named)
        .take_while(|file| file.last.is_none_or(|last| last.sequence < unsettled_since && last.sequence <= shipped))
        .collect();
    old.truncate(files.len());
    if old.is_empty() {
        return Ok(None);
    }
    // A digest goes with the files that it names; the newest stays, for the next to follow it.
    let stays = |file: &DigestedFile| !files.contains(file) && names.iter().any(|name| plain(name) == file.file);
    let removed = digests[..digests.len() - 1]
        .iter()
        .take_while(|(_, (signed, _))| signed.digest.time < older_than && !signed.digest.files.iter().any(stays))
        .map(|(name, (_, anchor))| RemovedDigest { file: name.to_string(), sha256: anchor.sha256 });
    let digests: Vec<RemovedDigest> = removed.take(MOST).collect();
    Ok(Some(Old { retention: Retention { older_than, files, digests }, names: old }))
}

impl Old {
    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    /// The record that has to be durable before anything is removed.
    pub(super) fn record(&self, folder: &Folder, journal: &Journal) -> Result<Record, RecordError> {
        let (now, id) = (folder.clock.now(), journal.new_id());
        let source = text_of(&folder.context, "gateway");
        let mut event = Event::new(&source, "RetainJournal", Stage::Retention, now, id);
        let configuration = text_of(&folder.context, "configuration");
        event.additional_event_data.insert("configuration".to_owned(), configuration.into());
        event.additional_event_data.insert("retention".to_owned(), json!(self.retention));
        event.into_record()
    }

    /// Removes the oldest first, so that what is left is one chain at every moment.
    pub(super) fn remove(
        self,
        folder: &Folder,
        check: &dyn Fn() -> Result<(), KeepingError>,
    ) -> Result<(), KeepingError> {
        for name in self.names.iter().chain(self.retention.digests.iter().map(|digest| &digest.file)) {
            check()?;
            match folder.storage.remove(&folder.directory.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(KeepingError::disk("removing", name)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
