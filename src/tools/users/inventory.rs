//! A user and what hangs on it: what `get_user` shows and what `delete_user` must remove first.

use aws_sdk_iam::types;
use serde_json::{Value, json};

use crate::iam::{AwsFailure, DeclaredCall, EntityKind, Reader, Resource, reads, shape};
use crate::tools::holder::USER;
use crate::tools::holder::permissions::{self, Attached};
use crate::tools::pages::all_pages;

/// The reads that [`Inventory::read`] makes for the user `name`.
#[must_use]
pub fn declared(name: &str) -> Vec<DeclaredCall> {
    let of_user = |action| USER.on(action, name);
    vec![
        of_user(reads::GET_USER),
        of_user(reads::LIST_GROUPS_FOR_USER),
        of_user(reads::LIST_ATTACHED_USER_POLICIES),
        of_user(reads::LIST_USER_POLICIES),
        of_user(reads::GET_USER_POLICY).with_found("PolicyName"),
        of_user(reads::LIST_ACCESS_KEYS),
        of_user(reads::GET_LOGIN_PROFILE),
        of_user(reads::LIST_MFA_DEVICES),
    ]
}

/// A user and what hangs on it.
#[derive(Debug)]
pub struct Inventory {
    /// The user itself.
    pub user: types::User,
    /// Its groups.
    pub groups: Vec<types::Group>,
    /// Managed policies attached to it.
    pub attached: Vec<Attached>,
    /// Inline policies, name and document.
    pub inline: Vec<(String, Value)>,
    /// Access keys.
    pub access_keys: Vec<types::AccessKeyMetadata>,
    /// The console password's metadata.
    pub login_profile: Option<types::LoginProfile>,
    /// MFA devices.
    pub mfa_devices: Vec<types::MfaDevice>,
}

impl Inventory {
    /// Reads the user `name` and what hangs on it, side by side; a user that was created moments ago is waited for.
    ///
    /// # Errors
    /// The first read that fails; when IAM knows no such user, its message names user and account.
    pub async fn read(reader: &Reader, name: &str) -> Result<Self, AwsFailure> {
        reader.settled(EntityKind::User, name, || Box::pin(Self::read_once(reader, name))).await
    }

    async fn read_once(reader: &Reader, name: &str) -> Result<Self, AwsFailure> {
        let resource = &Resource::user(name);
        // The user first: if there is none, one clear error, and no half dozen calls to learn it.
        let user = get(reader, name).await?;
        let iam = reader.iam();
        let (groups, attached, inline, access_keys, login_profile, mfa_devices) = tokio::try_join!(
            all_pages!(
                reader,
                reads::LIST_GROUPS_FOR_USER,
                resource,
                iam.list_groups_for_user().user_name(name),
                groups
            ),
            permissions::attached(reader, &USER, name),
            permissions::all_inline(reader, &USER, name),
            all_pages!(
                reader,
                reads::LIST_ACCESS_KEYS,
                resource,
                iam.list_access_keys().user_name(name),
                access_key_metadata
            ),
            login_profile(reader, name),
            all_pages!(reader, reads::LIST_MFA_DEVICES, resource, iam.list_mfa_devices().user_name(name), mfa_devices),
        )?;
        Ok(Self { user, groups, attached, inline, access_keys, login_profile, mfa_devices })
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
            "AttachedPolicies": permissions::show_attached(&self.attached),
            "InlinePolicies": permissions::show_inline(&self.inline),
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
        }) else {
            return user;
        };
        user.extend(rest);
        user
    }
}

/// The user `name`.
///
/// # Errors
/// The read's failure; when IAM knows no such user, its message names user and account.
pub async fn get(reader: &Reader, name: &str) -> Result<types::User, AwsFailure> {
    let resource = &Resource::user(name);
    let request = reader.iam().get_user().user_name(name);
    let answer = reader.read(reads::GET_USER, resource, Box::pin(request.send())).await;
    let answer = answer.map_err(|failure| failure.naming("user", name, reader.account()))?;
    answer.user().cloned().ok_or_else(|| AwsFailure::unreadable(reads::GET_USER.as_str(), name))
}

/// What IAM tells of the console password of the user `name`; `None` if it has none.
///
/// # Errors
/// The read's failure.
pub async fn login_profile(reader: &Reader, name: &str) -> Result<Option<types::LoginProfile>, AwsFailure> {
    let resource = &Resource::user(name);
    let request = reader.iam().get_login_profile().user_name(name);
    match reader.read(reads::GET_LOGIN_PROFILE, resource, Box::pin(request.send())).await {
        Ok(answer) => Ok(answer.login_profile().cloned()),
        // No console password.
        Err(failure) if failure.is_no_such_entity() => Ok(None),
        Err(failure) => Err(failure),
    }
}
