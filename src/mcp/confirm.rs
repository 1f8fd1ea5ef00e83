//! Confirmation at the strength `model`: the first call answers a plan and a token, the second passes the token back.
//!
//! # States of a token
//! *Issued* for one binding: the caller, the tool, the exact arguments and the plan, which holds the observed state of
//! what will change. *Used* when a call with the same binding passes it; a token is used once. *Expired* after
//! `tools.confirmation_seconds`. A call whose binding differs (other arguments, another caller, or the account changed
//! meanwhile) is refused and does not use the token up.
//!
//! The token is sealed (AES-256-GCM), so a client can neither read nor make one. Without `[sealing]` keys the key is this
//! process's own and its tokens end with it. What was used is remembered here; a token issued before this process
//! started is refused, since its use may have been forgotten.
//!
//! This strength asks the model, not a person: a model that wants to can pass its own token. It slows mistakes down, it
//! does not stop a hostile agent.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::clock::SharedClock;
use crate::config::{SealingKey, SealingState};
use crate::random::SharedRandom;
use crate::tools::ToolError;

/// How many used tokens are remembered until they expire.
const REMEMBERED: usize = 10_000;
/// The first byte of every token.
const VERSION: u8 = 1;

/// What a token is bound to: a SHA-256 over everything that the plan was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding([u8; 32]);

impl Binding {
    /// The binding of this value, which must hold the caller, the tool, the arguments and the plan.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        let canonical = serde_json_canonicalizer::to_vec(value).expect("a JSON value serializes");
        Self(Sha256::digest(canonical).into())
    }
}

/// A token and when it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The sealed token.
    pub token: String,
    /// When it stops being accepted.
    pub expires: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    #[serde(rename = "b")]
    binding: String,
    /// Milliseconds since 1970.
    #[serde(rename = "i")]
    issued: i64,
    #[serde(rename = "n")]
    nonce: String,
}

/// Issues and accepts confirmation tokens.
#[derive(Debug)]
pub struct Confirmer {
    keys: Vec<Key>,
    lifetime: Duration,
    started: Timestamp,
    clock: SharedClock,
    random: SharedRandom,
    used: Mutex<HashMap<String, Timestamp>>,
}

#[derive(Debug)]
struct Key {
    id: String,
    seals: bool,
    key: LessSafeKey,
}

impl Key {
    fn new(id: &str, seals: bool, bytes: &[u8]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, bytes).expect("sealing keys have 32 bytes");
        Self { id: id.to_owned(), seals, key: LessSafeKey::new(key) }
    }
}

impl Confirmer {
    /// A confirmer whose tokens last for `lifetime`; without `keys` it makes a key of its own.
    #[must_use]
    pub fn new(keys: &[SealingKey], lifetime: Duration, clock: SharedClock, random: SharedRandom) -> Self {
        let mut keys: Vec<Key> =
            keys.iter().map(|key| Key::new(key.id(), key.state() == SealingState::Seal, key.expose())).collect();
        if keys.is_empty() {
            let mut bytes = zeroize::Zeroizing::new([0u8; 32]);
            random.fill(bytes.as_mut());
            keys.push(Key::new("process", true, bytes.as_ref()));
        }
        Self { keys, lifetime, started: clock.now(), clock, random, used: Mutex::default() }
    }

    /// A token for this binding.
    #[must_use]
    pub fn issue(&self, binding: Binding) -> Issued {
        let now = self.clock.now();
        let mut nonce = [0u8; NONCE_LEN];
        self.random.fill(&mut nonce);
        let claims = Claims {
            binding: BASE64URL_NOPAD.encode(&binding.0),
            issued: now.as_millisecond(),
            nonce: BASE64URL_NOPAD.encode(&nonce),
        };
        let key = self.keys.iter().find(|key| key.seals).expect("the configuration has exactly one key that seals");
        let id = u8::try_from(key.id.len()).expect("key ids are short");
        let mut token = vec![VERSION, id];
        token.extend_from_slice(key.id.as_bytes());
        let header = token.clone();
        token.extend_from_slice(&nonce);
        let mut sealed = serde_json::to_vec(&claims).expect("plain strings");
        key.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(header), &mut sealed)
            .expect("a short message can be sealed");
        token.append(&mut sealed);
        Issued { token: BASE64URL_NOPAD.encode(&token), expires: now + self.signed_lifetime() }
    }

    /// Accepts a token for this binding, once.
    ///
    /// # Errors
    /// `ConfirmationInvalid`, `ConfirmationExpired`, `ConfirmationMismatch`, `ConfirmationUsed` or `ConfirmationsFull`.
    pub fn accept(&self, token: &str, binding: Binding) -> Result<(), ToolError> {
        let now = self.clock.now();
        let claims = self.open(token).ok_or_else(|| {
            refusal("ConfirmationInvalid", "this is no confirmation_token of this gateway", "pass it back unchanged")
        })?;
        let issued = Timestamp::from_millisecond(claims.issued).unwrap_or(Timestamp::MIN);
        let expires = issued + self.signed_lifetime();
        if now >= expires || issued < self.started {
            return Err(refusal(
                "ConfirmationExpired",
                "the confirmation_token has expired, or the gateway was restarted since",
                "call again without it to get a new plan and token",
            ));
        }
        if claims.binding != BASE64URL_NOPAD.encode(&binding.0) {
            return Err(refusal(
                "ConfirmationMismatch",
                "the confirmation_token is for another plan: the arguments, the caller or the account's state changed",
                "call again without it to see what would be done now",
            ));
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, expires| *expires > now);
        if used.len() >= REMEMBERED {
            return Err(refusal(
                "ConfirmationsFull",
                "too many confirmations within the lifetime of a token",
                "try again in a few minutes",
            )
            .retryable());
        }
        if used.insert(claims.nonce, expires).is_some() {
            return Err(refusal(
                "ConfirmationUsed",
                "the confirmation_token was used already",
                "call again without it to get a new plan and token",
            ));
        }
        Ok(())
    }

    fn open(&self, token: &str) -> Option<Claims> {
        let mut bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let [VERSION, length, ..] = bytes.as_slice() else { return None };
        let header_length = 2 + usize::from(*length);
        let id = bytes.get(2..header_length)?;
        let key = self.keys.iter().find(|key| key.id.as_bytes() == id)?;
        let header = bytes[..header_length].to_vec();
        let nonce = Nonce::try_assume_unique_for_key(bytes.get(header_length..header_length + NONCE_LEN)?).ok()?;
        let opened =
            key.key.open_in_place(nonce, Aad::from(header), bytes.get_mut(header_length + NONCE_LEN..)?).ok()?;
        serde_json::from_slice(opened).ok()
    }

    fn signed_lifetime(&self) -> SignedDuration {
        SignedDuration::try_from(self.lifetime).unwrap_or(SignedDuration::MAX)
    }
}

