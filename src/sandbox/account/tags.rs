//! Tags of an entity or a session.

use std::collections::BTreeMap;

/// Whether tag keys that differ only in case are the same tag. It depends on what is tagged
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules>).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::sandbox) enum KeyCase {
    /// They are, for users, roles and sessions: "Costcenter" and "costcenter" cannot stand side by side, and the value
    /// that comes last is kept under the key that comes last.
    #[default]
    Ignored,
    /// They are two tags, for everything else that can be tagged.
    Kept,
}

/// Tags, sorted by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct Tags {
    case: KeyCase,
    by_key: BTreeMap<String, (String, String)>,
}

impl Tags {
    /// No tags yet.
    pub(in crate::sandbox) fn none(case: KeyCase) -> Self {
        Self { case, by_key: BTreeMap::new() }
    }

    /// Whether keys that differ only in case are the same.
    pub(in crate::sandbox) fn case(&self) -> KeyCase {
        self.case
    }

    /// Sets a tag.
    pub(in crate::sandbox) fn set(&mut self, key: &str, value: &str) {
        self.by_key.insert(self.folded(key), (key.to_owned(), value.to_owned()));
    }

    /// Takes a tag away, if it is there.
    pub(in crate::sandbox) fn remove(&mut self, key: &str) {
        self.by_key.remove(&self.folded(key));
    }

    /// A tag's value.
    pub(in crate::sandbox) fn get(&self, key: &str) -> Option<&str> {
        self.by_key.get(&self.folded(key)).map(|(_, value)| value.as_str())
    }

    /// Keys and values, sorted.
    pub(in crate::sandbox) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.by_key.values().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many.
    pub(in crate::sandbox) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether there are none.
    pub(in crate::sandbox) fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// What keys that are the same have in common: tags are sorted by it.
    pub(in crate::sandbox) fn folded(&self, key: &str) -> String {
        match self.case {
            KeyCase::Ignored => folded(key),
            KeyCase::Kept => key.to_owned(),
        }
    }
}

/// Lower case, one character at a time; what is no ASCII letter never becomes one: the Kelvin sign stays what it is.
///
/// Keys of tags become names of condition keys, which policies compare so: two tags that are one there would hide each
/// other's value, and one tag that is two there would slip past a condition.
pub(in crate::sandbox) fn folded(key: &str) -> String {
    let mut folded = String::with_capacity(key.len());
    for character in key.chars() {
        match character.to_lowercase() {
            lower if character.is_ascii() || !lower.clone().any(|lower| lower.is_ascii()) => folded.extend(lower),
            _ => folded.push(character),
        }
    }
    folded
}

impl<'a> FromIterator<(&'a str, &'a str)> for Tags {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        let mut tags = Self::default();
        for (key, value) in pairs {
            tags.set(key, value);
        }
        tags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_differ_only_in_case_are_the_same_and_lookalikes_are_not() {
        let tags =
            Tags::from_iter([("Key", "1"), ("kEY", "2"), ("\u{212a}ey", "Kelvin"), ("\u{c4}", "a"), ("\u{e4}", "b")]);
        assert_eq!(tags.len(), 3);
        assert_eq!((tags.get("KEY"), tags.get("\u{212a}EY")), (Some("2"), Some("Kelvin")));
        assert_eq!((tags.get("\u{c4}"), tags.get("i"), tags.get("\u{130}")), (Some("b"), None, None));
        assert_eq!(folded("I\u{130}\u{212b}"), "i\u{130}\u{e5}");
    }
}
