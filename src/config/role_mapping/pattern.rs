//! Which callers a mapping is for.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::arn::AccountId;
use crate::authn::caller::{LONGEST_NAME, is_of_names};
use crate::authn::{Caller, CallerKind};

/// A caller's name, exactly; or the beginning of one, with a single `*` at its end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NamePattern {
    /// `alice`: this name only.
    Exact(String),
    /// `ci/*`: every name that begins with `ci/`. Plain `*` is every name.
    Prefix(String),
}

impl NamePattern {
    /// Whether `name` is meant. Letter case matters.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Exact(own) => own == name,
            Self::Prefix(prefix) => name.starts_with(prefix.as_str()),
        }
    }

    /// Whether more than one name can be meant.
    #[must_use]
    pub fn is_for_several(&self) -> bool {
        matches!(self, Self::Prefix(_))
    }

    /// Whether a name that begins with this can fit.
    pub(in crate::config) fn can_begin(&self, beginning: &str) -> bool {
        match self {
            Self::Exact(text) => text.starts_with(beginning),
            Self::Prefix(text) => text.starts_with(beginning) || beginning.starts_with(text.as_str()),
        }
    }

    /// The more specific of two patterns is the greater: an exact name before every prefix, a longer prefix before a
    /// shorter one. Two different patterns that match the same name are never equally specific.
    pub(super) fn specificity(&self) -> (bool, usize) {
        match self {
            Self::Exact(name) => (true, name.len()),
            Self::Prefix(prefix) => (false, prefix.len()),
        }
    }
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NamePatternError {
    /// Empty or too long.
    #[error("has {0} characters; a pattern has 1 to {LONGEST_NAME}")]
    Length(usize),
    /// A wildcard that is not the last character, or more than one.
    #[error("may have one *, and only as its last character")]
    Wildcard,
    /// Characters that no caller's name has.
    #[error(
        "may only have letters, digits and . _ @ / + = , - as callers' names do; a name is no ARN: of arn:aws:sts::123456789012:assumed-role/ROLE/SESSION it is assumed-role/ROLE/SESSION"
    )]
    Characters,
}

impl FromStr for NamePattern {
    type Err = NamePatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length = text.chars().count();
        if !(1..=LONGEST_NAME).contains(&length) {
            return Err(NamePatternError::Length(length));
        }
        let (head, prefix) = match text.strip_suffix('*') {
            Some(head) => (head, true),
            None => (text, false),
        };
        if head.contains('*') {
            return Err(NamePatternError::Wildcard);
        }
        if !head.bytes().all(is_of_names) {
            return Err(NamePatternError::Characters);
        }
        Ok(if prefix { Self::Prefix(head.to_owned()) } else { Self::Exact(head.to_owned()) })
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
        }
    }
}

/// The callers of one kind, of one account or issuer where the kind has those, whose names match.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallerPattern {
    /// How the caller must have proved who it is.
    pub kind: CallerKind,
    /// The AWS account whose principal it must be; said for the kinds of which AWS vouches, and for no other.
    pub account: Option<AccountId>,
    /// The configured name of the issuer that must vouch for it; said for OIDC, and for nothing else.
    pub issuer: Option<String>,
    /// The names that are meant.
    pub pattern: NamePattern,
}

impl CallerPattern {
    /// Whether this caller is meant: nobody of another kind, account or issuer ever is.
    #[must_use]
    pub fn matches(&self, caller: &Caller) -> bool {
        self.kind == caller.kind
            && self.account == caller.account
            && self.issuer == caller.issuer
            && self.pattern.matches(&caller.name)
    }
}

impl fmt::Display for CallerPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.kind.as_str())?;
        if let Some(account) = &self.account {
            write!(f, "{account}:")?;
        }
        if let Some(issuer) = &self.issuer {
            write!(f, "{issuer}:")?;
        }
        write!(f, "{}", self.pattern)
    }
}

impl Serialize for CallerPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pattern_is_exact_or_ends_in_its_only_wildcard() {
        let pattern = |text: &str| text.parse::<NamePattern>().unwrap();
        assert!(pattern("alice").matches("alice"));
        assert!(!pattern("alice").matches("Alice"));
        assert!(!pattern("alice").matches("alice2"));
        assert!(pattern("ci/*").matches("ci/deploy"));
        assert!(!pattern("ci/*").matches("ci"));
        assert!(pattern("*").matches("anyone"));
        for text in ["alice", "ci/*", "*"] {
            assert_eq!(pattern(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_its_reason() {
        let fault = |text: &str| text.parse::<NamePattern>().unwrap_err();
        assert_eq!(fault(""), NamePatternError::Length(0));
        assert_eq!(fault(&"a".repeat(641)), NamePatternError::Length(641));
        assert_eq!(fault("c*i"), NamePatternError::Wildcard);
        assert_eq!(fault("ci/**"), NamePatternError::Wildcard);
        assert_eq!(fault("arn:aws"), NamePatternError::Characters);
        assert_eq!(fault("a b"), NamePatternError::Characters);
        assert_eq!(fault("a?"), NamePatternError::Characters);
    }

    proptest! {
        #[test]
        fn different_patterns_that_match_one_name_are_never_equally_specific(
            name in "[ab]{0,4}",
            a in "[ab]{0,4}\\*?",
            b in "[ab]{0,4}\\*?",
        ) {
            if let (Ok(a), Ok(b)) = (a.parse::<NamePattern>(), b.parse::<NamePattern>())
                && a != b && a.matches(&name) && b.matches(&name)
            {
                prop_assert_ne!(a.specificity(), b.specificity());
            }
        }
    }
}
