//! Roles: creating, finding, changing, deleting. Those that services make for themselves are in
//! [`super::service_linked`].

use jiff::{SignedDuration, Timestamp};

use super::names::{deletable, taken};
use super::page::Page;
use super::{Answer, Guarded, Operation, boundaries, documents, tags};
use crate::sandbox::account::{Account, Role, SERVICE_LINKED_PATH};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ARN, DESCRIPTION, DOCUMENT, ENTITY_NAME_64, PATH, PATH_PREFIX};
use crate::sandbox::error::ServiceError;
use crate::sandbox::ids::{self, IdKind};
use crate::sandbox::input::Input;
use crate::sandbox::xml::Xml;

/// For how long IAM remembers that a role was used
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html>).
const REMEMBERED: SignedDuration = SignedDuration::from_hours(400 * 24);

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "CreateRole" => create,
        "GetRole" => get,
        "ListRoles" => list,
        "UpdateRole" => update,
        "UpdateRoleDescription" => update_description,
        "UpdateAssumeRolePolicy" => update_trust_policy,
        "DeleteRole" => delete,
        _ => return None,
    })
}

fn create(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, path, trust_policy, description, duration, boundary, new_tags)) =
        guarded.read(call, |input| {
            (
                named(input),
                input.optional("Path", &PATH).unwrap_or("/"),
                input.required("AssumeRolePolicyDocument", &DOCUMENT),
                input.optional("Description", &DESCRIPTION),
                duration(input),
                input.optional("PermissionsBoundary", &ARN),
                tags::read(input),
            )
        })?;
    if path.starts_with(SERVICE_LINKED_PATH) {
        return Err(ServiceError::invalid_input(format!("The path {SERVICE_LINKED_PATH} is reserved for AWS.")));
    }
    if account.roles.contains(name) {
        return Err(taken("Role", name));
    }
    documents::trust(account, trust_policy)?;
    let kept = account.trust_kept(trust_policy);
    let mut role = Role::new(name, path, ids::id(call.random, IdKind::Role), call.now, &kept);
    role.tags = tags::laid_over(&role.tags, &new_tags)?;
    role.boundary = boundary.map(|arn| boundaries::checked(account, arn)).transpose()?;
    role.description = description.map(str::to_owned);
    role.max_session_duration = duration.unwrap_or(role.max_session_duration);
    let xml = Xml::of("Role", |xml| {
        essentials(xml, account, &role);
        boundaries::write(xml, role.boundary.as_deref());
        tags::write(xml, &role.tags);
    });
    account.roles.insert(role);
    Ok(xml)
}

fn get(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, name) = guarded.read(call, named)?;
    let role = account.role(name)?;
    Ok(Xml::of("Role", |xml| {
        listed(xml, account, role);
        boundaries::write(xml, role.boundary.as_deref());
        tags::write(xml, &role.tags);
        write_last_used(xml, role, call.now);
    }))
}

fn list(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (prefix, page)) =
        guarded.read(call, |input| (input.optional("PathPrefix", &PATH_PREFIX).unwrap_or("/"), Page::read(input)))?;
    let roles = account.roles.iter().filter(|role| role.path.starts_with(prefix));
    let page = page.of(roles, |role| role.name.to_ascii_lowercase())?;
    Ok(page.write("Roles", |xml, role| listed(xml, account, role)))
}

/// What is not named stays as it is. The description of a service-linked role is its owner's to change, too.
fn update(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, description, duration)) =
        guarded.read(call, |input| (named(input), input.optional("Description", &DESCRIPTION), duration(input)))?;
    let role = if duration.is_some() { account.modifiable_role(name)? } else { account.role_mut(name)? };
    if let Some(description) = description {
        role.description = Some(description.to_owned());
    }
    role.max_session_duration = duration.unwrap_or(role.max_session_duration);
    Ok(Xml::new())
}

fn update_description(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, description)) =
        guarded.read(call, |input| (named(input), input.required("Description", &DESCRIPTION)))?;
    account.role_mut(name)?.description = Some(description.to_owned());
    let role = account.role(name)?;
    Ok(Xml::of("Role", |xml| {
        essentials(xml, account, role);
        xml.optional("Description", role.description.as_deref());
    }))
}

fn update_trust_policy(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, document)) =
        guarded.read(call, |input| (named(input), input.required("PolicyDocument", &DOCUMENT)))?;
    account.modifiable_role(name)?;
    documents::trust(account, document)?;
    let kept = account.trust_kept(document);
    account.modifiable_role(name)?.trust_policy = kept;
    Ok(Xml::new())
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, name) = guarded.read(call, named)?;
    let role = account.modifiable_role(name)?;
    let (inline, attached) = (!role.policies.inline.is_empty(), !role.policies.attached.is_empty());
    deletable(&[
        (account.instance_profiles.iter().any(|profile| profile.holds(name)), "remove roles from instance profile"),
        (attached, "detach all policies"),
        (inline, "delete policies"),
    ])?;
    account.roles.remove(name);
    Ok(Xml::new())
}

fn named<'a>(input: &Input<'a>) -> &'a str {
    input.required("RoleName", &ENTITY_NAME_64)
}

fn duration(input: &Input<'_>) -> Option<u32> {
    input.number("MaxSessionDuration", 3600..=43_200)
}

/// What every operation tells of a role; those on instance profiles and CreateRole leave it at that.
pub(super) fn essentials(xml: &mut Xml, account: &Account, role: &Role) {
    xml.text("Path", &role.path)
        .text("RoleName", &role.name)
        .text("RoleId", &role.id)
        .text("Arn", &account.arn(&role.resource()))
        .time("CreateDate", role.created)
        .document("AssumeRolePolicyDocument", &account.trust_told(&role.trust_policy));
}

/// What ListRoles tells of a role: neither boundary nor tags nor last use
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html>).
fn listed(xml: &mut Xml, account: &Account, role: &Role) {
    essentials(xml, account, role);
    xml.optional("Description", role.description.as_deref()).value("MaxSessionDuration", role.max_session_duration);
}

/// `RoleLastUsed`, which is there, and empty, when the role was not used lately.
pub(super) fn write_last_used(xml: &mut Xml, role: &Role, now: Timestamp) {
    xml.element("RoleLastUsed", |xml| {
        if let Some(used) = &role.last_used
            && now.duration_since(used.at) <= REMEMBERED
        {
            xml.time("LastUsedDate", used.at).text("Region", &used.region);
        }
    });
}

#[cfg(test)]
mod tests;
