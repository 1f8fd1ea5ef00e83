//! How far an identity may act with each service.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Access, ServiceAccess};
use crate::actions::{self, AccessLevel};
use crate::policy::{Effect, Statement};
use crate::posture::findings::matches;
use crate::posture::holder::{Certainty, Deciders, Holder};

/// A name that no action has, and that none will ever get.
const MADE_UP: &str = "ZzMadeUp";

const LEVELS: [AccessLevel; 3] = [AccessLevel::PermissionsManagement, AccessLevel::Write, AccessLevel::Read];

type Found = (BTreeMap<&'static str, ServiceAccess>, BTreeMap<String, ServiceAccess>);

/// What the statements that allow name, service by service: of thousands of actions few are worth asking about.
#[derive(Debug, Default)]
struct Named {
    /// Whether a statement names actions of every service.
    all: bool,
    /// The names of each service's actions, as patterns, all in lower case.
    by_service: BTreeMap<String, BTreeSet<String>>,
    /// Whether a statement is about resources of whatever service.
    anywhere: bool,
    /// The services of the ARNs that the others name.
    of_resources: BTreeSet<String>,
}

impl Named {
    fn of(holder: &Holder) -> Self {
        let mut named = Self::default();
        let policies = holder.held().layers.identity.policies().iter();
        let statements = policies.flat_map(|policy| policy.document().statements());
        for statement in statements.filter(|statement| statement.effect() == Effect::Allow) {
            named.add_resources(statement);
            let (negated, patterns) = statement.action_patterns();
            named.all |= negated;
            for pattern in patterns.filter(|_| !negated) {
                match pattern.split_once(':').filter(|(service, _)| *service != "*") {
                    Some((service, name)) => {
                        let names = named.by_service.entry(service.to_ascii_lowercase()).or_default();
                        names.insert(name.to_ascii_lowercase());
                    }
                    None => named.all = true,
                }
            }
        }
        named
    }

    fn add_resources(&mut self, statement: &Statement) {
        let (negated, patterns) = statement.resource_patterns();
        self.anywhere |= negated;
        for pattern in patterns.filter(|_| !negated) {
            match pattern.split(':').nth(2).filter(|service| !service.contains(['*', '?', '$'])) {
                Some(service) => {
                    self.of_resources.insert(service.to_owned());
                }
                None => self.anywhere = true,
            }
        }
    }

    /// Whether a statement is about anything that a service's actions act on.
    fn reaches(&self, service: &str) -> bool {
        let arns = actions::service(service).map(actions::Service::arns).unwrap_or_default();
        self.anywhere || arns.is_empty() || arns.iter().any(|own| self.of_resources.contains(*own))
    }

    fn names(&self, service: &str) -> impl Iterator<Item = &str> {
        self.by_service.get(service).into_iter().flatten().map(String::as_str)
    }

    /// Whether statements name anything of a service, and what it acts on.
    fn has_any(&self, service: &str) -> bool {
        (self.all || self.by_service.contains_key(service)) && self.reaches(service)
    }

    /// Whether a statement names this action of a service.
    fn has(&self, service: &str, action: &str) -> bool {
        self.all || self.names(service).any(|pattern| matches(pattern, action))
    }
}

/// With the services of the table, and with those that policies name and the table does not.
pub(super) fn of(holder: &Holder) -> Found {
    let named = Named::of(holder);
    let mut known = BTreeMap::new();
    for service in actions::services().filter(|service| named.has_any(service)) {
        let access = of_service(holder, service, &named);
        if access.at_best != Access::None {
            known.insert(service, access);
        }
    }
    let unknown = named.by_service.keys().filter(|service| actions::service(service).is_none());
    let unknown = unknown.map(|service| (service.clone(), of_service(holder, service, &named)));
    (known, unknown.filter(|(_, access)| access.at_best != Access::None).collect())
}

fn of_service(holder: &Holder, service: &str, named: &Named) -> ServiceAccess {
    let mut access = ServiceAccess { certain: Access::None, at_best: Access::None };
    let mut asked = Asked::default();
    for level in LEVELS {
        if access.certain == Access::None {
            asked.note(holder, candidates(service, level, named), level.into(), &mut access);
        }
    }
    if access.at_best == Access::PermissionsManagement || has_none_to_manage(service) && access.at_best == Access::Write
    {
        let everything = std::iter::once(format!("{service}:{MADE_UP}"));
        asked.note(holder, everything, Access::Administrator, &mut access);
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

/// What was asked of a service's actions: of those on which the same statements decide, one is asked.
#[derive(Debug, Default)]
struct Asked(HashMap<Deciders, Option<Certainty>>);

impl Asked {
    fn ask(&mut self, holder: &Holder, action: &str) -> Option<Certainty> {
        let deciders = holder.deciding(&action.to_ascii_lowercase());
        let ask = || holder.may_somewhere(action, &[]).map(|allowed| allowed.certainty);
        *self.0.entry(deciders).or_insert_with(ask)
    }

    /// Asks of one action after the other until one is allowed for certain.
    fn note(
        &mut self,
        holder: &Holder,
        actions: impl Iterator<Item = String>,
        level: Access,
        access: &mut ServiceAccess,
    ) {
        for action in actions {
            match self.ask(holder, &action) {
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
}

/// The actions of a service at this level that statements name: of the table, and those that the table does not have.
fn candidates<'a>(service: &'a str, level: AccessLevel, named: &'a Named) -> impl Iterator<Item = String> + 'a {
    let known = actions::service(service).into_iter().flat_map(actions::Service::actions);
    let known = known.filter(move |(name, known)| known.level == level && named.has(service, name));
    let known = known.map(move |(name, _)| format!("{service}:{name}"));
    let unknown =
        named.names(service).map(move |name| format!("{service}:{}", name.replace('*', "zz").replace('?', "z")));
    let unknown = unknown.filter(move |action| actions::find(action).is_none() && actions::level(action) == level);
    known.chain(unknown)
}
