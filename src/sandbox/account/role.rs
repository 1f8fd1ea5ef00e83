//! Roles.

use jiff::Timestamp;

use super::{Named, Policies, ServiceUses, Tags};

/// Where service-linked roles have their paths, and only they.
pub(in crate::sandbox) const SERVICE_LINKED_PATH: &str = "/aws-service-role/";

/// A role.
#[derive(Debug)]
pub(in crate::sandbox) struct Role {
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) path: String,
    /// `AROA...`
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) created: Timestamp,
    pub(in crate::sandbox) description: Option<String>,
    /// Who may assume it: a policy document in which users and roles of the account stand by their unique ids
    /// ([`Account::trust_kept`](super::Account::trust_kept)).
    pub(in crate::sandbox) trust_policy: String,
    /// The longest session, in seconds: 3,600 to 43,200.
    pub(in crate::sandbox) max_session_duration: u32,
    pub(in crate::sandbox) tags: Tags,
    /// The ARN of its permissions boundary.
    pub(in crate::sandbox) boundary: Option<String>,
    pub(in crate::sandbox) policies: Policies,
    pub(in crate::sandbox) last_used: Option<LastUsed>,
    /// What its sessions called.
    pub(in crate::sandbox) service_uses: ServiceUses,
}

impl Role {
    /// A role without permissions.
    pub(in crate::sandbox) fn new(name: &str, path: &str, id: String, created: Timestamp, trust_policy: &str) -> Self {
        Self {
            name: name.to_owned(),
            path: path.to_owned(),
            id,
            created,
            description: None,
            trust_policy: trust_policy.to_owned(),
            max_session_duration: 3600,
            tags: Tags::default(),
            boundary: None,
            policies: Policies::default(),
            last_used: None,
            service_uses: ServiceUses::default(),
        }
    }

    /// Notes a request to `service` (its namespace) that one of its sessions signed, allowed or denied.
    pub(in crate::sandbox) fn note_use(&mut self, service: &str, region: &str, at: Timestamp) {
        self.service_uses.note(service, region, at);
        self.last_used = Some(LastUsed { at, region: region.to_owned() });
    }

    /// The resource part of its ARN.
    pub(in crate::sandbox) fn resource(&self) -> String {
        format!("role{}{}", self.path, self.name)
    }

    /// Whether it is a service-linked role, which only its service changes.
    pub(in crate::sandbox) fn is_service_linked(&self) -> bool {
        self.path.starts_with(SERVICE_LINKED_PATH)
    }
}

impl Named for Role {
    fn name(&self) -> &str {
        &self.name
    }
}

/// The last request that a session of the role signed.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct LastUsed {
    pub(in crate::sandbox) at: Timestamp,
    pub(in crate::sandbox) region: String,
}
