//! AWS Signature Version 4, verified with the keys of the [keyring](crate::authn::keyring) and with
//! [gateway credentials](crate::authn::credentials).
//!
//! The request is signed anew with the key's secret, by the `aws-sigv4` crate over exactly what the client says it
//! signed, and the two signatures are compared in constant time. Around that stand the rules that make the signature
//! mean something: what must be among the signed, what may stand there only once, for what and when it was signed. They
//! are made in a fixed order, none of them before the key is looked up depends on the key, and an unknown key is
//! computed with like a known one, so neither the answer nor its time tells a guesser more than the request's own form.
//!
//! Verify the request as it came: before any layer that normalizes the path, decompresses the body, or adds or rewrites
//! headers, and with the body already limited in size. Which hosts are served is not asked here: `Host` is signed, so
//! whoever knows the accepted hosts can trust it afterwards, unless it was verified for a host of the configuration.
//!
//! Nothing is cached from request to request: deriving the signing key is about 1 µs of the whole, and a cache would
//! hold more key material for longer.

pub(super) mod authorization;
pub(super) mod date;
mod headers;
mod options;
mod payload;
mod refusal;
mod signature;
pub(crate) mod signed;
mod target;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws_smithy_runtime_api::client::identity::Identity;
use http::request::Parts;
use jiff::Timestamp;

pub use options::{SigV4Options, SigV4OptionsError};
pub use refusal::{ScopePart, SigV4Refusal};

use crate::authn::credentials;
use crate::authn::keyring::{Key, KeyStatus, KeyUses, Keyring, identity};
use crate::authn::verified::{Evidence, Verified};
use crate::clock::SharedClock;
use crate::sealing::SharedKeyset;
use crate::secret::Secret;
use authorization::Authorization;
use signed::{Signed, TERMINATOR, WithBody};

/// Verifies signed requests.
#[derive(Debug)]
pub struct SigV4Verifier {
    options: SigV4Options,
    keyring: Arc<Keyring>,
    keyset: Option<SharedKeyset>,
    clock: SharedClock,
    /// Stands in for a key that does not exist; a signature made with it is refused like any other of an unknown key.
    decoy: Identity,
}

impl SigV4Verifier {
    /// A verifier of signatures within the scope of `options`, made with keys of `keyring`.
    #[must_use]
    pub fn new(options: SigV4Options, keyring: Arc<Keyring>, clock: SharedClock) -> Self {
        let decoy = identity("IMGKAAAAAAAAAAAAAAAA", &Secret::new("A".repeat(40)));
        Self { options, keyring, keyset: None, clock, decoy }
    }

    /// The same, which also verifies gateway credentials whose session tokens these keys sealed.
    #[must_use]
    pub fn with_credentials(self, keyset: SharedKeyset) -> Self {
        Self { keyset: Some(keyset), ..self }
    }

    /// Verifies the request as it came from the client, with its whole body.
    ///
    /// # Errors
    /// The first rule that the request breaks.
    pub fn verify(&self, head: &Parts, body: &[u8]) -> Result<Verified, SigV4Refusal> {
        self.verify_for(head, body, None)
    }

    /// The same for a request whose `Host` header was this when the client signed it, and may have been rewritten since by
    /// who passed it on. To be given for nobody else: whoever sends a request is then free to choose its `Host`.
    ///
    /// # Errors
    /// The first rule that the request breaks.
    pub fn verify_for(&self, head: &Parts, body: &[u8], host: Option<&str>) -> Result<Verified, SigV4Refusal> {
        let now = self.clock.now();
        let request = Signed::read(head)?.for_host(host);
        self.check_scope(&request)?;
        self.check_skew(request.signed_at(), now)?;
        let is_of_credentials = request.access_key_id().starts_with(credentials::PREFIX);
        match (request.session_token(), is_of_credentials) {
            (Some(token), true) => return self.verify_credentials(request.with_body(body)?, token, now),
            (Some(_), false) => return Err(SigV4Refusal::SessionTokenNotAccepted),
            (None, true) => return Err(SigV4Refusal::SessionTokenMissing),
            (None, false) => {}
        }
        let request = request.with_body(body)?;
        let signed = request.signed();

        let key = self.keyring.lookup(signed.access_key_id());
        let genuine = request.is_by(key.as_deref().map_or(&self.decoy, Key::identity))?;
        let key = judge(key, genuine, now)?;
        Ok(Verified {
            caller: Arc::clone(key.caller()),
            environments: Arc::clone(key.environments()),
            uses: key.info().uses,
            issued: key.info().created_at,
            evidence: Evidence::Signature {
                access_key_id: key.info().access_key_id.clone(),
                signature: signed.signature(),
                signed_at: signed.signed_at(),
                sealing_key: None,
                proof: None,
            },
        })
    }

