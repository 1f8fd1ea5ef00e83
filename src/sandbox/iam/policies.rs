//! Managed policies: creating, finding, tagging, deleting. Their versions are in [`super::versions`].

use super::names::{over_quota, policy_arn};
use super::page::Page;
use super::{Answer, Guarded, Operation, documents, tags};
use crate::sandbox::account::{Account, KeyCase, ManagedPolicy, PolicyVersion, Tags};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ARN, DOCUMENT, ENTITY_NAME_128, PATH, POLICY_DESCRIPTION};
use crate::sandbox::error::ServiceError;
use crate::sandbox::ids::{self, IdKind};
use crate::sandbox::xml::Xml;

/// IAM's quota of customer managed policies.
pub(super) const MOST_POLICIES: usize = 1500;

/// IAM's quota of characters in a policy, white space left out.
pub(super) const MOST_CHARACTERS: usize = 6144;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "CreatePolicy" => create,
        "GetPolicy" => get,
        "ListPolicies" => list,
        "DeletePolicy" => delete,
        "TagPolicy" => tag,
        "UntagPolicy" => untag,
        "ListPolicyTags" => list_tags,
        _ => return None,
    })
}

fn create(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, path, document, description, new_tags)) = guarded.read(call, |input| {
        (
            input.required("PolicyName", &ENTITY_NAME_128),
            input.optional("Path", &PATH).unwrap_or("/"),
            input.required("PolicyDocument", &DOCUMENT),
            input.optional("Description", &POLICY_DESCRIPTION),
            tags::read(input),
        )
    })?;
    let mut own = account.policies.values().filter(|policy| !policy.is_aws_managed());
    if own.any(|policy| policy.name.eq_ignore_ascii_case(name)) {
        return Err(ServiceError::already_exists(format!(
            "A policy called {name} already exists. Duplicate names are not allowed."
        )));
    }
    judge(document)?;
    let tags = tags::laid_over(&Tags::none(KeyCase::Kept), &new_tags)?;
    if count(account) >= MOST_POLICIES {
        return Err(over_quota("PoliciesPerAccount", MOST_POLICIES));
    }
    let policy = ManagedPolicy {
        arn: account.arn(&format!("policy{path}{name}")),
        name: name.to_owned(),
        path: path.to_owned(),
        id: ids::id(call.random, IdKind::ManagedPolicy),
        created: call.now,
        updated: call.now,
        description: description.filter(|text| !text.is_empty()).map(str::to_owned),
        tags,
        versions: vec![PolicyVersion { number: 1, document: document.to_owned(), created: call.now }],
        default_version: 1,
        next_version: 2,
    };
    let xml = Xml::of("Policy", |xml| {
        essentials(xml, account, &policy);
        tags::write(xml, &policy.tags);
    });
    account.policies.insert(policy.arn.clone(), policy);
    Ok(xml)
}

fn get(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, arn) = guarded.read(call, |input| input.required("PolicyArn", &ARN))?;
    let policy = found(account, arn)?;
    Ok(Xml::of("Policy", |xml| {
        essentials(xml, account, policy);
        xml.optional("Description", policy.description.as_deref());
        tags::write_all(xml, policy.tags.iter());
    }))
}

fn list(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (scope, only_attached, prefix, usage, page)) = guarded.read(call, |input| {
        (
            input.choice("Scope", &["All", "AWS", "Local"]).unwrap_or("All"),
            input.flag("OnlyAttached").unwrap_or(false),
            input.optional("PathPrefix", &PATH).unwrap_or("/"),
            input.choice("PolicyUsageFilter", &super::entities::USAGES),
            Page::read(input),
        )
    })?;
    let wanted = |policy: &&ManagedPolicy| {
        let in_use = account.policy_usage(&policy.arn);
        policy.path.starts_with(prefix)
            && match scope {
                "AWS" => policy.is_aws_managed(),
                "Local" => !policy.is_aws_managed(),
                _ => true,
            }
            && match usage {
                Some("PermissionsBoundary") => in_use.boundaries > 0,
                Some(_) => in_use.attachments > 0,
                None => !only_attached || in_use.attachments > 0,
            }
    };
    // By ARN, the account's own come before those of AWS: digits before letters.
    let page = page.of(account.policies.values().filter(wanted), |policy| policy.arn.clone())?;
    Ok(page.write("Policies", |xml, policy| essentials(xml, account, policy)))
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, arn) = guarded.read(call, |input| input.required("PolicyArn", &ARN))?;
    let policy = own(account, arn, "Cannot delete policies outside your own account.")?;
    let usage = account.policy_usage(arn);
    if usage.attachments + usage.boundaries > 0 {
        return Err(ServiceError::delete_conflict("Cannot delete a policy attached to entities."));
    }
    if policy.versions.len() > 1 {
        return Err(ServiceError::delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. \
             The default version is deleted with the policy.",
        ));
    }
    account.policies.remove(arn);
    Ok(Xml::new())
}