fn refusal(code: &'static str, message: &str, hint: &str) -> ToolError {
    ToolError::gateway(code, message).parameter("confirmation_token").hint(hint)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::clock::{Clock, ManualClock};
    use crate::random::SystemRandom;

    fn confirmer() -> (Confirmer, Arc<ManualClock>) {
        let clock = ManualClock::at("2026-11-20T12:00:00Z".parse().unwrap());
        let confirmer =
            Confirmer::new(&[], Duration::from_secs(300), Arc::clone(&clock) as SharedClock, Arc::new(SystemRandom));
        (confirmer, clock)
    }

    fn binding(user: &str) -> Binding {
        Binding::of(&json!({"caller": "alice", "tool": "delete_user", "arguments": {"user_name": user}}))
    }

    fn code(result: Result<(), ToolError>) -> String {
        result.map_or_else(|error| error.code, |()| "accepted".to_owned())
    }

    #[test]
    fn a_token_is_accepted_once() {
        let (confirmer, _) = confirmer();
        let token = confirmer.issue(binding("bob")).token;
        assert_eq!(code(confirmer.accept(&token, binding("bob"))), "accepted");
        assert_eq!(code(confirmer.accept(&token, binding("bob"))), "ConfirmationUsed");
    }

    #[test]
    fn a_token_for_another_plan_is_refused_and_not_used_up() {
        let (confirmer, _) = confirmer();
        let token = confirmer.issue(binding("bob")).token;
        assert_eq!(code(confirmer.accept(&token, binding("eve"))), "ConfirmationMismatch");
        assert_eq!(code(confirmer.accept(&token, binding("bob"))), "accepted");
    }

    #[test]
    fn a_token_expires() {
        let (confirmer, clock) = confirmer();
        let issued = confirmer.issue(binding("bob"));
        assert_eq!(issued.expires, clock.now() + SignedDuration::from_secs(300));
        clock.advance(SignedDuration::from_secs(300));
        assert_eq!(code(confirmer.accept(&issued.token, binding("bob"))), "ConfirmationExpired");
    }

    #[test]
    fn any_changed_byte_makes_it_invalid() {
        let (confirmer, _) = confirmer();
        let token = confirmer.issue(binding("bob")).token;
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
        for place in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[place] ^= 1;
            let forged = BASE64URL_NOPAD.encode(&forged);
            assert_eq!(code(confirmer.accept(&forged, binding("bob"))), "ConfirmationInvalid", "byte {place}");
        }
        for short in 0..bytes.len() {
            let cut = BASE64URL_NOPAD.encode(&bytes[..short]);
            assert_eq!(code(confirmer.accept(&cut, binding("bob"))), "ConfirmationInvalid");
        }
    }

    #[test]
    fn a_token_of_another_process_is_refused() {
        let (first, _) = confirmer();
        let (second, _) = confirmer();
        assert_eq!(code(second.accept(&first.issue(binding("bob")).token, binding("bob"))), "ConfirmationInvalid");
    }

    #[test]
    fn the_token_does_not_show_what_it_holds() {
        let (confirmer, _) = confirmer();
        let token = confirmer.issue(binding("bob")).token;
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
        let hidden = BASE64URL_NOPAD.encode(&binding("bob").0);
        assert!(!bytes.windows(hidden.len()).any(|window| window == hidden.as_bytes()));
    }
}
