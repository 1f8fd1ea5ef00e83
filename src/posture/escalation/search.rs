//! The search for shortest chains, backwards from those who may do everything.

use std::collections::HashMap;
use std::sync::Arc;

use super::ground::{Ground, Who};
use super::others::become_another;
use super::state::{State, certainty};
use super::{Chain, steps};
use crate::posture::holder::{Certainty, Cut, Shelf};
use crate::posture::snapshot::Snapshot;
use crate::posture::standing;

/// The longest chain that is looked for, in hops.
const LONGEST: usize = 12;

/// The actions without one of which nobody becomes a user.
const BECOMING_USERS: [&str; 3] = ["iam:createaccesskey", "iam:createloginprofile", "iam:updateloginprofile"];

/// The actions without one of which nobody becomes a role that does not name them.
const BECOMING_ROLES: [&str; 3] = ["iam:passrole", "iam:updateassumerolepolicy", "sts:assumerole"];

/// What was found.
pub(super) struct Found {
    pub(super) chains: Vec<Chain>,
    pub(super) principals: usize,
    pub(super) unreadable: Vec<Arc<str>>,
    pub(super) cut_short: Vec<Arc<str>>,
}

/// Every principal's shortest chain, in the order of their lengths. A statement may be cut out of the account, and principals may
/// be left out.
pub(super) fn search(snapshot: &Snapshot, cut: Option<&Cut>, is_looked_at: &dyn Fn(&str) -> bool) -> Found {
    let mut shelf = cut.cloned().map_or_else(Shelf::default, Shelf::without);
    let ground = Ground::of(snapshot, &mut shelf, cut, is_looked_at);
    let mut administrators = HashMap::new();
    let mut cut_short = Vec::new();
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
        let (of_principal, is_whole) = steps::states(&ground, &mut shelf, first);
        states.push(of_principal);
        cut_short.extend((!is_whole).then(|| Arc::clone(&ground.principals[index].arn)));
    }
    let reached = Search::new(&ground, &states).run();
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
        cut_short,
    }
}

struct Search<'s, 'a> {
    ground: &'s Ground<'a>,
    states: &'s [Vec<State<'a>>],
    reached: Vec<Option<Chain>>,
    /// The users and the roles that were reached at each length, in the order of the account.
    by_length: Vec<[Vec<usize>; 2]>,
    /// The roles whose trust policies name somebody, by whom they name.
    naming: HashMap<&'s str, Vec<usize>>,
    /// The roles whose trust policies could cover anybody.
    wild: Vec<usize>,
}

impl<'s, 'a> Search<'s, 'a> {
    fn new(ground: &'s Ground<'a>, states: &'s [Vec<State<'a>>]) -> Self {
        let (mut naming, mut wild): (HashMap<&str, Vec<usize>>, Vec<usize>) = (HashMap::new(), Vec::new());
        for (index, principal) in ground.principals.iter().enumerate() {
            let Some(trust) = &principal.trust else { continue };
            if trust.is_wild() {
                wild.push(index);
            }
            for name in trust.named() {
                naming.entry(name).or_default().push(index);
            }
        }
        let by_length = vec![[Vec::new(), Vec::new()]; LONGEST + 1];
        Self { ground, states, reached: vec![None; states.len()], by_length, naming, wild }
    }

    /// Length by length: whoever is reached at one length can be become at a later one.
    fn run(mut self) -> Vec<Option<Chain>> {
        let mut empty = 0;
        for length in 0..=LONGEST {
            let mut found = Vec::new();
            for index in (0..self.states.len()).filter(|index| self.reached[*index].is_none()) {
                if let Some(chain) = self.chain(index, length) {
                    found.push((index, chain));
                }
            }
            empty = if found.is_empty() { empty + 1 } else { 0 };
            for (index, chain) in found {
                let is_role = matches!(self.ground.principals[index].who, Who::Role(_));
                self.by_length[length][usize::from(is_role)].push(index);
                self.reached[index] = Some(chain);
            }
            if empty > steps::MOST_STEPS {
                // A chain is at most so much longer than the one that it leads into.
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

    /// Those whose own chain is so long and whom a principal could become at all, in the order of the account: most principals may
    /// do nothing of what it takes, and there are as many pairs of them as their square.
    fn candidates(&self, state: &State<'_>, length: usize) -> Vec<usize> {
        let could =
            |actions: &[&str]| actions.iter().any(|action| state.holder.held().layers.identity.could_allow(action));
        let [users, roles] = &self.by_length[length];
        let mut candidates = if could(&BECOMING_USERS) { users.clone() } else { Vec::new() };
        if could(&BECOMING_ROLES) {
            candidates.extend(roles);
        } else {
            let naming = self.naming.get(&*state.arn).into_iter().flatten().chain(&self.wild);
            let is_so_long =
                |index: &&usize| self.reached[**index].as_ref().is_some_and(|chain| chain.hops.len() == length);
            candidates.extend(naming.filter(is_so_long));
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    /// By becoming somebody whose own chain is so long.
    fn by_another(&self, state: &State<'_>, length: usize) -> Option<Chain> {
        let mut best: Option<Chain> = None;
        for index in self.candidates(state, length) {
            let Some(chain) = &self.reached[index] else { continue };
            let Some(hop) = become_another(self.ground, state, &self.ground.principals[index]) else { continue };
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
