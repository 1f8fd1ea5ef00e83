//! What a record says of the confirmation of a call.

use serde_json::{Map, Value, json};

use super::{Approved, Binding};
use crate::authn::Caller;
use crate::config::Confirmation;

/// What is known so far of how a call is confirmed.
#[derive(Debug, Default)]
pub struct Notes {
    /// How strongly it has to be, once its plan is known.
    pub wanted: Option<Confirmation>,
    /// How it was, or `asked` while nobody has answered, or `declined`.
    pub how: Option<&'static str>,
    /// By which records name the token: the same where it is given, approved and used.
    pub id: Option<String>,
    /// What tokens of this plan are bound to.
    pub plan: Option<String>,
    /// Who approved.
    pub approver: Option<Caller>,
}

impl Notes {
    /// Notes what is wanted for the plan with this binding.
    pub fn want(&mut self, strength: Confirmation, binding: &Binding) {
        self.wanted = Some(strength);
        self.plan = Some(binding.recorded());
    }

    /// Notes that a person or a model is asked now.
    pub fn asked(&mut self, id: String) {
        self.how = Some("asked");
        self.id = Some(id);
    }

    /// Notes that it was confirmed.
    pub fn confirmed(&mut self, strength: Confirmation, id: String) {
        self.how = Some(strength.as_str());
        self.id = Some(id);
    }

    /// Notes who approved.
    pub fn approved(&mut self, approved: Approved) {
        self.confirmed(Confirmation::SecondPerson, approved.id);
        self.approver = Some(approved.approver);
    }

    /// The members of a record's `additionalEventData`.
    pub fn put(&self, data: &mut Map<String, Value>) {
        let members = [
            ("confirmation", json!(self.how)),
            ("confirmationWanted", json!(self.wanted)),
            ("confirmationID", json!(self.id)),
            ("planSha256", json!(self.plan)),
            ("approver", json!(self.approver)),
        ];
        data.extend(
            members.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.into(), value)),
        );
    }
}
