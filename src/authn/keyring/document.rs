//! From the file's bytes to its entries and back.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use zeroize::Zeroizing;

use super::error::{Fault, KeyringError};
use super::key::{Entry, KeyInfo, KeyStatus};
use super::names;
use super::raw::{RawFile, RawObject};
use super::uses::KeyUses;
use crate::secret::Secret;

/// The largest file taken: some ten thousand keys.
pub(super) const MAX_BYTES: usize = 8 << 20;

const FIELDS: &str = "access_key_id, secret_access_key, caller, person, environments, uses, status, expires_at, created_at, \
                      description";

/// Reads the entries, or tells every fault of them.
pub(super) fn parse(content: &[u8]) -> Result<Vec<Entry>, KeyringError> {
    if content.len() > MAX_BYTES {
        return Err(KeyringError::TooLarge { limit: MAX_BYTES });
    }
    let file: RawFile = serde_json::from_slice(content).map_err(|error| malformed(&error))?;
    let mut faults = Vec::new();
    check_top_level(&file, &mut faults);
    let mut entries = Vec::new();
    let mut first_with: HashMap<String, usize> = HashMap::new();
    for (index, object) in file.keys.into_iter().flatten().enumerate() {
        let Some(entry) = parse_entry(index, object, &mut faults) else { continue };
        if let Some(first) = first_with.get(&entry.info.access_key_id) {
            let message = format!("access_key_id is the one of keys[{first}] already");
            faults.push(Fault { place: place(index, Some(&entry.info.access_key_id)), message });
            continue;
        }
        first_with.insert(entry.info.access_key_id.clone(), index);
        entries.push(entry);
    }
    if faults.is_empty() { Ok(entries) } else { Err(KeyringError::Faults(faults)) }
}

// serde_json's own message may quote what it read, so only the place is taken from it.
fn malformed(error: &serde_json::Error) -> KeyringError {
    let expected = if error.is_data() { "of the shape {\"version\": 1, \"keys\": [{...}]}" } else { "valid JSON" };
    KeyringError::Malformed { expected, line: error.line(), column: error.column() }
}

fn check_top_level(file: &RawFile, faults: &mut Vec<Fault>) {
    let mut fault = |place: &str, message: &str| faults.push(Fault { place: place.into(), message: message.into() });
    match file.versions.as_slice() {
        [version] if version.as_u64() == Some(1) => {}
        [_] => fault("version", "must be 1"),
        [] => fault("version", "is missing; it must be 1"),
        _ => fault("version", "is given twice"),
    }
    match file.keys.len() {
        1 => {}
        0 => fault("keys", "is missing"),
        _ => fault("keys", "is given twice"),
    }
    for name in &file.unknown {
        fault(&shown(name), "is not a field of the keyring; known are: version, keys");
    }
}

/// The entry's fields as they are taken out one by one; what is left over is unknown.
struct Fields<'a> {
    place: String,
    values: Vec<(String, Value)>,
    faults: &'a mut Vec<Fault>,
}

impl Fields<'_> {
    fn fault(&mut self, message: String) {
        self.faults.push(Fault { place: self.place.clone(), message });
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.values.iter().position(|(field, _)| field == name)?;
        let (_, value) = self.values.remove(at);
        let before = self.values.len();
        self.values.retain(|(field, _)| field != name);
        if self.values.len() != before {
            self.fault(format!("{name} is given twice"));
        }
        Some(value)
    }

    fn optional(&mut self, name: &str, check: fn(&str) -> Result<(), &'static str>) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => match check(&text) {
                Ok(()) => Some(text),
                Err(rule) => {
                    drop(Zeroizing::new(text));
                    self.fault(format!("{name} {rule}"));
                    None
                }
            },
            _ => {
                self.fault(format!("{name} must be a string"));
                None
            }
        }
    }

    fn required(&mut self, name: &str, check: fn(&str) -> Result<(), &'static str>) -> Option<String> {
        if !self.values.iter().any(|(field, _)| field == name) {
            self.fault(format!("{name} is missing"));
        }
        self.optional(name, check)
    }

    fn environments(&mut self) -> Option<Vec<String>> {
        let expected = "must be a list of at least one environment's name";
        let Some(value) = self.take("environments") else {
            self.fault(format!("environments is missing; it {expected}"));
            return None;
        };
        let names: Option<Vec<String>> = value
            .as_array()
            .and_then(|list| list.iter().map(|name| name.as_str().map(str::to_owned)).collect())
            .filter(|names: &Vec<String>| !names.is_empty());
        let Some(names) = names else {
            self.fault(format!("environments {expected}"));
            return None;
        };
        let mut sound = true;
        for (index, name) in names.iter().enumerate() {
            if let Err(rule) = names::environment(name) {
                self.fault(format!("environments[{index}] {rule}"));
                sound = false;
            } else if names[..index].contains(name) {
                self.fault(format!("environments[{index}] stands there already"));
                sound = false;
            }
        }
        sound.then_some(names)
    }

    fn uses(&mut self) -> Option<KeyUses> {
        let Some(value) = self.take("uses") else { return Some(KeyUses::ALL) };
        let words = value.as_array().map(|list| list.iter().map(|word| word.as_str().unwrap_or_default()));
        match KeyUses::of_words(words.into_iter().flatten()) {
            Ok(uses) => Some(uses),
            Err(rule) => {
                self.fault(format!("uses {rule}"));
                None
            }
        }
    }

    fn status(&mut self) -> Option<KeyStatus> {
        match self.required("status", |text| match text {
            "active" | "inactive" => Ok(()),
            _ => Err("must be \"active\" or \"inactive\""),
        })? {
            text if text == "active" => Some(KeyStatus::Active),
            _ => Some(KeyStatus::Inactive),
        }
    }
}

