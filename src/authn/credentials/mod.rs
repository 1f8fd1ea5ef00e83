//! Gateway credentials: short-lived SigV4 key pairs that the [exchange](crate::exchange) gives for a proof of identity.
//!
//! Made as STS makes its own, so that any replica verifies them without shared state. The session token holds the caller,
//! sealed ([`crate::sealing`]); the secret access key is an HMAC of the token under another key of the same root, so it
//! belongs to every byte of it; the access key id stands in the token, too. Which role a caller gets is not in it: the role
//! mapping is looked up at every request.
//!
//! # States
//! *Issued* for one environment, until it *expires*. It can be *revoked* before, by itself or with its caller, person,
//! issuer or sealing key (`[[revoked]]`), and it is good for nothing once its sealing key is gone.

mod claims;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use jiff::Timestamp;
use subtle::ConstantTimeEq;

use self::claims::Claims;
use super::caller::Caller;
use super::sigv4::SigV4Refusal;
use crate::random::Random;
use crate::sealing::{Keyset, Kind, OpenError};
use crate::secret::Secret;

/// What the access key ids of gateway credentials begin with; those of the keyring begin with `IMGK`.
pub const PREFIX: &str = "IMGT";

/// The longest session token that is looked at, in characters: no caller's comes near it.
pub const LONGEST_TOKEN: usize = 8192;

/// The codes of the refusals that only credentials meet, which the tests of this module provoke.
#[cfg(test)]
pub(in crate::authn) const REFUSALS: [&str; 6] = [
    "session_token_missing",
    "credentials_malformed",
    "credentials_foreign",
    "credentials_altered",
    "credentials_key_mismatch",
    "credentials_expired",
];

/// A key pair with its session token, as `credential_process` programs print it.
#[derive(Debug)]
pub struct GatewayCredentials {
    /// The public half; records name the credentials by it.
    pub access_key_id: String,
    /// What requests are signed with.
    pub secret_access_key: Secret,
    /// What every request carries.
    pub session_token: Secret,
    /// From when on they are refused.
    pub expires: Timestamp,
}

/// For whom, where and how long.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// The caller that proved itself.
    pub caller: &'a Caller,
    /// The environment that they are good for.
    pub environment: &'a str,
    /// What the proof is called that they are given for, such as a token's `jti`.
    pub proof: Option<&'a str>,
    /// When they are issued.
    pub issued: Timestamp,
    /// From when on they are refused; in whole seconds.
    pub expires: Timestamp,
}

/// Makes gateway credentials.
#[must_use]
pub fn issue(keyset: &Keyset, random: &dyn Random, grant: Grant<'_>) -> GatewayCredentials {
    let (mut id, mut nonce) = ([0; 10], [0; 12]);
    random.fill(&mut id);
    random.fill(&mut nonce);
    let access_key_id = format!("{PREFIX}{}", BASE32_NOPAD.encode(&id));
    let claims = Claims {
        access_key_id: access_key_id.as_str().into(),
        caller: grant.caller.clone(),
        environments: vec![grant.environment.to_owned()],
        proof: grant.proof.map(Into::into),
        issued: grant.issued.as_millisecond(),
        expires: grant.expires.as_second(),
    };
    let content = serde_json::to_vec(&claims).expect("texts and numbers are always JSON");
    let token = keyset.seal(Kind::Credentials, nonce, content);
    let secret = BASE64URL_NOPAD.encode(keyset.secret(&token).as_ref());
    GatewayCredentials {
        access_key_id,
        secret_access_key: Secret::new(secret),
        session_token: Secret::new(token),
        expires: grant.expires,
    }
}

/// A session token that was opened: whose it is, once the request turns out to be signed with [`Self::secret`].
#[derive(Debug)]
pub(in crate::authn) struct OpenedCredentials {
    pub(in crate::authn) caller: Arc<Caller>,
    pub(in crate::authn) environments: Arc<[String]>,
    pub(in crate::authn) secret: Secret,
    pub(in crate::authn) sealing_key: Arc<str>,
    pub(in crate::authn) proof: Option<Arc<str>>,
    pub(in crate::authn) issued: Timestamp,
    pub(in crate::authn) expires: Timestamp,
}

/// Opens the session token that came with this access key id.
pub(in crate::authn) fn open(
    keyset: &Keyset,
    access_key_id: &str,
    token: &[u8],
) -> Result<OpenedCredentials, SigV4Refusal> {
    let malformed = SigV4Refusal::CredentialsMalformed;
    let token = std::str::from_utf8(token).ok().filter(|token| token.len() <= LONGEST_TOKEN).ok_or(malformed)?;
    let opened = keyset.open(token).map_err(|error| match error {
        OpenError::Malformed => SigV4Refusal::CredentialsMalformed,
        // Whoever has seen a token of a revoked key can show it, so nothing is told that key owners alone are told.
        OpenError::Foreign | OpenError::Revoked => SigV4Refusal::CredentialsForeign,
        OpenError::Altered => SigV4Refusal::CredentialsAltered,
    })?;
    if opened.kind != Kind::Credentials {
        return Err(SigV4Refusal::CredentialsMalformed);
    }
    // Nobody but a gateway with this key has written it: what does not read is of another version of this program.
    let claims: Claims<'_> = serde_json::from_slice(&opened.content).map_err(|_| SigV4Refusal::CredentialsForeign)?;
    let time = |read: Result<Timestamp, jiff::Error>| read.map_err(|_| SigV4Refusal::CredentialsForeign);
    if !bool::from(claims.access_key_id.as_bytes().ct_eq(access_key_id.as_bytes())) {
        return Err(SigV4Refusal::CredentialsKeyMismatch);
    }
    Ok(OpenedCredentials {
        secret: Secret::new(BASE64URL_NOPAD.encode(opened.secret(token).as_ref())),
        sealing_key: opened.root(),
        proof: claims.proof.as_deref().map(Into::into),
        issued: time(Timestamp::from_millisecond(claims.issued))?,
        expires: time(Timestamp::from_second(claims.expires))?,
        caller: Arc::new(claims.caller),
        environments: claims.environments.into(),
    })
}
