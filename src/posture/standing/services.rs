//! How far an identity may act with each service.

use std::collections::{BTreeMap, BTreeSet};

use super::{Access, ServiceAccess};
use crate::actions::{self, AccessLevel};
use crate::policy::{Effect, Statement};
use crate::posture::holder::{Certainty, Holder};

/// A name that no action has, and that none will ever get.
const MADE_UP: &str = "ZzMadeUp";

const LEVELS: [AccessLevel; 3] = [AccessLevel::PermissionsManagement, AccessLevel::Write, AccessLevel::Read];

type Found = (BTreeMap<&'static str, ServiceAccess>, BTreeMap<String, ServiceAccess>);

/// With the services of the table, and with those that policies name and the table does not.
pub(super) fn of(holder: &Holder) -> Found {
    let identity = &holder.held().layers.identity;
    let allowing: Vec<&Statement> = identity
        .policies()
        .iter()
        .flat_map(|policy| policy.document().statements())
        .filter(|statement| statement.effect() == Effect::Allow)
        .collect();
    let named: Option<BTreeSet<String>> = allowing
        .iter()
        .map(|statement| services_of(statement))
        .collect::<Option<Vec<_>>>()
        .map(|all| all.into_iter().flatten().collect());
    let is_named = |service: &str| named.as_ref().is_none_or(|named| named.contains(service));
    let mut known = BTreeMap::new();
    for service in actions::services().filter(|service| is_named(service)) {
        let access = of_service(holder, service, &allowing);
        if access.at_best != Access::None {
            known.insert(service, access);
        }
    }
    let unknown = named.unwrap_or_default().into_iter().filter(|service| actions::service(service).is_none());
    let unknown = unknown.map(|service| {
        let access = of_service(holder, &service, &allowing);
        (service, access)
    });
    (known, unknown.filter(|(_, access)| access.at_best != Access::None).collect())
}

/// The services that a statement names, in lower case; `None` for all.
fn services_of(statement: &Statement) -> Option<BTreeSet<String>> {
    let (negated, mut patterns) = statement.action_patterns();
    if negated {
        return None;
    }
    patterns.try_fold(BTreeSet::new(), |mut services, pattern| {
        let service = pattern.split_once(':').map(|(service, _)| service).filter(|service| *service != "*")?;
        services.insert(service.to_ascii_lowercase());
        Some(services)
    })
}

fn of_service(holder: &Holder, service: &str, allowing: &[&Statement]) -> ServiceAccess {
    let mut access = ServiceAccess { certain: Access::None, at_best: Access::None };
    for level in LEVELS {
        if access.certain == Access::None {
            note(holder, candidates(service, level, allowing), level.into(), &mut access);
        }
    }
    if access.at_best == Access::PermissionsManagement || has_none_to_manage(service) && access.at_best == Access::Write
    {
        let everything = std::iter::once(format!("{service}:{MADE_UP}"));
        note(holder, everything, Access::Administrator, &mut access);
    }
    access
}

/// Whether a service has no actions that manage permissions, so that nobody can be told by them.
fn has_none_to_manage(service: &str) -> bool {
    let manages = |service: &actions::Service| {
        service.actions().any(|(_, known)| known.level == AccessLevel::PermissionsManagement)
    };
    !actions::service(service).is_some_and(manages)
}

/// Asks of one action after the other until one is allowed for certain.
fn note(holder: &Holder, actions: impl Iterator<Item = String>, level: Access, access: &mut ServiceAccess) {
    for action in actions {
        match holder.may_somewhere(&action, &[]).map(|allowed| allowed.certainty) {
            Some(Certainty::Certain) => {
                access.certain = access.certain.max(level);
                access.at_best = access.at_best.max(level);
                return;
            }
            Some(Certainty::Conditional) => access.at_best = access.at_best.max(level),
            None => {}
        }
    }
}

/// The actions of a service at this level: of the table, and those that the table does not have and statements name.
fn candidates<'a>(
    service: &'a str,
    level: AccessLevel,
    allowing: &'a [&Statement],
) -> impl Iterator<Item = String> + 'a {
    let known = actions::service(service).into_iter().flat_map(actions::Service::actions);
    let known = known.filter(move |(_, known)| known.level == level).map(move |(name, _)| format!("{service}:{name}"));
    let named = allowing.iter().flat_map(|statement| {
        let (negated, patterns) = statement.action_patterns();
        patterns.filter(move |_| !negated)
    });
    let unknown =
        named.map(|pattern| pattern.to_ascii_lowercase().replace('*', "zz").replace('?', "z")).filter(move |action| {
            action.split_once(':').is_some_and(|(own, _)| own == service)
                && actions::find(action).is_none()
                && actions::level(action) == level
        });
    known.chain(unknown)
}
