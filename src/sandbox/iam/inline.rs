//! Inline policies of users, groups and roles.

use super::holder::{GROUP, Holder, ROLE, USER};
use super::page::Page;
use super::{Answer, Guarded, Operation, documents};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{DOCUMENT, ENTITY_NAME_128};
use crate::sandbox::error::ServiceError;
use crate::sandbox::input::Input;
use crate::sandbox::xml::Xml;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "PutUserPolicy" => |guarded, call| put(guarded, call, &USER),
        "PutGroupPolicy" => |guarded, call| put(guarded, call, &GROUP),
        "PutRolePolicy" => |guarded, call| put(guarded, call, &ROLE),
        "GetUserPolicy" => |guarded, call| get(guarded, call, &USER),
        "GetGroupPolicy" => |guarded, call| get(guarded, call, &GROUP),
        "GetRolePolicy" => |guarded, call| get(guarded, call, &ROLE),
        "DeleteUserPolicy" => |guarded, call| delete(guarded, call, &USER),
        "DeleteGroupPolicy" => |guarded, call| delete(guarded, call, &GROUP),
        "DeleteRolePolicy" => |guarded, call| delete(guarded, call, &ROLE),
        "ListUserPolicies" => |guarded, call| list(guarded, call, &USER),
        "ListGroupPolicies" => |guarded, call| list(guarded, call, &GROUP),
        "ListRolePolicies" => |guarded, call| list(guarded, call, &ROLE),
        _ => return None,
    })
}

fn put(guarded: Guarded<'_>, call: &Call<'_>, holder: &Holder) -> Answer {
    let (account, (name, policy, document)) = guarded.read(call, |input| {
        let (name, policy) = names(input, holder);
        (name, policy, input.required("PolicyDocument", &DOCUMENT))
    })?;
    let policies = (holder.find_mut)(account, name)?;
    documents::inline(document)?;
    let others = policies.inline.iter().filter(|(other, _)| *other != policy).map(|(_, document)| document.as_str());
    let size: usize = others.chain([document]).map(documents::size).sum();
    if size > holder.inline_size {
        let held = (holder.find)(account, name)?;
        return Err(ServiceError::limit_exceeded(format!(
            "Maximum policy size of {} bytes exceeded for {} {}",
            holder.inline_size, holder.word, held.by
        )));
    }
    policies.inline.insert(policy.to_owned(), document.to_owned());
    Ok(Xml::new())
}

fn get(guarded: Guarded<'_>, call: &Call<'_>, holder: &Holder) -> Answer {
    let (account, (name, policy)) = guarded.read(call, |input| names(input, holder))?;
    let held = (holder.find)(account, name)?;
    let document = held.policies.inline.get(policy).ok_or_else(|| missing(holder, policy))?;
    let mut xml = Xml::new();
    xml.text(holder.parameter, held.by).text("PolicyName", policy).document("PolicyDocument", document);
    Ok(xml)
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>, holder: &Holder) -> Answer {
    let (account, (name, policy)) = guarded.read(call, |input| names(input, holder))?;
    match (holder.find_mut)(account, name)?.inline.remove(policy) {
        Some(_) => Ok(Xml::new()),
        None => Err(missing(holder, policy)),
    }
}

fn list(guarded: Guarded<'_>, call: &Call<'_>, holder: &Holder) -> Answer {
    let (account, (name, page)) =
        guarded.read(call, |input| (input.required(holder.parameter, holder.name), Page::read(input)))?;
    let held = (holder.find)(account, name)?;
    let page = page.of(held.policies.inline.keys(), |name| (*name).clone())?;
    Ok(page.write_texts("PolicyNames"))
}

fn names<'a>(input: &Input<'a>, holder: &Holder) -> (&'a str, &'a str) {
    (input.required(holder.parameter, holder.name), input.required("PolicyName", &ENTITY_NAME_128))
}

fn missing(holder: &Holder, policy: &str) -> ServiceError {
    ServiceError::no_such_entity(format!("The {} policy with name {policy} cannot be found.", holder.word))
}

#[cfg(test)]
mod tests;
