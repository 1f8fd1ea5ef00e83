//! Which claim of a token is meant.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;
use thiserror::Error;

/// A claim's name as it stands in the token; or, with a slash in front, the way to one within others (a JSON pointer,
/// RFC 6901: `/kubernetes.io/namespace`, with `~1` for a slash in a name). So no name can be read in two ways.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimPath(String);

impl ClaimPath {
    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the claim that it leads to.
    #[must_use]
    pub fn last(&self) -> &str {
        if self.0.starts_with('/') { self.0.rsplit('/').next().unwrap_or_default() } else { &self.0 }
    }

    /// Its value, if the token has it.
    #[must_use]
    pub fn of<'c>(&self, claims: &'c Value) -> Option<&'c Value> {
        if self.0.starts_with('/') { claims.pointer(&self.0) } else { claims.get(&self.0) }
    }
}

/// A text that names no claim.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} names no claim: write its name, or /outer/inner for one within another")]
pub struct ClaimPathError(String);

impl FromStr for ClaimPath {
    type Err = ClaimPathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_sound = (1..=256).contains(&text.len()) && text != "/" && !text.chars().any(char::is_control);
        if is_sound { Ok(Self(text.to_owned())) } else { Err(ClaimPathError(text.to_owned())) }
    }
}

impl fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_is_one_claim_and_a_pointer_leads_to_one() {
        let claims = json!({"sub": "a", "a/b": 1, "/x": 2, "kubernetes.io": {"namespace": "ci", "pod": {"name": "p"}}});
        for (path, value) in [
            ("sub", Some(json!("a"))),
            ("a/b", Some(json!(1))),
            ("/kubernetes.io/namespace", Some(json!("ci"))),
            ("/kubernetes.io/pod/name", Some(json!("p"))),
            ("/~1x", Some(json!(2))),
            ("/x", None),
            ("kubernetes.io/namespace", None),
        ] {
            assert_eq!(path.parse::<ClaimPath>().unwrap().of(&claims), value.as_ref(), "{path}");
        }
        for text in ["", "/", "a\nb"] {
            assert!(text.parse::<ClaimPath>().is_err(), "{text:?}");
        }
    }
}
