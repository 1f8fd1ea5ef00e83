//! Which actions on which resources, with which condition keys, each operation needs.
//!
//! After <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>.
//! The action has the operation's own name throughout; what is needed beside it is [`Rule::also`].

use super::Need;
use super::keys::Key;
use super::resource::{Kind, On};
use crate::sandbox::call::Call;

/// What some operations need.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) operations: &'static [&'static str],
    pub(super) on: On,
    pub(super) keys: &'static [Key],
    /// What else has to be allowed.
    pub(super) also: &'static [Also],
}

/// An action that has to be allowed beside the operation's own.
#[derive(Debug)]
pub(super) struct Also {
    /// Its name without the service's.
    pub(super) action: &'static str,
    pub(super) on: On,
    pub(super) keys: &'static [Key],
    /// Only if one of these parameters is given, or something of this list; always, where there are none.
    pub(super) given: &'static [&'static str],
}

impl Rule {
    /// What a call of one of its operations needs.
    pub(super) fn needs(&self, call: &Call<'_>) -> impl Iterator<Item = Need> {
        let given = |name: &&str| {
            let in_list = |field: &str| field.strip_prefix(*name).is_some_and(|rest| rest.starts_with('.'));
            call.fields.iter().any(|(field, _)| field == *name || in_list(field))
        };
        let also = self.also.iter().filter(move |also| also.given.is_empty() || also.given.iter().any(given));
        let need = |action: &str, on, keys| Need { action: format!("iam:{action}"), on, keys };
        [need(call.action, self.on, self.keys)]
            .into_iter()
            .chain(also.map(move |also| need(also.action, also.on, also.keys)))
    }
}

/// The rule of an operation.
pub(super) fn rule(operation: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.operations.contains(&operation))
}

const USER: On = On::User;
const GROUP: On = On::Named(Kind::Group);
const ROLE: On = On::Named(Kind::Role);
const PROFILE: On = On::Named(Kind::InstanceProfile);
const POLICY: On = On::Arn("PolicyArn");
const OIDC: On = On::Arn("OpenIDConnectProviderArn");
const SAML: On = On::Arn("SAMLProviderArn");

const fn plain(on: On, operations: &'static [&'static str]) -> Rule {
    with(on, &[], operations)
}

