//! What a replica that died left in the bucket: its records, held to their chain and their signatures.
//!
//! Whoever can write the bucket could otherwise put outcomes there, so that an intent is not looked for, or intents that never
//! were. In a signed journal a record counts when a signature covers it. What a write was forwarded for always is: its group
//! was signed before it was shipped.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::heartbeat::Heartbeat;
use crate::audit::chain::ChainHead;
use crate::audit::record::INTEGRITY;
use crate::audit::scan::{check_line, check_link};
use crate::audit::shipping::SinkError;
use crate::audit::signing::PublicKey;
use crate::audit::unsettled::Unsettled;

/// The largest object that is read, in bytes, decompressed: more than a batch can be.
const LARGEST_OBJECT: u64 = 16 * 1024 * 1024;
/// How many writes one replica can have left without an outcome: as many as it had under way.
const MOST_INTENTS: usize = 4096;

/// The records of one replica, as they are read.
#[derive(Debug)]
pub(super) struct Left<'a> {
    heartbeat: Heartbeat,
    keys: Option<&'a [PublicKey]>,
    end: Option<ChainHead>,
    /// Read, and not covered by a signature yet.
    uncovered: Vec<(Map<String, Value>, u64)>,
    unsettled: Unsettled,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Object {
    records: Vec<Map<String, Value>>,
}

impl<'a> Left<'a> {
    pub(super) fn of(heartbeat: Heartbeat, keys: Option<&'a [PublicKey]>) -> Self {
        Self { heartbeat, keys, end: None, uncovered: Vec::new(), unsettled: Unsettled::default() }
    }

    /// Takes in the next object.
    pub(super) fn take(&mut self, content: &[u8]) -> Result<(), SinkError> {
        let mut bytes = Vec::new();
        MultiGzDecoder::new(content).take(LARGEST_OBJECT + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST_OBJECT {
            return Err("it holds more than any batch of records".into());
        }
        let object: Object = serde_json::from_slice(&bytes)?;
        object.records.iter().try_for_each(|record| self.record(record))
    }

    fn record(&mut self, record: &Map<String, Value>) -> Result<(), SinkError> {
        let claimed = record.get(INTEGRITY).and_then(|integrity| integrity.get("sequence")).and_then(Value::as_u64);
        let wrong = |why: String| match claimed {
            Some(sequence) => format!("record {sequence}: {why}"),
            None => why,
        };
        let mut line = serde_json_canonicalizer::to_vec(record)?;
        line.push(b'\n');
        let checked = check_line(&line).map_err(|(_, fault)| wrong(fault.to_string()))?;
        let head = checked.integrity.head();
        match self.end {
            // After a killed process some records come twice.
            Some(end) if head.sequence <= end.sequence => return Ok(()),
            None if head.sequence > self.heartbeat.settled_before => {
                return Err(format!("its records from {} on are missing", self.heartbeat.settled_before).into());
            }
            end => check_link(&checked.integrity, end).map_err(|fault| wrong(fault.to_string()))?,
        }
        self.end = Some(head);
        if head.sequence >= self.heartbeat.settled_before {
            self.uncovered.push((checked.fields, head.sequence));
        }
        let is_covered = match (self.keys, &checked.integrity.signature) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(keys), Some(signature)) => {
                if !keys.iter().any(|key| key.has_signed(head.hash, signature)) {
                    return Err(wrong("no key of this gateway signed it".to_owned()).into());
                }
                true
            }
        };
        if is_covered {
            for (fields, sequence) in self.uncovered.drain(..) {
                self.unsettled.take(&fields, sequence);
            }
            if self.unsettled.intents().count() > MOST_INTENTS {
                return Err(format!("it has more than {MOST_INTENTS} writes without an outcome").into());
            }
        }
        Ok(())
    }

    /// The writes without an outcome, when everything was taken in.
    pub(super) fn end(self) -> Result<Unsettled, SinkError> {
        let Heartbeat { settled_before, through, .. } = self.heartbeat;
        let reached = self.end.map_or(settled_before.saturating_sub(1), |end| end.sequence);
        if reached < through {
            return Err(format!("its records from {} to {through} are missing", reached + 1).into());
        }
        Ok(self.unsettled)
    }
}
