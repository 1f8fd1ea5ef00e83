//! The reading IAM actions, by name: what tools declare. Those that write are in [`change::actions`](super::change::actions).

use super::declared::Action;

macro_rules! reads {
    ($($name:ident = $action:literal;)*) => {
        $(#[doc = concat!("`", $action, "`")] pub const $name: Action = Action::new($action);)*
    };
}

reads! {
    LIST_USERS = "iam:ListUsers";
    GET_USER = "iam:GetUser";
    LIST_GROUPS_FOR_USER = "iam:ListGroupsForUser";
    LIST_ATTACHED_USER_POLICIES = "iam:ListAttachedUserPolicies";
    LIST_USER_POLICIES = "iam:ListUserPolicies";
    GET_USER_POLICY = "iam:GetUserPolicy";
    LIST_ACCESS_KEYS = "iam:ListAccessKeys";
    GET_ACCESS_KEY_LAST_USED = "iam:GetAccessKeyLastUsed";
    GET_LOGIN_PROFILE = "iam:GetLoginProfile";
    LIST_MFA_DEVICES = "iam:ListMFADevices";
    LIST_SIGNING_CERTIFICATES = "iam:ListSigningCertificates";
    LIST_SSH_PUBLIC_KEYS = "iam:ListSSHPublicKeys";
    GET_SSH_PUBLIC_KEY = "iam:GetSSHPublicKey";
    LIST_SERVICE_SPECIFIC_CREDENTIALS = "iam:ListServiceSpecificCredentials";
    LIST_ROLES = "iam:ListRoles";
    GET_ROLE = "iam:GetRole";
    LIST_ATTACHED_ROLE_POLICIES = "iam:ListAttachedRolePolicies";
    LIST_ROLE_POLICIES = "iam:ListRolePolicies";
    GET_ROLE_POLICY = "iam:GetRolePolicy";
    LIST_INSTANCE_PROFILES_FOR_ROLE = "iam:ListInstanceProfilesForRole";
    LIST_GROUPS = "iam:ListGroups";
    GET_GROUP = "iam:GetGroup";
    LIST_ATTACHED_GROUP_POLICIES = "iam:ListAttachedGroupPolicies";
    LIST_GROUP_POLICIES = "iam:ListGroupPolicies";
    GET_GROUP_POLICY = "iam:GetGroupPolicy";
    LIST_POLICIES = "iam:ListPolicies";
    GET_POLICY = "iam:GetPolicy";
    GET_POLICY_VERSION = "iam:GetPolicyVersion";
    LIST_POLICY_VERSIONS = "iam:ListPolicyVersions";
    LIST_ENTITIES_FOR_POLICY = "iam:ListEntitiesForPolicy";
    GET_ACCOUNT_AUTHORIZATION_DETAILS = "iam:GetAccountAuthorizationDetails";
    GET_ACCOUNT_SUMMARY = "iam:GetAccountSummary";
    GENERATE_CREDENTIAL_REPORT = "iam:GenerateCredentialReport";
    GET_CREDENTIAL_REPORT = "iam:GetCredentialReport";
}

/// Lists of actions as one, of `N` in all.
#[must_use]
pub const fn joined<const N: usize>(lists: &[&[Action]]) -> [Action; N] {
    let mut all = [GET_USER; N];
    let (mut at, mut list) = (0, 0);
    while list < lists.len() {
        let mut item = 0;
        while item < lists[list].len() {
            all[at] = lists[list][item];
            at += 1;
            item += 1;
        }
        list += 1;
    }
    assert!(at == N, "the lists have as many actions as are said");
    all
}
