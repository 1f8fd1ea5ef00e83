//! A record's line: its canonical JSON (RFC 8785) with `integrity` filled in.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

use super::chain::{ChainHead, Hash, Integrity};
use super::record::{INTEGRITY, LARGEST_EXACT, Record};
use super::signing::Signature;

/// `"hash":"`, 64 digits, `",`: what the line has and the hashed text has not. `hash` is the first field of `integrity`
/// in canonical order, so the hashed text is the line with these bytes taken out, and one serialization serves both.
const HASH_FIELD: usize = 8 + 64 + 2;

/// A record's canonical text, with a gap where `integrity` belongs.
///
/// What waits for the disk is this and not the record: one piece of memory instead of a hundred, made and given back
/// by the caller, so that the one task through which all records go has little left to do.
#[derive(Debug)]
pub(super) struct Unsealed {
    text: Box<[u8]>,
    /// Where the gap is: behind the fields that come before `integrity`, with the comma that parts them from it.
    gap: usize,
}

impl Unsealed {
    /// # Panics
    /// Never for the fields of a [`super::Record`] or those read from JSON: they hold no number that JSON has not.
    pub(super) fn of(fields: &Map<String, Value>) -> Self {
        let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
        fields.sort_unstable_by(|a, b| in_order(a.0, b.0));
        let (before, after) =
            fields.split_at(fields.partition_point(|(name, _)| in_order(name, INTEGRITY) == Ordering::Less));

        let mut text = Vec::with_capacity(2048);
        text.push(b'{');
        for (name, value) in before {
            write_member(&mut text, name, value);
            text.push(b',');
        }
        let gap = text.len();
        for (name, value) in after {
            text.push(b',');
            write_member(&mut text, name, value);
        }
        text.push(b'}');
        Self { text: text.into(), gap }
    }

    /// Appends to `lines` the line of the record that follows `previous`.
    pub(super) fn seal(&self, lines: &mut Vec<u8>, previous: ChainHead) -> Sealed {
        let sequence = previous.sequence + 1;
        let start = lines.len();
        let (hash_at, signature_at) = self.write_unhashed(lines, sequence, previous.hash);

        let mut hasher = Sha256::new();
        hasher.update(&lines[start..hash_at]);
        hasher.update(&lines[hash_at + HASH_FIELD..]);
        let hash = Hash::from_bytes(hasher.finalize().into());

        set_hash(lines, hash_at, hash);
        lines.push(b'\n');
        Sealed { head: ChainHead { sequence, hash }, start, signature_at }
    }

    /// Appends the line with room left for the hash field; returns where that begins, and where a signature would.
    fn write_unhashed(&self, lines: &mut Vec<u8>, sequence: u64, previous_hash: Hash) -> (usize, usize) {
        let (before, after) = self.text.split_at(self.gap);
        lines.extend_from_slice(before);
        write_text(lines, INTEGRITY);
        lines.extend_from_slice(b":{");
        let hash_at = lines.len();
        lines.resize(hash_at + HASH_FIELD, 0);
        lines.extend_from_slice(b"\"previousHash\":\"");
        lines.extend_from_slice(&previous_hash.to_hex());
        lines.extend_from_slice(b"\",\"sequence\":");
        lines.extend_from_slice(sequence.to_string().as_bytes());
        let signature_at = lines.len();
        lines.push(b'}');
        lines.extend_from_slice(after);
        (hash_at, signature_at)
    }
}

/// A line that was appended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sealed {
    /// The new head of the chain.
    pub(super) head: ChainHead,
    /// Where the line begins.
    pub(super) start: usize,
    /// Where its signature would stand.
    signature_at: usize,
}

impl Sealed {
    /// The same line, when what stood before it was taken out.
    pub(super) fn moved_to_the_start(self) -> Self {
        Self { head: self.head, start: 0, signature_at: self.signature_at - self.start }
    }

