//! Access keys.

use super::names::over_quota;
use super::page::{Page, by_age};
use super::users::own_name;
use super::{Answer, Guarded, Operation, status};
use crate::sandbox::account::{AccessKey, KeyStatus, User};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ACCESS_KEY_ID, ENTITY_NAME_128};
use crate::sandbox::error::ServiceError;
use crate::sandbox::ids::{self, IdKind};
use crate::sandbox::xml::Xml;

/// IAM's quota.
pub(super) const MOST_KEYS: usize = 2;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "CreateAccessKey" => create,
        "ListAccessKeys" => list,
        "UpdateAccessKey" => update,
        "DeleteAccessKey" => delete,
        "GetAccessKeyLastUsed" => get_last_used,
        _ => return None,
    })
}

fn create(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, name) = guarded.read(call, |input| input.optional("UserName", &ENTITY_NAME_128))?;
    let user = account.user_mut(own_name(call, name)?)?;
    if user.access_keys.len() >= MOST_KEYS {
        return Err(over_quota("AccessKeysPerUser", MOST_KEYS));
    }
    let key = AccessKey {
        id: ids::id(call.random, IdKind::AccessKey),
        secret: ids::secret_access_key(call.random),
        status: KeyStatus::Active,
        created: call.now,
        last_used: None,
    };
    let xml = Xml::of("AccessKey", |xml| {
        essentials(xml, user, &key);
        // The one time that it is told.
        xml.text("SecretAccessKey", key.secret.expose());
    });
    user.access_keys.push(key);
    Ok(xml)
}

fn list(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, page)) =
        guarded.read(call, |input| (input.optional("UserName", &ENTITY_NAME_128), Page::read(input)))?;
    let user = account.user(own_name(call, name)?)?;
    let page = page.of_unsorted(&user.access_keys, |key| by_age(key.created, &key.id))?;
    Ok(page.write("AccessKeyMetadata", |xml, key| essentials(xml, user, key)))
}

fn update(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, id, new_status)) = guarded.read(call, |input| {
        (
            input.optional("UserName", &ENTITY_NAME_128),
            input.required("AccessKeyId", &ACCESS_KEY_ID),
            status::read(input),
        )
    })?;
    let new_status = status::settable(new_status)?;
    key_mut(account.user_mut(own_name(call, name)?)?, id)?.status = new_status;
    Ok(Xml::new())
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, id)) = guarded.read(call, |input| {
        (input.optional("UserName", &ENTITY_NAME_128), input.required("AccessKeyId", &ACCESS_KEY_ID))
    })?;
    let user = account.user_mut(own_name(call, name)?)?;
    key_mut(user, id)?;
    user.access_keys.retain(|key| key.id != id);
    Ok(Xml::new())
}

fn get_last_used(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, id) = guarded.read(call, |input| input.required("AccessKeyId", &ACCESS_KEY_ID))?;
    // A key that is not there might be another account's: AWS does not tell the two apart.
    let (user, key) = account.owner_of_key(id).ok_or_else(|| {
        ServiceError::access_denied(format!(
            "User: {} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key {id}",
            call.identity.arn()
        ))
    })?;
    let mut xml = Xml::new();
    xml.text("UserName", &user.name).element("AccessKeyLastUsed", |xml| match &key.last_used {
        Some(used) => {
            xml.time("LastUsedDate", used.at).text("ServiceName", &used.service).text("Region", &used.region);
        }
        None => {
            xml.text("ServiceName", "N/A").text("Region", "N/A");
        }
    });
    Ok(xml)
}

/// A user's key; one of another user is as good as none.
fn key_mut<'a>(user: &'a mut User, id: &str) -> Result<&'a mut AccessKey, ServiceError> {
    user.access_keys
        .iter_mut()
        .find(|key| key.id == id)
        .ok_or_else(|| ServiceError::no_such_entity(format!("The Access Key with id {id} cannot be found.")))
}

fn essentials(xml: &mut Xml, user: &User, key: &AccessKey) {
    xml.text("UserName", &user.name)
        .text("AccessKeyId", &key.id)
        .text("Status", key.status.as_str())
        .time("CreateDate", key.created);
}

#[cfg(test)]
mod tests;
