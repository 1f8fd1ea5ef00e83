//! The roles, as tables: one file for each kind of who may assume them.

mod accounts;
mod federated;
mod gateway;
mod services;
mod trust;

use std::cmp::Reverse;

use super::ages::Ages;
use super::entity::{Permitted, Tagged, arn};
use super::seeded;
use crate::sandbox::account::{Policies, Role, Tags};
use crate::sandbox::ids::IdKind;

/// All of them.
pub(super) fn all(ages: Ages) -> Vec<Role> {
    [gateway::all(ages), services::all(ages), accounts::all(ages), federated::all(ages)]
        .into_iter()
        .flatten()
        .map(|draft| draft.role)
        .collect()
}

/// A role that is being put together.
#[derive(Debug)]
struct Draft {
    ages: Ages,
    role: Role,
}

impl Draft {
    fn new(ages: Ages, path: &str, name: &str, age: u32, trust_policy: &str) -> Self {
        let role = Role::new(name, path, seeded::id(IdKind::Role, name), ages.ago(age, name), trust_policy);
        Self { ages, role }
    }

    fn described(mut self, text: &str) -> Self {
        self.role.description = Some(text.to_owned());
        self
    }

    /// The services that its sessions called, and how many days ago last. AWS remembers 400 days of it.
    fn calls(mut self, region: &str, calls: &[(&str, u32)]) -> Self {
        // From the longest ago to the latest: the latest is the role's last use.
        let mut calls = calls.to_vec();
        calls.sort_by_key(|(_, days_ago)| Reverse(*days_ago));
        for (service, days_ago) in calls {
            let at = self.ages.ago(days_ago, &format!("{service} called by {}", self.role.name));
            if self.role.last_used.as_ref().is_none_or(|last| last.at < at) {
                self.role.note_use(service, region, at);
            } else {
                self.role.service_uses.note(service, region, at);
            }
        }
        self
    }

    fn sessions_of_hours(mut self, hours: u32) -> Self {
        self.role.max_session_duration = hours * 3600;
        self
    }

    fn boundary(mut self, policy: &str) -> Self {
        self.role.boundary = Some(arn(&format!("policy/{policy}")));
        self
    }
}

impl Permitted for Draft {
    fn policies(&mut self) -> &mut Policies {
        &mut self.role.policies
    }
}

impl Tagged for Draft {
    fn all_tags(&mut self) -> &mut Tags {
        &mut self.role.tags
    }
}
