//! Managed policies attached to users, groups and roles.

use super::holder::{GROUP, Holder, ROLE, USER};
use super::names::{over_quota, policy_arn};
use super::page::Page;
use super::policies::attachable;
use super::{Answer, Operation};
use crate::sandbox::account::{Account, SERVICE_LINKED_PATH};
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
        "AttachUserPolicy" => |account, call| attach(account, call, &USER),
        "AttachGroupPolicy" => |account, call| attach(account, call, &GROUP),
        "AttachRolePolicy" => |account, call| attach(account, call, &ROLE),
        "DetachUserPolicy" => |account, call| detach(account, call, &USER),
        "DetachGroupPolicy" => |account, call| detach(account, call, &GROUP),
        "DetachRolePolicy" => |account, call| detach(account, call, &ROLE),
        "ListAttachedUserPolicies" => |account, call| list(account, call, &USER),
        "ListAttachedGroupPolicies" => |account, call| list(account, call, &GROUP),
        "ListAttachedRolePolicies" => |account, call| list(account, call, &ROLE),
        _ => return None,
    })
}

/// Attaching what is attached is no fault.
fn attach(account: &mut Account, call: &Call<'_>, holder: &Holder) -> Answer {
    let (name, arn) = call.fields.read(|input| read(input, holder))?;
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

fn detach(account: &mut Account, call: &Call<'_>, holder: &Holder) -> Answer {
    let (name, arn) = call.fields.read(|input| read(input, holder))?;
    let policies = (holder.find_mut)(account, name)?;
    policy_arn(arn)?;
    if !policies.attached.remove(arn) {
        return Err(ServiceError::no_such_entity(format!("Policy {arn} was not found.")));
    }
    Ok(Xml::new())
}

fn list(account: &mut Account, call: &Call<'_>, holder: &Holder) -> Answer {
    let (name, prefix, page) = call.fields.read(|input| {
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
