//! Managed policies attached to users, groups and roles.

use super::holder::{GROUP, Holder, ROLE, USER};
use super::names::{over_quota, policy_arn};
use super::page::Page;
use super::policies::attachable;
use super::{Answer, Guarded, Operation};
use crate::sandbox::account::SERVICE_LINKED_PATH;
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ARN, Text};
use crate::sandbox::error::ServiceError;
use crate::sandbox::input::Input;
use crate::sandbox::xml::Xml;

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MOST: usize = 10;

/// A prefix of the paths of policies, which must end with a slash, too (`policyPathType`).
const POLICY_PATH: Text = Text {
    min: 1,
    max: 512,
    fits: |text| {
        text.starts_with('/')
            && text.ends_with('/')
            && !text.contains("//")
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/.,+@=_-".contains(&b))
    },
    said_as: Ok(r"((/[A-Za-z0-9\.,\+@=_-]+)*)/"),
};

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "AttachUserPolicy" => |guarded, call| attach(guarded, call, &USER),
        "AttachGroupPolicy" => |guarded, call| attach(guarded, call, &GROUP),
        "AttachRolePolicy" => |guarded, call| attach(guarded, call, &ROLE),
        "DetachUserPolicy" => |guarded, call| detach(guarded, call, &USER),
        "DetachGroupPolicy" => |guarded, call| detach(guarded, call, &GROUP),
        "DetachRolePolicy" => |guarded, call| detach(guarded, call, &ROLE),
        "ListAttachedUserPolicies" => |guarded, call| list(guarded, call, &USER),
        "ListAttachedGroupPolicies" => |guarded, call| list(guarded, call, &GROUP),
        "ListAttachedRolePolicies" => |guarded, call| list(guarded, call, &ROLE),
        _ => return None,
    })
}

/// Attaching what is attached is no fault.
fn attach(guarded: Guarded<'_>, call: &Call<'_>, holder: &Holder) -> Answer {
    let (account, (name, arn)) = guarded.read(call, |input| read(input, holder))?;
    (holder.find_mut)(account, name)?;
    let policy = attachable(account, arn)?;
    let parsed = policy_arn(arn)?;
    if policy.is_aws_managed() && parsed.path().starts_with(SERVICE_LINKED_PATH) {
        let message = "Cannot attach a Service Role Policy to a Customer Role.";
        return Err(ServiceError::other("PolicyNotAttachable", 400, message));
    }
    let attached = &mut (holder.find_mut)(account, name)?.attached;
    if attached.len() >= MOST && !attached.contains(arn) {
        return Err(over_quota(holder.quota, MOST));
    }
    attached.insert(arn.to_owned());
    Ok(Xml::new())
}

fn detach(guarded: Guarded<'_>, call: &Call<'_>, holder: &Holder) -> Answer {
    let (account, (name, arn)) = guarded.read(call, |input| read(input, holder))?;
    let policies = (holder.find_mut)(account, name)?;
    policy_arn(arn)?;
    if !policies.attached.remove(arn) {
        return Err(ServiceError::no_such_entity(format!("Policy {arn} was not found.")));
    }
    Ok(Xml::new())
}

fn list(guarded: Guarded<'_>, call: &Call<'_>, holder: &Holder) -> Answer {
    let (account, (name, prefix, page)) = guarded.read(call, |input| {
        (
            input.required(holder.parameter, holder.name),
            input.optional("PathPrefix", &POLICY_PATH).unwrap_or("/"),
            Page::read(input),
        )
    })?;
    let held = (holder.find)(account, name)?;
    let attached = held.policies.attached.iter().filter_map(|arn| account.policies.get(arn));
    let page = page.of(attached.filter(|policy| policy.path.starts_with(prefix)), |policy| policy.arn.clone())?;
    Ok(page.write("AttachedPolicies", |xml, policy| {
        xml.text("PolicyName", &policy.name).text("PolicyArn", &policy.arn);
    }))
}

fn read<'a>(input: &Input<'a>, holder: &Holder) -> (&'a str, &'a str) {
    (input.required(holder.parameter, holder.name), input.required("PolicyArn", &ARN))
}

#[cfg(test)]
mod tests;
