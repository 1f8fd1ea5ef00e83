//! A small OpenID provider and OAuth authorization server, so that access tokens can be tried and tested.
//!
//! It does what MCP's authorization chapter asks of one (OAuth 2.1 with PKCE, RFC 7591, RFC 8414, RFC 8707, RFC 9207),
//! and it asks nobody: whoever comes is approved at once, as the person of the account that `login_hint` names. It is an
//! emulator on loopback, and only applications on this machine are sent codes.
//!
//! Nothing in it grows without bound: of clients, codes and refresh tokens it keeps so many and no more.

mod authorize;
mod clients;
mod discovery;
mod grants;
mod people;
mod refused;
mod register;
#[cfg(test)]
mod tests;
mod token;

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use self::clients::Clients;
use self::grants::Grants;
use super::jwt::{SigningKeys, TokenAlgorithm};

pub(super) use authorize::authorize;
pub(super) use discovery::discovery;
pub(super) use refused::Refused;
pub(super) use register::register;
pub(super) use token::token;

/// What tokens can be signed with; the first is the default.
const ALGORITHMS: [TokenAlgorithm; 3] = [TokenAlgorithm::Rs256, TokenAlgorithm::Es256, TokenAlgorithm::EdDsa];

/// The issuer's keys, its clients, and what it granted.
#[derive(Debug)]
pub(super) struct Oidc {
    keys: SigningKeys,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    clients: Clients,
    grants: Grants,
}

impl Oidc {
    /// An issuer that knows nobody yet.
    pub(super) fn new() -> Self {
        Self { keys: SigningKeys::of(&ALGORITHMS), state: Mutex::default() }
    }

    /// Its key set.
    pub(super) fn key_set(&self) -> Value {
        self.keys.key_set()
    }

    /// The claims as a token; none where it has no key of this kind.
    pub(super) fn sign(&self, algorithm: TokenAlgorithm, claims: &Value) -> Option<String> {
        self.keys.sign(algorithm, claims)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The issuer's URL for a sandbox at this address, such as `http://127.0.0.1:4100`.
pub(super) fn issuer_at(base: &str) -> String {
    format!("{base}/oidc")
}
