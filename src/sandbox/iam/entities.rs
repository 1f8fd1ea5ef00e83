//! Who uses a managed policy.

use super::page::Page;
use super::policies::attachable;
use super::{Answer, Guarded, Operation};
use crate::sandbox::account::Policies;
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ARN, PATH};

/// What a managed policy is used as.
pub(super) const USAGES: [&str; 2] = ["PermissionsPolicy", "PermissionsBoundary"];

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    match action {
        "ListEntitiesForPolicy" => Some(list),
        _ => None,
    }
}

/// The kinds of entities in the order in which they are told, with the names of their list, name and id.
const KINDS: [(&str, [&str; 3]); 3] = [
    ("Group", ["PolicyGroups", "GroupName", "GroupId"]),
    ("User", ["PolicyUsers", "UserName", "UserId"]),
    ("Role", ["PolicyRoles", "RoleName", "RoleId"]),
];

/// An entity that uses the policy.
struct Entity<'a> {
    kind: usize,
    name: &'a str,
    id: &'a str,
}

fn list(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (arn, kind, prefix, usage, page)) = guarded.read(call, |input| {
        (
            input.required("PolicyArn", &ARN),
            input.choice("EntityFilter", &["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"]),
            input.optional("PathPrefix", &PATH).unwrap_or("/"),
            input.choice("PolicyUsageFilter", &USAGES),
            Page::read(input),
        )
    })?;
    attachable(account, arn)?;
    let uses = |policies: &Policies, boundary: Option<&str>| match usage {
        Some("PermissionsBoundary") => boundary == Some(arn),
        Some(_) => policies.attached.contains(arn),
        None => policies.attached.contains(arn) || boundary == Some(arn),
    };
    let groups = account.groups.iter().filter(|group| group.path.starts_with(prefix) && uses(&group.policies, None));
    let users = account
        .users
        .iter()
        .filter(|user| user.path.starts_with(prefix) && uses(&user.policies, user.boundary.as_deref()));
    let roles = account
        .roles
        .iter()
        .filter(|role| role.path.starts_with(prefix) && uses(&role.policies, role.boundary.as_deref()));
    let entities = groups
        .map(|group| Entity { kind: 0, name: &group.name, id: &group.id })
        .chain(users.map(|user| Entity { kind: 1, name: &user.name, id: &user.id }))
        .chain(roles.map(|role| Entity { kind: 2, name: &role.name, id: &role.id }))
        .filter(|entity| kind.is_none_or(|kind| kind == KINDS[entity.kind].0));
    let page = page.of(entities, |entity| format!("{}/{}", entity.kind, entity.name.to_ascii_lowercase()))?;
    Ok(page.write_lists(|xml, entities| {
        for (kind, (_, [list, name, id])) in KINDS.iter().enumerate() {
            xml.list(list, entities.iter().filter(|entity| entity.kind == kind), |xml, entity| {
                xml.text(name, entity.name).text(id, entity.id);
            });
        }
    }))
}

#[cfg(test)]
mod tests;
