//! Everything that hangs on a user: what `get_user` shows and what `delete_user` must remove first.

use aws_sdk_iam::types;
use serde_json::{Value, json};

use super::reads;
use crate::iam::{Action, AwsFailure, DeclaredCall, EntityKind, Reader, Resource, shape};

/// The reads that [`Inventory::read`] makes for the user `name`.
#[must_use]
pub fn declared(name: &str) -> Vec<DeclaredCall> {
    let of_user = |action: Action| DeclaredCall::new(action, Resource::user(name)).with("UserName", name);
    vec![
        of_user(reads::GET_USER),
        of_user(reads::LIST_GROUPS_FOR_USER),
        of_user(reads::LIST_ATTACHED_USER_POLICIES),
        of_user(reads::LIST_USER_POLICIES),
        of_user(reads::GET_USER_POLICY).with_found("PolicyName"),
        of_user(reads::LIST_ACCESS_KEYS),
        of_user(reads::GET_LOGIN_PROFILE),
        of_user(reads::LIST_MFA_DEVICES),
        of_user(reads::LIST_SIGNING_CERTIFICATES),
        of_user(reads::LIST_SSH_PUBLIC_KEYS),
        of_user(reads::LIST_SERVICE_SPECIFIC_CREDENTIALS),
    ]
}

/// The actions of [`declared`].
pub const ACTIONS: &[Action] = &[
    reads::GET_USER,
    reads::LIST_GROUPS_FOR_USER,
    reads::LIST_ATTACHED_USER_POLICIES,
    reads::LIST_USER_POLICIES,
    reads::GET_USER_POLICY,
    reads::LIST_ACCESS_KEYS,
    reads::GET_LOGIN_PROFILE,
    reads::LIST_MFA_DEVICES,
    reads::LIST_SIGNING_CERTIFICATES,
    reads::LIST_SSH_PUBLIC_KEYS,
    reads::LIST_SERVICE_SPECIFIC_CREDENTIALS,
];

/// A user and what hangs on it.
#[derive(Debug)]
pub struct Inventory {
    /// The user itself.
    pub user: types::User,
    /// Its groups.
    pub groups: Vec<types::Group>,
    /// Managed policies attached to it.
    pub attached: Vec<types::AttachedPolicy>,
    /// Inline policies, name and document.
    pub inline: Vec<(String, Value)>,
    /// Access keys.
    pub access_keys: Vec<types::AccessKeyMetadata>,
    /// The console password's metadata.
    pub login_profile: Option<types::LoginProfile>,
    /// MFA devices.
    pub mfa_devices: Vec<types::MfaDevice>,
    /// X.509 signing certificates, by id.
    pub certificates: Vec<types::SigningCertificate>,
    /// SSH public keys (CodeCommit), by id.
    pub ssh_keys: Vec<types::SshPublicKeyMetadata>,
    /// Service-specific credentials (CodeCommit, Keyspaces, Bedrock).
    pub service_credentials: Vec<types::ServiceSpecificCredentialMetadata>,
}

/// Reads all pages of a listing of one user.
macro_rules! all_pages {
    ($reader:expr, $resource:expr, $name:expr, $action:expr, $operation:ident, $items:ident) => {
        async {
            let mut all = Vec::new();
            let mut marker = None;
            loop {
                let request = $reader.iam().$operation().user_name($name).set_marker(marker);
                let page = $reader.read($action, $resource, Box::pin(request.send())).await?;
                all.extend(page.$items().iter().cloned());
                marker = page.marker().filter(|_| page.is_truncated()).map(ToOwned::to_owned);
                if marker.is_none() {
                    break Ok::<_, AwsFailure>(all);
                }
            }
        }
    };
}

impl Inventory {
    /// Reads the user `name` and everything that hangs on it, a dozen calls side by side.
    ///
    /// # Errors
    /// The first read that fails; a user that was created moments ago is waited for.
    pub async fn read(reader: &Reader, name: &str) -> Result<Self, AwsFailure> {
        let resource = &Resource::user(name);
        // The user first: if there is none, one clear error, and no dozen calls to learn it.
        let user = get(reader, name).await?;
        let (groups, attached, inline, access_keys, login_profile, mfa_devices, certificates, ssh_keys, credentials) =
            tokio::try_join!(
                all_pages!(reader, resource, name, reads::LIST_GROUPS_FOR_USER, list_groups_for_user, groups),
                all_pages!(
                    reader,
                    resource,
                    name,
                    reads::LIST_ATTACHED_USER_POLICIES,
                    list_attached_user_policies,
                    attached_policies
                ),
                inline_policies(reader, resource, name),
                all_pages!(reader, resource, name, reads::LIST_ACCESS_KEYS, list_access_keys, access_key_metadata),
                login_profile(reader, resource, name),
                all_pages!(reader, resource, name, reads::LIST_MFA_DEVICES, list_mfa_devices, mfa_devices),
                all_pages!(
                    reader,
                    resource,
                    name,
                    reads::LIST_SIGNING_CERTIFICATES,
                    list_signing_certificates,
                    certificates
                ),
                all_pages!(reader, resource, name, reads::LIST_SSH_PUBLIC_KEYS, list_ssh_public_keys, ssh_public_keys),
                service_credentials(reader, resource, name),
            )?;
        Ok(Self {
            user,
            groups,
            attached,
            inline,
            access_keys,
            login_profile,
            mfa_devices,
            certificates,
            ssh_keys,
            service_credentials: credentials,
        })
    }

