//! Who signed a request, as AWS would find out.

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::identity::Identity as SigningIdentity;
use http::request::Parts;
use jiff::Timestamp;
use subtle::ConstantTimeEq;

use super::refusal;
use crate::arn::Partition;
use crate::authn::sigv4::signed::{Signed, TERMINATOR, WithBody};
use crate::sandbox::account::{Account, KeyStatus};
use crate::sandbox::error::ServiceError;
use crate::sandbox::identity::Identity;
use crate::sandbox::service::Service;
use crate::sandbox::state::State;
use crate::secret::Secret;

/// A request whose author is known.
#[derive(Debug)]
pub(super) struct Authenticated<'a> {
    pub(super) identity: Identity,
    pub(super) access_key_id: &'a str,
    pub(super) service: Service,
    pub(super) region: &'a str,
}

/// Finds out who signed.
///
/// # Errors
/// AWS's refusal.
pub(super) fn authenticate<'a>(
    state: &State,
    head: &'a Parts,
    body: &[u8],
    now: Timestamp,
) -> Result<Authenticated<'a>, ServiceError> {
    let signed = Signed::read(head).map_err(|refused| refusal::of_signature(&refused))?;
    let service = scope(&signed, state.account.partition)?;
    if now.duration_since(signed.signed_at()).abs() > refusal::MAX_SKEW {
        return Err(refusal::skewed(signed.signed_at(), now));
    }
    let request = signed.with_body(body).map_err(|refused| refusal::of_signature(&refused))?;
    let identity = signer(state, &request, now)?;
    let signed = request.signed();
    Ok(Authenticated { identity, access_key_id: signed.access_key_id(), service, region: signed.region() })
}

/// The service that the request is signed for, in a region where it answers.
fn scope(signed: &Signed<'_>, partition: Partition) -> Result<Service, ServiceError> {
    if signed.terminator() != TERMINATOR {
        return Err(refusal::mismatch(format!("Credential should be scoped with a valid terminator: '{TERMINATOR}'.")));
    }
    let Some(service) = Service::of_scope(signed.service()) else {
        return Err(refusal::mismatch("Credential should be scoped to correct service: 'iam', 'sts' or 'cloudtrail'."));
    };
    if !service.is_in(signed.region(), partition) {
        return Err(refusal::mismatch("Credential should be scoped to a valid region."));
    }
    if signed.scope_date() != signed.day() {
        let (scoped, day, date) = (signed.scope_date(), signed.day(), signed.x_amz_date());
        return Err(refusal::mismatch(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{scoped}' != \
             '{day}', from '{date}'."
        )));
    }
    Ok(service)
}

fn signer(state: &State, request: &WithBody<'_>, now: Timestamp) -> Result<Identity, ServiceError> {
    let id = request.signed().access_key_id();
    let token = request.signed().session_token();
    if let Some(session) = state.sessions.get(id) {
        let token = token.ok_or_else(refusal::invalid_token)?;
        if !bool::from(token.ct_eq(session.token.expose().as_bytes())) || !still_its_role(&state.account, session) {
            return Err(refusal::invalid_token());
        }
        check(request, &session.secret)?;
        // Told only to who holds the session.
        if session.role.expires <= now {
            return Err(refusal::expired_token());
        }
        return Ok(Identity::AssumedRole(session.role.clone()));
    }
    if let Some((_, secret)) = state.root_key.as_ref().filter(|(root_id, _)| root_id == id && token.is_none()) {
        check(request, secret)?;
        return Ok(Identity::Root { arn: state.account.arn("root"), id: state.account.id.to_string() });
    }
    let Some((user, key)) = state.account.owner_of_key(id) else { return Err(refusal::invalid_token()) };
    // A long-lived key goes with no token, whoever's it is.
    if token.is_some() || key.status == KeyStatus::Inactive {
        return Err(refusal::invalid_token());
    }
    check(request, &key.secret)?;
    Ok(Identity::User { name: user.name.clone(), arn: state.account.arn(&user.resource()), id: user.id.clone() })
}

/// A role deleted and made anew under the same name is another one, and none of the old one's sessions is its.
fn still_its_role(account: &Account, session: &crate::sandbox::sts::session::SessionCredentials) -> bool {
    account.roles.get(&session.role.role_name).is_some_and(|role| role.id == session.role.role_id)
}

fn check(request: &WithBody<'_>, secret: &Secret) -> Result<(), ServiceError> {
    let id = request.signed().access_key_id();
    let identity: SigningIdentity = Credentials::new(id, secret.expose(), None, None, "sandbox").into();
    match request.is_by(&identity) {
        Ok(true) => Ok(()),
        Ok(false) => Err(refusal::wrong_signature()),
        Err(refused) => Err(refusal::of_signature(&refused)),
    }
}
