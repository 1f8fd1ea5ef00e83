//! An ARN that may end in a wildcard.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

use super::{Arn, ArnError};

/// One ARN, or every ARN that begins with one: `arn:aws:iam::123456789012:role/platform/*`.
///
/// The wildcard stands at the very end and inside the resource, so partition and account are always written out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArnPattern {
    arn: Arn,
    prefix: bool,
}

impl ArnPattern {
    /// The ARN before the wildcard, or the whole of it.
    #[must_use]
    pub fn arn(&self) -> &Arn {
        &self.arn
    }

    /// Whether a wildcard stands at the end.
    #[must_use]
    pub fn is_prefix(&self) -> bool {
        self.prefix
    }

    /// Whether `arn` is meant. Letter case is ignored, because IAM ignores it in the names of its entities: a request
    /// about `Gateway` reaches the role `gateway`.
    #[must_use]
    pub fn matches(&self, arn: &str) -> bool {
        let own = self.arn.to_string();
        match arn.get(..own.len()) {
            Some(head) => head.eq_ignore_ascii_case(&own) && (self.prefix || arn.len() == own.len()),
            None => false,
        }
    }
}

/// Why a text is not such a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ArnPatternError {
    /// Not an ARN, even without the wildcard.
    #[error(transparent)]
    Arn(#[from] ArnError),
    /// A wildcard that is not the last character.
    #[error("has a wildcard before its end; only one *, as the last character, is allowed")]
    Wildcard,
    /// Nothing of the resource is written out.
    #[error("begins its wildcard before any resource; write at least the kind of resource, such as role/*")]
    TooWide,
}

impl FromStr for ArnPattern {
    type Err = ArnPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (head, prefix) = match text.strip_suffix('*') {
            Some(head) => (head, true),
            None => (text, false),
        };
        if head.contains(['*', '?']) {
            return Err(ArnPatternError::Wildcard);
        }
        if prefix && head.split(':').nth(5).is_none_or(str::is_empty) {
            return Err(ArnPatternError::TooWide);
        }
        Ok(Self { arn: head.parse()?, prefix })
    }
}

impl fmt::Display for ArnPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.arn, if self.prefix { "*" } else { "" })
    }
}

impl Serialize for ArnPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
