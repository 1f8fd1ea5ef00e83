//! What of a value a record keeps. The one place for it: whatever a client gave and whatever AWS answered passes through
//! here before it becomes part of a record.
//!
//! What a value is, is declared where it is: of each parameter of a tool, each member of a result, each input of an AWS
//! call. What nobody declared counts as secret. A [`Redaction`] either leaves secrets out, or puts in their place what
//! [`HashKey`] makes of them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::hash_key::HashKey;

/// What stands in the place of a secret that is left out.
pub const NOT_KEPT: &str = "[not kept]";
/// What stands in the place of a token.
const TOKEN: &str = "[token]";
/// How many values that nobody declared are hashed one by one; the others are counted.
const MOST_UNKNOWN: usize = 16;
/// How many texts within one secret value are hashed apart.
const MOST_TEXTS: usize = 64;
/// The fewest characters of a secret that is looked for in other people's words: shorter ones are parts of every sentence.
const SHORTEST_STRUCK: usize = 6;

/// What a record keeps of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kept {
    /// The value itself: it says what was asked for, and is no secret by what it is.
    AsGiven,
    /// Nothing, or its hash: it is a secret, or could be one.
    Secret,
    /// Nothing at all: it is good for one use, by whoever has it.
    Token,
}

/// How secrets stand in records.
#[derive(Debug, Clone, Default)]
pub struct Redaction(Option<Arc<HashKey>>);

impl Redaction {
    /// Secrets are left out.
    #[must_use]
    pub fn omitting() -> Self {
        Self(None)
    }

    /// Secrets are hashed with `key`.
    #[must_use]
    pub fn hashing(key: HashKey) -> Self {
        Self(Some(Arc::new(key)))
    }

    /// The value as a record has it. `null` says that there is no value, and stays.
    #[must_use]
    pub fn value(&self, kept: Kept, value: &Value) -> Value {
        match kept {
            _ if value.is_null() => Value::Null,
            Kept::AsGiven => value.clone(),
            Kept::Secret => self.secret(value),
            Kept::Token => TOKEN.into(),
        }
    }

    /// Members whose names nobody declared, so that the names can be secrets themselves: how many there are, and of the
    /// first ones what is made of name and value.
    #[must_use]
    pub fn unknown(&self, members: &[(&String, &Value)]) -> Value {
        let mut shown = json!({"count": members.len()});
        if let Some(key) = &self.0 {
            let hashed = members.iter().take(MOST_UNKNOWN).map(|(name, value)| {
                let name = key.hash(&Value::from(name.as_str()));
                json!({"name": {"hmacSha256": name, "key": key.id()}, "value": self.secret(value)})
            });
            shown["hashed"] = hashed.collect();
        }
        shown
    }

    /// Of an object or list, what `kept` declares; the rest as secrets.
    ///
    /// A declaration is the way to a text, number or Boolean, such as `User/Tags/*/Key`, where `*` is any item or member;
    /// with `**` at its end, to everything below. The names of the members that are looked at are kept.
    #[must_use]
    pub fn members(&self, value: &Value, kept: &[&str]) -> Value {
        self.below(value, kept)
    }

    /// `ways` are what is left of them at this place; an empty one has arrived.
    fn below(&self, value: &Value, ways: &[&str]) -> Value {
        if ways.contains(&"**") {
            return value.clone();
        }
        let follow = |name: Option<&str>| -> Vec<&str> {
            let open = ways.iter().filter(|way| !way.is_empty());
            let parted = open.map(|way| way.split_once('/').unwrap_or((way, "")));
            parted.filter(|(first, _)| *first == "*" || Some(*first) == name).map(|(_, rest)| rest).collect()
        };
        match value {
            Value::Object(members) => {
                let members = members.iter().map(|(name, member)| {
                    let ways = follow(Some(name));
                    (name.clone(), if ways.is_empty() { self.secret(member) } else { self.below(member, &ways) })
                });
                Value::Object(members.collect::<Map<_, _>>())
            }
            Value::Array(items) => {
                let ways = follow(None);
                if ways.is_empty() {
                    return self.secret(value);
                }
                items.iter().map(|item| self.below(item, &ways)).collect()
            }
            leaf if ways.contains(&"") => leaf.clone(),
            leaf => self.value(Kept::Secret, leaf),
        }
    }

    fn secret(&self, value: &Value) -> Value {
        let Some(key) = &self.0 else {
            return if value.is_null() { Value::Null } else { NOT_KEPT.into() };
        };
        match value {
            Value::Null => Value::Null,
            Value::Object(_) | Value::Array(_) => {
                // Whoever looks for a value looks for the text, and cannot know what stood around it.
                let mut texts = BTreeSet::new();
                put_texts(value, &mut texts);
                let texts: Vec<String> = texts.into_iter().map(|text| key.hash(&Value::from(text))).collect();
                json!({"hmacSha256": key.hash(value), "key": key.id(), "texts": texts})
            }
            leaf => json!({"hmacSha256": key.hash(leaf), "key": key.id()}),
        }
    }
}

