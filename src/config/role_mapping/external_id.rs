//! The external id that a role's trust policy may demand.

use std::str::FromStr;

use thiserror::Error;

/// An external id: 2-1,224 characters of `[\w+=,.@:/-]` (STS's API reference, AssumeRole). Not a secret, says AWS.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExternalId(String);

impl ExternalId {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no external id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExternalIdError {
    /// Too short or too long.
    #[error("has {0} characters; an external id has 2 to 1224")]
    Length(usize),
    /// Characters that STS refuses.
    #[error("may only have letters, digits and _ + = , . @ : / -")]
    Characters,
}

impl FromStr for ExternalId {
    type Err = ExternalIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length = text.chars().count();
        if !(2..=1224).contains(&length) {
            return Err(ExternalIdError::Length(length));
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&b)) {
            return Err(ExternalIdError::Characters);
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_external_id_is_what_sts_takes() {
        let parse = |text: &str| text.parse::<ExternalId>();
        assert_eq!(parse("a:b/c-1").unwrap().as_str(), "a:b/c-1");
        assert_eq!(parse("a"), Err(ExternalIdError::Length(1)));
        assert!(parse(&"a".repeat(1224)).is_ok());
        assert_eq!(parse(&"a".repeat(1225)), Err(ExternalIdError::Length(1225)));
        assert_eq!(parse("a b"), Err(ExternalIdError::Characters));
    }
}