const fn with(on: On, keys: &'static [Key], operations: &'static [&'static str]) -> Rule {
    Rule { operations, on, keys, also: &[] }
}

/// Makes something that can have tags from the start, for which there is an action of its own.
const fn making(on: On, keys: &'static [Key], operations: &'static [&'static str], also: &'static [Also]) -> Rule {
    Rule { operations, on, keys, also }
}

const fn tagging(action: &'static str, on: On) -> Also {
    Also { action, on, keys: &[Key::Tags], given: &["Tags"] }
}

/// Who gives something another name or path needs to be allowed it on what comes of it, too
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html>).
const fn renaming(action: &'static str, kind: Kind, given: &'static [&'static str]) -> Also {
    Also { action, on: On::Renamed(kind), keys: &[], given }
}

/// All of them.
pub(super) const RULES: &[Rule] = &[
    // Users.
    making(
        On::Made(Kind::User),
        &[Key::Boundary, Key::Tags],
        &["CreateUser"],
        &[tagging("TagUser", On::Made(Kind::User))],
    ),
    plain(On::Listed(Kind::User), &["ListUsers"]),
    Rule {
        operations: &["UpdateUser"],
        on: USER,
        keys: &[],
        also: &[renaming("UpdateUser", Kind::User, &["NewUserName", "NewPath"])],
    },
    plain(
        USER,
        &[
            "GetUser",
            "DeleteUser",
            "ListUserTags",
            "ListGroupsForUser",
            "ListUserPolicies",
            "GetUserPolicy",
            "ListAttachedUserPolicies",
        ],
    ),
    with(USER, &[Key::Tags], &["TagUser"]),
    with(USER, &[Key::TagKeys], &["UntagUser"]),
    with(USER, &[Key::HeldBoundary], &["PutUserPolicy", "DeleteUserPolicy", "DeleteUserPermissionsBoundary"]),
    with(USER, &[Key::Boundary], &["PutUserPermissionsBoundary"]),
    with(USER, &[Key::PolicyArn, Key::HeldBoundary], &["AttachUserPolicy", "DetachUserPolicy"]),
    // What belongs to a user.
    plain(
        USER,
        &[
            "CreateAccessKey",
            "ListAccessKeys",
            "UpdateAccessKey",
            "DeleteAccessKey",
            "CreateLoginProfile",
            "GetLoginProfile",
            "UpdateLoginProfile",
            "DeleteLoginProfile",
            "EnableMFADevice",
            "DeactivateMFADevice",
            "ListMFADevices",
            "UploadSSHPublicKey",
            "GetSSHPublicKey",
            "ListSSHPublicKeys",
            "UpdateSSHPublicKey",
            "DeleteSSHPublicKey",
            "UploadSigningCertificate",
            "ListSigningCertificates",
            "UpdateSigningCertificate",
            "DeleteSigningCertificate",
        ],
    ),
    plain(On::OwnerOfKey, &["GetAccessKeyLastUsed"]),
    with(USER, &[Key::CredentialService, Key::CredentialAge], &["CreateServiceSpecificCredential"]),
    with(
        USER,
        &[Key::CredentialService],
        &["UpdateServiceSpecificCredential", "ResetServiceSpecificCredential", "DeleteServiceSpecificCredential"],
    ),
    plain(On::UserOrAll, &["ListServiceSpecificCredentials"]),
    // MFA devices.
    making(
        On::Made(Kind::MfaDevice),
        &[Key::Tags],
        &["CreateVirtualMFADevice"],
        &[tagging("TagMFADevice", On::Made(Kind::MfaDevice))],
    ),
    plain(On::Device, &["DeleteVirtualMFADevice"]),
    plain(On::Fixed("mfa/"), &["ListVirtualMFADevices"]),
    // Groups.
    plain(On::Made(Kind::Group), &["CreateGroup"]),
    plain(On::Listed(Kind::Group), &["ListGroups"]),
    Rule {
        operations: &["UpdateGroup"],
        on: GROUP,
        keys: &[],
        also: &[renaming("UpdateGroup", Kind::Group, &["NewGroupName", "NewPath"])],
    },
    plain(
        GROUP,
        &[
            "GetGroup",
            "DeleteGroup",
            "AddUserToGroup",
            "RemoveUserFromGroup",
            "ListGroupPolicies",
            "GetGroupPolicy",
            "PutGroupPolicy",
            "DeleteGroupPolicy",
            "ListAttachedGroupPolicies",
        ],
    ),
    with(GROUP, &[Key::PolicyArn], &["AttachGroupPolicy", "DetachGroupPolicy"]),
    // Roles.
    making(
        On::Made(Kind::Role),
        &[Key::Boundary, Key::Tags],
        &["CreateRole"],
        &[tagging("TagRole", On::Made(Kind::Role))],
    ),
    plain(On::Listed(Kind::Role), &["ListRoles"]),
    plain(
        ROLE,
        &[
            "ListRoleTags",
            "ListRolePolicies",
            "GetRolePolicy",
            "ListAttachedRolePolicies",
            "ListInstanceProfilesForRole",
            "DeleteServiceLinkedRole",
        ],
    ),
    with(ROLE, &[Key::Tags], &["TagRole"]),
    with(ROLE, &[Key::TagKeys], &["UntagRole"]),
    with(
        ROLE,
        &[Key::HeldBoundary],
        &[
            "GetRole",
            "DeleteRole",
            "UpdateRole",
            "UpdateRoleDescription",
            "UpdateAssumeRolePolicy",
            "PutRolePolicy",
            "DeleteRolePolicy",
            "DeleteRolePermissionsBoundary",
        ],
    ),
    with(ROLE, &[Key::Boundary], &["PutRolePermissionsBoundary"]),
    with(ROLE, &[Key::PolicyArn, Key::HeldBoundary], &["AttachRolePolicy", "DetachRolePolicy"]),
    with(On::ServiceLinked, &[Key::ServiceName], &["CreateServiceLinkedRole"]),
    plain(On::OfDeletionTask, &["GetServiceLinkedRoleDeletionStatus"]),
    // Instance profiles.
    making(
        On::Made(Kind::InstanceProfile),
        &[Key::Tags],
        &["CreateInstanceProfile"],
        &[tagging("TagInstanceProfile", On::Made(Kind::InstanceProfile))],
    ),
    plain(On::Listed(Kind::InstanceProfile), &["ListInstanceProfiles"]),
    plain(
        PROFILE,
        &["GetInstanceProfile", "DeleteInstanceProfile", "ListInstanceProfileTags", "RemoveRoleFromInstanceProfile"],
    ),
    Rule {
        operations: &["AddRoleToInstanceProfile"],
        on: PROFILE,
        keys: &[],
        also: &[Also { action: "PassRole", on: ROLE, keys: &[Key::PassedToInstances], given: &[] }],
    },
    with(PROFILE, &[Key::Tags], &["TagInstanceProfile"]),
    with(PROFILE, &[Key::TagKeys], &["UntagInstanceProfile"]),
    // Managed policies.
    making(On::Made(Kind::Policy), &[Key::Tags], &["CreatePolicy"], &[tagging("TagPolicy", On::Made(Kind::Policy))]),
    plain(On::PolicyPath, &["ListPolicies"]),
    plain(
        POLICY,
        &[
            "GetPolicy",
            "DeletePolicy",
            "ListPolicyTags",
            "ListEntitiesForPolicy",
            "CreatePolicyVersion",
            "GetPolicyVersion",
            "ListPolicyVersions",
            "SetDefaultPolicyVersion",
            "DeletePolicyVersion",
        ],
    ),
    with(POLICY, &[Key::Tags], &["TagPolicy"]),
    with(POLICY, &[Key::TagKeys], &["UntagPolicy"]),
    // Identity providers.
    making(
        On::OidcUrl,
        &[Key::Tags],
        &["CreateOpenIDConnectProvider"],
        &[tagging("TagOpenIDConnectProvider", On::OidcUrl)],
    ),
    plain(On::Fixed("oidc-provider/*"), &["ListOpenIDConnectProviders"]),
    plain(
        OIDC,
        &[
            "GetOpenIDConnectProvider",
            "DeleteOpenIDConnectProvider",
            "AddClientIDToOpenIDConnectProvider",
            "RemoveClientIDFromOpenIDConnectProvider",
            "UpdateOpenIDConnectProviderThumbprint",
        ],
    ),
    making(On::SamlName, &[Key::Tags], &["CreateSAMLProvider"], &[tagging("TagSAMLProvider", On::SamlName)]),
    plain(SAML, &["GetSAMLProvider", "DeleteSAMLProvider"]),
    // The account.
    plain(On::Listed(Kind::ServerCertificate), &["ListServerCertificates"]),
    plain(On::Arn("Arn"), &["GenerateServiceLastAccessedDetails"]),
    // Simulations, of a principal's policies or of documents that belong to nobody.
    plain(On::Arn("PolicySourceArn"), &["SimulatePrincipalPolicy", "GetContextKeysForPrincipalPolicy"]),
    plain(On::Anything, &["SimulateCustomPolicy", "GetContextKeysForCustomPolicy"]),
    plain(
        On::Anything,
        &[
            "ListSAMLProviders",
            "CreateAccountAlias",
            "ListAccountAliases",
            "DeleteAccountAlias",
            "GetAccountPasswordPolicy",
            "UpdateAccountPasswordPolicy",
            "DeleteAccountPasswordPolicy",
            "GetAccountSummary",
            "GetAccountAuthorizationDetails",
            "GenerateCredentialReport",
            "GetCredentialReport",
            "GetServiceLastAccessedDetails",
        ],
    ),
];
