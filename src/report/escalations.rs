//! Who can get to administrator: the same way of many is told once.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::Mend;
use super::documents::Documents;
use crate::posture::escalation::{Chain, Change, Escalations, Hop, Needed};
use crate::posture::holder::{Certainty, Place};

/// How many principals are named of each way.
const NAMED: usize = 50;

/// Who can get to administrator.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Escalating {
    /// How many principals were looked at.
    pub principals: usize,
    /// How many are administrators.
    pub administrators: usize,
    /// Some of them.
    pub administrator_arns: Vec<Arc<str>>,
    /// How many get there.
    pub reaching: usize,
    /// How they do: those that always work first, and of these the ways of most.
    pub routes: Vec<Route>,
    /// The single changes that would stop most.
    pub best_changes: Vec<Change>,
    /// How many there are some of whose policies cannot be read.
    pub unreadable: usize,
}

/// A way that some principals have in common.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// How many have it.
    pub count: usize,
    /// Who, as far as they are named.
    pub principals: Vec<Arc<str>>,
    /// Whether it depends on what nobody can know beforehand.
    pub conditional: bool,
    /// The steps.
    pub steps: Vec<Step>,
    /// What would break it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<Mend>,
}

/// One step.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Whom it makes of them: an ARN, `itself` or `administrator`.
    pub to: Arc<str>,
    /// What is done.
    pub how: &'static str,
    /// All that it takes.
    pub needs: Vec<Need>,
}

/// Something that a step takes.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Need {
    /// The action.
    pub action: &'static str,
    /// What it is done to, by the first of them.
    pub resource: Box<str>,
    /// The policy that allows it.
    pub policy: Box<str>,
    /// The statement that does.
    pub statement: Value,
}

/// What a principal makes of itself.
pub(super) const ITSELF: &str = "itself";

/// What makes two chains one way.
type Key<'c> = Vec<(&'c str, &'static str, Vec<(&'static str, u32, usize)>)>;

impl Escalating {
    pub(super) fn of(found: &Escalations, documents: &Documents<'_>) -> Self {
        let mut ways: BTreeMap<(Certainty, Key<'_>), Vec<&Chain>> = BTreeMap::new();
        for chain in found.escalating() {
            ways.entry((chain.certainty, key(chain))).or_default().push(chain);
        }
        let mut routes: Vec<Route> = ways.into_values().map(|chains| route(&chains, found, documents)).collect();
        routes.sort_by_key(|route| (route.conditional, std::cmp::Reverse(route.count), route.steps.len()));
        let administrators = || found.chains.iter().filter(|chain| chain.hops.is_empty());
        Self {
            principals: found.principals,
            administrators: administrators().count(),
            administrator_arns: administrators().take(NAMED).map(|chain| Arc::clone(&chain.principal)).collect(),
            reaching: found.escalating().count(),
            routes,
            best_changes: found.changes.clone(),
            unreadable: found.unreadable.len(),
        }
    }
}

fn target(hop: &Hop) -> &str {
    if hop.to == hop.from { ITSELF } else { &hop.to }
}

fn key(chain: &Chain) -> Key<'_> {
    let of_need = |needed: &Needed| (needed.action, needed.by.document, needed.by.statement);
    let of_hop = |hop| (target(hop), hop.how, hop.needs.iter().map(of_need).collect());
    chain.hops.iter().map(of_hop).collect()
}

fn route(chains: &[&Chain], found: &Escalations, documents: &Documents<'_>) -> Route {
    let first = chains[0];
    let steps = first.hops.iter().map(|hop| Step {
        to: target(hop).into(),
        how: hop.how,
        needs: hop.needs.iter().map(|needed| need(needed, documents)).collect(),
    });
    Route {
        count: chains.len(),
        principals: chains.iter().take(NAMED).map(|chain| Arc::clone(&chain.principal)).collect(),
        conditional: first.certainty == Certainty::Conditional,
        steps: steps.collect(),
        mend: mend(first, found, documents),
    }
}

fn need(needed: &Needed, documents: &Documents<'_>) -> Need {
    let statement = documents.of_number(needed.by.document).and_then(|stored| stored.statement(needed.by.statement));
    Need {
        action: needed.action,
        resource: needed.on.clone(),
        policy: needed.by.policy.clone(),
        statement: statement.unwrap_or_default(),
    }
}

/// What takes away the statement that stops most of all, or else the first that the way needs.
fn mend(chain: &Chain, found: &Escalations, documents: &Documents<'_>) -> Option<Mend> {
    let needed = || chain.hops.iter().flat_map(|hop| &hop.needs).map(|needed| &needed.by);
    let is_needed = |statement: &&Place| {
        needed().any(|by| (by.document, by.statement) == (statement.document, statement.statement))
    };
    let best = found.changes.iter().map(|change| &change.statement).filter(is_needed);
    best.chain(needed()).find_map(|place| documents.of_number(place.document)?.without(&[place.statement].into()))
}
