//! What users, roles and groups have in common: each holds policies, attached and inline; users and roles also tags and a
//! permissions boundary. One table of their names in IAM's API, and the tools on it.

pub mod attach;
pub mod boundary;
pub mod gains;
pub mod held;
pub mod inline;
pub mod permissions;
mod specs;
pub mod tags;

pub(super) use specs::{bounded_tools, policy_tools};

use crate::iam::change::{Tag, actions};
use crate::iam::{Action, Change, DeclaredCall, EntityKind, Resource, reads};
use crate::tools::parameter::{Kept, Kind, NAME, Parameter, ROLE_NAME, USER_NAME};

/// An action, and how its change is made of a principal's name and something else.
pub type Changing<T> = (Action, fn(String, T) -> Change);

/// A kind of principal that holds policies, with the names that IAM's API has for what is done with one.
#[derive(Debug)]
pub struct Holder {
    /// The kind.
    pub kind: EntityKind,
    /// The parameter that names one.
    pub parameter: Parameter,
    /// The member of IAM's inputs that names one.
    pub member: &'static str,
    /// What reads one.
    pub get: Action,
    /// What lists the managed policies attached to one.
    pub list_attached: Action,
    /// What lists the names of its inline policies.
    pub list_inline: Action,
    /// What reads an inline policy.
    pub get_inline: Action,
    /// Attaches a managed policy: name, ARN.
    pub attach: Changing<String>,
    /// Detaches one: name, ARN.
    pub detach: Changing<String>,
    /// Puts an inline policy: name, policy's name, document.
    pub put: (Action, fn(String, String, crate::iam::change::PolicyText) -> Change),
    /// Deletes one: name, policy's name.
    pub delete: Changing<String>,
}

/// What users and roles have and groups do not.
#[derive(Debug)]
pub struct Bounded {
    /// The kind of principal.
    pub holder: &'static Holder,
    /// Sets tags: name, tags.
    pub tag: Changing<Vec<Tag>>,
    /// Removes tags: name, keys.
    pub untag: Changing<Vec<String>>,
    /// Sets the permissions boundary: name, ARN.
    pub put_boundary: Changing<String>,
    /// Removes it: name.
    pub delete_boundary: (Action, fn(String) -> Change),
}

impl Holder {
    /// The word for one: `user`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.kind.as_str()
    }

    /// The one of this name, its path unknown.
    #[must_use]
    pub fn named(&self, name: &str) -> Resource {
        Resource::named(self.kind, name)
    }

    /// `action` on the one of this name.
    #[must_use]
    pub fn on(&self, action: Action, name: &str) -> DeclaredCall {
        DeclaredCall::new(action, self.named(name)).with(self.member, name)
    }
}

/// The parameter that names a user.
pub const USER_PARAMETER: Parameter = Parameter {
    name: "user_name",
    description: "name without path",
    kind: Kind::Text(&USER_NAME),
    required: true,
    kept: Kept::AsGiven,
};

/// The parameter that names a role.
pub const ROLE_PARAMETER: Parameter = Parameter {
    name: "role_name",
    description: "name without path",
    kind: Kind::Text(&ROLE_NAME),
    required: true,
    kept: Kept::AsGiven,
};

/// The parameter that names a group.
pub const GROUP_PARAMETER: Parameter = Parameter {
    name: "group_name",
    description: "name without path",
    kind: Kind::Text(&NAME),
    required: true,
    kept: Kept::AsGiven,
};

/// Users.
pub const USER: Holder = Holder {
    kind: EntityKind::User,
    parameter: USER_PARAMETER,
    member: "UserName",
    get: reads::GET_USER,
    list_attached: reads::LIST_ATTACHED_USER_POLICIES,
    list_inline: reads::LIST_USER_POLICIES,
    get_inline: reads::GET_USER_POLICY,
    attach: (actions::ATTACH_USER_POLICY, |user_name, policy_arn| Change::AttachUserPolicy { user_name, policy_arn }),
    detach: (actions::DETACH_USER_POLICY, |user_name, policy_arn| Change::DetachUserPolicy { user_name, policy_arn }),
    put: (actions::PUT_USER_POLICY, |user_name, policy_name, policy_document| Change::PutUserPolicy {
        user_name,
        policy_name,
        policy_document,
    }),
    delete: (actions::DELETE_USER_POLICY, |user_name, policy_name| Change::DeleteUserPolicy { user_name, policy_name }),
};

