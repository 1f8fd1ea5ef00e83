//! The authorization endpoint (OAuth 2.1, section 4.1; RFC 7636; RFC 8707; RFC 9207).

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::grants::{Asked, Grant};
use super::{Refused, issuer_at, people};
use crate::sandbox::state::Shared;

/// RFC 3986's unreserved characters.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What a client is granted that asks for no scope.
const DEFAULT_SCOPE: &str = "iam-mcp:read";

const LONGEST: usize = 2048;

/// Approves a request, and answers where the browser is sent: back to the client, with a code or with a refusal.
///
/// # Errors
/// What makes it unsafe to send the browser anywhere: an unknown client, a redirect URI that is not the client's own.
pub(in crate::sandbox) fn authorize(
    shared: &Shared,
    base: &str,
    parameters: &BTreeMap<String, String>,
) -> Result<String, Refused> {
    let given = |name: &str| parameters.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let client_id = given("client_id").ok_or(Refused::request("client_id is missing"))?;
    let redirect_uri = given("redirect_uri").ok_or(Refused::request("redirect_uri is missing"))?;
    {
        let state = shared.oidc.state();
        // No 401: there is nobody to authenticate, but a browser to be told.
        let client = state.clients.get(client_id).ok_or(Refused { status: 400, ..Refused::client() })?;
        if !client.redirect_uris.iter().any(|uri| uri == redirect_uri) {
            return Err(Refused::request(
                "redirect_uri is none of those that the client registered, letter for letter",
            ));
        }
    }
    let mut answer = vec![];
    match code(shared, client_id, redirect_uri, &given) {
        Ok(code) => answer.push(("code", code)),
        Err(refused) => {
            answer.push(("error", refused.error.to_owned()));
            answer.push(("error_description", refused.description.to_owned()));
        }
    }
    if let Some(state) = given("state") {
        answer.push(("state", state.to_owned()));
    }
    answer.push(("iss", issuer_at(base)));
    Ok(with(redirect_uri, &answer))
}

fn code<'a>(
    shared: &Shared,
    client_id: &str,
    redirect_uri: &str,
    given: &impl Fn(&str) -> Option<&'a str>,
) -> Result<String, Refused> {
    if given("response_type") != Some("code") {
        return Err(Refused::other("unsupported_response_type", "response_type must be code"));
    }
    let challenge = given("code_challenge").ok_or(Refused::request("code_challenge is missing: PKCE is a must"))?;
    if given("code_challenge_method") != Some("S256") {
        return Err(Refused::request("code_challenge_method must be S256"));
    }
    if !BASE64URL_NOPAD.decode(challenge.as_bytes()).is_ok_and(|hash| hash.len() == 32) {
        return Err(Refused::request("code_challenge is no SHA-256 in base64url without padding"));
    }
    let resource = resource(given("resource"))?;
    let scope = scope(given("scope"))?;
    let hint = given("login_hint").unwrap_or(people::DEFAULT);
    let person = people::hinted(&shared.state().account, hint)
        .ok_or(Refused::other("access_denied", "login_hint names nobody under /people/ of the account"))?;
    let grant = Grant { client_id: client_id.to_owned(), subject: person.subject, resource, scope };
    let asked = Asked { grant, redirect_uri: redirect_uri.to_owned(), challenge: challenge.to_owned() };
    let code = shared.oidc.state().grants.code(asked, shared.random.as_ref(), shared.clock.now());
    let busy = Refused::other("temporarily_unavailable", "too many codes are under way; try again in a minute");
    Ok(code.ok_or(busy)?.expose().to_owned())
}

/// Whom the token is for: an absolute URI without a fragment.
fn resource(given: Option<&str>) -> Result<String, Refused> {
    let resource = given.ok_or(Refused::target("resource is missing: it says whom the access token is for"))?;
    let is_absolute = resource.parse::<Uri>().is_ok_and(|uri| uri.scheme().is_some() && uri.authority().is_some());
    if !is_absolute || resource.contains('#') || resource.len() > LONGEST {
        return Err(Refused::target("resource must be an absolute URI without a fragment"));
    }
    Ok(resource.to_owned())
}

/// Whatever is asked for is granted, if it is written as RFC 6749, section 3.3, has it.
fn scope(given: Option<&str>) -> Result<String, Refused> {
    let scope = given.unwrap_or(DEFAULT_SCOPE);
    let is_of_scopes = |b: u8| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    let is_scope = |word: &str| !word.is_empty() && word.bytes().all(is_of_scopes);
    if scope.len() > LONGEST || !scope.split(' ').all(is_scope) {
        return Err(Refused::scope("scope must be words with one blank between"));
    }
    Ok(scope.to_owned())
}

/// The URI with these parameters behind those that it has.
fn with(uri: &str, parameters: &[(&str, String)]) -> String {
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, VALUE))).collect();
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}{}", pairs.join("&"))
}
