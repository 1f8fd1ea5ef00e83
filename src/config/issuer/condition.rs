//! What a token's claims must be.

use serde_json::Value;

use super::claim::ClaimPath;

/// A claim, and the values of which it must have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The claim.
    pub claim: ClaimPath,
    /// What it may be; never empty.
    pub possible: Vec<Possible>,
}

/// A value that a claim may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Possible {
    /// This text.
    Exactly(String),
    /// A text that begins so: `refs/heads/*`.
    Beginning(String),
    /// This truth value.
    Boolean(bool),
}

impl Condition {
    /// Whether the claims fulfil it. Of a claim with several values, such as groups, one is enough.
    #[must_use]
    pub fn holds(&self, claims: &Value) -> bool {
        match self.claim.of(claims) {
            Some(Value::Array(values)) => values.iter().any(|value| self.is_possible(value)),
            Some(value) => self.is_possible(value),
            None => false,
        }
    }

    fn is_possible(&self, value: &Value) -> bool {
        self.possible.iter().any(|possible| match (possible, value) {
            (Possible::Exactly(own), Value::String(text)) => own == text,
            (Possible::Beginning(own), Value::String(text)) => text.starts_with(own.as_str()),
            (Possible::Boolean(own), Value::Bool(flag)) => own == flag,
            _ => false,
        })
    }
}

impl Possible {
    /// The value that is written so: a `*` at the end means every text that begins so.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        match text.strip_suffix('*') {
            Some(beginning) => Self::Beginning(beginning.to_owned()),
            None => Self::Exactly(text.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_claim_must_have_one_of_the_values() {
        let condition = |possible: Vec<Possible>| Condition { claim: "c".parse().unwrap(), possible };
        let main = condition(vec![Possible::of_text("refs/heads/main"), Possible::of_text("refs/tags/*")]);
        for (value, holds) in [
            (json!("refs/heads/main"), true),
            (json!("refs/heads/main2"), false),
            (json!("refs/tags/v1"), true),
            (json!(["x", "refs/tags/v1"]), true),
            (json!([]), false),
            (json!(["x"]), false),
            (json!(null), false),
            (json!({"refs/heads/main": 1}), false),
        ] {
            assert_eq!(main.holds(&json!({"c": value})), holds, "{value}");
        }
        assert!(!main.holds(&json!({})));
        let verified = condition(vec![Possible::Boolean(true)]);
        assert!(verified.holds(&json!({"c": true})));
        assert!(!verified.holds(&json!({"c": false})) && !verified.holds(&json!({"c": "true"})));
    }
}
