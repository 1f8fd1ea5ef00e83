//! Who the bearer of a token of `sts:GetWebIdentityToken` is: AWS's own word on one of its principals.
//!
//! The account is the one that the configuration pins the issuer to, and every part of the token must agree. `sub` is the role
//! or the user, the same for everybody who shares a role; the person is the Identity Center user. The source
//! identity of the session is whoever assumed the role chose to be, unless the role's trust policy holds them to a name: it
//! counts for the principals that the configuration says this of. What the caller says of itself (`request_tags`) counts for
//! nothing.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html>

use jiff::Timestamp;
use serde_json::Value;

use super::claims::Standard;
use super::oidc::tags;
use super::refusal::TokenRefusal;
use crate::arn::Arn;
use crate::authn::caller::{LONGEST_NAME, is_of_names};
use crate::authn::{Caller, CallerKind};
use crate::config::{KeySource, WebIdentityIssuer};

use super::fetch::Source;

/// The claim under which AWS puts everything that is its own.
const OF_AWS: &str = "https://sts.amazonaws.com/";

/// Where the keys of such an issuer are.
pub(super) fn source(issuer: &WebIdentityIssuer) -> Source {
    let keys = match &issuer.keys {
        KeySource::Discovery => KeySource::Url(issuer.issuer.below(".well-known/jwks.json")),
        configured @ (KeySource::Url(_) | KeySource::File(_)) => configured.clone(),
    };
    Source { issuer: issuer.issuer.clone(), keys }
}

/// The caller, and when the session ends that asked for the token, if it was a session.
pub(super) fn caller(
    issuer: &WebIdentityIssuer,
    claims: &Value,
    standard: &Standard,
) -> Result<(Caller, Option<Timestamp>), TokenRefusal> {
    let of_aws = match claims.get(OF_AWS) {
        Some(of_aws @ Value::Object(_)) => of_aws,
        Some(_) => return Err(TokenRefusal::ClaimInvalid(OF_AWS.into())),
        None => return Err(TokenRefusal::ClaimMissing(OF_AWS.into())),
    };
    match of_aws.get("aws_account") {
        Some(Value::String(account)) if account == issuer.account.as_str() => {}
        Some(_) => return Err(TokenRefusal::Account),
        None => return Err(TokenRefusal::ClaimMissing("aws_account".into())),
    }
    let name = name(&standard.subject, issuer.account.as_str())?;
    let caller = Caller {
        kind: CallerKind::WebIdentity,
        person: person(issuer, &name, of_aws)?,
        name,
        account: Some(issuer.account),
        issuer: None,
        subject: Some(standard.subject.clone()),
        tags: tags(&issuer.tags, claims)?,
    };
    let until = match session_end(of_aws)? {
        // A user with keys of its own has no session that could end.
        None if caller.name.starts_with("user/") => None,
        end => Some(end.unwrap_or(standard.expires)),
    };
    Ok((caller, until))
}

/// `role/PATH/NAME` or `user/PATH/NAME`.
fn name(subject: &str, account: &str) -> Result<String, TokenRefusal> {
    let arn: Arn = subject.parse().map_err(|_| TokenRefusal::Subject)?;
    if arn.service() != "iam" || !arn.region().is_empty() {
        return Err(TokenRefusal::Subject);
    }
    if arn.account() != account {
        return Err(TokenRefusal::Account);
    }
    let resource = arn.resource();
    let below = resource.strip_prefix("role/").or_else(|| resource.strip_prefix("user/"));
    if !below.is_some_and(|below| below.split('/').all(|part| !part.is_empty())) {
        return Err(TokenRefusal::Subject);
    }
    // IAM's paths may have characters that names of callers do not, a colon among them.
    if resource.len() > LONGEST_NAME || !resource.bytes().all(is_of_names) {
        return Err(TokenRefusal::NameUnfit("sub"));
    }
    Ok(resource.to_owned())
}

fn person(issuer: &WebIdentityIssuer, name: &str, of_aws: &Value) -> Result<Option<String>, TokenRefusal> {
    let is_enforced = issuer.enforced_source_identities.iter().any(|principal| principal.matches(name));
    for (claim, is_a_person) in [("identity_store_user_id", true), ("source_identity", is_enforced)] {
        match of_aws.get(claim) {
            None => {}
            Some(_) if !is_a_person => {}
            Some(Value::String(person)) if person.is_empty() || person.len() > 256 => {
                return Err(TokenRefusal::NameUnfit(claim));
            }
            Some(Value::String(person)) if person.bytes().all(is_of_names) => return Ok(Some(person.clone())),
            Some(Value::String(_)) => return Err(TokenRefusal::NameUnfit(claim)),
            Some(_) => return Err(TokenRefusal::ClaimInvalid(claim.into())),
        }
    }
    Ok(None)
}

/// When the session ends whose credentials asked for the token; a date, or seconds.
fn session_end(of_aws: &Value) -> Result<Option<Timestamp>, TokenRefusal> {
    let end = match of_aws.get("original_session_exp") {
        None => return Ok(None),
        Some(Value::String(date)) => date.parse().ok(),
        Some(seconds) => seconds.as_i64().and_then(|seconds| Timestamp::from_second(seconds).ok()),
    };
    end.map(Some).ok_or_else(|| TokenRefusal::ClaimInvalid("original_session_exp".into()))
}
