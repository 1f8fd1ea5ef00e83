//! One user, in seven calls and one for each access key.

use aws_sdk_iam::types;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::held;
use crate::iam::reads::{self, GET_ACCESS_KEY_LAST_USED};
use crate::iam::{Action, AwsFailure, DeclaredCall, EntityKind, Reader, Resource, shape};
use crate::posture::snapshot::{AccessKey, Credentials, Identity, User};
use crate::tools::holder::USER;
use crate::tools::holder::permissions::{Attached, attached, inline_names};
use crate::tools::identities::fetch::pages;
use crate::tools::pages::all_pages;
use crate::tools::users::inventory;

/// The actions of [`declared`].
pub(super) const ACTIONS: &[Action] = &[
    reads::GET_USER,
    reads::LIST_GROUPS_FOR_USER,
    reads::LIST_ATTACHED_USER_POLICIES,
    reads::LIST_USER_POLICIES,
    reads::LIST_ACCESS_KEYS,
    reads::GET_LOGIN_PROFILE,
    reads::LIST_MFA_DEVICES,
    GET_ACCESS_KEY_LAST_USED,
];

/// The calls that [`read`] makes for the user `name`.
pub(super) fn declared(name: &str) -> Vec<DeclaredCall> {
    let call = |action: &Action| match *action {
        GET_ACCESS_KEY_LAST_USED => {
            DeclaredCall::new(GET_ACCESS_KEY_LAST_USED, Resource::user(name)).with_found("AccessKeyId")
        }
        action => USER.on(action, name),
    };
    ACTIONS.iter().map(call).collect()
}

/// An access key with its last use.
struct Used {
    key: types::AccessKeyMetadata,
    last: Option<types::AccessKeyLastUsed>,
}

/// The user, and what is told of it beside; of its inline policies only the names are read.
pub(super) async fn read(reader: &Reader, name: &str) -> Result<(User, Map<String, Value>), AwsFailure> {
    // The user first: if there is none, one clear error, and no others.
    let user = reader.settled(EntityKind::User, name, || Box::pin(inventory::get(reader, name))).await?;
    let (resource, iam) = (&Resource::user(name), reader.iam());
    let groups = || iam.list_groups_for_user().user_name(name);
    let devices = || iam.list_mfa_devices().user_name(name);
    let (groups, attached, inline, keys, password, devices) = tokio::try_join!(
        all_pages!(reader, reads::LIST_GROUPS_FOR_USER, resource, groups(), groups),
        attached(reader, &USER, name),
        inline_names(reader, &USER, name),
        keys(reader, name),
        inventory::login_profile(reader, name),
        all_pages!(reader, reads::LIST_MFA_DEVICES, resource, devices(), mfa_devices),
    )?;
    let credentials = Credentials {
        password: password.is_some(),
        password_last_used: user.password_last_used().and_then(pages::time),
        password_last_changed: None,
        mfa: !devices.is_empty(),
        access_keys: keys.iter().zip(1..).map(|(key, number)| key.kept(number)).collect(),
    };
    let user = User {
        identity: identity(&user, attached),
        groups: groups.iter().map(|group| group.group_name().into()).collect(),
        credentials: Some(credentials),
    };
    let mut beside = held(&user.identity, inline);
    beside.extend(shown(&user, &keys));
    Ok((user, beside))
}

fn identity(user: &types::User, attached: Vec<Attached>) -> Identity {
    let boundary = user.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn());
    Identity {
        name: user.user_name().into(),
        arn: user.arn().into(),
        id: user.user_id().into(),
        path: user.path().into(),
        created: pages::time(user.create_date()),
        tags: pages::tags(user.tags()),
        attached: attached.into_iter().map(|policy| policy.arn.into()).collect(),
        inline: Vec::new(),
        boundary: boundary.map(Into::into),
    }
}

/// Groups and credentials.
fn shown(user: &User, keys: &[Used]) -> Map<String, Value> {
    let mut shown = Map::from_iter([
        ("Groups".to_owned(), user.groups.iter().map(|name| &**name).collect()),
        ("AccessKeys".to_owned(), keys.iter().map(Used::shown).collect()),
    ]);
    if let Some(credentials) = &user.credentials {
        shown.insert("Password".to_owned(), credentials.password.into());
        shown.insert("PasswordLastUsed".to_owned(), json!(credentials.password_last_used));
        shown.insert("Mfa".to_owned(), credentials.mfa.into());
    }
    shown
}

/// The access keys of the user `name`, with their last use.
async fn keys(reader: &Reader, name: &str) -> Result<Vec<Used>, AwsFailure> {
    let resource = &Resource::user(name);
    let list = || reader.iam().list_access_keys().user_name(name);
    let keys = all_pages!(reader, reads::LIST_ACCESS_KEYS, resource, list(), access_key_metadata).await?;
    try_join_all(keys.into_iter().map(|key| async move {
        let Some(id) = key.access_key_id() else { return Ok(Used { key, last: None }) };
        let request = reader.iam().get_access_key_last_used().access_key_id(id);
        let answer = reader.read(GET_ACCESS_KEY_LAST_USED, resource, Box::pin(request.send())).await?;
        Ok(Used { key, last: answer.access_key_last_used().cloned() })
    }))
    .await
}

impl Used {
    fn last_used(&self) -> Option<Timestamp> {
        self.last.as_ref().and_then(|used| used.last_used_date()).and_then(pages::time)
    }

    fn kept(&self, number: u8) -> AccessKey {
        AccessKey {
            number,
            active: self.key.status() == Some(&types::StatusType::Active),
            last_rotated: self.key.create_date().and_then(pages::time),
            last_used: self.last_used(),
            last_used_service: self.last.as_ref().map(|used| used.service_name().into()),
        }
    }

    fn shown(&self) -> Value {
        let mut shown = shape::access_key(&self.key);
        shown["LastUsed"] = self.last.as_ref().map_or(Value::Null, shape::last_used);
        shown
    }
}
