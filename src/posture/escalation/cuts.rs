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
    /// Where its document stands, word for word: the statement is to be changed in all of these places. The first are told.
    pub places: Vec<String>,
    /// How many places these are.
    pub place_count: usize,
    /// Whether it is in a policy of AWS's own, which cannot be changed but be detached.
    pub of_aws: bool,
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
            let (places, place_count) = places_of(snapshot, statement.document);
            let of_aws = statement.policy.contains(":iam::aws:policy/");
            (stopped > 0).then_some(Change { statement, places, place_count, of_aws, actions, stopped, left })
        })
        .collect();
    changes.sort_by(|one, other| other.stopped.cmp(&one.stopped).then_with(|| one.statement.cmp(&other.statement)));
    changes
}

/// Where the document of this number stands: the first places, and how many there are.
fn places_of(snapshot: &Snapshot, number: u32) -> (Vec<String>, usize) {
    let users = snapshot.users.iter().map(|user| ("user", &user.identity));
    let groups = snapshot.groups.iter().map(|group| ("group", &group.identity));
    let roles = snapshot.roles.iter().map(|role| ("role", &role.identity));
    let inline = users.chain(groups).chain(roles).flat_map(|(kind, identity)| {
        let own = identity.inline.iter().filter(|(_, written)| written.number() == number);
        own.map(move |(name, _)| format!("inline policy {name} of {kind} {}", identity.name))
    });
    let managed = snapshot.policies.iter().filter(|policy| policy.document().is_some_and(|own| own.number() == number));
    let trusts = snapshot.roles.iter().filter(|role| role.trust.number() == number);
    let trusts = trusts.map(|role| format!("trust policy of {}", role.identity.arn));
    let all: Vec<String> = inline.chain(managed.map(|policy| policy.arn.to_string())).chain(trusts).collect();
    let count = all.len();
    (all.into_iter().take(MOST_PLACES).collect(), count)
}

/// How many places of a change are told.
const MOST_PLACES: usize = 20;

/// The statements that stand in most chains, with what they are used for.
fn candidates(chains: &[Chain]) -> Vec<(Place, Vec<&'static str>)> {
    let mut used: BTreeMap<(u32, usize), (usize, Place, BTreeSet<&'static str>)> = BTreeMap::new();
    for chain in chains {
        let mut seen = BTreeSet::new();
        let needs = chain.hops.iter().flat_map(|hop: &Hop| &hop.needs);
        for (by, action) in needs.flat_map(|need| need.statements().map(|by| (by, need.action))) {
            // Of documents that are written on the way nothing can be taken.
            if by.document >= u32::MAX - 1 {
                continue;
            }
            let key = (by.document, by.statement);
            let (count, _, actions) = used.entry(key).or_insert_with(|| (0, by.clone(), BTreeSet::new()));
            *count += usize::from(seen.insert(key));
            actions.insert(action);
        }
    }
    let mut used: Vec<_> = used.into_values().collect();
    used.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    used.truncate(TRIED);
    used.into_iter().map(|(_, place, actions)| (place, actions.into_iter().collect())).collect()
}
