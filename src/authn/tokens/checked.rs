//! Tokens whose signatures were found right: the same token comes with every request of its client, and its signature is
//! dearer to verify than everything else about it.
//!
//! What is kept is that this very token, by its hash, is signed with this very key, as it was fetched: a key that is fetched
//! anew verifies anew. Everything else that is asked of a token is asked each time: its dates, its claims, the key's being
//! there, revocations.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::jwt::Jwt;
use super::keys::PublicKey;
use super::refusal::TokenRefusal;

/// How many are remembered: half a MiB. Whoever has more tokens than this only makes everybody's be verified again.
const MOST: usize = 8192;

/// The tokens, by the SHA-256 of their text, with the keys that signed them.
#[derive(Debug, Default)]
pub(super) struct Checked(Mutex<HashMap<[u8; 32], Arc<PublicKey>>>);

impl Checked {
    /// Whether this token is signed with this key.
    pub(super) fn verify(&self, jwt: &Jwt<'_>, sha256: [u8; 32], key: &Arc<PublicKey>) -> Result<(), TokenRefusal> {
        if self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&sha256)
            .is_some_and(|known| Arc::ptr_eq(known, key))
        {
            return Ok(());
        }
        super::verify(jwt, key)?;
        let mut checked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if checked.len() >= MOST {
            checked.clear();
        }
        checked.insert(sha256, Arc::clone(key));
        Ok(())
    }
}
