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
