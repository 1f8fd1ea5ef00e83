//! How the claims of a token become a name.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;
use thiserror::Error;

use super::claim::ClaimPath;
use crate::authn::caller::{LONGEST_NAME, is_of_names};

/// Text with claims in braces: `ci/{repository}@{ref}`.
///
/// No two sets of claims come to the same name: between two claims stands text, and no claim may hold the character that
/// the text behind it begins with. So a claim that somebody chooses for themselves cannot pass for two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Claim(ClaimPath),
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// A brace without its other half, or one within another.
    #[error("has a brace without its other half: write {{claim}}")]
    Brace,
    /// A claim that is none.
    #[error("names no claim between two braces")]
    Claim,
    /// Nothing but text.
    #[error("has no claim, so everybody would be the same caller: write a claim's name in braces, such as {{sub}}")]
    NoClaim,
    /// Two claims without text between.
    #[error(
        "has two claims without text between them, so that two names could be read as one: put a character such as @ or = between"
    )]
    Adjacent,
    /// Characters that no name has.
    #[error("may only have letters, digits and . _ @ / + = , - beside its claims, as callers' names do")]
    Characters,
}

/// Why a token gives no name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unfit {
    /// The claim is not there, or is no text.
    #[error("the token has no claim {0} that is text")]
    Missing(ClaimPath),
    /// The claim has characters that names do not have, or the one behind it.
    #[error("the token's claim {0} has characters that a caller's name cannot have there")]
    Characters(ClaimPath),
    /// The claim is empty, or the whole is too long.
    #[error("the token's claims come to a name that is too long, or has nothing in the place of {0}")]
    Length(ClaimPath),
}

impl Template {
    /// The name that these claims come to.
    ///
    /// # Errors
    /// When they come to none.
    pub fn fill(&self, claims: &Value) -> Result<String, Unfit> {
        let mut name = String::new();
        let mut parts = self.parts.iter().peekable();
        while let Some(part) = parts.next() {
            let claim = match part {
                Part::Text(text) => {
                    name.push_str(text);
                    continue;
                }
                Part::Claim(claim) => claim,
            };
            let value = claim.of(claims).and_then(Value::as_str).ok_or_else(|| Unfit::Missing(claim.clone()))?;
            let behind = match parts.peek() {
                Some(Part::Text(text)) => text.chars().next(),
                Some(Part::Claim(_)) | None => None,
            };
            if !value.bytes().all(is_of_names) || behind.is_some_and(|behind| value.contains(behind)) {
                return Err(Unfit::Characters(claim.clone()));
            }
            name.push_str(value);
            if value.is_empty() || name.len() > LONGEST_NAME {
                return Err(Unfit::Length(claim.clone()));
            }
        }
        Ok(name)
    }

    /// The claims that it takes.
    pub fn claims(&self) -> impl Iterator<Item = &ClaimPath> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Claim(claim) => Some(claim),
        })
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (before, after) = rest.split_at(rest.find(['{', '}']).unwrap_or(rest.len()));
            if !before.is_empty() {
                if !before.bytes().all(is_of_names) {
                    return Err(TemplateError::Characters);
                }
                parts.push(Part::Text(before.to_owned()));
            }
            rest = after;
            if rest.is_empty() {
                break;
            }
            let inside = rest.strip_prefix('{').ok_or(TemplateError::Brace)?;
            let (claim, behind) = inside.split_once('}').ok_or(TemplateError::Brace)?;
            if claim.contains('{') {
                return Err(TemplateError::Brace);
            }
            if matches!(parts.last(), Some(Part::Claim(_))) {
                return Err(TemplateError::Adjacent);
            }
            parts.push(Part::Claim(claim.parse().map_err(|_| TemplateError::Claim)?));
            rest = behind;
        }
        let template = Self { text: text.to_owned(), parts };
        if template.claims().next().is_none() { Err(TemplateError::NoClaim) } else { Ok(template) }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn fill(template: &str, claims: &Value) -> Result<String, Unfit> {
        template.parse::<Template>().unwrap().fill(claims)
    }

    fn path(text: &str) -> ClaimPath {
        text.parse().unwrap()
    }

    #[test]
    fn claims_take_their_places() {
        let claims = json!({"repository": "acme/app", "ref": "refs/heads/main", "io": {"ns": "ci"}});
        assert_eq!(fill("ci/{repository}@{ref}", &claims).unwrap(), "ci/acme/app@refs/heads/main");
        assert_eq!(fill("{/io/ns}", &claims).unwrap(), "ci");
    }

    #[test]
    fn what_could_pass_for_something_else_is_no_name() {
        let unfit = |value: Value| fill("{a}@{b}", &json!({"a": value, "b": "x"})).unwrap_err();
        assert_eq!(unfit(json!("arn:aws:iam::123456789012:role/x")), Unfit::Characters(path("a")));
        assert_eq!(unfit(json!("x@y")), Unfit::Characters(path("a")));
        assert_eq!(unfit(json!("x y")), Unfit::Characters(path("a")));
        assert_eq!(unfit(json!("x\u{200b}")), Unfit::Characters(path("a")));
        assert_eq!(unfit(json!("")), Unfit::Length(path("a")));
        assert_eq!(unfit(json!("x".repeat(700))), Unfit::Length(path("a")));
        for value in [json!(null), json!(1), json!(["x"]), json!({"x": 1})] {
            assert_eq!(unfit(value), Unfit::Missing(path("a")));
        }
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for (text, error) in [
            ("", TemplateError::NoClaim),
            ("ci", TemplateError::NoClaim),
            ("{a}{b}", TemplateError::Adjacent),
            ("{a", TemplateError::Brace),
            ("a}", TemplateError::Brace),
            ("{a{b}}", TemplateError::Brace),
            ("{}", TemplateError::Claim),
            ("arn:{a}", TemplateError::Characters),
            ("{a} {b}", TemplateError::Characters),
        ] {
            assert_eq!(text.parse::<Template>(), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_two_sets_of_claims_come_to_the_same_name(
            one in ("[a/@.]{1,3}", "[a/@.]{1,3}"),
            other in ("[a/@.]{1,3}", "[a/@.]{1,3}"),
        ) {
            let filled = |(a, b): &(String, String)| fill("x/{a}@{b}", &json!({"a": a, "b": b}));
            if let (Ok(first), Ok(second)) = (filled(&one), filled(&other)) {
                prop_assert_eq!(first == second, one == other);
            }
        }
    }
}
