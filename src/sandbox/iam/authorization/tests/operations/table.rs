//! The operations. Resources without `arn:` and `*` are of the account.

use super::super::Fields;
use crate::sandbox::testing::{ALLOW, TRUST};

/// One call and what it needs.
#[derive(Debug)]
pub(in super::super) struct Case {
    pub(in super::super) operation: &'static str,
    pub(in super::super) fields: Fields,
    /// Actions without `iam:`, each with its resource.
    pub(in super::super) needs: &'static [(&'static str, &'static str)],
    /// What messages say in place of the resource's ARN.
    pub(in super::super) told: Option<&'static str>,
}

macro_rules! cases {
    ($($operation:literal($($name:literal = $value:expr),*) on $($resource:literal)?
        $(, and $action:literal on $also:literal)* $(, told $told:literal)?;)*) => {
        /// All of them.
        pub(in super::super) const CASES: &[Case] = &[$(Case {
            operation: $operation,
            fields: &[$(($name, $value)),*],
            needs: &[$(($operation, $resource),)? $(($action, $also)),*],
            told: one(&[$($told)?]),
        }),*];
    };
}

const fn one(told: &[&'static str]) -> Option<&'static str> {
    match told {
        [told] => Some(told),
        _ => None,
    }
}

const RULES: &str = "arn:aws:iam::123456789012:policy/team/Rules";
const LIMIT: &str = super::super::BOUNDARY;
const OIDC: &str = "arn:aws:iam::123456789012:oidc-provider/id.example.com";
const SAML: &str = "arn:aws:iam::123456789012:saml-provider/people";
const KEY: &str = "AKIABOBAAAAAAAAAAAAA";
const CREDENTIAL: &str = "ACCABOBAAAAAAAAAAAAA";
const CERTIFICATE: &str = "CERTIFICATEOFBOBAAAAAAAAAAAAA";
const JOB: &str = "00000000-0000-0000-0000-000000000000";
const METADATA: &str = include_str!("metadata.xml");

cases! {
    // Users; the ARN has the user's path, and the case of its letters.
    "CreateUser"("UserName" = "eve", "Path" = "/a/") on "user/a/eve";
    "CreateUser"("UserName" = "eve") on "user/eve";
    "CreateUser"("UserName" = "eve", "Tags.member.1.Key" = "k", "Tags.member.1.Value" = "v") on "user/eve",
        and "TagUser" on "user/eve";
    "GetUser"("UserName" = "BOB") on "user/team/bob";
    "GetUser"() on "user/caller";
    "ListUsers"() on "user/";
    "ListUsers"("PathPrefix" = "/team") on "user/team";
    "UpdateUser"("UserName" = "bob") on "user/team/bob";
    "UpdateUser"("UserName" = "bob", "NewUserName" = "rob") on "user/team/bob", and "UpdateUser" on "user/team/rob";
    "UpdateUser"("UserName" = "bob", "NewPath" = "/a/") on "user/team/bob", and "UpdateUser" on "user/a/bob";
    "DeleteUser"("UserName" = "bob") on "user/team/bob";
    "TagUser"("UserName" = "bob", "Tags.member.1.Key" = "k", "Tags.member.1.Value" = "v") on "user/team/bob";
    "UntagUser"("UserName" = "bob", "TagKeys.member.1" = "k") on "user/team/bob";
    "ListUserTags"("UserName" = "bob") on "user/team/bob";
    "ListGroupsForUser"("UserName" = "bob") on "user/team/bob";
    "ListUserPolicies"("UserName" = "bob") on "user/team/bob";
    "GetUserPolicy"("UserName" = "bob", "PolicyName" = "p") on "user/team/bob";
    "PutUserPolicy"("UserName" = "bob", "PolicyName" = "p", "PolicyDocument" = ALLOW) on "user/team/bob";
    "DeleteUserPolicy"("UserName" = "bob", "PolicyName" = "p") on "user/team/bob";
    "AttachUserPolicy"("UserName" = "bob", "PolicyArn" = RULES) on "user/team/bob";
    "DetachUserPolicy"("UserName" = "bob", "PolicyArn" = RULES) on "user/team/bob";
    "ListAttachedUserPolicies"("UserName" = "bob") on "user/team/bob";
    "PutUserPermissionsBoundary"("UserName" = "bob", "PermissionsBoundary" = LIMIT) on "user/team/bob";
    "DeleteUserPermissionsBoundary"("UserName" = "bob") on "user/team/bob";

    // What belongs to a user: without a name, to who signed.
    "CreateAccessKey"("UserName" = "bob") on "user/team/bob";
    "CreateAccessKey"() on "user/caller";
    "ListAccessKeys"() on "user/caller";
    "UpdateAccessKey"("AccessKeyId" = KEY, "Status" = "Inactive") on "user/caller";
    "DeleteAccessKey"("UserName" = "bob", "AccessKeyId" = KEY) on "user/team/bob";
    "GetAccessKeyLastUsed"("AccessKeyId" = KEY) on "user/team/bob", told "access key AKIABOBAAAAAAAAAAAAA";
    "CreateLoginProfile"("UserName" = "bob", "Password" = "Long-enough-1") on "user/team/bob";
    "GetLoginProfile"("UserName" = "bob") on "user/team/bob";
    "UpdateLoginProfile"("UserName" = "bob") on "user/team/bob";
    "DeleteLoginProfile"("UserName" = "bob") on "user/team/bob";
    "EnableMFADevice"("UserName" = "bob", "SerialNumber" = "GAHT12345678", "AuthenticationCode1" = "123456",
        "AuthenticationCode2" = "654321") on "user/team/bob";
    "DeactivateMFADevice"("UserName" = "bob", "SerialNumber" = "GAHT12345678") on "user/team/bob";
    "ListMFADevices"("UserName" = "bob") on "user/team/bob";
    "UploadSSHPublicKey"("UserName" = "bob", "SSHPublicKeyBody" = "none") on "user/team/bob";
    "GetSSHPublicKey"("UserName" = "bob", "SSHPublicKeyId" = KEY, "Encoding" = "PEM") on "user/team/bob";
    "ListSSHPublicKeys"("UserName" = "bob") on "user/team/bob";
    "UpdateSSHPublicKey"("UserName" = "bob", "SSHPublicKeyId" = KEY, "Status" = "Inactive") on "user/team/bob";
    "DeleteSSHPublicKey"("UserName" = "bob", "SSHPublicKeyId" = KEY) on "user/team/bob";
    "UploadSigningCertificate"("UserName" = "bob", "CertificateBody" = "none") on "user/team/bob";
    "ListSigningCertificates"("UserName" = "bob") on "user/team/bob";
    "UpdateSigningCertificate"("UserName" = "bob", "CertificateId" = CERTIFICATE, "Status" = "Inactive")
        on "user/team/bob";
    "DeleteSigningCertificate"("UserName" = "bob", "CertificateId" = CERTIFICATE) on "user/team/bob";
    "CreateServiceSpecificCredential"("UserName" = "bob", "ServiceName" = "codecommit.amazonaws.com")
        on "user/team/bob";
    "ListServiceSpecificCredentials"("UserName" = "bob") on "user/team/bob";
    "ListServiceSpecificCredentials"() on "user/caller";
    "ListServiceSpecificCredentials"("AllUsers" = "true") on "user/*";
    "UpdateServiceSpecificCredential"("UserName" = "bob", "ServiceSpecificCredentialId" = CREDENTIAL,
        "Status" = "Inactive") on "user/team/bob";
    "ResetServiceSpecificCredential"("UserName" = "bob", "ServiceSpecificCredentialId" = CREDENTIAL)
        on "user/team/bob";
    "DeleteServiceSpecificCredential"("UserName" = "bob", "ServiceSpecificCredentialId" = CREDENTIAL)
        on "user/team/bob";
    "CreateVirtualMFADevice"("VirtualMFADeviceName" = "tablet", "Path" = "/a/") on "mfa/a/tablet";
    "CreateVirtualMFADevice"("VirtualMFADeviceName" = "tablet", "Tags.member.1.Key" = "k", "Tags.member.1.Value" = "v")
        on "mfa/tablet", and "TagMFADevice" on "mfa/tablet";
    "DeleteVirtualMFADevice"("SerialNumber" = "arn:aws:iam::123456789012:mfa/phone") on "mfa/phone";
    "DeleteVirtualMFADevice"("SerialNumber" = "GAHT12345678") on "mfa/GAHT12345678";
    "ListVirtualMFADevices"() on "mfa/";

    // Groups.
    "CreateGroup"("GroupName" = "new", "Path" = "/a/") on "group/a/new";
    "GetGroup"("GroupName" = "Crew") on "group/team/crew";
    "ListGroups"() on "group/";
    "UpdateGroup"("GroupName" = "crew", "NewGroupName" = "band") on "group/team/crew",
        and "UpdateGroup" on "group/team/band";
    "DeleteGroup"("GroupName" = "crew") on "group/team/crew";
    "AddUserToGroup"("GroupName" = "crew", "UserName" = "bob") on "group/team/crew";
    "RemoveUserFromGroup"("GroupName" = "crew", "UserName" = "bob") on "group/team/crew";
    "ListGroupPolicies"("GroupName" = "crew") on "group/team/crew";
    "GetGroupPolicy"("GroupName" = "crew", "PolicyName" = "p") on "group/team/crew";
    "PutGroupPolicy"("GroupName" = "crew", "PolicyName" = "p", "PolicyDocument" = ALLOW) on "group/team/crew";
    "DeleteGroupPolicy"("GroupName" = "crew", "PolicyName" = "p") on "group/team/crew";
    "AttachGroupPolicy"("GroupName" = "crew", "PolicyArn" = RULES) on "group/team/crew";
    "DetachGroupPolicy"("GroupName" = "crew", "PolicyArn" = RULES) on "group/team/crew";
    "ListAttachedGroupPolicies"("GroupName" = "crew") on "group/team/crew";

    // Roles.
    "CreateRole"("RoleName" = "new", "AssumeRolePolicyDocument" = TRUST) on "role/new";
    "CreateRole"("RoleName" = "new", "Path" = "/a/", "AssumeRolePolicyDocument" = TRUST, "Tags.member.1.Key" = "k",
        "Tags.member.1.Value" = "v") on "role/a/new", and "TagRole" on "role/a/new";
    "GetRole"("RoleName" = "RUNNER") on "role/team/runner";
    "ListRoles"("PathPrefix" = "/team/") on "role/team/";
    "UpdateRole"("RoleName" = "runner") on "role/team/runner";
    "UpdateRoleDescription"("RoleName" = "runner", "Description" = "d") on "role/team/runner";
    "UpdateAssumeRolePolicy"("RoleName" = "runner", "PolicyDocument" = TRUST) on "role/team/runner";
    "DeleteRole"("RoleName" = "runner") on "role/team/runner";
    "TagRole"("RoleName" = "runner", "Tags.member.1.Key" = "k", "Tags.member.1.Value" = "v") on "role/team/runner";
    "UntagRole"("RoleName" = "runner", "TagKeys.member.1" = "k") on "role/team/runner";
    "ListRoleTags"("RoleName" = "runner") on "role/team/runner";
    "ListRolePolicies"("RoleName" = "runner") on "role/team/runner";
    "GetRolePolicy"("RoleName" = "runner", "PolicyName" = "p") on "role/team/runner";
    "PutRolePolicy"("RoleName" = "runner", "PolicyName" = "p", "PolicyDocument" = ALLOW) on "role/team/runner";
    "DeleteRolePolicy"("RoleName" = "runner", "PolicyName" = "p") on "role/team/runner";
    "AttachRolePolicy"("RoleName" = "runner", "PolicyArn" = RULES) on "role/team/runner";
    "DetachRolePolicy"("RoleName" = "runner", "PolicyArn" = RULES) on "role/team/runner";
    "ListAttachedRolePolicies"("RoleName" = "runner") on "role/team/runner";
    "PutRolePermissionsBoundary"("RoleName" = "runner", "PermissionsBoundary" = LIMIT) on "role/team/runner";
    "DeleteRolePermissionsBoundary"("RoleName" = "runner") on "role/team/runner";
    "ListInstanceProfilesForRole"("RoleName" = "runner") on "role/team/runner";
    "CreateServiceLinkedRole"("AWSServiceName" = "ecs.amazonaws.com")
        on "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
    "DeleteServiceLinkedRole"("RoleName" = "AWSServiceRoleForECS") on "role/AWSServiceRoleForECS";
    "GetServiceLinkedRoleDeletionStatus"("DeletionTaskId" = "task/aws-service-role/ecs.amazonaws.com/Role/1")
        on "role/aws-service-role/ecs.amazonaws.com/Role";
    "GetServiceLinkedRoleDeletionStatus"("DeletionTaskId" = "nonsense") on "role/nonsense";

    // Instance profiles; whoever puts a role in passes it.
    "CreateInstanceProfile"("InstanceProfileName" = "new", "Path" = "/a/") on "instance-profile/a/new";
    "CreateInstanceProfile"("InstanceProfileName" = "new", "Tags.member.1.Key" = "k", "Tags.member.1.Value" = "v")
        on "instance-profile/new", and "TagInstanceProfile" on "instance-profile/new";
    "GetInstanceProfile"("InstanceProfileName" = "BOX") on "instance-profile/team/box";
    "ListInstanceProfiles"() on "instance-profile/";
    "DeleteInstanceProfile"("InstanceProfileName" = "box") on "instance-profile/team/box";
    "AddRoleToInstanceProfile"("InstanceProfileName" = "box", "RoleName" = "runner") on "instance-profile/team/box",
        and "PassRole" on "role/team/runner";
    "RemoveRoleFromInstanceProfile"("InstanceProfileName" = "box", "RoleName" = "runner")
        on "instance-profile/team/box";
    "TagInstanceProfile"("InstanceProfileName" = "box", "Tags.member.1.Key" = "k", "Tags.member.1.Value" = "v")
        on "instance-profile/team/box";
    "UntagInstanceProfile"("InstanceProfileName" = "box", "TagKeys.member.1" = "k") on "instance-profile/team/box";
    "ListInstanceProfileTags"("InstanceProfileName" = "box") on "instance-profile/team/box";

    // Managed policies.
    "CreatePolicy"("PolicyName" = "new", "Path" = "/a/", "PolicyDocument" = ALLOW) on "policy/a/new";
    "CreatePolicy"("PolicyName" = "new", "PolicyDocument" = ALLOW, "Tags.member.1.Key" = "k",
        "Tags.member.1.Value" = "v") on "policy/new", and "TagPolicy" on "policy/new";
    "GetPolicy"("PolicyArn" = RULES) on "policy/team/Rules";
    "GetPolicy"("PolicyArn" = "arn:aws:iam::aws:policy/AdministratorAccess")
        on "arn:aws:iam::aws:policy/AdministratorAccess";
    "ListPolicies"() on "*", told "policy path /";
    "DeletePolicy"("PolicyArn" = RULES) on "policy/team/Rules";
    "TagPolicy"("PolicyArn" = RULES, "Tags.member.1.Key" = "k", "Tags.member.1.Value" = "v") on "policy/team/Rules";
    "UntagPolicy"("PolicyArn" = RULES, "TagKeys.member.1" = "k") on "policy/team/Rules";
    "ListPolicyTags"("PolicyArn" = RULES) on "policy/team/Rules";
    "ListEntitiesForPolicy"("PolicyArn" = RULES) on "policy/team/Rules";
    "CreatePolicyVersion"("PolicyArn" = RULES, "PolicyDocument" = ALLOW) on "policy/team/Rules";
    "GetPolicyVersion"("PolicyArn" = RULES, "VersionId" = "v1") on "policy/team/Rules";
    "ListPolicyVersions"("PolicyArn" = RULES) on "policy/team/Rules";
    "SetDefaultPolicyVersion"("PolicyArn" = RULES, "VersionId" = "v1") on "policy/team/Rules";
    "DeletePolicyVersion"("PolicyArn" = RULES, "VersionId" = "v1") on "policy/team/Rules";

    // Identity providers.
    "CreateOpenIDConnectProvider"("Url" = "https://new.example.com/") on "oidc-provider/new.example.com";
    "CreateOpenIDConnectProvider"("Url" = "https://new.example.com", "Tags.member.1.Key" = "k",
        "Tags.member.1.Value" = "v") on "oidc-provider/new.example.com",
        and "TagOpenIDConnectProvider" on "oidc-provider/new.example.com";
    "GetOpenIDConnectProvider"("OpenIDConnectProviderArn" = OIDC) on "oidc-provider/id.example.com";
    "ListOpenIDConnectProviders"() on "oidc-provider/*";
    "DeleteOpenIDConnectProvider"("OpenIDConnectProviderArn" = OIDC) on "oidc-provider/id.example.com";
    "AddClientIDToOpenIDConnectProvider"("OpenIDConnectProviderArn" = OIDC, "ClientID" = "c")
        on "oidc-provider/id.example.com";
    "RemoveClientIDFromOpenIDConnectProvider"("OpenIDConnectProviderArn" = OIDC, "ClientID" = "c")
        on "oidc-provider/id.example.com";
    "UpdateOpenIDConnectProviderThumbprint"("OpenIDConnectProviderArn" = OIDC) on "oidc-provider/id.example.com";
    "CreateSAMLProvider"("Name" = "people", "SAMLMetadataDocument" = METADATA) on "saml-provider/people";
    "CreateSAMLProvider"("Name" = "people", "SAMLMetadataDocument" = METADATA, "Tags.member.1.Key" = "k",
        "Tags.member.1.Value" = "v") on "saml-provider/people", and "TagSAMLProvider" on "saml-provider/people";
    "GetSAMLProvider"("SAMLProviderArn" = SAML) on "saml-provider/people";
    "ListSAMLProviders"() on "*";
    "DeleteSAMLProvider"("SAMLProviderArn" = SAML) on "saml-provider/people";

    // The account.
    "ListServerCertificates"() on "server-certificate/";
    "CreateAccountAlias"("AccountAlias" = "example") on "*";
    "ListAccountAliases"() on "*";
    "DeleteAccountAlias"("AccountAlias" = "example") on "*";
    "GetAccountPasswordPolicy"() on "*";
    "UpdateAccountPasswordPolicy"() on "*";
    "DeleteAccountPasswordPolicy"() on "*";
    "GetAccountSummary"() on "*";
    "GetAccountAuthorizationDetails"() on "*";
    "GenerateCredentialReport"() on "*";
    "GetCredentialReport"() on "*";
    "GenerateServiceLastAccessedDetails"("Arn" = RULES) on "policy/team/Rules";
    "GenerateServiceLastAccessedDetails"("Arn" = "arn:aws:iam::123456789012:user/team/bob") on "user/team/bob";
    "GenerateServiceLastAccessedDetails"("Arn" = "arn:aws:iam::123456789012:role/team/runner") on "role/team/runner";
    // Names alone do not make an ARN.
    "GenerateServiceLastAccessedDetails"("Arn" = "arn:aws:iam::123456789012:user/bob") on "user/bob";
    "GenerateServiceLastAccessedDetails"("Arn" = "arn:aws:iam::123456789012:group/bob") on "group/bob";
    "GetServiceLastAccessedDetails"("JobId" = JOB) on "*";
}
