//! Patterns of actions and resources: `*` stands for any characters, `?` for one, and letter case is ignored, as IAM
//! ignores it in actions and in the names of its entities.

use crate::policy::glob::Glob;

const WILDCARDS: [char; 2] = ['*', '?'];

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    glob: Glob,
    /// In lower case.
    text: String,
}

impl Pattern {
    /// The pattern that `text` spells.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        Self { glob: Glob::of(&text), text }
    }

    /// Whether it matches the whole of `text`.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.glob.is_match(&text.to_ascii_lowercase())
    }

    /// Whether it matches a resource as records have it.
    ///
    /// What AWS was asked about by name alone stands there with its path left open, `user/*alice`. That is found by an
    /// ARN with any path, and by a pattern that matches the ARN without one.
    #[must_use]
    pub fn matches_resource(&self, recorded: &str) -> bool {
        if self.matches(recorded) {
            return true;
        }
        let Some((kind, name)) = recorded.split_once("/*") else { return false };
        if name.is_empty() || name.contains('/') {
            return false;
        }
        if self.has_wildcard() {
            return self.matches(&format!("{kind}/{name}"));
        }
        let (kind, name) = (kind.to_ascii_lowercase(), name.to_ascii_lowercase());
        let path = self.text.strip_prefix(&kind).and_then(|rest| rest.strip_suffix(&name));
        path.is_some_and(|path| path.starts_with('/') && path.ends_with('/'))
    }

    /// What stands in every text that matches, in whatever letter case, between JSON's quotes.
    pub(super) fn pieces(&self) -> Vec<Fragment<'_>> {
        fragments(&self.text, |text| text.split(WILDCARDS).collect())
    }

    /// The same for [`Pattern::matches_resource`]: after any slash a `*` may stand, and a path may be left out.
    pub(super) fn resource_pieces(&self) -> Vec<Fragment<'_>> {
        if self.has_wildcard() {
            return fragments(&self.text, |text| {
                text.split(WILDCARDS).flat_map(|piece| piece.split_inclusive('/')).collect()
            });
        }
        fragments(&self.text, |text| match text.split_once('/') {
            Some((kind, _)) => vec![&text[..=kind.len()], text.rsplit('/').next().unwrap_or_default()],
            None => vec![text],
        })
    }

    fn has_wildcard(&self) -> bool {
        self.text.contains(WILDCARDS)
    }
}

/// A piece of a pattern's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fragment<'a> {
    pub(super) text: &'a str,
    /// It begins the text.
    pub(super) first: bool,
    /// It ends the text.
    pub(super) last: bool,
}

/// The pieces that `cut` makes, of which each is a slice of `text`. Those that say most come first.
fn fragments<'a>(text: &'a str, cut: impl Fn(&'a str) -> Vec<&'a str>) -> Vec<Fragment<'a>> {
    let pieces = cut(text).into_iter().filter(|piece| !piece.is_empty());
    let offset = |piece: &str| piece.as_ptr().addr() - text.as_ptr().addr();
    let mut fragments: Vec<Fragment<'a>> = pieces
        .map(|piece| {
            let at = offset(piece);
            Fragment { text: piece, first: at == 0, last: at + piece.len() == text.len() }
        })
        .collect();
    // The beginning of an ARN or an action is common to most records, and its end is not.
    fragments.reverse();
    fragments
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "arn:aws:iam::123456789012:user";

    #[test]
    fn letter_case_is_ignored_and_wildcards_are_not_letters() {
        for (pattern, text, expected) in [
            ("iam:Delete*", "iam:DeleteUser", true),
            ("IAM:DELETEUSER", "iam:DeleteUser", true),
            ("iam:Get?ser", "iam:GetUser", true),
            ("iam:Get", "iam:GetUser", false),
            ("*", "", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_resource_whose_path_is_open_is_found_by_its_name() {
        for (pattern, recorded, expected) in [
            ("user/bob", "user/bob", true),
            ("user/bob", "user/*bob", true),
            ("user/people/Bob", "user/*bob", true),
            ("user/people/jacob", "user/*bob", false),
            ("user/jacob", "user/*bob", false),
            ("role/bob", "user/*bob", false),
            ("*bob", "user/*bob", true),
            ("user/people/*", "user/*bob", false),
            ("user/b*", "user/*bob", true),
            ("user/bob", "user/*", false),
            ("user/*", "user/*", true),
            ("user/people/*", "user/people/*", true),
        ] {
            let full = |text: &str| format!("{}{text}", USER.strip_suffix("user").unwrap());
            let pattern_text = if pattern.starts_with('*') { pattern.to_owned() } else { full(pattern) };
            let pattern = Pattern::new(&pattern_text);
            assert_eq!(pattern.matches_resource(&full(recorded)), expected, "{pattern_text} {recorded}");
        }
        assert!(Pattern::new("*/bob").matches_resource(&format!("{USER}/*bob")));
    }
}