/// Roles.
pub const ROLE: Holder = Holder {
    kind: EntityKind::Role,
    parameter: ROLE_PARAMETER,
    member: "RoleName",
    get: reads::GET_ROLE,
    list_attached: reads::LIST_ATTACHED_ROLE_POLICIES,
    list_inline: reads::LIST_ROLE_POLICIES,
    get_inline: reads::GET_ROLE_POLICY,
    attach: (actions::ATTACH_ROLE_POLICY, |role_name, policy_arn| Change::AttachRolePolicy { role_name, policy_arn }),
    detach: (actions::DETACH_ROLE_POLICY, |role_name, policy_arn| Change::DetachRolePolicy { role_name, policy_arn }),
    put: (actions::PUT_ROLE_POLICY, |role_name, policy_name, policy_document| Change::PutRolePolicy {
        role_name,
        policy_name,
        policy_document,
    }),
    delete: (actions::DELETE_ROLE_POLICY, |role_name, policy_name| Change::DeleteRolePolicy { role_name, policy_name }),
};

/// Groups.
pub const GROUP: Holder = Holder {
    kind: EntityKind::Group,
    parameter: GROUP_PARAMETER,
    member: "GroupName",
    get: reads::GET_GROUP,
    list_attached: reads::LIST_ATTACHED_GROUP_POLICIES,
    list_inline: reads::LIST_GROUP_POLICIES,
    get_inline: reads::GET_GROUP_POLICY,
    attach: (actions::ATTACH_GROUP_POLICY, |group_name, policy_arn| Change::AttachGroupPolicy {
        group_name,
        policy_arn,
    }),
    detach: (actions::DETACH_GROUP_POLICY, |group_name, policy_arn| Change::DetachGroupPolicy {
        group_name,
        policy_arn,
    }),
    put: (actions::PUT_GROUP_POLICY, |group_name, policy_name, policy_document| Change::PutGroupPolicy {
        group_name,
        policy_name,
        policy_document,
    }),
    delete: (actions::DELETE_GROUP_POLICY, |group_name, policy_name| Change::DeleteGroupPolicy {
        group_name,
        policy_name,
    }),
};

/// Tags and boundaries of users.
pub const BOUNDED_USER: Bounded = Bounded {
    holder: &USER,
    tag: (actions::TAG_USER, |user_name, tags| Change::TagUser { user_name, tags }),
    untag: (actions::UNTAG_USER, |user_name, tag_keys| Change::UntagUser { user_name, tag_keys }),
    put_boundary: (actions::PUT_USER_PERMISSIONS_BOUNDARY, |user_name, permissions_boundary| {
        Change::PutUserPermissionsBoundary { user_name, permissions_boundary }
    }),
    delete_boundary: (actions::DELETE_USER_PERMISSIONS_BOUNDARY, |user_name| Change::DeleteUserPermissionsBoundary {
        user_name,
    }),
};

/// Tags and boundaries of roles.
pub const BOUNDED_ROLE: Bounded = Bounded {
    holder: &ROLE,
    tag: (actions::TAG_ROLE, |role_name, tags| Change::TagRole { role_name, tags }),
    untag: (actions::UNTAG_ROLE, |role_name, tag_keys| Change::UntagRole { role_name, tag_keys }),
    put_boundary: (actions::PUT_ROLE_PERMISSIONS_BOUNDARY, |role_name, permissions_boundary| {
        Change::PutRolePermissionsBoundary { role_name, permissions_boundary }
    }),
    delete_boundary: (actions::DELETE_ROLE_PERMISSIONS_BOUNDARY, |role_name| Change::DeleteRolePermissionsBoundary {
        role_name,
    }),
};
