//! Whether the caller may assume the role.

use super::context;
use super::request::Request;
use super::tags::SessionTags;
use crate::policy::Verdict;
use crate::sandbox::account::{Account, Role};
use crate::sandbox::call::Call;
use crate::sandbox::denial::denied;
use crate::sandbox::error::ServiceError;
use crate::sandbox::judges::Judges;

/// The role, if the caller may assume it so: with tags and with a source identity, also with those that its own session
/// hands on, there are actions of their own to be allowed.
///
/// Nobody judges a role whose trust policy cannot be read: what cannot be read could be a deny.
///
/// # Errors
/// The caller may not, or there is no such role.
pub(super) fn permitted<'a>(
    account: &'a Account,
    request: &Request<'_>,
    tags: &SessionTags,
    source_identity: Option<&str>,
    call: &Call<'_>,
) -> Result<&'a Role, ServiceError> {
    let refused = |action| {
        let verdict = without_role(account, request, source_identity, call, action);
        denied(call.identity, action, request.role_arn, verdict)
    };
    let role = role(account, request.role_arn).ok_or_else(|| refused("sts:AssumeRole"))?;
    let context = context::of_request(account, Some(role), request, source_identity, call);
    let judges = Judges::of(account, call.identity).and_then(|judges| judges.and_trust(&role.trust_policy));
    let actions = [
        ("sts:AssumeRole", true),
        ("sts:TagSession", !tags.all.is_empty()),
        ("sts:SetSourceIdentity", source_identity.is_some()),
    ];
    let allow =
        |action| judges.as_ref().is_some_and(|judges| judges.verdict(action, request.role_arn, &context).is_allowed());
    match actions.iter().find(|(action, asked)| *asked && !allow(action)) {
        Some((action, _)) => Err(refused(action)),
        None => Ok(role),
    }
}

/// What the caller's own policies say of a role of which nothing is known but the ARN: all that a refusal may tell.
///
/// It is worked out from the request alone, so the words are the same whether the role forbids it or does not exist, and
/// say nothing more where the caller's own policies are not to blame.
fn without_role(
    account: &Account,
    request: &Request<'_>,
    source_identity: Option<&str>,
    call: &Call<'_>,
    action: &str,
) -> Option<Verdict> {
    let context = context::of_request(account, None, request, source_identity, call);
    let verdict = Judges::of(account, call.identity)?.verdict(action, request.role_arn, &context);
    Some(verdict).filter(|verdict| !verdict.is_allowed())
}

/// The role of exactly this ARN: its name alone would do for IAM, but ARNs are compared as they stand.
fn role<'a>(account: &'a Account, arn: &str) -> Option<&'a Role> {
    let (_, name) = arn.rsplit_once('/')?;
    account.roles.get(name).filter(|role| account.arn(&role.resource()) == arn)
}
