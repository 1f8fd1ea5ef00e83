//! What a record keeps of a user that is about to be lost, so that it can be put back.

/// Everything that [`Inventory`](super::inventory::Inventory) and
/// [`OtherCredentials`](super::credentials::OtherCredentials) show. IAM tells no secret of a credential once it is made:
/// of each there are its id, its state and its dates.
pub(super) const LOST: &[&str] = &[
    "User/Path",
    "User/UserName",
    "User/UserId",
    "User/Arn",
    "User/CreateDate",
    "User/PasswordLastUsed",
    "User/PermissionsBoundary/PermissionsBoundaryType",
    "User/PermissionsBoundary/PermissionsBoundaryArn",
    "User/Tags/*/Key",
    "User/Tags/*/Value",
    "User/Groups/*/GroupName",
    "User/Groups/*/Arn",
    "User/AttachedPolicies/*/PolicyName",
    "User/AttachedPolicies/*/PolicyArn",
    "User/InlinePolicies/*/PolicyName",
    "User/InlinePolicies/*/PolicyDocument/**",
    "User/AccessKeys/*/AccessKeyId",
    "User/AccessKeys/*/Status",
    "User/AccessKeys/*/CreateDate",
    "User/LoginProfile/CreateDate",
    "User/LoginProfile/PasswordResetRequired",
    "User/MFADevices/*/SerialNumber",
    "User/MFADevices/*/EnableDate",
    "User/SigningCertificates/*/CertificateId",
    "User/SigningCertificates/*/Status",
    "User/SSHPublicKeys/*/SSHPublicKeyId",
    "User/SSHPublicKeys/*/Status",
    "User/ServiceSpecificCredentials/*/ServiceSpecificCredentialId",
    "User/ServiceSpecificCredentials/*/ServiceName",
    "User/ServiceSpecificCredentials/*/Status",
];