fn parse_entry(index: usize, object: RawObject, faults: &mut Vec<Fault>) -> Option<Entry> {
    let id = object.0.iter().find(|(name, _)| name == "access_key_id").and_then(|(_, value)| value.as_str());
    let before = faults.len();
    let mut fields = Fields { place: place(index, id), values: object.0, faults };
    let access_key_id = fields.required("access_key_id", names::access_key_id);
    let secret = fields.required("secret_access_key", names::secret_access_key).map(Secret::new);
    let caller = fields.required("caller", names::name);
    let person = fields.optional("person", names::name);
    let environments = fields.environments();
    let uses = fields.uses();
    let status = fields.status();
    let expires_at = fields.optional("expires_at", is_time).and_then(|text| time(&text));
    let created_at = fields.required("created_at", is_time).and_then(|text| time(&text));
    let description = fields.optional("description", names::description);
    if let (Some(created), Some(expires)) = (created_at, expires_at)
        && expires <= created
    {
        fields.fault("expires_at must be later than created_at".into());
    }
    for (name, _) in std::mem::take(&mut fields.values) {
        fields.fault(format!("{} is not a field of a key; known are: {FIELDS}", shown(&name)));
    }
    if faults.len() != before {
        return None;
    }
    let info = KeyInfo {
        access_key_id: access_key_id?,
        caller: caller?,
        person,
        environments: environments?,
        uses: uses?,
        status: status?,
        expires_at,
        created_at: created_at?,
        description,
    };
    Some(Entry { info, secret: secret? })
}

/// RFC 3339 proper; jiff also reads wider spellings (RFC 9557 annotations, a space for the `T`).
fn time(text: &str) -> Option<Timestamp> {
    let plain = text.as_bytes().get(10) == Some(&b'T') && !text.contains('[') && text.is_ascii();
    text.parse().ok().filter(|_| plain)
}

fn is_time(text: &str) -> Result<(), &'static str> {
    time(text).map(drop).ok_or("must be a time such as 2026-01-31T12:00:00Z (RFC 3339)")
}

fn place(index: usize, id: Option<&str>) -> String {
    match id {
        // Only what is an id is shown: a secret may have been pasted into the wrong field.
        Some(id) if id.len() <= 32 && names::access_key_id(id).is_ok() => format!("keys[{index}] ({id})"),
        _ => format!("keys[{index}]"),
    }
}

fn shown(name: &str) -> String {
    if name.len() <= 24 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        format!("`{name}`")
    } else {
        "a field".into()
    }
}

/// Writes the entries as the file holds them; the buffer is wiped when dropped.
pub(super) fn render(entries: &[Entry]) -> Zeroizing<Vec<u8>> {
    #[derive(Serialize)]
    struct File<'a> {
        version: u32,
        keys: Vec<Line<'a>>,
    }
    #[derive(Serialize)]
    struct Line<'a> {
        #[serde(flatten)]
        info: &'a KeyInfo,
        #[serde(serialize_with = "exposed")]
        secret_access_key: &'a Secret,
    }
    fn exposed<S: Serializer>(secret: &&Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    let keys = entries.iter().map(|entry| Line { info: &entry.info, secret_access_key: &entry.secret }).collect();
    // Room for everything at once: a buffer that grows leaves copies of the secrets behind.
    let room = entries.iter().map(|e| 1024 + 2 * serde_json::to_string(&e.info).map_or(0, |text| text.len())).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(room));
    serde_json::to_writer_pretty(&mut *out, &File { version: 1, keys }).expect("texts and lists are always JSON");
    out.push(b'\n');
    out
}