    /// Verifies a request that is signed with gateway credentials: by what their session token says, in which no byte can
    /// have been changed, and by the secret that belongs to it. When they expire is told only to who has both.
    #[expect(clippy::needless_pass_by_value, reason = "the request was taken apart for this")]
    fn verify_credentials(
        &self,
        request: WithBody<'_>,
        token: &[u8],
        now: Timestamp,
    ) -> Result<Verified, SigV4Refusal> {
        let signed = request.signed();
        let keyset = self.keyset.as_ref().ok_or(SigV4Refusal::SessionTokenNotAccepted)?.get();
        let opened = credentials::open(&keyset, signed.access_key_id(), token)?;
        if !request.is_by(&identity(signed.access_key_id(), &opened.secret))? {
            return Err(SigV4Refusal::SignatureMismatch);
        }
        if opened.expires <= now {
            return Err(SigV4Refusal::CredentialsExpired { at: opened.expires });
        }
        Ok(Verified {
            caller: opened.caller,
            environments: opened.environments,
            uses: KeyUses::CALLS,
            issued: opened.issued,
            evidence: Evidence::Signature {
                access_key_id: signed.access_key_id().to_owned(),
                signature: signed.signature(),
                signed_at: signed.signed_at(),
                sealing_key: Some(opened.sealing_key),
                proof: opened.proof,
            },
        })
    }

    /// The access key id that a request claims to be signed with: nothing that may be believed, but what the record of a
    /// refusal should name.
    #[must_use]
    pub fn claimed_access_key_id(head: &Parts) -> Option<&str> {
        Authorization::of(&head.headers).ok().map(|authorization| authorization.access_key_id)
    }

    fn check_scope(&self, request: &Signed<'_>) -> Result<(), SigV4Refusal> {
        let mismatch = |part, expected: &str| {
            Err(SigV4Refusal::ScopeMismatch { part, expected: expected.into(), options: self.options.client_options() })
        };
        if request.terminator() != TERMINATOR {
            return mismatch(ScopePart::Terminator, TERMINATOR);
        }
        if request.service() != self.options.service {
            return mismatch(ScopePart::Service, &self.options.service);
        }
        if !self.options.regions.iter().any(|region| region == request.region()) {
            return mismatch(ScopePart::Region, &self.options.regions.join(" or "));
        }
        if request.scope_date() != request.day() {
            return mismatch(ScopePart::Date, request.day());
        }
        Ok(())
    }

    fn check_skew(&self, signed_at: Timestamp, now: Timestamp) -> Result<(), SigV4Refusal> {
        let max_skew = self.options.max_skew;
        if now.duration_since(signed_at).abs() <= max_skew {
            return Ok(());
        }
        let now = Timestamp::from_second(now.as_second()).expect("a second of a valid time is valid");
        Err(SigV4Refusal::ClockSkew { signed_at, now, max_skew })
    }
}

/// What a key's state is, only its owner is told.
fn judge(key: Option<Arc<Key>>, genuine: bool, now: Timestamp) -> Result<Arc<Key>, SigV4Refusal> {
    let key = key.ok_or(SigV4Refusal::UnknownKey)?;
    if !genuine {
        return Err(SigV4Refusal::SignatureMismatch);
    }
    if key.info().status == KeyStatus::Inactive {
        return Err(SigV4Refusal::InactiveKey);
    }
    match key.info().expires_at {
        Some(at) if at <= now => Err(SigV4Refusal::ExpiredKey { at }),
        _ => Ok(key),
    }
}
