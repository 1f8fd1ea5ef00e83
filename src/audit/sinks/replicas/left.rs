//! What a replica that died left in the bucket: its records, held to their chain and their signatures.
//!
//! Whoever can write the bucket could otherwise put outcomes there, so that an intent is not looked for, or intents that never
//! were. So the chain has to lead through the record that the heartbeat names. In a signed journal that one is signed with it, and
//! what comes behind has to be covered by signatures of its own, to the last record: its groups were signed before they were
//! shipped.

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::heartbeat::Heartbeat;
use crate::audit::chain::ChainHead;
use crate::audit::scan::{LONGEST_LINE, check_line, check_link};
use crate::audit::shipping::SinkError;
use crate::audit::signing::PublicKey;
use crate::audit::unsettled::{Link, Unsettled};

/// The largest object that is read, in bytes, decompressed: more than a batch can be.
const LARGEST_OBJECT: u64 = 16 * 1024 * 1024;
/// How much of one replica is held. Whoever can write the bucket must not fill this process's memory from there.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Writes without an outcome.
    intents: usize,
    /// Bytes of intents, whether they have no outcome or no signature yet.
    bytes: usize,
    /// Intents and outcomes that no signature covers yet.
    uncovered: usize,
}

impl Limits {
    /// As many writes as a gateway may have under way, and many times the records that are made durable at once.
    const USUAL: Self = Self { intents: 65_536, bytes: 256 * 1024 * 1024, uncovered: 65_536 };
}

/// The records of one replica, as they are read.
#[derive(Debug)]
pub(super) struct Left {
    limits: Limits,
    heartbeat: Heartbeat,
    keys: Option<Arc<[PublicKey]>>,
    end: Option<ChainHead>,
    /// The last record that a signature, or the heartbeat, covers.
    covered: u64,
    /// Intents and outcomes that were read, and are not covered by a signature yet.
    uncovered: Vec<Uncovered>,
    unsettled: Unsettled,
    /// The bytes of the intents that are held, by their ids.
    sizes: HashMap<Box<str>, usize>,
    /// The bytes of everything that is held.
    bytes: usize,
}

#[derive(Debug)]
enum Uncovered {
    Intent(Box<str>, Map<String, Value>, u64),
    /// Of the intent of this id.
    Outcome(Box<str>),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Object<'a> {
    #[serde(borrow)]
    records: Vec<&'a RawValue>,
}

impl Left {
    pub(super) fn of(heartbeat: Heartbeat, keys: Option<Arc<[PublicKey]>>) -> Self {
        // Where nothing was unsettled, the first record that counts follows the one that the heartbeat vouches for.
        let follows = heartbeat.settled_before == heartbeat.through.sequence + 1;
        Self {
            limits: Limits::USUAL,
            heartbeat,
            keys,
            end: follows.then_some(heartbeat.through),
            covered: heartbeat.through.sequence,
            uncovered: Vec::new(),
            unsettled: Unsettled::default(),
            sizes: HashMap::new(),
            bytes: 0,
        }
    }