    /// The user and what hangs on it as JSON, in AWS's field names; secrets are not among what IAM tells.
    #[must_use]
    pub fn shown(&self) -> serde_json::Map<String, Value> {
        let Value::Object(mut user) = shape::user(&self.user) else { return serde_json::Map::new() };
        user.entry("Tags").or_insert_with(|| json!([]));
        let Value::Object(rest) = json!({
            "Groups": self.groups.iter().map(|group| json!({
                "GroupName": group.group_name(), "Arn": group.arn(),
            })).collect::<Vec<_>>(),
            "AttachedPolicies": self.attached.iter().map(|policy| json!({
                "PolicyName": policy.policy_name(), "PolicyArn": policy.policy_arn(),
            })).collect::<Vec<_>>(),
            "InlinePolicies": self.inline.iter().map(|(name, document)| json!({
                "PolicyName": name, "PolicyDocument": document,
            })).collect::<Vec<_>>(),
            "AccessKeys": self.access_keys.iter().map(|key| json!({
                "AccessKeyId": key.access_key_id(),
                "Status": key.status().map(types::StatusType::as_str),
                "CreateDate": key.create_date().map(shape::time),
            })).collect::<Vec<_>>(),
            "LoginProfile": self.login_profile.as_ref().map(|profile| json!({
                "CreateDate": shape::time(profile.create_date()),
                "PasswordResetRequired": profile.password_reset_required(),
            })),
            "MFADevices": self.mfa_devices.iter().map(|device| json!({
                "SerialNumber": device.serial_number(), "EnableDate": shape::time(device.enable_date()),
            })).collect::<Vec<_>>(),
            "SigningCertificates": self.certificates.iter().map(|certificate| json!({
                "CertificateId": certificate.certificate_id(), "Status": certificate.status().as_str(),
            })).collect::<Vec<_>>(),
            "SSHPublicKeys": self.ssh_keys.iter().map(|key| json!({
                "SSHPublicKeyId": key.ssh_public_key_id(), "Status": key.status().as_str(),
            })).collect::<Vec<_>>(),
            "ServiceSpecificCredentials": self.service_credentials.iter().map(|credential| json!({
                "ServiceSpecificCredentialId": credential.service_specific_credential_id(),
                "ServiceName": credential.service_name(),
                "Status": credential.status().as_str(),
            })).collect::<Vec<_>>(),
        }) else {
            return user;
        };
        user.extend(rest);
        user
    }
}

/// Reads one user; one that was created moments ago is waited for.
///
/// # Errors
/// The last look-up's failure; when IAM knows no such user, its message names user and account.
pub async fn get(reader: &Reader, name: &str) -> Result<types::User, AwsFailure> {
    let resource = &Resource::user(name);
    let look_up = || async {
        let answer =
            reader.read(reads::GET_USER, resource, Box::pin(reader.iam().get_user().user_name(name).send())).await?;
        answer.user().cloned().ok_or_else(|| AwsFailure::unreadable(reads::GET_USER.as_str(), name))
    };
    reader.settled(EntityKind::User, name, look_up).await.map_err(|mut failure| {
        if failure.is_no_such_entity() {
            failure.message = format!("there is no IAM user {name} in account {}", reader.account().id);
        }
        failure
    })
}

async fn inline_policies(reader: &Reader, resource: &Resource, name: &str) -> Result<Vec<(String, Value)>, AwsFailure> {
    let names: Vec<String> =
        all_pages!(reader, resource, name, reads::LIST_USER_POLICIES, list_user_policies, policy_names).await?;
    let mut policies = Vec::with_capacity(names.len());
    for policy in names {
        let request = reader.iam().get_user_policy().user_name(name).policy_name(&policy);
        let answer = reader.read(reads::GET_USER_POLICY, resource, Box::pin(request.send())).await?;
        policies.push((policy, shape::policy_document(answer.policy_document())));
    }
    Ok(policies)
}

async fn login_profile(
    reader: &Reader,
    resource: &Resource,
    name: &str,
) -> Result<Option<types::LoginProfile>, AwsFailure> {
    let request = reader.iam().get_login_profile().user_name(name);
    match reader.read(reads::GET_LOGIN_PROFILE, resource, Box::pin(request.send())).await {
        Ok(answer) => Ok(answer.login_profile().cloned()),
        // No console password.
        Err(failure) if failure.is_no_such_entity() => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn service_credentials(
    reader: &Reader,
    resource: &Resource,
    name: &str,
) -> Result<Vec<types::ServiceSpecificCredentialMetadata>, AwsFailure> {
    let mut all = Vec::new();
    let mut marker = None;
    loop {
        let request = reader.iam().list_service_specific_credentials().user_name(name).set_marker(marker);
        let page = reader.read(reads::LIST_SERVICE_SPECIFIC_CREDENTIALS, resource, Box::pin(request.send())).await?;
        all.extend(page.service_specific_credentials().iter().cloned());
        marker = page.marker().filter(|_| page.is_truncated()).map(ToOwned::to_owned);
        if marker.is_none() {
            return Ok(all);
        }
    }
}
