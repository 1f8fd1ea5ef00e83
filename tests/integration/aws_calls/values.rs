//! The placeholders of a table: what they stand for in an input, and what answers they take.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use regex::Regex;
use serde_json::{Map, Value, json};

use crate::support::waiting::now;

/// What answers were remembered by name.
#[derive(Default)]
pub(crate) struct Saved(BTreeMap<String, Value>);

impl Saved {
    /// Remembers a value.
    pub(crate) fn remember(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// An input with its placeholders replaced.
    pub(crate) fn filled(&self, value: &Value) -> Result<Value, String> {
        if let Some(name) = value["$use"].as_str() {
            return self.0.get(name).cloned().ok_or_else(|| format!("an earlier case remembered no {name}"));
        }
        if let Some(document) = value.get("$document") {
            return Ok(self.filled(document)?.to_string().into());
        }
        let number = |name: &str| value[name].as_u64().map(|count| usize::try_from(count).expect("counts are small"));
        if let Some(count) = number("$times") {
            return Ok(value["of"].as_str().expect("a text is repeated").repeat(count).into());
        }
        if let Some(count) = number("$each") {
            let pattern = value["of"].to_string();
            let one = |index: usize| serde_json::from_str::<Value>(&pattern.replace('#', &index.to_string()));
            return Ok((1..=count).map(|index| one(index).expect("numbers keep JSON as it is")).collect());
        }
        if let Some(seed) = value.get("$totp") {
            let seed = self.filled(seed)?;
            let step = value["step"].as_i64().expect("a code has a step");
            return Ok(totp(seed.as_str().expect("a seed is a text"), step).into());
        }
        Ok(match value {
            Value::Object(members) => {
                let filled = members.iter().map(|(name, value)| Ok((name.clone(), self.filled(value)?)));
                filled.collect::<Result<Map<_, _>, String>>()?.into()
            }
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect::<Result<Value, _>>()?,
            other => other.clone(),
        })
    }

    /// Compares an answer with what is expected, and remembers what is to be remembered.
    ///
    /// The SDK does not tell an empty list from one that is missing, so here neither counts; boto3 tells them apart.
    pub(crate) fn compare(&mut self, expected: &Value, got: &Value, place: &str) -> Result<(), String> {
        let text = got.as_str();
        let differs = || Err(format!("{place}: expected {expected}, got {got}"));
        let holds = |condition: bool| if condition { Ok(()) } else { differs() };
        let Some((placeholder, argument)) = placeholder(expected) else {
            return match (expected, got) {
                (Value::Object(expected), Value::Object(got)) => self.compare_members(expected, got, place),
                (Value::Array(expected), Value::Array(got)) if expected.len() == got.len() => {
                    let mut pairs = expected.iter().zip(got).enumerate();
                    pairs.try_for_each(|(index, (one, other))| self.compare(one, other, &format!("{place}[{index}]")))
                }
                _ => holds(expected == got),
            };
        };
        match placeholder {
            "$id" => {
                let prefix = argument.as_str().expect("a prefix is a text");
                let is_id =
                    |text: &str| text.strip_prefix(prefix).is_some_and(|rest| matches(rest, "^[A-Z0-9]{16,17}$"));
                holds(text.is_some_and(is_id))
            }
            "$time" => holds(text.is_some_and(|text| text.parse::<Timestamp>().is_ok())),
            "$secret" => holds(text.map(str::len) == argument.as_u64().and_then(|length| usize::try_from(length).ok())),
            "$any" => holds(match argument.as_str() {
                Some("string" | "bytes") => text.is_some_and(|text| !text.is_empty()),
                Some("number") => got.is_number(),
                Some("uuid") => text.is_some_and(|text| matches(text, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")),
                _ => unreachable!("there is no kind {argument}"),
            }),
            "$has" => holds(text.zip(argument.as_str()).is_some_and(|(text, part)| text.contains(part))),
            "$like" => holds(text.zip(argument.as_str()).is_some_and(|(text, pattern)| matches(text, pattern))),
            "$document" => holds(text.and_then(decoded).is_some_and(|document| document == *argument)),
            "$use" => holds(self.filled(expected)? == *got),
            "$save" => {
                let kind = expected.get("as").cloned().unwrap_or_else(|| json!({"$any": "string"}));
                self.compare(&kind, got, place)?;
                self.0.insert(argument.as_str().expect("a name is a text").to_owned(), got.clone());
                Ok(())
            }
            "$among" => {
                let items = got.as_array().map_or(&[][..], Vec::as_slice);
                let fits = |saved: &mut Self, item| saved.compare(argument, item, place).is_ok();
                holds(items.iter().any(|item| fits(self, item)))
            }
            "$includes" => {
                let (Some(part), Some(got)) = (argument.as_object(), got.as_object()) else { return differs() };
                part.iter().try_for_each(|(name, value)| {
                    let got = got.get(&folded(name)).unwrap_or(&Value::Null);
                    self.compare(value, got, &format!("{place}.{name}"))
                })
            }
            _ => unreachable!("there is no placeholder {placeholder}"),
        }
    }

    fn compare_members(
        &mut self,
        expected: &Map<String, Value>,
        got: &Map<String, Value>,
        place: &str,
    ) -> Result<(), String> {
        let expected: BTreeMap<String, (&String, &Value)> =
            expected.iter().map(|(name, value)| (folded(name), (name, value))).collect();
        for (folded, (name, value)) in &expected {
            match got.get(folded) {
                Some(got) => self.compare(value, got, &format!("{place}.{name}"))?,
                None if **value == json!([]) => {}
                None => return Err(format!("{place}: without {name}")),
            }
        }
        match got.iter().find(|(name, value)| !expected.contains_key(*name) && **value != json!([])) {
            Some((name, value)) => Err(format!("{place}: with {name}: {value}")),
            None => Ok(()),
        }
    }
}

/// `UserName`, `user_name` and `username` are one member: AWS's name, Rust's, and what answers are told by.
pub(super) fn folded(name: &str) -> String {
    name.replace('_', "").to_ascii_lowercase()
}

/// JSON from elsewhere with its members named as answers have them here.
pub(crate) fn with_folded_names(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (folded(name), with_folded_names(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(with_folded_names).collect(),
        other => other.clone(),
    }
}

/// An answer with its policy documents encoded as IAM's are, however they are encoded in it.
pub(super) fn with_documents_encoded(answer: &Value) -> Value {
    match answer {
        Value::Object(members) => {
            let encoded = members.iter().map(|(name, value)| (name.clone(), with_documents_encoded(value)));
            encoded.collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(with_documents_encoded).collect(),
        Value::String(text) => {
            let plain = percent_decode_str(text).decode_utf8_lossy();
            match serde_json::from_str::<Value>(&plain) {
                Ok(Value::Object(_)) => utf8_percent_encode(&plain, UNRESERVED).to_string().into(),
                _ => answer.clone(),
            }
        }
        other => other.clone(),
    }
}

/// What IAM leaves as it is: RFC 3986's unreserved characters.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn placeholder(value: &Value) -> Option<(&str, &Value)> {
    let (name, argument) = value.as_object()?.iter().find(|(name, _)| name.starts_with('$'))?;
    Some((name, argument))
}

fn matches(text: &str, pattern: &str) -> bool {
    Regex::new(pattern).expect("the tables' patterns are patterns").is_match(text)
}

/// A document as IAM returns it: with everything percent-encoded but RFC 3986's unreserved characters.
fn decoded(text: &str) -> Option<Value> {
    if !matches(text, "^([A-Za-z0-9._~-]|%[0-9A-F]{2})*$") {
        return None;
    }
    serde_json::from_str(&percent_decode_str(text).decode_utf8().ok()?).ok()
}

/// The six digits that a device with this seed shows `step` steps of 30 seconds from now, after RFC 6238.
fn totp(seed: &str, step: i64) -> String {
    let key = BASE32_NOPAD.decode(seed.trim_end_matches('=').as_bytes()).expect("a seed is base32");
    let counter = now().as_second() / 30 + step;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let digest = hmac::sign(&key, &counter.to_be_bytes());
    let digest = digest.as_ref();
    let offset = usize::from(digest[digest.len() - 1] & 15);
    let four = digest[offset..offset + 4].try_into().expect("four bytes are four bytes");
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(expected: &Value, got: &Value) -> Result<(), String> {
        Saved::default().compare(expected, got, "answer")
    }

    #[test]
    fn each_placeholder_takes_what_it_stands_for_and_nothing_else() {
        let document = json!({"$document": {"Version": "2012-10-17"}});
        for (placeholder, taken, refused) in [
            (json!({"$id": "AIDA"}), "AIDAABCDEFGHIJKLMNOPQ", "AGPAABCDEFGHIJKLMNOPQ"),
            (json!({"$time": true}), "2026-03-01T12:00:00Z", "yesterday"),
            (json!({"$secret": 4}), "abcd", "abc"),
            (json!({"$any": "string"}), "x", ""),
            (json!({"$any": "uuid"}), "00000000-0000-4000-8000-00000000000f", "0000"),
            (json!({"$has": "b c"}), "a b c d", "a bc d"),
            (json!({"$like": "^a+$"}), "aaa", "aab"),
            (document.clone(), "%7B%22Version%22%3A%222012-10-17%22%7D", "%7B%22Version%22%3A%222008-10-17%22%7D"),
            (document, "%7B%22Version%22%3A%20%222012-10-17%22%7D", "{\"Version\": \"2012-10-17\"}"),
        ] {
            compared(&placeholder, &taken.into()).expect("this is what it stands for");
            compared(&placeholder, &refused.into()).expect_err("this is something else");
        }
    }

    #[test]
    fn members_that_are_missing_wrong_or_too_many_are_told() {
        let expected = json!({"UserName": "bob", "Tags": []});
        compared(&expected, &json!({"username": "bob"})).expect("an empty list may be missing");
        for (got, told) in [
            (json!({}), "answer: without UserName"),
            (json!({"username": "alice"}), "answer.UserName: expected \"bob\", got \"alice\""),
            (json!({"username": "bob", "path": "/"}), "answer: with path: \"/\""),
            (json!({"username": "bob", "tags": ["x"]}), "answer.Tags: expected [], got [\"x\"]"),
        ] {
            assert_eq!(compared(&expected, &got).expect_err("they differ"), told);
        }
    }

    #[test]
    fn what_is_remembered_can_be_asked_with_and_is_looked_for_again() {
        let mut saved = Saved::default();
        saved
            .compare(&json!({"Id": {"$save": "id", "as": {"$id": "AIDA"}}}), &json!({"id": "x"}), "")
            .expect_err("no id");
        saved.filled(&json!({"$use": "id"})).expect_err("nothing was remembered");
        saved.compare(&json!({"$save": "marker"}), &json!("abc"), "").expect("a text is remembered");
        assert_eq!(saved.filled(&json!([{"Marker": {"$use": "marker"}}])), Ok(json!([{"Marker": "abc"}])));
        saved.compare(&json!({"$use": "marker"}), &json!("abd"), "").expect_err("it is another");
    }

    #[test]
    fn inputs_are_repeated_and_numbered() {
        let saved = Saved::default();
        assert_eq!(saved.filled(&json!({"$times": 3, "of": "ab"})), Ok(json!("ababab")));
        assert_eq!(saved.filled(&json!({"$each": 2, "of": {"Key": "k#"}})), Ok(json!([{"Key": "k1"}, {"Key": "k2"}])));
        assert_eq!(saved.filled(&json!({"$document": {"a": {"$each": 1, "of": "#"}}})), Ok(json!("{\"a\":[\"1\"]}")));
    }
}
