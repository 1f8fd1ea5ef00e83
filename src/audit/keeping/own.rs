//! The records that keeping writes about the folder itself.

use serde_json::{Map, Value, json};

use super::Anchor;
use super::retain::Retention;
use crate::audit::event::{Event, Stage};
use crate::audit::journal::Journal;
use crate::audit::record::{Record, RecordError};

/// The record of what is removed, which has to be durable before anything is.
pub(super) fn of_retention(journal: &Journal, retention: &Retention) -> Result<Record, RecordError> {
    record(journal, "RetainJournal", Stage::Retention, ("retention", json!(retention)))
}

/// The record of a digest: what is anchored of it goes wherever records go.
pub(super) fn of_digest(journal: &Journal, anchor: &Anchor) -> Result<Record, RecordError> {
    let Anchor { file, number, sha256, head } = anchor;
    let digest = json!({"file": file, "number": number, "sha256": sha256, "through": head.sequence});
    record(journal, "AnchorDigest", Stage::Digest, ("digest", digest))
}

fn record(
    journal: &Journal,
    event_name: &'static str,
    stage: Stage,
    (name, what): (&str, Value),
) -> Result<Record, RecordError> {
    let folder = journal.folder();
    let (now, id) = (folder.clock.now(), journal.new_id());
    let mut event = Event::new(&folder.context_text("gateway"), event_name, stage, now, id);
    let configuration = folder.context_text("configuration");
    event.additional_event_data.insert("configuration".to_owned(), configuration.into());
    event.additional_event_data.insert(name.to_owned(), what);
    event.into_record()
}

/// Whether a record is one of these, or a file's header: of a file that holds nothing else nobody waits for a digest.
pub(super) fn is_own(fields: &Map<String, Value>) -> bool {
    let stage = fields.get("stage").and_then(Value::as_str);
    matches!(stage, Some("segment" | "digest" | "retention"))
}
