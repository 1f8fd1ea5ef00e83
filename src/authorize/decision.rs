//! What stage one decided, for the record.

use serde::Serialize;

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
}

impl Decision {
    /// Allowed by the access that the role mapping gives.
    #[must_use]
    pub fn allowed_by_mapping(mapping: &str) -> Self {
        Self { stage: "gateway", effect: "allow", reason: format!("role mapping {mapping}") }
    }

    /// Denied, for the refusal with this code.
    #[must_use]
    pub fn denied(code: &str) -> Self {
        Self { stage: "gateway", effect: "deny", reason: code.to_owned() }
    }
}
