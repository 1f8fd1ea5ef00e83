//! What a principal has made of itself.

use std::sync::Arc;

use super::Hop;
use super::ground::{Ground, Who};
use crate::posture::holder::{Certainty, Holder};
use crate::posture::standing;

/// A principal with what it holds after some steps.
#[derive(Debug, Clone)]
pub(super) struct State<'a> {
    pub(super) who: Who<'a>,
    pub(super) arn: Arc<str>,
    pub(super) holder: Holder,
    /// The groups that it has joined on the way.
    pub(super) joined: Vec<Box<str>>,
    /// The steps so far.
    pub(super) hops: Vec<Hop>,
    /// Whether it may do everything now.
    pub(super) administrator: Option<Certainty>,
}

impl<'a> State<'a> {
    /// Of a principal as it is.
    pub(super) fn first(ground: &Ground<'a>, index: usize, administrator: Option<Certainty>) -> Self {
        let standing = &ground.principals[index];
        Self {
            who: standing.who,
            arn: Arc::clone(&standing.arn),
            holder: standing.holder.clone(),
            joined: Vec::new(),
            hops: Vec::new(),
            administrator,
        }
    }

    /// After one more step.
    pub(super) fn after(&self, hop: Hop, holder: Holder) -> Self {
        let administrator = standing::administrator(&holder);
        let mut hops = self.hops.clone();
        hops.push(hop);
        Self { who: self.who, arn: Arc::clone(&self.arn), holder, joined: self.joined.clone(), hops, administrator }
    }

    /// How sure the steps so far are.
    pub(super) fn certainty(&self) -> Certainty {
        certainty(&self.hops)
    }
}

/// How sure some steps are together.
pub(super) fn certainty(hops: &[Hop]) -> Certainty {
    hops.iter().flat_map(|hop| &hop.needs).map(|needed| needed.certainty).min().unwrap_or(Certainty::Certain)
}
