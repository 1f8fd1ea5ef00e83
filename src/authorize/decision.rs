//! What stage one decided, for the record.

use serde::Serialize;

use super::endpoint::{By, Denial};

/// The decision on a call, as the audit record shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// Always `gateway`: stage two is AWS's own.
    pub stage: &'static str,
    /// `allow` or `deny`.
    pub effect: &'static str,
    /// What decided: the role mapping, or a refusal's code.
    pub reason: String,
    /// The file of the endpoint policy that denies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Its statement: the Sid, or its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// The action that is denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<&'static str>,
    /// What it would have acted on, by its real ARN where AWS has told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The statements of endpoint policies that allow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_by: Vec<By>,
    /// What the policies that are only tried out would have decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow: Option<Shadow>,
}

/// The decision of policies that are not enforced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shadow {
    /// `allow`, `deny`, or `undecided` where it depends on what was not looked up for policies that are not enforced.
    pub effect: &'static str,
    /// The file that denies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Its statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// The action that would be denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<&'static str>,
    /// On this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
}

impl Decision {
    fn of(effect: &'static str, reason: String) -> Self {
        Self {
            stage: "gateway",
            effect,
            reason,
            policy: None,
            statement: None,
            action: None,
            resource: None,
            allowed_by: Vec::new(),
            shadow: None,
        }
    }

    /// Allowed by the access that the role mapping gives, and by these statements of endpoint policies.
    #[must_use]
    pub(super) fn allowed(mapping: &str, allowed_by: Vec<By>) -> Self {
        Self { allowed_by, ..Self::of("allow", format!("role mapping {mapping}")) }
    }

    /// Denied, for the refusal with this code.
    #[must_use]
    pub fn denied(code: &str) -> Self {
        Self::of("deny", code.to_owned())
    }

    /// Denied by an endpoint policy, or for want of one.
    #[must_use]
    pub(super) fn denied_by(denial: &Denial) -> Self {
        let by = denial.by.as_ref();
        Self {
            policy: by.map(|by| by.policy.clone()),
            statement: by.map(|by| by.statement.clone()),
            action: Some(denial.action),
            resource: Some(denial.resource.clone()),
            ..Self::denied(denial.code())
        }
    }

    /// The same, with what would have been decided by the policies that are tried out.
    #[must_use]
    pub(super) fn with_shadow(self, shadow: Option<Shadow>) -> Self {
        Self { shadow: shadow.or(self.shadow), ..self }
    }
}

impl Shadow {
    pub(super) fn allowed() -> Self {
        Self { effect: "allow", policy: None, statement: None, action: None, resource: None }
    }

    pub(super) fn undecided() -> Self {
        Self { effect: "undecided", ..Self::allowed() }
    }

    pub(super) fn denied_by(denial: Denial) -> Self {
        let (policy, statement) = denial.by.map(|by| (by.policy, by.statement)).unzip();
        Self { effect: "deny", policy, statement, action: Some(denial.action), resource: Some(denial.resource) }
    }
}
