//! Who the bearer of an OIDC issuer's token is, by what the configuration makes of its claims.

use std::collections::BTreeMap;

use serde_json::Value;

use super::claims::Standard;
use super::refusal::TokenRefusal;
use crate::authn::{Caller, CallerKind};
use crate::config::{ClaimPath, Issuer, is_tag_value};

/// The caller. The claims are verified: what is told here is told to whoever the issuer gave the token.
pub(super) fn caller(issuer: &Issuer, claims: &Value, standard: &Standard) -> Result<Caller, TokenRefusal> {
    check_email(issuer, claims)?;
    if let Some(condition) = issuer.conditions.iter().find(|condition| !condition.holds(claims)) {
        return Err(TokenRefusal::Condition(condition.claim.clone()));
    }
    let name = issuer.caller.fill(claims).map_err(TokenRefusal::Name)?;
    let person = issuer.person.as_ref().map(|person| person.fill(claims)).transpose().map_err(TokenRefusal::Name)?;
    Ok(Caller {
        kind: CallerKind::Oidc,
        name,
        person,
        account: None,
        issuer: Some(issuer.name.clone()),
        subject: Some(standard.subject.clone()),
        tags: tags(&issuer.tags, claims)?,
    })
}

/// An address stands for somebody only if the issuer says that it is theirs (OpenID Connect Core 1.0, section 5.7), in the
/// token or, of a directory that gives addresses itself, by the configuration. A token that says that it is not theirs is
/// refused in either case.
fn check_email(issuer: &Issuer, claims: &Value) -> Result<(), TokenRefusal> {
    let named = issuer.caller.claims().chain(issuer.person.iter().flat_map(|person| person.claims()));
    let named = named.chain(issuer.tags.values()).chain(issuer.conditions.iter().map(|condition| &condition.claim));
    let uses_email = named.into_iter().any(|claim| claim.last() == "email");
    let is_verified = match claims.get("email_verified") {
        Some(verified) => *verified == Value::Bool(true),
        None => issuer.email_verified_by_issuer,
    };
    if uses_email && !is_verified { Err(TokenRefusal::EmailUnverified) } else { Ok(()) }
}

/// Session tags. A claim that is not there gives none; one that is no text, or cannot be a tag's value, gives no session.
pub(super) fn tags(
    configured: &BTreeMap<String, ClaimPath>,
    claims: &Value,
) -> Result<BTreeMap<String, String>, TokenRefusal> {
    let mut tags = BTreeMap::new();
    for (tag, claim) in configured {
        let Some(value) = claim.of(claims) else { continue };
        let value = value.as_str().filter(|value| is_tag_value(value));
        tags.insert(tag.clone(), value.ok_or_else(|| TokenRefusal::Tag(claim.clone()))?.to_owned());
    }
    Ok(tags)
}