    /// Puts the signature into the line, which must be the last of `lines`. It is the last field of `integrity` in canonical
    /// order, and the hash does not cover it.
    pub(super) fn sign(&self, lines: &mut Vec<u8>, signature: &Signature) {
        let field = format!(",\"signature\":\"{signature}\"");
        lines.splice(self.signature_at..self.signature_at, field.into_bytes());
    }
}

impl From<Record> for Unsealed {
    fn from(record: Record) -> Self {
        Self::of(record.fields())
    }
}

/// Appends to `lines` the line of the record `fields` that follows `previous`.
pub(super) fn seal(lines: &mut Vec<u8>, fields: &Map<String, Value>, previous: ChainHead) -> Sealed {
    Unsealed::of(fields).seal(lines, previous)
}

/// Whether `line` (without `\n`) is the canonical form of `fields` with this `integrity`, whatever its hash.
pub(super) fn is_canonical(line: &[u8], fields: &Map<String, Value>, integrity: &Integrity) -> bool {
    let mut canonical = Vec::with_capacity(line.len());
    let (hash_at, signature_at) =
        Unsealed::of(fields).write_unhashed(&mut canonical, integrity.sequence, integrity.previous_hash);
    set_hash(&mut canonical, hash_at, integrity.hash);
    if let Some(signature) = &integrity.signature {
        Sealed { head: integrity.head(), start: 0, signature_at }.sign(&mut canonical, signature);
    }
    canonical == line
}

/// RFC 8785 section 3.2.3: by UTF-16 code units.
fn in_order(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// Appends the canonical form of `value`.
///
/// Written here, because `serde_json_canonicalizer` parses each key of its output again to sort by it: a record of
/// 1.5 KB takes 1.2 µs instead of 14. What is hard, numbers that are no integers, is left to it, and a property test
/// holds the rest against it.
fn write_value(lines: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_unstable_by(|a, b| in_order(a.0, b.0));
            lines.push(b'{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    lines.push(b',');
                }
                write_member(lines, name, value);
            }
            lines.push(b'}');
        }
        Value::Array(items) => {
            lines.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    lines.push(b',');
                }
                write_value(lines, item);
            }
            lines.push(b']');
        }
        Value::Number(number) if !is_exact(number) => {
            serde_json_canonicalizer::to_writer(number, lines).expect("a JSON number has a canonical form");
        }
        // RFC 8785 section 3.2.2 spells literals and strings as serde_json does, and integers up to 2^53 - 1 too.
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            serde_json::to_writer(lines, value).expect("writing to memory does not fail");
        }
        Value::String(text) => write_text(lines, text),
    }
}

fn write_member(lines: &mut Vec<u8>, name: &str, value: &Value) {
    write_text(lines, name);
    lines.push(b':');
    write_value(lines, value);
}

fn write_text(lines: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(lines, text).expect("writing to memory does not fail");
}

/// Whether it is an integer that a double holds exactly.
fn is_exact(number: &Number) -> bool {
    let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    magnitude.is_some_and(|magnitude| magnitude <= LARGEST_EXACT)
}