    /// Takes in the next object.
    pub(super) fn take(&mut self, content: &[u8]) -> Result<(), SinkError> {
        let mut bytes = Vec::new();
        MultiGzDecoder::new(content).take(LARGEST_OBJECT + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST_OBJECT {
            return Err("it holds more than any batch of records".into());
        }
        let object: Object<'_> = serde_json::from_slice(&bytes)?;
        // One after the other, so that the first that is wrong ends it.
        object.records.iter().try_for_each(|record| self.record(record.get()))
    }

    fn record(&mut self, text: &str) -> Result<(), SinkError> {
        // As it stands in the journal, a line of which it was.
        let line = [text.as_bytes(), b"\n"].concat();
        if line.len() > LONGEST_LINE {
            return Err("one of its records is larger than any".into());
        }
        let numbered = |sequence: Option<u64>, why: &str| match sequence {
            Some(sequence) => format!("record {sequence}: {why}"),
            None => why.to_owned(),
        };
        let checked = check_line(&line).map_err(|(sequence, fault)| numbered(sequence, &fault.to_string()))?;
        let head = checked.integrity.head();
        let wrong = |why: &str| SinkError::from(numbered(Some(head.sequence), why));
        match self.end {
            // After a killed process some records come twice.
            Some(end) if head.sequence <= end.sequence => return Ok(()),
            None if head.sequence < self.heartbeat.settled_before => return Ok(()),
            None if head.sequence > self.heartbeat.settled_before => {
                return Err(format!("its records from {} on are missing", self.heartbeat.settled_before).into());
            }
            Some(end) if head.sequence > end.sequence + 1 => {
                return Err(format!("its records from {} on are missing", end.sequence + 1).into());
            }
            end => check_link(&checked.integrity, end).map_err(|fault| wrong(&fault.to_string()))?,
        }
        let Heartbeat { through, .. } = self.heartbeat;
        if head.sequence == through.sequence && head != through {
            return Err(wrong("it is another than when its replica's heartbeat was stored"));
        }
        self.end = Some(head);
        if head.sequence >= self.heartbeat.settled_before {
            self.hold(checked.fields, head.sequence, line.len())?;
        }
        let is_covered = match (&self.keys, &checked.integrity.signature) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(keys), Some(signature)) => {
                if !keys.iter().any(|key| key.has_signed(head.hash, signature)) {
                    return Err(wrong("no key of this gateway signed it"));
                }
                true
            }
        };
        if is_covered || head == through {
            self.covered = head.sequence;
            self.cover();
            if self.unsettled.count() > self.limits.intents {
                return Err(format!("it has more than {} writes without an outcome", self.limits.intents).into());
            }
        }
        Ok(())
    }

    /// Holds an intent or an outcome until a signature covers it.
    fn hold(&mut self, fields: Map<String, Value>, sequence: u64, bytes: usize) -> Result<(), SinkError> {
        match Link::of(&fields) {
            Link::None => return Ok(()),
            Link::Begins(id) => {
                self.bytes += bytes;
                self.bytes -= self.sizes.insert(id.clone(), bytes).unwrap_or_default();
                self.uncovered.push(Uncovered::Intent(id, fields, sequence));
            }
            Link::Ends(id) => {
                self.bytes += id.len();
                self.uncovered.push(Uncovered::Outcome(id));
            }
        }
        if self.uncovered.len() > self.limits.uncovered || self.bytes > self.limits.bytes {
            return Err("it has more records without an outcome or a signature than any replica leaves".into());
        }
        Ok(())
    }

    /// A signature covers everything that is held.
    fn cover(&mut self) {
        for uncovered in std::mem::take(&mut self.uncovered) {
            match uncovered {
                Uncovered::Intent(id, fields, sequence) => self.unsettled.begin(id, fields, sequence),
                Uncovered::Outcome(id) => {
                    self.bytes -= id.len() + self.sizes.remove(&id).unwrap_or_default();
                    self.unsettled.end(&id);
                }
            }
        }
    }

    /// The writes without an outcome, when everything was taken in.
    pub(super) fn end(self) -> Result<Unsettled, SinkError> {
        let Heartbeat { settled_before, through, shipped, .. } = self.heartbeat;
        let reached = self.end.map_or(settled_before.saturating_sub(1), |end| end.sequence);
        let stored = shipped.max(through.sequence);
        if reached < stored {
            return Err(format!("its records from {} to {stored} are missing", reached + 1).into());
        }
        if self.covered < reached {
            let first = self.covered + 1;
            return Err(format!("no signature covers its records from {first} on, so they may not be its own").into());
        }
        Ok(self.unsettled)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::audit::canonical::seal;
    use crate::audit::record::Record;
    use crate::audit::signing::SigningKey;
    use crate::audit::sinks::layout::object;

    const LIMITS: Limits = Limits { intents: 3, bytes: 4000, uncovered: 5 };

    /// What becomes of an object with records of these fields, the last of which is signed with `key`.
    fn taken(records: &[Value], key: Option<&SigningKey>) -> Result<Left, SinkError> {
        taken_of(0, records, key)
    }

    /// The same where the heartbeat says that so many were stored.
    fn taken_of(shipped: u64, records: &[Value], key: Option<&SigningKey>) -> Result<Left, SinkError> {
        let heartbeat = Heartbeat {
            time: Timestamp::UNIX_EPOCH,
            from: Timestamp::UNIX_EPOCH,
            settled_before: 1,
            through: ChainHead::START,
            shipped,
        };
        let keys = Arc::from([SigningKey::from_seed(&[7; 32]).public()]);
        let mut left = Left { limits: LIMITS, ..Left::of(heartbeat, Some(keys)) };
        let (mut lines, mut head) = (Vec::new(), ChainHead::START);
        for (index, fields) in records.iter().enumerate() {
            let mut line = Vec::new();
            let sealed = seal(&mut line, Record::from_fields(fields).unwrap().fields(), head);
            if let Some(key) = key.filter(|_| index + 1 == records.len()) {
                sealed.sign(&mut line, &key.sign(sealed.head.hash));
            }
            head = sealed.head;
            lines.extend(line);
        }
        left.take(&object(&lines).unwrap()).map(|()| left)
    }

    fn intent(id: usize, text: &str) -> Value {
        json!({"stage": "intent", "eventID": id.to_string(), "text": text})
    }

    fn outcome(id: usize) -> Value {
        json!({"stage": "outcome", "additionalEventData": {"intentEventID": id.to_string()}})
    }

    #[test]
    fn no_more_is_held_than_a_replica_leaves() {
        let key = SigningKey::from_seed(&[7; 32]);
        let intents = |count: usize| (0..count).map(|id| intent(id, "")).collect::<Vec<_>>();
        assert_eq!(taken(&intents(3), Some(&key)).unwrap().end().unwrap().count(), 3);
        let many = taken(&intents(4), Some(&key)).unwrap_err().to_string();
        assert_eq!(many, "it has more than 3 writes without an outcome");
        let uncovered = taken(&intents(6), None).unwrap_err().to_string();
        assert_eq!(uncovered, "it has more records without an outcome or a signature than any replica leaves");
        let large = "x".repeat(2000);
        let bytes = taken(&[intent(1, &large), intent(2, &large)], Some(&key)).unwrap_err().to_string();
        assert_eq!(bytes, uncovered);
        let exposed = taken(&intents(5), None).unwrap().end().unwrap_err().to_string();
        assert_eq!(exposed, "no signature covers its records from 1 on, so they may not be its own");
    }

    #[test]
    fn what_was_stored_when_the_heartbeat_was_has_to_be_there() {
        let key = SigningKey::from_seed(&[7; 32]);
        let missing = taken_of(3, &[intent(1, ""), outcome(1)], Some(&key)).unwrap().end().unwrap_err().to_string();
        assert_eq!(missing, "its records from 3 to 3 are missing");
        assert_eq!(taken_of(2, &[intent(1, ""), outcome(1)], Some(&key)).unwrap().end().unwrap().count(), 0);
    }

    #[test]
    fn what_has_its_outcome_is_held_no_longer() {
        let key = SigningKey::from_seed(&[7; 32]);
        let records = [intent(1, "long enough"), outcome(1), intent(2, ""), outcome(3)];
        let left = taken(&records, Some(&key)).unwrap();
        assert_eq!(left.sizes.keys().map(|id| &**id).collect::<Vec<_>>(), ["2"]);
        assert_eq!(left.bytes, left.sizes["2"]);
        assert_eq!(left.end().unwrap().count(), 1);
    }
}
