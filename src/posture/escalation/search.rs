//! The search for shortest chains, backwards from those who may do everything.

use std::sync::Arc;

use super::ground::Ground;
use super::others::become_another;
use super::state::{State, certainty};
use super::{Chain, steps};
use crate::posture::holder::{Certainty, Cut, Shelf};
use crate::posture::snapshot::Snapshot;
use crate::posture::standing;

/// The longest chain that is looked for, in hops.
const LONGEST: usize = 12;

/// What was found.
pub(super) struct Found {
    pub(super) chains: Vec<Chain>,
    pub(super) principals: usize,
    pub(super) unreadable: Vec<Arc<str>>,
}

/// Every principal's shortest chain, in the order of their lengths. A statement may be cut out of the account.
pub(super) fn search(snapshot: &Snapshot, cut: Option<&Cut>) -> Found {
    let mut shelf = cut.cloned().map_or_else(Shelf::default, Shelf::without);
    let ground = Ground::of(snapshot, &mut shelf, cut);
    let mut administrators = std::collections::HashMap::new();
    let mut states: Vec<Vec<State<'_>>> = Vec::with_capacity(ground.principals.len());
    for index in 0..ground.principals.len() {
        let holder = &ground.principals[index].holder;
        let key = Arc::as_ptr(holder.held());
        // What depends on who asks is asked of each; the others hold the same.
        let administrator = match administrators.get(&key) {
            Some((_, Some(same))) => *same,
            Some((_, None)) => standing::administrator(holder),
            None => {
                let found = standing::administrator(holder);
                let personal = holder.held().is_personal();
                // Kept, so that nothing else comes to have the same address.
                administrators.insert(key, (Arc::clone(holder.held()), (!personal).then_some(found)));
                found
            }
        };
        let first = State::first(&ground, index, administrator);
        states.push(steps::states(&ground, &mut shelf, first));
    }
    let reached = Search { ground: &ground, states: &states, reached: vec![None; states.len()] }.run();
    let mut order: Vec<(usize, usize)> =
        reached.iter().enumerate().filter_map(|(index, chain)| Some((chain.as_ref()?.hops.len(), index))).collect();
    order.sort_unstable();
    let mut reached = reached;
    let chains = order.into_iter().filter_map(|(_, index)| reached[index].take()).collect();
    let unreadable = ground.principals.iter().filter(|one| !one.holder.held().unreadable.is_empty());
    Found {
        chains,
        principals: ground.principals.len(),
        unreadable: unreadable.map(|one| Arc::clone(&one.arn)).collect(),
    }
}

struct Search<'s, 'a> {
    ground: &'s Ground<'a>,
    states: &'s [Vec<State<'a>>],
    reached: Vec<Option<Chain>>,
}

impl Search<'_, '_> {
    /// Length by length: whoever is reached at one length can be become at a later one.
    fn run(mut self) -> Vec<Option<Chain>> {
        for length in 0..=LONGEST {
            let mut found = Vec::new();
            for index in (0..self.states.len()).filter(|index| self.reached[*index].is_none()) {
                if let Some(chain) = self.chain(index, length) {
                    found.push((index, chain));
                }
            }
            let is_over = found.is_empty() && length > 4;
            for (index, chain) in found {
                self.reached[index] = Some(chain);
            }
            if is_over {
                break;
            }
        }
        self.reached
    }

    /// The surest chain of a principal that is so long.
    fn chain(&self, index: usize, length: usize) -> Option<Chain> {
        let mut best: Option<Chain> = None;
        for state in &self.states[index] {
            let Some(left) = length.checked_sub(state.hops.len()) else { continue };
            let found = match (left, state.administrator) {
                (0, Some(administrator)) => {
                    let certainty = state.certainty().min(administrator);
                    Some(Chain { principal: Arc::clone(&state.arn), hops: state.hops.clone(), certainty })
                }
                (0, None) | (_, Some(_)) => None,
                (left, None) => self.by_another(state, left - 1),
            };
            match found {
                Some(certain) if certain.certainty == Certainty::Certain => return Some(certain),
                other => best = best.or(other),
            }
        }
        best
    }

    /// By becoming somebody whose own chain is so long.
    fn by_another(&self, state: &State<'_>, length: usize) -> Option<Chain> {
        let mut best: Option<Chain> = None;
        for (other, chain) in self.ground.principals.iter().zip(&self.reached) {
            let Some(chain) = chain.as_ref().filter(|chain| chain.hops.len() == length) else { continue };
            let Some(hop) = become_another(self.ground, state, other) else { continue };
            let mut hops = state.hops.clone();
            hops.push(hop);
            let certainty = certainty(&hops).min(chain.certainty);
            hops.extend(chain.hops.iter().cloned());
            let found = Chain { principal: Arc::clone(&state.arn), hops, certainty };
            if certainty == Certainty::Certain {
                return Some(found);
            }
            best = best.or(Some(found));
        }
        best
    }
}