/// The texts of a value, names included, up to [`MOST_TEXTS`].
fn put_texts<'v>(value: &'v Value, texts: &mut BTreeSet<&'v str>) {
    if texts.len() >= MOST_TEXTS {
        return;
    }
    match value {
        Value::String(text) => {
            texts.insert(text);
        }
        Value::Array(items) => items.iter().for_each(|item| put_texts(item, texts)),
        Value::Object(members) => {
            for (name, member) in members {
                if texts.len() < MOST_TEXTS {
                    texts.insert(name);
                }
                put_texts(member, texts);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Words of somebody else's, AWS's for one, with these secrets and the texts within them struck out. Texts of fewer than 6
/// characters are left: they are parts of ordinary words.
#[must_use]
pub fn struck<'m>(message: &'m str, secrets: &[&Value]) -> Cow<'m, str> {
    let mut texts = BTreeSet::new();
    secrets.iter().for_each(|secret| put_texts(secret, &mut texts));
    let mut texts: Vec<&str> = texts.into_iter().filter(|text| text.chars().count() >= SHORTEST_STRUCK).collect();
    // The longest first: one may be a part of another.
    texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    texts.into_iter().fold(Cow::Borrowed(message), |message, text| {
        if message.contains(text) { Cow::Owned(message.replace(text, NOT_KEPT)) } else { message }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashing() -> (Redaction, HashKey) {
        (Redaction::hashing(HashKey::new(&[7; 32])), HashKey::new(&[7; 32]))
    }

    #[test]
    fn what_is_declared_decides_what_is_kept() {
        let redaction = Redaction::omitting();
        let value = json!({"a": "hunter2"});
        assert_eq!(redaction.value(Kept::AsGiven, &value), value);
        assert_eq!(redaction.value(Kept::Secret, &value), "[not kept]");
        for kept in [Kept::AsGiven, Kept::Secret, Kept::Token] {
            assert_eq!(redaction.value(kept, &Value::Null), Value::Null);
        }
        for redaction in [redaction, hashing().0] {
            assert_eq!(redaction.value(Kept::Token, &value), "[token]", "a token is not even hashed");
        }
    }

    #[test]
    fn a_hashed_value_is_found_by_itself_and_by_each_text_in_it() {
        let (redaction, key) = hashing();
        let text = redaction.value(Kept::Secret, &json!("hunter2"));
        assert_eq!(text, json!({"hmacSha256": key.hash(&json!("hunter2")), "key": key.id()}));
        let within = redaction.value(Kept::Secret, &json!({"a": ["hunter2", 7], "b": "hunter2"}));
        let texts = within["texts"].as_array().unwrap();
        assert_eq!((texts.len(), texts.contains(&text["hmacSha256"])), (3, true), "{within}");
    }

    #[test]
    fn of_a_hostile_value_a_bounded_number_of_texts_is_hashed() {
        let (redaction, _) = hashing();
        let many: Vec<String> = (0..10_000).map(|n| format!("text {n}")).collect();
        assert_eq!(redaction.value(Kept::Secret, &json!(many))["texts"].as_array().unwrap().len(), MOST_TEXTS);
        let names: Vec<String> = (0..1000).map(|n| format!("name {n}")).collect();
        let members: Vec<(&String, &Value)> = names.iter().map(|name| (name, &Value::Null)).collect();
        let unknown = redaction.unknown(&members);
        assert_eq!((&unknown["count"], unknown["hashed"].as_array().unwrap().len()), (&json!(1000), MOST_UNKNOWN));
    }

    #[test]
    fn unknown_names_are_no_names_in_a_record() {
        let (name, value) = ("wJalrXUtnFEMI".to_owned(), json!("bPxRfiCYEXAMPLEKEY"));
        let members = [(&name, &value)];
        assert_eq!(Redaction::omitting().unknown(&members), json!({"count": 1}));
        let (redaction, key) = hashing();
        let shown = redaction.unknown(&members);
        assert_eq!(shown["hashed"][0]["name"]["hmacSha256"], key.hash(&json!(name)).as_str());
        assert_eq!(shown["hashed"][0]["value"]["hmacSha256"], key.hash(&value).as_str());
        assert!(!shown.to_string().contains("wJalr") && !shown.to_string().contains("bPxR"), "{shown}");
    }

    #[test]
    fn only_declared_members_are_kept() {
        let redaction = Redaction::omitting();
        let result = json!({
            "AccessKey": {"UserName": "bob", "SecretAccessKey": "hunter2", "Tags": [{"Key": "a", "Value": "b"}]},
            "Policy": {"Statement": []}, "Count": 1, "None": null,
        });
        let kept = ["AccessKey/UserName", "AccessKey/Tags/*/Key", "Policy/**", "Count"];
        assert_eq!(
            redaction.members(&result, &kept),
            json!({
                "AccessKey": {
                    "UserName": "bob", "SecretAccessKey": "[not kept]", "Tags": [{"Key": "a", "Value": "[not kept]"}],
                },
                "Policy": {"Statement": []}, "Count": 1, "None": null,
            })
        );
        let nothing = json!({"AccessKey": "[not kept]", "Policy": "[not kept]", "Count": "[not kept]", "None": null});
        assert_eq!(redaction.members(&result, &[]), nothing);
    }

    #[test]
    fn a_declared_text_that_comes_as_something_else_is_not_kept() {
        let redaction = Redaction::omitting();
        let empty_name = json!({"a": {"b": 1, "": 2}});
        assert_eq!(redaction.members(&empty_name, &["a"]), json!({"a": {"b": "[not kept]", "": "[not kept]"}}));
        assert_eq!(redaction.members(&json!({"a": ["b"]}), &["a"]), json!({"a": "[not kept]"}));
        assert_eq!(redaction.members(&json!({"a": "b"}), &["a/b"]), json!({"a": "[not kept]"}));
        assert_eq!(redaction.members(&json!("text"), &["a"]), "[not kept]");
    }

    #[test]
    fn secrets_in_others_words_are_struck_out() {
        let (long, short) = (json!({"a": ["hunter2-and-more"], "b": "hunter2"}), json!("no"));
        let said = "the value hunter2-and-more is not hunter2";
        assert_eq!(struck(said, &[&long, &short]), "the value [not kept] is not [not kept]");
        assert!(matches!(struck("nothing of it", &[&long]), Cow::Borrowed(_)));
    }
}
