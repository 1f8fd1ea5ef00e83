//! Tags of entities: how they are read from a request and told in an answer, and the operations on them.

use super::names::Find;
use super::page::Page;
use super::{Answer, Guarded, Operation};
use crate::sandbox::account::{KeyCase, Tags};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ENTITY_NAME_64, ENTITY_NAME_128, TAG_KEY, TAG_VALUE, Text};
use crate::sandbox::error::ServiceError;
use crate::sandbox::input::Input;
use crate::sandbox::xml::Xml;

/// IAM's quota (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>), and the most that one
/// request may name.
const MOST: usize = 50;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "TagUser" => |guarded, call| tag(guarded, call, &USER),
        "UntagUser" => |guarded, call| untag(guarded, call, &USER),
        "ListUserTags" => |guarded, call| list_of(guarded, call, &USER),
        "TagRole" => |guarded, call| tag(guarded, call, &ROLE),
        "UntagRole" => |guarded, call| untag(guarded, call, &ROLE),
        "ListRoleTags" => |guarded, call| list_of(guarded, call, &ROLE),
        "TagInstanceProfile" => |guarded, call| tag(guarded, call, &INSTANCE_PROFILE),
        "UntagInstanceProfile" => |guarded, call| untag(guarded, call, &INSTANCE_PROFILE),
        "ListInstanceProfileTags" => |guarded, call| list_of(guarded, call, &INSTANCE_PROFILE),
        _ => return None,
    })
}

/// A kind of entity that has tags.
struct Tagged {
    /// The parameter that names the entity.
    parameter: &'static str,
    /// What a name may be.
    name: &'static Text,
    /// The tags of the entity of this name.
    tags: Find<Tags>,
}

const USER: Tagged = Tagged {
    parameter: "UserName",
    name: &ENTITY_NAME_128,
    tags: |account, name| account.user_mut(name).map(|user| &mut user.tags),
};

const ROLE: Tagged = Tagged {
    parameter: "RoleName",
    name: &ENTITY_NAME_64,
    tags: |account, name| account.role_mut(name).map(|role| &mut role.tags),
};

const INSTANCE_PROFILE: Tagged = Tagged {
    parameter: "InstanceProfileName",
    name: &ENTITY_NAME_128,
    tags: |account, name| account.instance_profile_mut(name).map(|profile| &mut profile.tags),
};

fn tag(guarded: Guarded<'_>, call: &Call<'_>, kind: &Tagged) -> Answer {
    let (account, (name, new)) =
        guarded.read(call, |input| (input.required(kind.parameter, kind.name), read_new(input)))?;
    let tags = (kind.tags)(account, name)?;
    *tags = laid_over(tags, &new)?;
    Ok(Xml::new())
}

/// Taking away a tag that is not there is no fault.
fn untag(guarded: Guarded<'_>, call: &Call<'_>, kind: &Tagged) -> Answer {
    let (account, (name, keys)) =
        guarded.read(call, |input| (input.required(kind.parameter, kind.name), read_keys(input)))?;
    let tags = (kind.tags)(account, name)?;
    for key in keys {
        tags.remove(key);
    }
    Ok(Xml::new())
}

fn list_of(guarded: Guarded<'_>, call: &Call<'_>, kind: &Tagged) -> Answer {
    let (account, (name, page)) =
        guarded.read(call, |input| (input.required(kind.parameter, kind.name), Page::read(input)))?;
    list((kind.tags)(account, name)?, &page)
}

/// Reads `Tags`, which may be left out.
pub(super) fn read<'a>(input: &Input<'a>) -> Vec<(&'a str, &'a str)> {
    let tags = input.members("Tags", |tag| (tag.required("Key", &TAG_KEY), tag.required("Value", &TAG_VALUE)));
    at_most(input, "Tags", tags.len());
    tags
}

/// Reads `Tags`, which must be there.
pub(super) fn read_new<'a>(input: &Input<'a>) -> Vec<(&'a str, &'a str)> {
    must_be_there(input, "Tags", &["Tags.member.1.Key", "Tags.member.1.Value"]);
    read(input)
}

/// Reads `TagKeys`, which must be there.
pub(super) fn read_keys<'a>(input: &Input<'a>) -> Vec<&'a str> {
    must_be_there(input, "TagKeys", &["TagKeys.member.1"]);
    let keys = input.texts("TagKeys", &TAG_KEY);
    at_most(input, "TagKeys", keys.len());
    keys
}

/// One page of the tags of an entity.
pub(super) fn list(tags: &Tags, page: &Page<'_>) -> Answer {
    Ok(page.of(tags.iter(), |(key, _)| tags.folded(key))?.write("Tags", write_one))
}

/// Lays new tags over those that are there.
///
/// # Errors
/// When a key is AWS's own, stands there twice, or there would be more than 50.
pub(super) fn laid_over(present: &Tags, new: &[(&str, &str)]) -> Result<Tags, ServiceError> {
    let mut tags = present.clone();
    let mut seen = Tags::none(present.case());
    for (key, value) in new {
        if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
            return Err(ServiceError::invalid_input(
                "Caller is an end user and not allowed to mutate system tags; the prefix aws: is reserved.",
            ));
        }
        if seen.get(key).is_some() {
            return Err(ServiceError::invalid_input(match present.case() {
                KeyCase::Ignored => "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
                KeyCase::Kept => "Duplicate tag keys found.",
            }));
        }
        seen.set(key, value);
        tags.set(key, value);
    }
    if tags.len() > MOST {
        return Err(ServiceError::limit_exceeded("The number of tags has reached the maximum limit."));
    }
    Ok(tags)
}

/// `Tags`, where there are any, as the operations that tell of one entity have them.
pub(super) fn write(xml: &mut Xml, tags: &Tags) {
    if !tags.is_empty() {
        write_all(xml, tags.iter());
    }
}

/// `Tags`, even when there are none.
pub(super) fn write_all<'a>(xml: &mut Xml, tags: impl IntoIterator<Item = (&'a str, &'a str)>) {
    xml.list("Tags", tags, write_one);
}

fn write_one(xml: &mut Xml, (key, value): (&str, &str)) {
    xml.text("Key", key).text("Value", value);
}

/// An empty list is there, too: clients send it as an empty field of the list's own name.
fn must_be_there(input: &Input<'_>, list: &str, first: &[&str]) {
    const ANYTHING: Text = Text { min: 0, max: usize::MAX, fits: |_| true, said_as: Ok(".*") };
    if first.iter().all(|field| input.optional(field, &ANYTHING).is_none()) {
        input.required(list, &ANYTHING);
    }
}

fn at_most(input: &Input<'_>, name: &str, count: usize) {
    if count > MOST {
        input.complain(name, "[...]", &format!("Member must have length less than or equal to {MOST}"));
    }
}

#[cfg(test)]
mod tests;
