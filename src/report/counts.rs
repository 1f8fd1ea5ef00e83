//! Who there is, by kind, and how sure that is.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Identity;
use crate::posture::Snapshot;
use crate::posture::classify::RoleKind;

/// Every kind of role.
pub const ROLE_KINDS: [RoleKind; 6] = [
    RoleKind::CrossAccount,
    RoleKind::Federated,
    RoleKind::LambdaExecution,
    RoleKind::Ec2InstanceProfile,
    RoleKind::Service,
    RoleKind::Application,
];

/// How many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Users.
    pub users: usize,
    /// Groups.
    pub groups: usize,
    /// Roles.
    pub roles: usize,
    /// The account's own managed policies.
    pub policies: usize,
    /// Users by verdict: `human`, `nhi`, `uncertain`.
    pub verdicts: BTreeMap<&'static str, usize>,
    /// Roles by kind; `unknown` for those whose trust policy lets nobody in, or cannot be read.
    pub role_kinds: BTreeMap<&'static str, usize>,
    /// Users by how sure it is that they are machines: 0-9%, 10-19%, ..., 100%.
    pub confidences: [usize; 11],
}

impl Counts {
    pub(super) fn of(snapshot: &Snapshot, identities: &[Identity]) -> Self {
        let mut verdicts: BTreeMap<_, _> = ["human", "nhi", "uncertain"].map(|verdict| (verdict, 0)).into();
        let mut role_kinds: BTreeMap<_, _> = ROLE_KINDS.map(|kind| (kind.as_str(), 0)).into();
        let mut confidences = [0; 11];
        for identity in identities {
            if identity.is_user() {
                *verdicts.entry(identity.verdict).or_default() += 1;
                confidences[usize::from(identity.confidence.min(100) / 10)] += 1;
            } else {
                *role_kinds.entry(identity.kind).or_default() += 1;
            }
        }
        Self {
            users: snapshot.users.len(),
            groups: snapshot.groups.len(),
            roles: snapshot.roles.len(),
            policies: snapshot.policies.iter().filter(|policy| !policy.is_aws_managed()).count(),
            verdicts,
            role_kinds,
            confidences,
        }
    }
}
