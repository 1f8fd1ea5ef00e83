//! What can have permission policies: users, groups and roles. The operations on policies are the same for the three.

use super::names::Find;
use crate::sandbox::account::{Account, Policies};
use crate::sandbox::constraint::{ENTITY_NAME_64, ENTITY_NAME_128, Text};
use crate::sandbox::error::ServiceError;

/// A kind of entity that has policies.
#[derive(Debug)]
pub(super) struct Holder {
    /// The parameter, and the element, that names the entity.
    pub(super) parameter: &'static str,
    /// What a name may be.
    pub(super) name: &'static Text,
    /// The word for it in messages.
    pub(super) word: &'static str,
    /// The quota of managed policies.
    pub(super) quota: &'static str,
    /// The most characters that all its inline policies may have together, white space left out
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
    pub(super) inline_size: usize,
    /// The entity of a name.
    pub(super) find: for<'a> fn(&'a Account, &str) -> Result<Held<'a>, ServiceError>,
    /// Its policies, to be changed.
    pub(super) find_mut: Find<Policies>,
}

/// What an entity holds.
#[derive(Debug)]
pub(super) struct Held<'a> {
    /// The entity's name, as it is stored.
    pub(super) by: &'a str,
    pub(super) policies: &'a Policies,
}

/// Users.
pub(super) const USER: Holder = Holder {
    parameter: "UserName",
    name: &ENTITY_NAME_128,
    word: "user",
    quota: "PoliciesPerUser",
    inline_size: 2048,
    find: |account, name| account.user(name).map(|user| Held { by: &user.name, policies: &user.policies }),
    find_mut: |account, name| account.user_mut(name).map(|user| &mut user.policies),
};

/// Groups.
pub(super) const GROUP: Holder = Holder {
    parameter: "GroupName",
    name: &ENTITY_NAME_128,
    word: "group",
    quota: "PoliciesPerGroup",
    inline_size: 5120,
    find: |account, name| account.group(name).map(|group| Held { by: &group.name, policies: &group.policies }),
    find_mut: |account, name| account.group_mut(name).map(|group| &mut group.policies),
};

/// Roles.
pub(super) const ROLE: Holder = Holder {
    parameter: "RoleName",
    name: &ENTITY_NAME_64,
    word: "role",
    quota: "PoliciesPerRole",
    inline_size: 10_240,
    find: |account, name| account.role(name).map(|role| Held { by: &role.name, policies: &role.policies }),
    find_mut: |account, name| account.modifiable_role(name).map(|role| &mut role.policies),
};
