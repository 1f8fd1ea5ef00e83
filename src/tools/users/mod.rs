//! IAM users.

pub mod create;
pub mod credentials;
pub mod delete;
pub mod get;
pub mod inventory;
mod kept;
pub mod list;
mod pages;

use crate::iam::Action;
use crate::tools::parameter::{Kept, Kind, Parameter, USER_NAME};

/// The parameter that names a user.
const USER: Parameter = Parameter {
    name: "user_name",
    description: "the user's name, without its path",
    kind: Kind::Text(&USER_NAME),
    required: true,
    kept: Kept::AsGiven,
};

/// The reading actions of this toolset.
mod reads {
    use super::Action;

    pub(super) const LIST_USERS: Action = Action::new("iam:ListUsers");
    pub(super) const GET_USER: Action = Action::new("iam:GetUser");
    pub(super) const LIST_GROUPS_FOR_USER: Action = Action::new("iam:ListGroupsForUser");
    pub(super) const LIST_ATTACHED_USER_POLICIES: Action = Action::new("iam:ListAttachedUserPolicies");
    pub(super) const LIST_USER_POLICIES: Action = Action::new("iam:ListUserPolicies");
    pub(super) const GET_USER_POLICY: Action = Action::new("iam:GetUserPolicy");
    pub(super) const LIST_ACCESS_KEYS: Action = Action::new("iam:ListAccessKeys");
    pub(super) const GET_ACCESS_KEY_LAST_USED: Action = Action::new("iam:GetAccessKeyLastUsed");
    pub(super) const GET_LOGIN_PROFILE: Action = Action::new("iam:GetLoginProfile");
    pub(super) const LIST_MFA_DEVICES: Action = Action::new("iam:ListMFADevices");
    pub(super) const LIST_SIGNING_CERTIFICATES: Action = Action::new("iam:ListSigningCertificates");
    pub(super) const LIST_SSH_PUBLIC_KEYS: Action = Action::new("iam:ListSSHPublicKeys");
    pub(super) const LIST_SERVICE_SPECIFIC_CREDENTIALS: Action = Action::new("iam:ListServiceSpecificCredentials");
}
