//! Chains as JSON.

use serde_json::{Value, json};

use super::{Chain, Hop, Needed};
use crate::posture::holder::Certainty;

impl Chain {
    /// As results show it.
    #[must_use]
    pub fn shown(&self) -> Value {
        json!({
            "Principal": &*self.principal,
            "Conditional": self.certainty == Certainty::Conditional,
            "Hops": self.hops.iter().map(Hop::shown).collect::<Vec<_>>(),
        })
    }
}

impl Hop {
    fn shown(&self) -> Value {
        json!({
            "From": &*self.from,
            "To": &*self.to,
            "How": self.how,
            "Needs": self.needs.iter().map(Needed::shown).collect::<Vec<_>>(),
        })
    }
}

impl Needed {
    fn shown(&self) -> Value {
        let mut shown = json!({
            "Action": self.action,
            "Resource": &*self.on,
            "Conditional": self.certainty == Certainty::Conditional,
            "AllowedBy": self.by,
        });
        if let Some(trusted_by) = &self.trusted_by {
            shown["TrustedBy"] = json!(trusted_by);
        }
        shown
    }
}
