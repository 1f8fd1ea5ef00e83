//! From an HTTP request to its verified caller: by its signature, or by the access token that it came with.
//!
//! An access token is good at the MCP endpoints alone, and only where the configuration accepts any; everywhere else a request
//! with one is a request without a signature. It says nothing of what is asked, so it reads, unless scope and role mapping let
//! it write (`authorize::access`).

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::StatusCode;
use http::header::AUTHORIZATION;
use http::request::Parts;
use serde::Deserialize;

use super::refused::RefusedAuthentications;
use super::road::InForce;
use crate::authn::keyring::KeyUse;
use crate::authn::proofs::ProofClass;
use crate::authn::sigv4::{SigV4Refusal, SigV4Verifier};
use crate::authn::tokens::{TokenRefusal, Tokens};
use crate::authn::{Narrowing, Verified};
use crate::authorize::{map, mapping};
use crate::config::{Bearer, Config};
use crate::current::Current;
use crate::http::{Authenticate, BearerError, Challenge, Endpoint, Owner, Refusal, Service, ThroughProxy};
use crate::tools::catalogue::Catalogue;

/// Verifies signatures with the keys of the keyring and with gateway credentials, and access tokens with their issuers' keys.
#[derive(Debug)]
pub struct RequestAuthenticator {
    /// Verifies signatures.
    pub signatures: SigV4Verifier,
    /// Verifies access tokens.
    pub tokens: Arc<Tokens>,
    /// The configuration in force.
    pub in_force: Arc<Current<InForce>>,
    /// Which tools write.
    pub catalogue: Catalogue,
    /// Is told of every refusal, and records it.
    pub refused: Arc<RefusedAuthentications>,
}

/// What a request shows.
enum Shown<'r> {
    /// A signature, or nothing.
    Signature,
    /// An access token, or several things of which one may be one.
    Token(Result<&'r str, TokenRefusal>),
}

/// What the head of a request shows under this configuration.
fn shown<'r>(head: &'r Parts, config: &Config) -> Shown<'r> {
    if config.bearer.is_none() || service(head) != Service::Mcp {
        return Shown::Signature;
    }
    // RFC 6750, section 2.1; the scheme's name in any letter case (RFC 9110, section 11.1).
    let of_line = |line: &'r http::HeaderValue| {
        let (scheme, token) = line.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' '))
    };
    let lines = head.headers.get_all(AUTHORIZATION);
    match (lines.iter().find_map(of_line), lines.iter().count()) {
        (None, _) => Shown::Signature,
        (Some(token), 1) => Shown::Token(Ok(token)),
        (Some(_), _) => Shown::Token(Err(TokenRefusal::Malformed("there are several Authorization headers"))),
    }
}

fn service(head: &Parts) -> Service {
    head.extensions.get::<Endpoint>().map_or(Service::Mcp, |endpoint| endpoint.service)
}

/// What the client's owner can do about a refusal. That a load balancer may rewrite `Host` is said to who came through a
/// trusted one, who knows of it; neither the name that came nor the one that is configured is told.
fn hint(head: &Parts, refusal: &SigV4Refusal) -> Option<String> {
    let hint = refusal.hint()?;
    let through = head.extensions.get::<ThroughProxy>().filter(|_| *refusal == SigV4Refusal::SignatureMismatch);
    Some(match through.map(|through| &through.signed_host) {
        None => hint,
        Some(None) => format!(
            "{hint}; where the load balancer rewrites the Host header, the gateway's operator names the host that clients \
             sign for in listen.signed_host"
        ),
        Some(Some(_)) => format!(
            "{hint}; through this load balancer, requests must be signed for the host that the gateway's operator named in \
             listen.signed_host"
        ),
    })
}

fn environment(head: &Parts) -> Option<&str> {
    head.extensions.get::<Endpoint>().and_then(|endpoint| endpoint.environment.as_deref())
}

impl RequestAuthenticator {
    fn signed(&self, config: &Config, head: &Parts, body: &Bytes) -> Result<Verified, SigV4Refusal> {
        let host = head.extensions.get::<ThroughProxy>().and_then(|through| through.signed_host.as_deref());
        let verified = self.signatures.verify_for(head, body, host)?;
        if config.revoked.cover(&verified.presented()) {
            return Err(SigV4Refusal::Revoked);
        }
        match environment(head) {
            // A key that is good for an environment may know that it is not served, any other key may not.
            Some(named) => verified.good_for(named)?,
            // Without a default environment the road says so, to callers whoever they are.
            None => {
                if let Ok(environment) = mapping::environment(config, None) {
                    verified.good_for(environment.name.as_str())?;
                }
            }
        }
        verified.meant_for(match service(head) {
            Service::Approvals => KeyUse::Approvals,
            Service::Mcp | Service::Exchange => KeyUse::Calls,
        })?;
        Ok(verified)
    }

    fn with_token(&self, config: &Config, head: &Parts, token: &str) -> Result<Verified, TokenRefusal> {
        let verified = self.tokens.bearer(token, config, environment(head))?;
        if config.revoked.cover(&verified.presented()) {
            return Err(TokenRefusal::Revoked);
        }
        Ok(verified)
    }

    fn refuse_signature(&self, config: &Config, head: &Parts, refusal: &SigV4Refusal) -> Refusal {
        self.refused.note_signature(head, refusal);
        let mut answer = Refusal::new(StatusCode::UNAUTHORIZED, refusal.code(), refusal.to_string());
        answer = answer.logged_as(refusal.recorded(|name| config.environments.get(name).is_some()));
        if let Some(hint) = hint(head, refusal) {
            answer = answer.with_hint(hint);
        }
        // Who shows nothing is told both ways; whose signature is wrong has chosen one.
        if *refusal == SigV4Refusal::MissingAuthorization
            && service(head) == Service::Mcp
            && let Some(bearer) = &config.bearer
        {
            answer = answer.with_challenge(challenge(bearer, head, &bearer.read_scope, None));
        }
        answer.with_challenge(Challenge::SigV4)
    }

