//! What is said against a call, as results have it.

use serde_json::{Value, json};

/// A change that would allow it: for whoever is in charge of the place, never made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proposal {
    /// What would be changed.
    pub(super) place: String,
    /// How.
    pub(super) change: String,
    /// The statement to add, where that is the change.
    pub(super) statement: Option<Value>,
}

/// One refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Which layer refuses.
    pub(super) layer: &'static str,
    /// The code of the refusal.
    pub(super) code: String,
    /// The action and what it was to act on, where it is about one.
    pub(super) on: Option<(String, String)>,
    /// The statement that refuses, or that nearly allows.
    pub(super) statement: Option<Value>,
    /// What is missing, or in the way.
    pub(super) why: String,
    /// Whether it depends on circumstances that are not known.
    pub(super) conditional: bool,
    /// What would allow it.
    pub(super) proposal: Proposal,
}

impl Refusal {
    pub(super) fn shown(&self) -> Value {
        let mut shown = json!({
            "Layer": self.layer, "Code": self.code, "Why": self.why, "Conditional": self.conditional,
            "Proposal": {"Where": self.proposal.place, "Change": self.proposal.change},
        });
        if let Some((action, resource)) = &self.on {
            shown["Action"] = action.as_str().into();
            shown["Resource"] = resource.as_str().into();
        }
        if let Some(statement) = &self.statement {
            shown["Statement"] = statement.clone();
        }
        if let Some(statement) = &self.proposal.statement {
            shown["Proposal"]["Statement"] = statement.clone();
        }
        shown
    }
}

/// What was seen of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Seen {
    /// What is said against it.
    pub(super) refusals: Vec<Refusal>,
    /// What could not be judged, and why.
    pub(super) unjudged: Vec<String>,
}

impl Seen {
    pub(super) fn of(refusals: Vec<Refusal>) -> Self {
        Self { refusals, unjudged: Vec::new() }
    }

    /// Nothing that was looked at is against it, which says little where not everything was.
    pub(super) fn outcome(&self) -> &'static str {
        match (self.refusals.iter().map(|refusal| refusal.conditional).min(), self.unjudged.is_empty()) {
            (Some(false), _) => "denied",
            (Some(true), _) => "under-conditions",
            (None, true) => "not-denied",
            (None, false) => "unknown",
        }
    }
}

/// A statement that allows nothing but this.
pub(super) fn allowing(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}
