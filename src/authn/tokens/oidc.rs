//! Who the bearer of an OIDC issuer's token is, by what the configuration makes of its claims.

use std::collections::BTreeMap;

use serde_json::Value;

use super::claims::Standard;
use super::refusal::TokenRefusal;
use crate::authn::{Caller, CallerKind};
use crate::config::{ClaimPath, Issuer, is_tag_value};

/// The caller. The claims are verified: what is told here is told to whoever the issuer gave the token.
pub(super) fn caller(issuer: &Issuer, claims: &Value, standard: &Standard) -> Result<Caller, TokenRefusal> {
    if let Some(condition) = issuer.conditions.iter().find(|condition| !condition.holds(claims)) {
        return Err(TokenRefusal::Condition(condition.claim.clone()));
    }
    check_email(issuer, claims)?;
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

/// An address stands for somebody only if the issuer says that it is theirs (OpenID Connect Core 1.0, section 5.7). Issuers
/// that say nothing of it are believed: workforce directories give addresses themselves.
fn check_email(issuer: &Issuer, claims: &Value) -> Result<(), TokenRefusal> {
    let named = issuer.caller.claims().chain(issuer.person.iter().flat_map(|person| person.claims()));
    let uses_email = named.chain(issuer.tags.values()).any(|claim| matches!(claim.as_str(), "email" | "/email"));
    let is_unverified = claims.get("email_verified").is_some_and(|verified| *verified != Value::Bool(true));
    if uses_email && is_unverified { Err(TokenRefusal::EmailUnverified) } else { Ok(()) }
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
