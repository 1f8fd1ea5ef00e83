//! Groups and who is in them.

use super::names::{deletable, over_quota, taken};
use super::page::Page;
use super::{Answer, Guarded, Operation, users};
use crate::sandbox::account::{Account, Group};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ENTITY_NAME_128, PATH, PATH_PREFIX};
use crate::sandbox::ids::{self, IdKind};
use crate::sandbox::input::Input;
use crate::sandbox::xml::Xml;

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MOST_PER_USER: usize = 10;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "CreateGroup" => create,
        "GetGroup" => get,
        "ListGroups" => list,
        "UpdateGroup" => update,
        "DeleteGroup" => delete,
        "AddUserToGroup" => add_user,
        "RemoveUserFromGroup" => remove_user,
        "ListGroupsForUser" => list_for_user,
        _ => return None,
    })
}

fn create(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, path)) =
        guarded.read(call, |input| (named(input), input.optional("Path", &PATH).unwrap_or("/")))?;
    if account.groups.contains(name) {
        return Err(taken("Group", name));
    }
    let group = Group::new(name, path, ids::id(call.random, IdKind::Group), call.now);
    let xml = Xml::of("Group", |xml| write(xml, account, &group));
    account.groups.insert(group);
    Ok(xml)
}

fn get(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, page)) = guarded.read(call, |input| (named(input), Page::read(input)))?;
    let group = account.group(name)?;
    let members = account.users.iter().filter(|user| group.members.contains(&user.id));
    let page = page.of(members, |user| user.name.to_ascii_lowercase())?;
    let mut xml = Xml::of("Group", |xml| write(xml, account, group));
    page.write_into(&mut xml, "Users", |xml, user| users::essentials(xml, account, user));
    Ok(xml)
}

fn list(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (prefix, page)) =
        guarded.read(call, |input| (input.optional("PathPrefix", &PATH_PREFIX).unwrap_or("/"), Page::read(input)))?;
    let groups = account.groups.iter().filter(|group| group.path.starts_with(prefix));
    let page = page.of(groups, |group| group.name.to_ascii_lowercase())?;
    Ok(page.write("Groups", |xml, group| write(xml, account, group)))
}

fn update(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, new_name, new_path)) = guarded.read(call, |input| {
        (named(input), input.optional("NewGroupName", &ENTITY_NAME_128), input.optional("NewPath", &PATH))
    })?;
    let group = account.group(name)?;
    if let Some(new_name) = new_name
        && account.groups.get(new_name).is_some_and(|other| other.id != group.id)
    {
        return Err(taken("Group", new_name));
    }
    let Some(mut group) = account.groups.remove(name) else { return Ok(Xml::new()) };
    if let Some(new_name) = new_name {
        new_name.clone_into(&mut group.name);
    }
    if let Some(new_path) = new_path {
        new_path.clone_into(&mut group.path);
    }
    account.groups.insert(group);
    Ok(Xml::new())
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, name) = guarded.read(call, named)?;
    let group = account.group(name)?;
    deletable(&[
        (!group.members.is_empty(), "remove users from group"),
        (!group.policies.inline.is_empty(), "delete policies"),
        (!group.policies.attached.is_empty(), "detach all policies"),
    ])?;
    account.groups.remove(name);
    Ok(Xml::new())
}

fn add_user(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (group, user)) =
        guarded.read(call, |input| (named(input), input.required("UserName", &ENTITY_NAME_128)))?;
    let user = account.user(user)?.id.clone();
    let group = &account.group(group)?.name.clone();
    let already: Vec<&Group> = account.groups.iter().filter(|group| group.members.contains(&user)).collect();
    if already.len() >= MOST_PER_USER && already.iter().all(|other| other.name != *group) {
        return Err(over_quota("GroupsPerUser", MOST_PER_USER));
    }
    account.group_mut(group)?.members.insert(user);
    Ok(Xml::new())
}

/// Taking out who is not in is no fault.
fn remove_user(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (group, user)) =
        guarded.read(call, |input| (named(input), input.required("UserName", &ENTITY_NAME_128)))?;
    let user = account.user(user)?.id.clone();
    account.group_mut(group)?.members.remove(&user);
    Ok(Xml::new())
}

fn list_for_user(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (user, page)) =
        guarded.read(call, |input| (input.required("UserName", &ENTITY_NAME_128), Page::read(input)))?;
    let user = account.user(user)?;
    let groups = account.groups.iter().filter(|group| group.members.contains(&user.id));
    let page = page.of(groups, |group| group.name.to_ascii_lowercase())?;
    Ok(page.write("Groups", |xml, group| write(xml, account, group)))
}

fn named<'a>(input: &Input<'a>) -> &'a str {
    input.required("GroupName", &ENTITY_NAME_128)
}

/// What every operation tells of a group.
fn write(xml: &mut Xml, account: &Account, group: &Group) {
    xml.text("Path", &group.path)
        .text("GroupName", &group.name)
        .text("GroupId", &group.id)
        .text("Arn", &account.arn(&group.resource()))
        .time("CreateDate", group.created);
}

#[cfg(test)]
mod tests;
