//! The condition keys of an AssumeRole.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>

use super::request::Request;
use crate::policy::Context;
use crate::sandbox::account::{Account, Role};
use crate::sandbox::call::Call;
use crate::sandbox::context;

/// What the trust policy and the caller's own policies see; without a role, what they see of the request alone.
pub(super) fn of_request(
    account: &Account,
    role: Option<&Role>,
    request: &Request<'_>,
    source_identity: Option<&str>,
    call: &Call<'_>,
) -> Context {
    let mut context = context::of_call(account, call);
    context.set("sts:RoleSessionName", request.session_name);
    for (key, value) in [("sts:ExternalId", request.external_id), ("sts:SourceIdentity", source_identity)] {
        if let Some(value) = value {
            context.set(key, value);
        }
    }
    context.set_all("sts:TransitiveTagKeys", request.transitive_tag_keys.iter().copied());
    context.set_all("aws:TagKeys", request.tags.iter().map(|(key, _)| *key));
    for (key, value) in &request.tags {
        context.set(&format!("aws:RequestTag/{key}"), *value);
    }
    for (key, value) in role.into_iter().flat_map(|role| role.tags.iter()) {
        context.set(&format!("aws:ResourceTag/{key}"), value);
        context.set(&format!("iam:ResourceTag/{key}"), value);
    }
    // Of the ARN and not of the role, so that it is there before anybody has looked for one.
    let owner = request.role_arn.split(':').nth(4).unwrap_or_default();
    context.set("aws:ResourceAccount", owner);
    context
}
