//! Who can get to administrator, by which chain of steps, and which single change would stop most of them.
//!
//! ```text
//! principal --steps--> state --becomes--> principal --...--> administrator
//! ```
//!
//! A *state* is what a principal holds after it has changed something about itself: attached a policy, joined a group, taken its
//! boundary away (`steps`). From each state it may *become* another principal: by a new key, by assuming a role, by handing a
//! role to a service that runs its code (`others`). A state leads to administrator if whoever holds it may do everything.
//! Every step is decided by the evaluation itself, so a deny, a boundary or a condition stops it; one that depends on what nobody
//! can know beforehand makes a chain conditional.
//!
//! What IAM does not tell is no step: which code runs with which role, what resource policies and SCPs say.

mod cuts;
mod ground;
mod others;
mod search;
mod services;
mod shown;
mod state;
mod steps;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::holder::{Allowed, Certainty, Place};
use super::snapshot::Snapshot;

pub use self::cuts::Change;

/// What every chain leads to.
pub const ADMINISTRATOR: &str = "administrator";

/// One thing that somebody may do, as far as a hop needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// The action, as AWS writes it.
    pub action: &'static str,
    /// What it is done to.
    pub on: Box<str>,
    /// Whether always.
    pub certainty: Certainty,
    /// The statement that allows it.
    pub by: Place,
    /// Of assuming a role: the statement of its trust policy, where that is another one.
    pub trusted_by: Option<Place>,
}

impl Needed {
    /// The statements without either of which it is not allowed.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &Place> {
        std::iter::once(&self.by).chain(&self.trusted_by)
    }

    fn new(action: &'static str, on: &str, allowed: Allowed) -> Self {
        Self { action, on: on.into(), certainty: allowed.certainty, by: allowed.by, trusted_by: allowed.trusted_by }
    }
}

/// One step of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Who does it, an ARN.
    pub from: Arc<str>,
    /// Whom it makes of them: an ARN, the same one with more, or [`ADMINISTRATOR`].
    pub to: Arc<str>,
    /// What is done, in words.
    pub how: &'static str,
    /// All that it takes.
    pub needs: Vec<Needed>,
}

/// How a principal gets to administrator: the shortest chain, and of several as short one that is certain before others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The principal's ARN.
    pub principal: Arc<str>,
    /// The hops; empty for one that is administrator by its own policies.
    pub hops: Vec<Hop>,
    /// Whether it always works.
    pub certainty: Certainty,
}

/// What was found in an account.
#[derive(Debug)]
pub struct Escalations {
    /// A chain for every user and role that gets to administrator, administrators first, in the order of the account.
    pub chains: Vec<Chain>,
    /// The single changes that would stop most principals, the best first.
    pub changes: Vec<Change>,
    /// How many principals were looked at.
    pub principals: usize,
    /// Principals some of whose policies cannot be read: what they could do is not known.
    pub unreadable: Vec<Arc<str>>,
    /// Principals that could make more of themselves than was looked at.
    pub cut_short: Vec<Arc<str>>,
}

impl Escalations {
    /// Of an account.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let found = search::search(snapshot, None, &|_| true);
        let changes = cuts::changes(snapshot, &found.chains);
        let search::Found { chains, principals, unreadable, cut_short } = found;
        Self { chains, changes, principals, unreadable, cut_short }
    }

    /// The chain of the principal of this ARN.
    #[must_use]
    pub fn chain(&self, principal: &str) -> Option<&Chain> {
        self.chains.iter().find(|chain| &*chain.principal == principal)
    }

    /// The chains of those who are not administrators already.
    pub fn escalating(&self) -> impl Iterator<Item = &Chain> {
        self.chains.iter().filter(|chain| !chain.hops.is_empty())
    }
}
