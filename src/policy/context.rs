//! The condition keys of one request.

use std::collections::BTreeMap;
use std::fmt;

use crate::hidden::has_hidden;

/// Condition keys with their values. Key names are the same in any letter case, the part after `aws:PrincipalTag/` and
/// its like included.
///
/// A key that is set to no value at all counts as not set. Values are text; dates stand as ISO 8601 or epoch seconds,
/// Booleans as `true` or `false`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    values: BTreeMap<Box<str>, Box<[String]>>,
    /// Keys, or with a slash at their end the beginnings of keys, of which only AWS could tell the values.
    open: Vec<Box<str>>,
    /// Whether every key that has no value is open.
    all_open: bool,
    /// Keys of that kind that are not set for certain.
    settled: Vec<Box<str>>,
}

impl Context {
    /// No keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `key` to one value, in place of any before.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.set_all(key, [value]);
    }

    /// Sets `key` to several values, in place of any before.
    pub fn set_all<V: Into<String>>(&mut self, key: &str, values: impl IntoIterator<Item = V>) {
        self.values.insert(fold(key), values.into_iter().map(Into::into).collect());
    }

    /// Leaves a key open: whether it is set, and to what, is not known. What depends on it is undecided. With a slash at its
    /// end, all keys that begin so (`aws:ResourceTag/`). A value that is set all the same is what counts.
    pub fn leave_open(&mut self, key: &str) {
        self.open.push(fold(key));
    }

    /// Leaves every key open that is not set.
    pub fn leave_all_open(&mut self) {
        self.all_open = true;
    }

    /// Leaves no key open that begins so (`aws:PrincipalTag/`): one without a value is not set.
    pub fn settle(&mut self, beginning: &str) {
        self.settled.push(fold(beginning));
    }

    /// Whether the value of a key that policies name is not known.
    pub(super) fn is_open(&self, key: &Key) -> bool {
        if !self.all_open && self.open.is_empty() || self.values.contains_key(&key.folded) {
            return false;
        }
        if self.settled.iter().any(|settled| key.folded.starts_with(&**settled)) {
            return false;
        }
        let is_meant = |open: &str| *key.folded == *open || open.ends_with('/') && key.folded.starts_with(open);
        self.all_open || self.open.iter().any(|open| is_meant(open))
    }

    /// Every key that is set, as it is compared, with its values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.values.iter().map(|(key, values)| (key.as_ref(), values.as_ref()))
    }

    /// The values of `key`; empty where it is not set.
    #[must_use]
    pub fn get(&self, key: &str) -> &[String] {
        self.folded(&fold(key))
    }

    /// Whether a policy could name a key so: a service and a name, as in `aws:SourceIp`.
    #[must_use]
    pub fn is_key(text: &str) -> bool {
        Key::new(text).is_some()
    }

    /// The values of a key that policies name.
    pub(super) fn values(&self, key: &Key) -> &[String] {
        self.folded(&key.folded)
    }

    fn folded(&self, key: &str) -> &[String] {
        self.values.get(key).map_or(&[], |values| values)
    }
}

impl<K: AsRef<str>, V: Into<String>> FromIterator<(K, V)> for Context {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut context = Self::new();
        for (key, value) in entries {
            context.set(key.as_ref(), value);
        }
        context
    }
}

/// The name of a condition key, as it is written and as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    text: Box<str>,
    folded: Box<str>,
}

impl Key {
    /// Reads `service:name`. The first part may be the name of an identity provider, with dots and slashes; the name of a
    /// tag behind `...Tag/` may have blanks within. What looks like another key, but is none, is none.
    pub(super) fn new(text: &str) -> Option<Self> {
        let (prefix, name) = text.split_once(':')?;
        let fits = !prefix.is_empty()
            && prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b))
            && !name.is_empty()
            && !has_hidden(name)
            && !name.contains(|c: char| "*?${}".contains(c) || is_lookalike(c))
            && (!name.contains(char::is_whitespace) || is_of_tag(name));
        fits.then(|| Self { text: text.into(), folded: fold(text) })
    }
}

impl Key {
    /// The same for all keys that differ in letter case only.
    pub(super) fn folded(&self) -> &str {
        &self.folded
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether blanks stand only within the key of a tag.
fn is_of_tag(name: &str) -> bool {
    let Some(at) = name.to_ascii_lowercase().find("tag/") else { return false };
    let (kind, key) = name.split_at(at + "tag/".len());
    !kind.contains(char::is_whitespace) && !has_hidden(key)
}

/// Lower case, one character at a time. No other character becomes one of ASCII, so that no key of AWS's has a double.
fn fold(key: &str) -> Box<str> {
    let mut folded = String::with_capacity(key.len());
    for character in key.chars() {
        if is_lookalike(character) { folded.push(character) } else { folded.extend(character.to_lowercase()) }
    }
    folded.into()
}

/// Whether the lower case of a character is ASCII although it is not itself: the Kelvin sign's is `k`.
fn is_lookalike(character: char) -> bool {
    !character.is_ascii() && character.to_lowercase().any(|lower| lower.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_same_in_any_letter_case() {
        let mut context = Context::from_iter([("aws:PrincipalTag/Größe", "xl")]);
        assert_eq!(context.get("AWS:principaltag/GRÖSSE"), [] as [&str; 0]);
        assert_eq!(context.get("AWS:principaltag/GRÖßE"), ["xl"]);
        context.set("AWS:PRINCIPALTAG/größe", "m");
        assert_eq!(context.get("aws:PrincipalTag/Größe"), ["m"]);
        context.set_all("aws:TagKeys", ["a", "b"]);
        assert_eq!(context.values(&Key::new("aws:tagkeys").unwrap()), ["a", "b"]);
    }

    #[test]
    fn no_other_character_folds_to_one_of_ascii() {
        let context = Context::from_iter([("aws:To\u{212a}enIssueTime", "x"), ("aws:\u{130}d", "y")]);
        assert!(context.get("aws:TokenIssueTime").is_empty() && context.get("aws:i\u{307}d").is_empty());
        assert_eq!(context.get("AWS:tO\u{212a}ENissueTIME"), ["x"]);
    }

    #[test]
    fn a_key_has_a_service_and_a_name() {
        for text in [
            "aws:SourceIp",
            "aws:PrincipalTag/cost center",
            "aws:principaltag/cost center",
            "oidc.eks.eu-west-1.amazonaws.com/id/AB:sub",
            "aws:RequestTag/a:b",
        ] {
            assert_eq!(Key::new(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "SourceIp",
            ":x",
            "aws:",
            "aws: ",
            "aws:Principal*",
            "a b:c",
            "aws:${x}",
            "aws:a\u{7}",
            "aws:Source Ip",
            " aws:a",
            "aws:a ",
            "aws:a\u{200b}",
            "aws:ResourceTag/a\u{200b}",
            "aws:ResourceTag/ a",
            "aws:PrincipalTag/a ",
            "aws:Resource Tag/a",
            "aws:To\u{212a}en",
        ] {
            assert!(Key::new(text).is_none(), "{text}");
        }
    }
}
