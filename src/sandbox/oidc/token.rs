//! The token endpoint (OAuth 2.1, section 3.2).

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::clients::Client;
use super::grants::{Grant, Origin};
use super::{Refused, issuer_at, people};
use crate::random::uuid;
use crate::sandbox::state::Shared;

/// A quarter of an hour, in seconds.
const LASTS: i64 = 900;

/// Trades a code or a refresh token for an access token and the next refresh token.
///
/// # Errors
/// OAuth's refusal.
pub(in crate::sandbox) fn token(
    shared: &Shared,
    base: &str,
    parameters: &BTreeMap<String, String>,
) -> Result<Value, Refused> {
    let given = |name: &str| parameters.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let client_id = given("client_id").ok_or(Refused::request("client_id is missing"))?;
    let client = shared.oidc.state().clients.get(client_id).cloned().ok_or(Refused::client())?;
    let (grant, origin) = match given("grant_type") {
        Some("authorization_code") => of_code(shared, &client, &given)?,
        Some("refresh_token") => of_refresh(shared, &client, &given)?,
        _ => {
            return Err(Refused::other(
                "unsupported_grant_type",
                "grant_type must be authorization_code or refresh_token",
            ));
        }
    };
    if given("resource").is_some_and(|resource| resource != grant.resource) {
        return Err(Refused::target("resource is another one than was authorized"));
    }
    let scope = narrowed(&grant, given("scope"))?;
    let access = access_token(shared, base, &client, &grant, scope)?;
    let random = shared.random.as_ref();
    let scope = scope.to_owned();
    let refresh = shared.oidc.state().grants.refresh(grant, origin, random, shared.clock.now());
    Ok(json!({
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": LASTS,
        "scope": scope,
        "refresh_token": refresh.expose(),
    }))
}

fn of_code<'a>(
    shared: &Shared,
    client: &Client,
    given: &impl Fn(&str) -> Option<&'a str>,
) -> Result<(Grant, Origin), Refused> {
    let code = given("code").ok_or(Refused::request("code is missing"))?;
    let verifier = given("code_verifier").ok_or(Refused::request("code_verifier is missing"))?;
    let spent = shared.oidc.state().grants.spend_code(code, shared.clock.now());
    let (asked, origin) =
        spent.ok_or(Refused::grant("the code is unknown, older than a minute, or was used before"))?;
    if asked.grant.client_id != client.id {
        return Err(Refused::grant("the code is another client's"));
    }
    // OAuth 2.1 has no redirect_uri here; clients of OAuth 2.0 send it, and then it must be the same.
    if given("redirect_uri").is_some_and(|uri| uri != asked.redirect_uri) {
        return Err(Refused::grant("redirect_uri is another one than was authorized"));
    }
    let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(verifier));
    if !bool::from(challenge.as_bytes().ct_eq(asked.challenge.as_bytes())) {
        return Err(Refused::grant("code_verifier is not what code_challenge was made from"));
    }
    Ok((asked.grant, origin))
}

fn of_refresh<'a>(
    shared: &Shared,
    client: &Client,
    given: &impl Fn(&str) -> Option<&'a str>,
) -> Result<(Grant, Origin), Refused> {
    let refresh = given("refresh_token").ok_or(Refused::request("refresh_token is missing"))?;
    let spent = shared.oidc.state().grants.spend_refresh(refresh, shared.clock.now());
    let unknown = Refused::grant("the refresh token is unknown, over, or was used before");
    spent.filter(|(grant, _)| grant.client_id == client.id).ok_or(unknown)
}

/// The scope of this token, which may be less than was granted, never more.
fn narrowed<'a>(grant: &'a Grant, asked: Option<&'a str>) -> Result<&'a str, Refused> {
    let Some(asked) = asked else { return Ok(&grant.scope) };
    let is_granted = |word: &str| grant.scope.split(' ').any(|granted| granted == word);
    if asked.split(' ').all(is_granted) { Ok(asked) } else { Err(Refused::scope("scope has more than was granted")) }
}

fn access_token(shared: &Shared, base: &str, client: &Client, grant: &Grant, scope: &str) -> Result<String, Refused> {
    let person = people::with_subject(&shared.state().account, &grant.subject)
        .ok_or(Refused::grant("the person is no longer in the account"))?;
    let now = shared.clock.now().as_second();
    let claims = json!({
        "iss": issuer_at(base),
        "sub": person.subject,
        "aud": grant.resource,
        "iat": now,
        "exp": now + LASTS,
        "jti": uuid(shared.random.as_ref()),
        "scope": scope,
        "client_id": client.id,
        "email": person.email,
        "email_verified": true,
        "groups": person.groups,
    });
    Ok(shared.oidc.sign(client.algorithm, &claims).expect("clients have one of the issuer's algorithms"))
}
