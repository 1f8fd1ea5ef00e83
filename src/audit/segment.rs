//! A segment's name and its header record.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::chain::ChainHead;
use super::record::{Record, RecordError};
use super::signing::PublicKey;

/// The value of `stage` in a header.
const STAGE: &str = "segment";

/// What every journal file's name ends with.
pub(super) const EXTENSION: &str = ".jsonl";

/// The name of a segment. Sorting names sorts segments in the order of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SegmentName {
    pub(super) first_sequence: u64,
    /// Tells apart segments that begin at the same record, when an earlier one could not be made durable.
    attempt: u32,
    text: String,
}

impl SegmentName {
    /// The name of a segment that begins with `first_sequence` and comes after `last`.
    pub(super) fn after(last: Option<&Self>, first_sequence: u64, now: Timestamp) -> Self {
        let attempt = match last {
            Some(last) if last.first_sequence == first_sequence => last.attempt + 1,
            _ => 0,
        };
        let time = now.strftime("%Y%m%dT%H%M%SZ");
        Self { first_sequence, attempt, text: format!("journal-{first_sequence:020}-{attempt:06}-{time}{EXTENSION}") }
    }

    /// Reads a name that [`SegmentName::after`] made.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("journal-")?.strip_suffix(EXTENSION)?.splitn(3, '-');
        let (first, attempt, _time) = (parts.next()?, parts.next()?, parts.next()?);
        if first.len() != 20 || attempt.len() != 6 {
            return None;
        }
        Some(Self { first_sequence: first.parse().ok()?, attempt: attempt.parse().ok()?, text: text.to_owned() })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a segment was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Reason {
    /// The gateway started.
    Start,
    /// The segment before was full, or old enough.
    Rotation,
    /// A write to the segment before failed: what it holds after the last durable record was never confirmed.
    Recovery,
}

/// What a header says of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Header {
    pub(super) reason: Reason,
    /// The segment before, none for the first of a folder.
    pub(super) previous_segment: Option<String>,
    /// The last record known durable, from which this segment goes on.
    pub(super) last_durable: ChainHead,
    /// Files that hold lines which a stop of the machine had cut short, found at this start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) torn: Vec<String>,
    /// The record of the oldest intent that had no outcome when the segment was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unsettled_since: Option<u64>,
    /// The public half of the key that signs this segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signing_key: Option<PublicKey>,
}

impl Header {
    /// The header as a record, with the fields of `context`.
    ///
    /// # Errors
    /// When the context leaves no room for the header's own fields.
    pub(super) fn to_record(&self, context: &Record, event_id: String, now: Timestamp) -> Result<Record, RecordError> {
        let mut fields = context.fields().clone();
        let own = [
            ("eventType", json!("McpGatewayEvent")),
            ("eventName", json!("JournalSegment")),
            ("eventID", Value::String(event_id)),
            ("eventTime", json!(now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())),
            ("stage", json!(STAGE)),
            (STAGE, serde_json::to_value(self).expect("a header serializes to an object")),
        ];
        fields.extend(own.map(|(name, value)| (name.to_owned(), value)));
        Record::try_from(fields)
    }

    /// Reads a header; none when the record is not one.
    pub(super) fn of(fields: &Map<String, Value>) -> Option<Self> {
        if fields.get("stage")? != STAGE {
            return None;
        }
        Self::deserialize(fields.get(STAGE)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_in_the_order_of_the_chain_even_when_the_clock_goes_back() {
        let first = SegmentName::after(None, 9, "2026-11-20T10:00:00Z".parse().unwrap());
        let again = SegmentName::after(Some(&first), 9, "2026-11-20T09:00:00Z".parse().unwrap());
        let later = SegmentName::after(Some(&again), 10, "2026-11-20T08:00:00Z".parse().unwrap());
        assert!(first.as_str() < again.as_str() && again.as_str() < later.as_str());
        assert_eq!(first.as_str(), "journal-00000000000000000009-000000-20261120T100000Z.jsonl");
    }

    #[test]
    fn a_name_reads_back_and_a_foreign_one_does_not() {
        let name = SegmentName::after(None, 42, "2026-11-20T10:00:00Z".parse().unwrap());
        assert_eq!(SegmentName::parse(name.as_str()).as_ref(), Some(&name));
        for foreign in ["journal-1-000000-x.jsonl", "other.jsonl", "journal-00000000000000000009.jsonl", ""] {
            assert_eq!(SegmentName::parse(foreign), None, "{foreign}");
        }
    }
}
