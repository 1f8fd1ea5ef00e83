//! Which single change would stop most principals from getting to administrator.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::search::search;
use super::{Chain, Hop};
use crate::posture::holder::{Cut, Place};
use crate::posture::snapshot::Snapshot;

/// How many changes are tried: each takes a search of its own.
const TRIED: usize = 5;

/// A change, and what it would come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Change {
    /// The statement that would go, or be narrowed.
    pub statement: Place,
    /// The actions that chains use it for.
    pub actions: Vec<&'static str>,
    /// How many principals would get to administrator no more; what is found by searching again, not by counting.
    pub stopped: usize,
    /// How many still would, and are none.
    pub left: usize,
}

/// The changes that would stop most, the best first; those that would stop nobody are left out.
pub(super) fn changes(snapshot: &Snapshot, chains: &[Chain]) -> Vec<Change> {
    let escalating: BTreeSet<&str> =
        chains.iter().filter(|chain| !chain.hops.is_empty()).map(|chain| &*chain.principal).collect();
    let reaching: BTreeSet<&str> = chains.iter().map(|chain| &*chain.principal).collect();
    let mut changes: Vec<Change> = candidates(chains)
        .into_iter()
        .filter_map(|(statement, actions)| {
            let cut = Cut { document: statement.document, statement: statement.statement };
            // Everybody on a chain gets to administrator: with one statement less, nobody else does.
            let without = search(snapshot, Some(&cut), &|arn| reaching.contains(arn)).chains;
            let still: BTreeSet<&str> = without.iter().map(|chain| &*chain.principal).collect();
            let left = escalating.intersection(&still).count();
            let stopped = escalating.len() - left;
            (stopped > 0).then_some(Change { statement, actions, stopped, left })
        })
        .collect();
    changes.sort_by(|one, other| other.stopped.cmp(&one.stopped).then_with(|| one.statement.cmp(&other.statement)));
    changes
}

/// The statements that stand in most chains, with what they are used for.
fn candidates(chains: &[Chain]) -> Vec<(Place, Vec<&'static str>)> {
    let mut used: BTreeMap<(u32, usize), (usize, Place, BTreeSet<&'static str>)> = BTreeMap::new();
    for chain in chains {
        let mut seen = BTreeSet::new();
        for needed in chain.hops.iter().flat_map(|hop: &Hop| &hop.needs) {
            // Of documents that are written on the way nothing can be taken.
            if needed.by.document >= u32::MAX - 1 {
                continue;
            }
            let key = (needed.by.document, needed.by.statement);
            let (count, _, actions) = used.entry(key).or_insert_with(|| (0, needed.by.clone(), BTreeSet::new()));
            *count += usize::from(seen.insert(key));
            actions.insert(needed.action);
        }
    }
    let mut used: Vec<_> = used.into_values().collect();
    used.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    used.truncate(TRIED);
    used.into_iter().map(|(_, place, actions)| (place, actions.into_iter().collect())).collect()
}
