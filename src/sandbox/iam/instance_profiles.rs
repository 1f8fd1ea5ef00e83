//! Instance profiles and the role in each.

use super::names::{deletable, over_quota};
use super::page::Page;
use super::{Answer, Guarded, Operation, roles, tags};
use crate::sandbox::account::{Account, InstanceProfile};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ENTITY_NAME_64, ENTITY_NAME_128, PATH, PATH_PREFIX};
use crate::sandbox::error::ServiceError;
use crate::sandbox::ids::{self, IdKind};
use crate::sandbox::input::Input;
use crate::sandbox::xml::Xml;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "CreateInstanceProfile" => create,
        "GetInstanceProfile" => get,
        "ListInstanceProfiles" => list,
        "DeleteInstanceProfile" => delete,
        "ListInstanceProfilesForRole" => list_for_role,
        "AddRoleToInstanceProfile" => add_role,
        "RemoveRoleFromInstanceProfile" => remove_role,
        _ => return None,
    })
}

fn create(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, path, new_tags)) =
        guarded.read(call, |input| (named(input), input.optional("Path", &PATH).unwrap_or("/"), tags::read(input)))?;
    if account.instance_profiles.contains(name) {
        return Err(ServiceError::already_exists(format!("Instance Profile {name} already exists.")));
    }
    let mut profile = InstanceProfile::new(name, path, ids::id(call.random, IdKind::InstanceProfile), call.now);
    profile.tags = tags::laid_over(&profile.tags, &new_tags)?;
    let xml = Xml::of("InstanceProfile", |xml| {
        essentials(xml, account, &profile);
        tags::write(xml, &profile.tags);
    });
    account.instance_profiles.insert(profile);
    Ok(xml)
}

/// Of all that tell of one entity, this alone has `Tags` when there are none.
fn get(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, name) = guarded.read(call, named)?;
    let profile = account.instance_profile(name)?;
    Ok(Xml::of("InstanceProfile", |xml| {
        essentials(xml, account, profile);
        tags::write_all(xml, profile.tags.iter());
    }))
}

fn list(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (prefix, page)) =
        guarded.read(call, |input| (input.optional("PathPrefix", &PATH_PREFIX).unwrap_or("/"), Page::read(input)))?;
    let profiles = account.instance_profiles.iter().filter(|profile| profile.path.starts_with(prefix));
    let page = page.of(profiles, |profile| profile.name.to_ascii_lowercase())?;
    Ok(page.write("InstanceProfiles", |xml, profile| essentials(xml, account, profile)))
}

fn list_for_role(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (role, page)) = guarded.read(call, |input| (role_named(input), Page::read(input)))?;
    let role = account.role(role)?;
    let profiles = account.instance_profiles.iter().filter(|profile| profile.holds(&role.name));
    let page = page.of(profiles, |profile| profile.name.to_ascii_lowercase())?;
    Ok(page.write("InstanceProfiles", |xml, profile| essentials(xml, account, profile)))
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, name) = guarded.read(call, named)?;
    let profile = account.instance_profile(name)?;
    deletable(&[(profile.role.is_some(), "remove roles from instance profile")])?;
    account.instance_profiles.remove(name);
    Ok(Xml::new())
}

fn add_role(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, role)) = guarded.read(call, |input| (named(input), role_named(input)))?;
    account.instance_profile(name)?;
    let role = account.modifiable_role(role)?.name.clone();
    let profile = account.instance_profile_mut(name)?;
    if profile.role.is_some() {
        return Err(over_quota("InstanceSessionsPerInstanceProfile", 1));
    }
    profile.role = Some(role);
    Ok(Xml::new())
}

fn remove_role(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, role)) = guarded.read(call, |input| (named(input), role_named(input)))?;
    account.instance_profile(name)?;
    account.role(role)?;
    let profile = account.instance_profile_mut(name)?;
    if !profile.holds(role) {
        return Err(ServiceError::no_such_entity(format!("Role {role} in Instance Profile {name} cannot be found.")));
    }
    profile.role = None;
    Ok(Xml::new())
}

fn named<'a>(input: &Input<'a>) -> &'a str {
    input.required("InstanceProfileName", &ENTITY_NAME_128)
}

fn role_named<'a>(input: &Input<'a>) -> &'a str {
    input.required("RoleName", &ENTITY_NAME_64)
}

/// What lists tell of an instance profile: all but its tags.
pub(super) fn essentials(xml: &mut Xml, account: &Account, profile: &InstanceProfile) {
    xml.text("Path", &profile.path)
        .text("InstanceProfileName", &profile.name)
        .text("InstanceProfileId", &profile.id)
        .text("Arn", &account.arn(&profile.resource()))
        .time("CreateDate", profile.created)
        .list("Roles", profile.role.iter().filter_map(|role| account.roles.get(role)), |xml, role| {
            roles::essentials(xml, account, role);
        });
}

#[cfg(test)]
mod tests;
