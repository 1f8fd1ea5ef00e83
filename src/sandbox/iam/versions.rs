//! Versions of managed policies.

use super::names::policy_arn;
use super::page::Page;
use super::policies::{NOT_YOURS, found, judge, own, own_mut};
use super::{Answer, Guarded, Operation};
use crate::sandbox::account::{Account, ManagedPolicy, PolicyVersion};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ARN, DOCUMENT, VERSION_ID};
use crate::sandbox::error::ServiceError;
use crate::sandbox::xml::Xml;

/// IAM's quota of versions that a policy has at a time.
pub(super) const MOST_VERSIONS: usize = 5;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "CreatePolicyVersion" => create,
        "GetPolicyVersion" => get,
        "ListPolicyVersions" => list,
        "SetDefaultPolicyVersion" => set_default,
        "DeletePolicyVersion" => delete,
        _ => return None,
    })
}

fn create(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (arn, document, as_default)) = guarded.read(call, |input| {
        (
            input.required("PolicyArn", &ARN),
            input.required("PolicyDocument", &DOCUMENT),
            input.flag("SetAsDefault").unwrap_or(false),
        )
    })?;
    let policy = own_mut(account, arn, NOT_YOURS)?;
    judge(document)?;
    if policy.versions.len() >= MOST_VERSIONS {
        return Err(ServiceError::limit_exceeded(format!(
            "A managed policy can have up to {MOST_VERSIONS} versions. Before you create a new version, you must delete an \
             existing version."
        )));
    }
    let number = policy.next_version;
    policy.next_version += 1;
    policy.versions.push(PolicyVersion { number, document: document.to_owned(), created: call.now });
    policy.updated = call.now;
    if as_default {
        policy.default_version = number;
    }
    Ok(Xml::of("PolicyVersion", |xml| {
        xml.text("VersionId", &format!("v{number}")).value("IsDefaultVersion", as_default).time("CreateDate", call.now);
    }))
}

fn get(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (arn, id)) =
        guarded.read(call, |input| (input.required("PolicyArn", &ARN), input.required("VersionId", &VERSION_ID)))?;
    let (policy, version) = version(account, arn, id)?;
    Ok(Xml::of("PolicyVersion", |xml| {
        describe(xml, policy, version);
    }))
}

fn list(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (arn, page)) = guarded.read(call, |input| (input.required("PolicyArn", &ARN), Page::read(input)))?;
    let policy = found(account, arn)?;
    // The newest first. A page is cut from what is sorted by its key, so the key counts down.
    let versions = policy.versions.iter().rev();
    let page = page.of(versions, |version| format!("{:010}", u32::MAX - version.number))?;
    Ok(page.write("Versions", |xml, version| essentials(xml, policy, version)))
}

fn set_default(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (arn, id)) =
        guarded.read(call, |input| (input.required("PolicyArn", &ARN), input.required("VersionId", &VERSION_ID)))?;
    own_if_there(account, arn, NOT_YOURS)?;
    let number = version(account, arn, id)?.1.number;
    let policy = own_mut(account, arn, NOT_YOURS)?;
    policy.default_version = number;
    policy.updated = call.now;
    Ok(Xml::new())
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (arn, id)) =
        guarded.read(call, |input| (input.required("PolicyArn", &ARN), input.required("VersionId", &VERSION_ID)))?;
    let refusal = "Cannot delete policy versions for policies outside your own account.";
    own_if_there(account, arn, refusal)?;
    let (policy, version) = version(account, arn, id)?;
    let number = version.number;
    if policy.default_version == number {
        return Err(ServiceError::delete_conflict("Cannot delete the default version of a policy."));
    }
    let policy = own_mut(account, arn, refusal)?;
    policy.versions.retain(|version| version.number != number);
    policy.updated = call.now;
    Ok(Xml::new())
}

/// Refuses to change one of AWS's own policies, whichever version it is about.
fn own_if_there(account: &Account, arn: &str, refusal: &'static str) -> Result<(), ServiceError> {
    if account.policies.contains_key(arn) { own(account, arn, refusal).map(drop) } else { Ok(()) }
}

/// A policy and its version `v3`. AWS does not tell a missing policy from a missing version.
fn version<'a>(
    account: &'a Account,
    arn: &str,
    id: &str,
) -> Result<(&'a ManagedPolicy, &'a PolicyVersion), ServiceError> {
    policy_arn(arn)?;
    let number: Option<u32> = id.strip_prefix('v').and_then(|digits| digits.parse().ok());
    account.policies.get(arn).and_then(|policy| Some((policy, policy.version(number?)?))).ok_or_else(|| {
        ServiceError::no_such_entity(format!("Policy {arn} version {id} does not exist or is not attachable."))
    })
}

/// A version with its document, as GetPolicyVersion and GetAccountAuthorizationDetails tell it.
pub(super) fn describe(xml: &mut Xml, policy: &ManagedPolicy, version: &PolicyVersion) {
    xml.document("Document", &version.document);
    essentials(xml, policy, version);
}

fn essentials(xml: &mut Xml, policy: &ManagedPolicy, version: &PolicyVersion) {
    xml.text("VersionId", &format!("v{}", version.number))
        .value("IsDefaultVersion", version.number == policy.default_version)
        .time("CreateDate", version.created);
}

#[cfg(test)]
mod tests;
