//! Tokens: JWTs that an issuer signed with a key whose public half it publishes.
//!
//! The way of one token: it is taken apart (`jwt`), its `iss` picks one of the configured issuers and nothing else, what every
//! token must say is looked at (`claims`), its key is there or is fetched (`cache`, `fetch`, `keys`), its signature holds, and
//! only then its claims become a caller (`web_identity` for AWS's own tokens, `oidc` for those of other issuers) and what it
//! may do (`bearer`). So no issuer is asked for what can be refused without it, and a stranger learns nothing of conditions
//! and templates, which are told only to whoever has a genuine token. Of an access token, which comes with every request, the
//! signature is verified once (`checked`).
//!
//! A token is good for the exchange or for requests, never for both: each has an audience of its own.

pub mod bearer;
mod cache;
mod checked;
mod claims;
pub mod fetch;
mod jwt;
mod keys;
mod oidc;
mod refusal;
#[cfg(test)]
mod tests;
mod web_identity;

use std::future::Future;
use std::sync::Arc;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

pub use jwt::LONGEST as LONGEST_TOKEN;
pub use refusal::TokenRefusal;

use self::cache::KeyCache;
use self::checked::Checked;
use self::claims::Standard;
use self::fetch::{Fetch, Source};
use self::jwt::Jwt;
use self::keys::PublicKey;
use crate::authn::keyring::KeyUses;
use crate::authn::proofs::{ProofRefusal, Proven};
use crate::authn::{Evidence, Verified};
use crate::clock::SharedClock;
use crate::config::{Config, Issuer, WebIdentityIssuer};

/// Verifies tokens.
#[derive(Debug)]
pub struct Tokens {
    keys: Arc<KeyCache>,
    checked: Checked,
    clock: SharedClock,
}

/// A configured issuer whose tokens can be exchanged.
#[derive(Clone, Copy)]
enum Exchanged<'c> {
    WebIdentity(&'c WebIdentityIssuer),
    Oidc(&'c Issuer),
}

impl Exchanged<'_> {
    fn source(self) -> Source {
        match self {
            Self::WebIdentity(issuer) => web_identity::source(issuer),
            Self::Oidc(issuer) => source(issuer),
        }
    }
}

/// An access token of which everything is known that can be, without its issuer's keys.
struct Presented<'t, 'c> {
    jwt: Jwt<'t>,
    standard: Standard,
    issuer: &'c Issuer,
}

impl Tokens {
    /// A verifier that gets keys by `fetch`.
    #[must_use]
    pub fn new(fetch: Arc<dyn Fetch>, clock: SharedClock) -> Self {
        Self { keys: Arc::new(KeyCache::new(fetch)), checked: Checked::default(), clock }
    }

    /// Who the bearer of a token is, for the exchange.
    ///
    /// # Errors
    /// When it is not accepted, does not hold, or its issuer's keys cannot be had.
    pub async fn prove(&self, token: &str, config: &Config) -> Result<Proven, ProofRefusal> {
        Ok(self.proven(token, config).await?)
    }

    async fn proven(&self, token: &str, config: &Config) -> Result<Proven, TokenRefusal> {
        let jwt = Jwt::read(token)?;
        let issuer = exchanged(config, jwt.issuer()?).ok_or(TokenRefusal::Issuer)?;
        Standard::check(&jwt.claims, &config.exchange.audience, self.clock.now())?;
        let key = self.keys.key(&issuer.source(), &jwt.key_id).await?;
        verify(&jwt, &key)?;
        // The issuer may have taken its time.
        let standard = Standard::check(&jwt.claims, &config.exchange.audience, self.clock.now())?;
        let (caller, until) = match issuer {
            Exchanged::WebIdentity(issuer) => {
                let (caller, until) = web_identity::caller(issuer, &jwt.claims, &standard)?;
                (caller, until)
            }
            Exchanged::Oidc(issuer) => (oidc::caller(issuer, &jwt.claims, &standard)?, Some(standard.expires)),
        };
        let mut details = Map::new();
        details.insert("kind".into(), caller.kind.as_str().into());
        details.insert("issuer".into(), issuer.source().issuer.as_str().into());
        details.insert("tokenId".into(), standard.id.clone().map_or(Value::Null, Value::from));
        details.insert("keyId".into(), jwt.key_id.into());
        details.insert("issuedAt".into(), standard.issued.to_string().into());
        Ok(Proven { caller, until, issued: Some(standard.issued), id: standard.id, details })
    }

