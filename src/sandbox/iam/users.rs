//! Users: creating, finding, renaming, deleting.

use super::names::{deletable, taken};
use super::page::Page;
use super::{Answer, Guarded, Operation, boundaries, tags};
use crate::sandbox::account::{Account, User};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ARN, ENTITY_NAME_64, ENTITY_NAME_128, PATH, PATH_PREFIX};
use crate::sandbox::error::ServiceError;
use crate::sandbox::ids::{self, IdKind};
use crate::sandbox::xml::Xml;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "CreateUser" => create,
        "GetUser" => get,
        "ListUsers" => list,
        "UpdateUser" => update,
        "DeleteUser" => delete,
        _ => return None,
    })
}

fn create(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, path, boundary, new_tags)) = guarded.read(call, |input| {
        (
            input.required("UserName", &ENTITY_NAME_64),
            input.optional("Path", &PATH).unwrap_or("/"),
            input.optional("PermissionsBoundary", &ARN),
            tags::read(input),
        )
    })?;
    if account.users.contains(name) {
        return Err(taken("User", name));
    }
    let mut user = User::new(name, path, ids::id(call.random, IdKind::User), call.now);
    user.tags = tags::laid_over(&user.tags, &new_tags)?;
    user.boundary = boundary.map(|arn| boundaries::checked(account, arn)).transpose()?;
    let xml = Xml::of("User", |xml| describe(xml, account, &user));
    account.users.insert(user);
    Ok(xml)
}

fn get(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, name) = guarded.read(call, |input| input.optional("UserName", &ENTITY_NAME_128))?;
    let user = account.user(own_name(call, name)?)?;
    Ok(Xml::of("User", |xml| {
        describe(xml, account, user);
    }))
}

fn list(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (prefix, page)) =
        guarded.read(call, |input| (input.optional("PathPrefix", &PATH_PREFIX).unwrap_or("/"), Page::read(input)))?;
    let users = account.users.iter().filter(|user| user.path.starts_with(prefix));
    let page = page.of(users, |user| user.name.to_ascii_lowercase())?;
    Ok(page.write("Users", |xml, user| essentials(xml, account, user)))
}

fn update(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, new_name, new_path)) = guarded.read(call, |input| {
        (
            input.required("UserName", &ENTITY_NAME_128),
            input.optional("NewUserName", &ENTITY_NAME_64),
            input.optional("NewPath", &PATH),
        )
    })?;
    let user = account.user(name)?;
    if let Some(new_name) = new_name
        && account.users.get(new_name).is_some_and(|other| other.id != user.id)
    {
        return Err(taken("User", new_name));
    }
    let Some(mut user) = account.users.remove(name) else { return Ok(Xml::new()) };
    if let Some(new_name) = new_name {
        new_name.clone_into(&mut user.name);
    }
    if let Some(new_path) = new_path {
        new_path.clone_into(&mut user.path);
    }
    account.users.insert(user);
    Ok(Xml::new())
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, name) = guarded.read(call, |input| input.required("UserName", &ENTITY_NAME_128))?;
    let user = account.user(name)?;
    let in_a_group = account.groups.iter().any(|group| group.members.contains(&user.id));
    // In the order of what blocks it: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
    deletable(&[
        (user.login_profile.is_some(), "delete login profile"),
        (!user.access_keys.is_empty(), "delete access keys"),
        (!user.signing_certificates.is_empty(), "delete signing certificates"),
        (!user.ssh_public_keys.is_empty(), "delete SSH public keys"),
        (!user.service_specific_credentials.is_empty(), "remove referenced objects"),
        (!user.mfa_devices.is_empty(), "delete MFA device"),
        (!user.policies.inline.is_empty(), "delete policies"),
        (!user.policies.attached.is_empty(), "detach all policies"),
        (in_a_group, "remove users from group"),
    ])?;
    account.users.remove(name);
    Ok(Xml::new())
}

/// The user that a request is about when it names none: the one who signed it.
pub(super) fn own_name<'a>(call: &'a Call<'_>, given: Option<&'a str>) -> Result<&'a str, ServiceError> {
    given
        .or_else(|| call.identity.user_name())
        .ok_or_else(|| ServiceError::validation("Must specify userName when calling with non-User credentials"))
}

/// What lists tell of a user: neither tags nor boundary
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html>).
pub(super) fn essentials(xml: &mut Xml, account: &Account, user: &User) {
    xml.text("Path", &user.path)
        .text("UserName", &user.name)
        .text("UserId", &user.id)
        .text("Arn", &account.arn(&user.resource()))
        .time("CreateDate", user.created)
        .optional_time("PasswordLastUsed", user.password_last_used);
}

/// What GetUser and CreateUser tell.
fn describe(xml: &mut Xml, account: &Account, user: &User) {
    essentials(xml, account, user);
    boundaries::write(xml, user.boundary.as_deref());
    tags::write(xml, &user.tags);
}

#[cfg(test)]
mod tests;