fn tag(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (arn, new_tags)) =
        guarded.read(call, |input| (input.required("PolicyArn", &ARN), tags::read_new(input)))?;
    let policy = own_mut(account, arn, NOT_YOURS)?;
    policy.tags = tags::laid_over(&policy.tags, &new_tags)?;
    Ok(Xml::new())
}

fn untag(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (arn, keys)) =
        guarded.read(call, |input| (input.required("PolicyArn", &ARN), tags::read_keys(input)))?;
    let policy = own_mut(account, arn, NOT_YOURS)?;
    for key in keys {
        policy.tags.remove(key);
    }
    Ok(Xml::new())
}

fn list_tags(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (arn, page)) = guarded.read(call, |input| (input.required("PolicyArn", &ARN), Page::read(input)))?;
    tags::list(&found(account, arn)?.tags, &page)
}

/// Whether a document may become a version of a managed policy.
pub(super) fn judge(document: &str) -> Result<(), ServiceError> {
    documents::managed(document)?;
    if documents::size(document) > MOST_CHARACTERS { Err(over_quota("PolicySize", MOST_CHARACTERS)) } else { Ok(()) }
}

/// What AWS says to who would change one of its own policies.
pub(super) const NOT_YOURS: &str = "Cannot update policies outside your own account.";

/// How many customer managed policies there are.
pub(super) fn count(account: &Account) -> usize {
    account.policies.values().filter(|policy| !policy.is_aws_managed()).count()
}

/// The managed policy of this ARN.
pub(super) fn found<'a>(account: &'a Account, arn: &str) -> Result<&'a ManagedPolicy, ServiceError> {
    policy_arn(arn)?;
    account.policies.get(arn).ok_or_else(|| missing(arn))
}

/// The managed policy of this ARN, in the words of the operations that attach policies.
pub(super) fn attachable<'a>(account: &'a Account, arn: &str) -> Result<&'a ManagedPolicy, ServiceError> {
    policy_arn(arn)?;
    account
        .policies
        .get(arn)
        .ok_or_else(|| ServiceError::no_such_entity(format!("Policy {arn} does not exist or is not attachable.")))
}

/// The customer managed policy of this ARN; `refusal` is what AWS says if it is one of its own.
pub(super) fn own<'a>(
    account: &'a Account,
    arn: &str,
    refusal: &'static str,
) -> Result<&'a ManagedPolicy, ServiceError> {
    let policy = found(account, arn)?;
    if policy.is_aws_managed() { Err(ServiceError::access_denied(refusal)) } else { Ok(policy) }
}

/// The same, to be changed.
pub(super) fn own_mut<'a>(
    account: &'a mut Account,
    arn: &str,
    refusal: &'static str,
) -> Result<&'a mut ManagedPolicy, ServiceError> {
    own(account, arn, refusal)?;
    account.policies.get_mut(arn).ok_or_else(|| missing(arn))
}

fn missing(arn: &str) -> ServiceError {
    ServiceError::no_such_entity(format!("Policy {arn} was not found."))
}

/// What lists tell of a policy: neither description nor tags
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html>).
pub(super) fn essentials(xml: &mut Xml, account: &Account, policy: &ManagedPolicy) {
    let usage = account.policy_usage(&policy.arn);
    xml.text("PolicyName", &policy.name)
        .text("PolicyId", &policy.id)
        .text("Arn", &policy.arn)
        .text("Path", &policy.path)
        .text("DefaultVersionId", &format!("v{}", policy.default_version))
        .value("AttachmentCount", usage.attachments)
        .value("PermissionsBoundaryUsageCount", usage.boundaries)
        .value("IsAttachable", true)
        .time("CreateDate", policy.created)
        .time("UpdateDate", policy.updated);
}

#[cfg(test)]
mod tests;
