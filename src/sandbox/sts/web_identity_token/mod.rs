//! GetWebIdentityToken (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html>).

mod claims;
mod request;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::policy::{Context, Verdict};
use crate::sandbox::account::{Account, folded};
use crate::sandbox::call::{Answered, Call, Performed};
use crate::sandbox::context;
use crate::sandbox::denial::denied;
use crate::sandbox::error::ServiceError;
use crate::sandbox::identity::Identity;
use crate::sandbox::judges::Judges;
use crate::sandbox::state::State;
use crate::sandbox::xml::Xml;
use request::Request;

/// Gives the caller a token that says who it is, for somebody outside of AWS.
///
/// The trail has the request, and nothing of the token.
pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Performed, ServiceError> {
    let request = Request::read(call.fields)?;
    if matches!(call.identity, Identity::Root { .. }) {
        return Err(ServiceError::access_denied("GetWebIdentityToken may not be called by root accounts."));
    }
    once(&request)?;
    permitted(&state.account, &request, call)?;
    let issuer = state.outbound.issuer().filter(|_| state.account.outbound_federation).ok_or_else(disabled)?;
    // In whole seconds, as it is told.
    let now = Timestamp::from_second(call.now.as_second()).expect("a second of a valid time is valid");
    let ends = now + SignedDuration::from_secs(i64::from(request.duration));
    if let Identity::AssumedRole(session) = call.identity
        && ends > session.expires
    {
        return Err(ServiceError::other(
            "SessionDurationEscalationException",
            403,
            "The requested token duration would extend the session beyond its original expiration time.",
        ));
    }
    let claims = claims::of(&state.account, &request, call, &issuer, ends);
    let token = state.outbound.keys.sign(request.algorithm, &claims).expect("the issuer has keys of both kinds");
    let mut xml = Xml::new();
    xml.text("WebIdentityToken", &token).time("Expiration", ends);
    Ok(Performed { body: Answered::Xml(xml), response_elements: None })
}

/// Whether each tag is there once, in any letter case.
fn once(request: &Request<'_>) -> Result<(), ServiceError> {
    let mut seen = BTreeSet::new();
    if request.tags.iter().all(|(key, _)| seen.insert(folded(key))) {
        return Ok(());
    }
    let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    Err(ServiceError::other("InvalidParameterValue", 400, message))
}

/// Whether the caller's policies allow it. With tags there is an action of its own to be allowed.
fn permitted(account: &Account, request: &Request<'_>, call: &Call<'_>) -> Result<(), ServiceError> {
    let resource = format!("arn:{}:sts::{}:self", account.partition, account.id);
    let context = condition_keys(account, request, call);
    let judges = Judges::of(account, call.identity);
    for (action, is_asked) in
        [("sts:GetWebIdentityToken", true), ("sts:TagGetWebIdentityToken", !request.tags.is_empty())]
    {
        let verdict = judges.as_ref().map(|judges| judges.verdict(action, &resource, &context));
        if is_asked && !verdict.is_some_and(Verdict::is_allowed) {
            return Err(denied(call.identity, action, &resource, verdict));
        }
    }
    Ok(())
}

/// What the policies see of the request.
fn condition_keys(account: &Account, request: &Request<'_>, call: &Call<'_>) -> Context {
    let mut context = context::of_call(account, call);
    context.set_all("sts:IdentityTokenAudience", request.audiences.iter().copied());
    context.set("sts:DurationSeconds", request.duration.to_string());
    context.set("sts:SigningAlgorithm", request.algorithm.as_str());
    context.set_all("aws:TagKeys", request.tags.iter().map(|(key, _)| *key));
    for (key, value) in &request.tags {
        context.set(&format!("aws:RequestTag/{key}"), *value);
    }
    context
}

/// 403: the account has not switched it on.
fn disabled() -> ServiceError {
    ServiceError::other(
        "OutboundWebIdentityFederationDisabledException",
        403,
        "Outbound web identity federation is not enabled for this account.",
    )
}
