//! What an identity may do, by service: how far, for certain or under conditions, and what of it is dangerous.
//!
//! Denies, boundaries, groups and conditions count, since each answer is the evaluation's own ([`Holder`]). What is asked is
//! whether an action is allowed on anything at all: an access level says nothing of how many resources it reaches.

mod all;
mod danger;
mod services;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

pub use self::all::Standings;
pub use self::danger::{CATEGORIES, Category};
use super::holder::{Certainty, Holder, Place};
use crate::actions::AccessLevel;

/// How far somebody may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Not at all.
    None,
    /// It may look.
    Read,
    /// It may change things.
    Write,
    /// It may change who may do what.
    PermissionsManagement,
    /// It may do everything, also what AWS has yet to invent.
    Administrator,
}

impl Access {
    /// The word in results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
            Self::PermissionsManagement => "permissions-management",
            Self::Administrator => "administrator",
        }
    }
}

impl From<AccessLevel> for Access {
    fn from(level: AccessLevel) -> Self {
        match level {
            AccessLevel::Read => Self::Read,
            AccessLevel::Write => Self::Write,
            AccessLevel::PermissionsManagement => Self::PermissionsManagement,
        }
    }
}

/// What an identity may do with a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ServiceAccess {
    /// The most for certain.
    pub certain: Access,
    /// The most where conditions turn out well; no less than `certain`.
    pub at_best: Access,
}

/// A dangerous action that is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Danger {
    /// The action, as AWS writes it.
    pub action: String,
    /// What it is dangerous for.
    pub category: Category,
    /// Whether it is allowed always.
    pub certainty: Certainty,
    /// The statement that allows it.
    pub by: Place,
}

/// What an identity may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Whether it is an administrator, and whether always.
    pub administrator: Option<Certainty>,
    /// The services that it may do something with. An administrator's are left out: they are all.
    pub services: BTreeMap<&'static str, ServiceAccess>,
    /// Services that are not in the table of actions, as policies name them.
    pub unknown_services: BTreeMap<String, ServiceAccess>,
    /// What is dangerous of it; of an administrator nothing is told, since it is everything.
    pub dangers: Vec<Danger>,
    /// Policies that nobody can read: what they allow and deny is not counted.
    pub unreadable: Vec<String>,
}

/// An action of no service: who may do it may do what nobody has named.
pub(in crate::posture) const MADE_UP: &str = "zz-no-such-service:ZzMadeUp";

/// What an administrator may do. Who may do everything but IAM is none: `iam:CreateUser` tells.
const EVERYTHING: [&str; 2] = [MADE_UP, "iam:CreateUser"];

/// Whether somebody may do everything.
#[must_use]
pub fn administrator(holder: &Holder) -> Option<Certainty> {
    let allowed = EVERYTHING.map(|action| holder.may_somewhere(action, &[]).map(|allowed| allowed.certainty));
    let [Some(one), Some(other)] = allowed else { return None };
    Some(one.min(other))
}

impl Standing {
    /// Of an identity.
    #[must_use]
    pub fn of(holder: &Holder) -> Self {
        let administrator = administrator(holder);
        let unreadable = holder.held().unreadable.clone();
        if administrator == Some(Certainty::Certain) {
            let (services, unknown_services, dangers) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
            return Self { administrator, services, unknown_services, dangers, unreadable };
        }
        let (services, unknown_services) = services::of(holder);
        Self { administrator, services, unknown_services, dangers: danger::of(holder), unreadable }
    }

    /// The most that it may do anywhere for certain. Who may do everything with one service is no administrator of the account.
    #[must_use]
    pub fn access(&self) -> Access {
        if self.administrator == Some(Certainty::Certain) {
            return Access::Administrator;
        }
        let all = self.services.values().chain(self.unknown_services.values());
        all.map(|service| service.certain).max().unwrap_or(Access::None).min(Access::PermissionsManagement)
    }

    /// In full, for one identity.
    #[must_use]
    pub fn shown(&self) -> Value {
        let mut shown = self.shown_in_short();
        let known = self.services.iter().map(|(name, access)| (*name, access));
        let unknown = self.unknown_services.iter().map(|(name, access)| (name.as_str(), access));
        let by = |of: fn(&ServiceAccess) -> Access| {
            let mut levels: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for (name, access) in known.clone().chain(unknown.clone()) {
                if of(access) != Access::None {
                    levels.entry(of(access).as_str()).or_default().push(name);
                }
            }
            json!(levels)
        };
        shown["Services"] = by(|access| access.certain);
        let beyond = |access: &ServiceAccess| {
            if access.at_best > access.certain { access.at_best } else { Access::None }
        };
        shown["ServicesUnderConditions"] = by(beyond);
        let dangers = self.dangers.iter().map(|danger| {
            json!({
                "Action": danger.action,
                "Category": danger.category.as_str(),
                "Conditional": danger.certainty == Certainty::Conditional,
                "AllowedBy": danger.by,
            })
        });
        shown["DangerousPermissions"] = dangers.collect();
        shown
    }

    /// In short, where many are listed.
    #[must_use]
    pub fn shown_in_short(&self) -> Value {
        let mut categories: BTreeMap<&str, usize> = BTreeMap::new();
        for danger in &self.dangers {
            *categories.entry(danger.category.as_str()).or_default() += 1;
        }
        let mut shown = json!({
            "AccessLevel": self.access().as_str(),
            "Administrator": match self.administrator {
                None => "no",
                Some(Certainty::Certain) => "yes",
                Some(Certainty::Conditional) => "under-conditions",
            },
            "Dangerous": categories,
        });
        if !self.unreadable.is_empty() {
            shown["Unreadable"] = json!(self.unreadable);
        }
        shown
    }
}
