//! The instance profiles, as a table.

use super::ages::Ages;
use super::entity::Tagged;
use super::entity::Team::{Data, Platform, Shop};
use super::seeded;
use crate::sandbox::account::{InstanceProfile, Tags};
use crate::sandbox::ids::IdKind;

impl Tagged for InstanceProfile {
    fn all_tags(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

/// All of them.
pub(super) fn all(ages: Ages) -> Vec<InstanceProfile> {
    let profile = |path: &str, name: &str, age, role: Option<&str>| {
        let id = seeded::id(IdKind::InstanceProfile, name);
        let mut profile = InstanceProfile::new(name, path, id, ages.ago(age, &format!("profile {name}")));
        profile.role = role.map(str::to_owned);
        profile
    };
    vec![
        profile("/service/", "bastion-host", 1179, Some("bastion-host")).team(Platform),
        profile("/service/", "cluster-nodes-2023", 1079, Some("cluster-nodes-2023")).team(Data),
        profile("/app/", "web-server", 639, Some("web-server")).team(Shop),
        // Its role was deleted; it was forgotten.
        profile("/", "old-web-server", 1310, None),
    ]
}
