//! What is dangerous about a policy that has no faults: pure analysis of its document, one file for each family.
//!
//! A finding is no proof: other policies, boundaries and SCPs are not looked at, and what a document denies counts only
//! where it denies it to everybody, always and everywhere.

mod conditions;
mod contradictions;
mod deputy;
mod document;
mod escalation;
mod escalations;
mod federation;
mod known;
mod pass_role;
mod patterns;
mod rules;
mod wildcards;

use serde::Serialize;
use serde_json::Value;

use self::document::Document;
use self::escalations::Escalation;
pub(super) use self::patterns::matches;
pub use self::rules::{RULES, Rule};
use crate::policy::PolicyKind;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Anybody, or everything.
    Critical,
    /// More than was most likely meant, by one step.
    High,
    /// More than was most likely meant, where something else comes to it.
    Medium,
    /// Worth knowing.
    Low,
}

impl Severity {
    /// The word in results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// Something dangerous.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The kind: stable.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where, as a JSON path: `$.Statement[0].Action[2]`.
    pub path: String,
    /// What can happen.
    pub explanation: String,
    /// What to do.
    pub remedy: String,
}

impl Finding {
    fn new(
        code: &'static str,
        severity: Severity,
        path: &str,
        explanation: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        debug_assert!(RULES.iter().any(|rule| rule.code == code), "{code} is no rule");
        Self { code, severity, path: path.to_owned(), explanation: explanation.into(), remedy: remedy.into() }
    }
}

/// How many findings are told: what has more is best written anew.
const MOST: usize = 100;

/// Characters, white space left out, beyond which no quota of IAM lets a policy be stored, so that it is not analysed.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length>.
const STORABLE: usize = 10_240;

/// What is dangerous about a document that has no faults, or does nothing, the worst first. `account` is the one that it is for:
/// others are foreign; where it is not known, nobody is. At an endpoint nothing is given: what is wide there is only not narrowed.
#[must_use]
pub fn of(kind: PolicyKind, json: &str, account: Option<&str>) -> Vec<Finding> {
    let size = json.chars().filter(|character| !character.is_ascii_whitespace()).count();
    if size > STORABLE {
        return vec![Finding::new(
            "TooLongToStore",
            Severity::Low,
            "$",
            format!(
                "{size} characters without white space; IAM stores no policy of more than {STORABLE}, so this one was \
                     not analysed"
            ),
            "split it",
        )];
    }
    let Ok(value) = serde_json::from_str::<Value>(json) else { return Vec::new() };
    let document = Document::of(&value);
    let mut found = Vec::new();
    match kind {
        PolicyKind::Trust => {
            deputy::find(&document, account, &mut found);
            federation::find(&document, &mut found);
        }
        PolicyKind::Endpoint => known::find(&document, &mut found),
        PolicyKind::Identity | PolicyKind::Resource => {
            wildcards::find(&document, &mut found);
            escalation::find(&document, &mut found);
            pass_role::find(&document, &mut found);
            known::find(&document, &mut found);
        }
    }
    // The gateway sets the keys at its endpoint itself.
    if kind != PolicyKind::Endpoint {
        conditions::find(&document, &mut found);
    }
    contradictions::find(&document, &mut found);
    found.sort_by_key(|finding| finding.severity);
    found.truncate(MOST);
    found
}

/// A way by which somebody gets more than was given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    /// The code of the findings that tell of it.
    pub(crate) code: &'static str,
    /// All that it takes, in lower case.
    pub(crate) actions: &'static [&'static str],
    /// What can be done so.
    pub(crate) how: &'static str,
}

/// Every way that the findings on policies of identities know.
pub(crate) fn ways() -> impl Iterator<Item = Way> {
    let of_family = |(code, escalations, _): (&'static str, &'static [Escalation], &'static str)| {
        escalations.iter().map(move |way| Way { code, actions: way.actions, how: way.how })
    };
    escalation::FAMILIES.into_iter().flat_map(of_family)
}

#[cfg(test)]
pub(super) mod testing {
    use serde_json::Value;

    use super::{Finding, of};
    use crate::policy::{Document, PolicyKind};

    /// The account that documents are for.
    pub(crate) const ACCOUNT: &str = "123456789012";

    /// The findings on a document, which must have no faults.
    #[track_caller]
    pub(crate) fn found(kind: PolicyKind, document: &Value) -> Vec<Finding> {
        let json = document.to_string();
        Document::parse(kind, &json).unwrap_or_else(|faults| panic!("{faults}"));
        of(kind, &json, Some(ACCOUNT))
    }

    /// The codes of the findings on a statement, sorted.
    #[track_caller]
    pub(crate) fn codes(kind: PolicyKind, statement: &Value) -> Vec<&'static str> {
        let document = serde_json::json!({"Version": "2012-10-17", "Statement": [statement]});
        let mut codes: Vec<&str> = found(kind, &document).into_iter().map(|finding| finding.code).collect();
        codes.sort_unstable();
        codes
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_narrow_policy_has_no_findings() {
        let statement = json!({
            "Effect": "Allow", "Action": ["s3:GetObject", "iam:GetUser"],
            "Resource": ["arn:aws:s3:::reports/*", "arn:aws:iam::123456789012:user/${aws:username}"],
            "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        });
        assert_eq!(testing::codes(PolicyKind::Identity, &statement), [] as [&str; 0]);
    }

    #[test]
    fn the_worst_comes_first_and_the_list_is_bounded() {
        let statement = json!({"Effect": "Allow", "Action": ["s3:*", "*"], "Resource": "*"});
        let found = testing::found(PolicyKind::Identity, &json!({"Version": "2012-10-17", "Statement": [statement]}));
        assert_eq!(found[0].severity, Severity::Critical);
        let many = vec![json!({"Effect": "Allow", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::a"}); 90];
        assert!(
            testing::found(PolicyKind::Identity, &json!({"Version": "2012-10-17", "Statement": many})).len() <= MOST
        );
    }

    #[test]
    fn what_no_quota_lets_be_stored_is_not_analysed() {
        let sid = "a".repeat(STORABLE);
        let document = json!({"Version": "2012-10-17", "Statement": [
            {"Sid": sid, "Effect": "Allow", "Action": "*", "Resource": "*"},
        ]});
        let found = testing::found(PolicyKind::Identity, &document);
        assert_eq!((found.len(), found[0].code), (1, "TooLongToStore"));
    }
}