    fn refuse_token(&self, config: &Config, head: &Parts, refusal: &TokenRefusal) -> Refusal {
        self.refused.note_bearer(head, refusal);
        let (status, error) = match refusal.class() {
            ProofClass::Malformed | ProofClass::Refused => (StatusCode::UNAUTHORIZED, Some(BearerError::InvalidToken)),
            // Another token of the same issuer would say the same: only of the scope that is not so.
            ProofClass::NotAccepted | ProofClass::NoPlace => (StatusCode::FORBIDDEN, None),
            ProofClass::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, None),
        };
        let is_served = environment(head).is_none_or(|name| config.environments.get(name).is_some());
        let mut answer = Refusal::new(status, refusal.code(), refusal.to_string());
        answer = answer.logged_as(refusal.recorded(is_served));
        if let Some(hint) = refusal.hint() {
            answer = answer.with_hint(hint);
        }
        if let ProofClass::Unavailable { retry_after } = refusal.class() {
            answer = answer.with_retry_after(retry_after);
        }
        let Some(bearer) = &config.bearer else { return answer };
        match (refusal, error) {
            (TokenRefusal::InsufficientScope { scope }, _) => {
                answer.with_challenge(challenge(bearer, head, scope, Some(BearerError::InsufficientScope)))
            }
            (_, Some(error)) => answer.with_challenge(challenge(bearer, head, &bearer.read_scope, Some(error))),
            (_, None) => answer,
        }
    }

    /// Whether a call with an access token for reading is one that a token for writing could make.
    fn wants_writing_scope(&self, config: &Config, head: &Parts, body: &[u8], verified: &Verified) -> bool {
        // Only who is answered is decided by this: what the road reads of the body decides whether anything is written.
        let Ok(Asked { method, params: Some(Params { name: Some(name) }) }) = serde_json::from_slice(body) else {
            return false;
        };
        method == "tools/call"
            && self.catalogue.find(&name).is_some_and(|tool| tool.spec.effect.writes())
            && map(config, environment(head), verified.caller()).is_ok_and(|mapped| mapped.mapping.bearer_writes)
    }
}

fn challenge(bearer: &Bearer, head: &Parts, scope: &str, error: Option<BearerError>) -> Challenge {
    let path = environment(head).map(|environment| format!("/{environment}")).unwrap_or_default();
    Challenge::Bearer {
        resource_metadata: format!("{}/.well-known/oauth-protected-resource/mcp{path}", bearer.url),
        scope: scope.to_owned(),
        error,
    }
}

impl Authenticate for RequestAuthenticator {
    fn prepare(&self, head: &Parts) -> Option<BoxFuture<'static, ()>> {
        let in_force = self.in_force.get();
        let Shown::Token(Ok(token)) = shown(head, &in_force.config) else { return None };
        let keys = self.tokens.keys_for(token, &in_force.config, environment(head))?;
        Some(Box::pin(keys))
    }

    fn authenticate(&self, head: &mut Parts, body: &Bytes) -> Result<(), Refusal> {
        let in_force = self.in_force.get();
        let config = &in_force.config;
        let verified = match shown(head, config) {
            Shown::Signature => {
                self.signed(config, head, body).map_err(|refusal| self.refuse_signature(config, head, &refusal))?
            }
            Shown::Token(token) => token
                .and_then(|token| self.with_token(config, head, token))
                .map_err(|refusal| self.refuse_token(config, head, &refusal))?,
        };
        head.extensions.insert(Owner(verified.caller().digest()));
        head.extensions.insert(Arc::new(verified));
        Ok(())
    }

    fn suffices(&self, head: &Parts, body: &Bytes) -> Result<(), Refusal> {
        let Some(verified) = head.extensions.get::<Arc<Verified>>() else { return Ok(()) };
        if verified.narrowing() != Narrowing::ReadingScope {
            return Ok(());
        }
        let in_force = self.in_force.get();
        let config = &in_force.config;
        match &config.bearer {
            Some(bearer) if self.wants_writing_scope(config, head, body, verified) => {
                let refusal = TokenRefusal::InsufficientScope { scope: bearer.write_scope.clone() };
                Err(self.refuse_token(config, head, &refusal))
            }
            _ => Ok(()),
        }
    }
}

#[derive(Deserialize)]
struct Asked {
    method: String,
    params: Option<Params>,
}

#[derive(Deserialize)]
struct Params {
    name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint_of(refusal: &SigV4Refusal, through: Option<Option<&str>>) -> String {
        let mut head = http::Request::new(()).into_parts().0;
        if let Some(host) = through {
            head.extensions.insert(ThroughProxy { signed_host: host.map(Into::into) });
        }
        hint(&head, refusal).unwrap()
    }

    #[test]
    fn only_who_came_through_a_trusted_proxy_hears_that_it_may_rewrite_the_host() {
        let name = "iam-mcp.example.internal";
        let mismatch = SigV4Refusal::SignatureMismatch;
        assert!(!hint_of(&mismatch, None).contains("listen."));
        for through in [None, Some(name)] {
            let hint = hint_of(&mismatch, Some(through));
            assert!(hint.contains("listen.signed_host") && !hint.contains(name), "{hint}");
            assert!(!hint_of(&SigV4Refusal::UnknownKey, Some(through)).contains("listen."));
        }
    }
}