    /// Whose request it is that came with this access token, at the MCP endpoint of this environment or of the default one.
    /// Computes and does not wait: the issuer's keys must be there, which [`Self::keys_for`] sees to.
    ///
    /// # Errors
    /// When the token is not accepted, or does not hold.
    pub fn bearer(&self, token: &str, config: &Config, environment: Option<&str>) -> Result<Verified, TokenRefusal> {
        let bearer = config.bearer.as_ref().ok_or(TokenRefusal::Issuer)?;
        let Presented { jwt, standard, issuer } = self.presented(token, config, environment)?;
        let key = self.keys.kept(&source(issuer), &jwt.key_id)?;
        let token_sha256 = Sha256::digest(token.as_bytes()).into();
        self.checked.verify(&jwt, token_sha256, &key)?;
        let caller = oidc::caller(issuer, &jwt.claims, &standard)?;
        let may_write = bearer::may_write(bearer, &jwt.claims)?;
        let named = match environment {
            Some(named) => Some(named),
            None => config.environments.default_environment().map(|environment| environment.name.as_str()),
        };
        Ok(Verified {
            caller: Arc::new(caller),
            environments: named.into_iter().map(ToOwned::to_owned).collect(),
            uses: KeyUses::CALLS,
            issued: standard.issued.min(self.clock.now()),
            evidence: Evidence::Bearer { token_sha256, id: standard.id, may_write },
        })
    }

    /// Gets the keys that [`Self::bearer`] needs for this token, if they are not there: at a bounded rate, in bounded time, and
    /// for a token that nothing else speaks against. `None` if nothing has to be done.
    #[must_use]
    pub fn keys_for(
        &self,
        token: &str,
        config: &Config,
        environment: Option<&str>,
    ) -> Option<impl Future<Output = ()> + Send + 'static> {
        let Presented { jwt, issuer, .. } = self.presented(token, config, environment).ok()?;
        let (source, keys) = (source(issuer), Arc::clone(&self.keys));
        if keys.is_settled(&source, &jwt.key_id) {
            return None;
        }
        // Whether the key is there now is told when the token is verified.
        Some(async move { drop(keys.key(&source, &jwt.key_id).await) })
    }

    fn presented<'t, 'c>(
        &self,
        token: &'t str,
        config: &'c Config,
        environment: Option<&str>,
    ) -> Result<Presented<'t, 'c>, TokenRefusal> {
        let bearer = config.bearer.as_ref().ok_or(TokenRefusal::Issuer)?;
        let jwt = Jwt::read(token)?;
        let named = jwt.issuer()?;
        let issuer = config.issuers.iter().find(|issuer| issuer.bearer && issuer.url.as_str() == named);
        let issuer = issuer.ok_or(TokenRefusal::Issuer)?;
        let resource = bearer::resource(bearer, environment);
        let standard = Standard::check(&jwt.claims, &resource, self.clock.now())?;
        Ok(Presented { jwt, standard, issuer })
    }
}

/// The issuer whose tokens say so in `iss`, to the letter.
fn exchanged<'c>(config: &'c Config, named: &str) -> Option<Exchanged<'c>> {
    let of_aws = config.exchange.web_identity.iter().find(|issuer| issuer.issuer.as_str() == named);
    let other = || config.issuers.iter().find(|issuer| issuer.exchange && issuer.url.as_str() == named);
    of_aws.map(Exchanged::WebIdentity).or_else(|| other().map(Exchanged::Oidc))
}

fn source(issuer: &Issuer) -> Source {
    Source { issuer: issuer.url.clone(), keys: issuer.keys.clone() }
}

/// The algorithm must be the key's, and the signature made with it.
fn verify(jwt: &Jwt<'_>, key: &PublicKey) -> Result<(), TokenRefusal> {
    if jwt.algorithm != key.algorithm() {
        return Err(TokenRefusal::Algorithm);
    }
    if key.verifies(jwt.signed, &jwt.signature) { Ok(()) } else { Err(TokenRefusal::Signature) }
}