fn set_hash(lines: &mut [u8], at: usize, hash: Hash) {
    let field = &mut lines[at..at + HASH_FIELD];
    field[..8].copy_from_slice(b"\"hash\":\"");
    field[8..72].copy_from_slice(&hash.to_hex());
    field[72..].copy_from_slice(b"\",");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::audit::signing::SigningKey;

    fn fields(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(fields) => fields,
            other => panic!("not an object: {other}"),
        }
    }

    /// The definition in the module's documentation, taken word for word.
    fn by_definition(fields: &Map<String, Value>, previous: ChainHead) -> (String, String) {
        let mut record = fields.clone();
        let mut integrity = json!({"sequence": previous.sequence + 1, "previousHash": previous.hash});
        record.insert("integrity".to_owned(), integrity.clone());
        let hashed = serde_json_canonicalizer::to_vec(&record).unwrap();
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&hashed));
        integrity["hash"] = json!(hash);
        record.insert("integrity".to_owned(), integrity);
        (serde_json_canonicalizer::to_string(&record).unwrap(), hash)
    }

    #[test]
    fn the_first_records_of_a_chain_have_the_published_hashes() {
        let mut lines = Vec::new();
        let first =
            seal(&mut lines, &fields(json!({"stage": "read", "b": 1.0, "a": "\u{20ac}"})), ChainHead::START).head;
        let second = seal(&mut lines, &Map::new(), first).head;
        assert_eq!((first.sequence, second.sequence), (1, 2));
        // Computed from the definition in the module's documentation with other software (Python's hashlib).
        let [h1, h2] = [
            "3368aa42d01f34f00abf1bdb581354266a538c5258ae0a5029c772aa3e95e0cd",
            "3040f232cf5055f28de7891f5b6078836447d1418ff7418857dfb9a0907ab220",
        ];
        assert_eq!([first, second].map(|head| head.hash.to_string()), [h1, h2]);
        let zero = "0".repeat(64);
        let expected = [
            format!(
                r#"{{"a":"€","b":1,"integrity":{{"hash":"{h1}","previousHash":"{zero}","sequence":1}},"stage":"read"}}"#
            ),
            format!(r#"{{"integrity":{{"hash":"{h2}","previousHash":"{h1}","sequence":2}}}}"#),
        ];
        assert_eq!(String::from_utf8(lines).unwrap(), expected.join("\n") + "\n");
    }

    #[test]
    fn keys_are_in_the_order_of_utf_16_code_units() {
        let mut line = Vec::new();
        seal(&mut line, &fields(json!({"\u{fb33}": 1, "\u{1f600}": 2, "integrities": 3, "i": 4})), ChainHead::START);
        let line = String::from_utf8(line).unwrap();
        let at = |key: &str| line.find(key).unwrap();
        assert!(at("\u{1f600}") < at("\u{fb33}"), "{line}");
        assert!(at("\"i\"") < at("integrities") && at("integrities") < at("integrity"), "{line}");
    }

    #[test]
    fn a_nested_integrity_is_content() {
        let record = fields(json!({"a": {"integrity": {"previousHash": "x", "sequence": 1}}, "z": "\"integrity\":{"}));
        let mut line = Vec::new();
        let head = seal(&mut line, &record, ChainHead::START).head;
        let (expected, hash) = by_definition(&record, ChainHead::START);
        assert_eq!(String::from_utf8(line).unwrap(), expected + "\n");
        assert_eq!(head.hash.to_string(), hash);
    }

    pub(in crate::audit) fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-(1i64 << 53) + 1..1i64 << 53).prop_map(Value::from),
            any::<f64>().prop_filter("JSON has no such number", |n| n.is_finite()).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_line_is_what_the_definition_says(
            record in prop::collection::btree_map(any::<String>(), any_value(), 0..5),
            sequence in 0u64..1 << 53,
        ) {
            let record: Map<String, Value> = record.into_iter().filter(|(name, _)| name != INTEGRITY).collect();
            let previous = ChainHead { sequence, hash: Hash::from_bytes([7; 32]) };
            let mut line = Vec::new();
            let sealed = seal(&mut line, &record, previous);
            let head = sealed.head;
            let (expected, hash) = by_definition(&record, previous);
            prop_assert_eq!(String::from_utf8(line.clone()).unwrap(), expected.clone() + "\n");
            prop_assert_eq!(head.hash.to_string(), hash);
            let read: Map<String, Value> = serde_json::from_str(&expected).unwrap();
            let again = serde_json_canonicalizer::to_string(&read).unwrap();
            prop_assert_eq!(again, expected.clone(), "what was written is canonical when it is read");
            let signature = SigningKey::from_seed(&[7; 32]).sign(head.hash);
            sealed.sign(&mut line, &signature);
            let mut signed: Map<String, Value> = serde_json::from_str(&expected).unwrap();
            signed["integrity"]["signature"] = json!(signature.to_string());
            let expected = serde_json_canonicalizer::to_string(&signed).unwrap();
            prop_assert_eq!(String::from_utf8(line).unwrap(), expected + "\n", "a signature stands in its canonical place");
        }
    }
}
