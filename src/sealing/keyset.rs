//! All the keys of a gateway's tokens.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce};
use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use subtle::ConstantTimeEq;

use super::Kind;
use super::key::{DerivedKeys, FINGERPRINT};
use crate::config::{KEY_BYTES, SealingKey};
use crate::current::Current;
use crate::random::SharedRandom;

/// The keys in force, which a reload replaces.
pub type SharedKeyset = Arc<Current<Keyset>>;

/// The first byte of every token.
const VERSION: u8 = 3;
/// What stands before the nonce: version, kind, fingerprint.
const HEADER: usize = 2 + FINGERPRINT;

/// A token that was opened.
#[derive(Debug)]
pub struct Opened<'k> {
    /// What it is.
    pub kind: Kind,
    /// What was sealed.
    pub content: Vec<u8>,
    keys: &'k DerivedKeys,
}

impl Opened<'_> {
    /// The id of the root that it was sealed with.
    #[must_use]
    pub fn root(&self) -> Arc<str> {
        Arc::clone(&self.keys.id)
    }

    /// The secret that [`Keyset::secret`] made for this token.
    #[must_use]
    pub fn secret(&self, token: &str) -> hmac::Tag {
        self.keys.secret(token.as_bytes())
    }
}

/// Why a token does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenError {
    /// It is no token of this format.
    Malformed,
    /// It was sealed with a key that this gateway does not have, or by another gateway.
    Foreign,
    /// It was changed after it was sealed.
    Altered,
    /// What it was sealed with is revoked: whoever has the root may have made it.
    Revoked,
}

/// The keys of this gateway's tokens, derived from its roots.
#[derive(Debug)]
pub struct Keyset {
    keys: Vec<DerivedKeys>,
    own: bool,
}

impl Keyset {
    /// The keys of the gateway of this name; without `roots` there is one of this process's own.
    #[must_use]
    pub fn new(gateway: &str, roots: &[SealingKey], random: &SharedRandom) -> Self {
        let own = roots.is_empty();
        let mut keys: Vec<DerivedKeys> = roots.iter().map(|root| DerivedKeys::of(gateway, root)).collect();
        if own {
            let mut root = zeroize::Zeroizing::new([0; KEY_BYTES]);
            random.fill(&mut *root);
            keys.push(DerivedKeys::derive(gateway, "process", true, &root));
        }
        Self { keys, own }
    }

    /// The keys from roots of one repeated byte each, called `root-N`; the first one seals.
    #[cfg(test)]
    pub(crate) fn of_roots(gateway: &str, roots: &[u8]) -> Self {
        let derive = |(at, root): (usize, &u8)| {
            DerivedKeys::derive(gateway, &format!("root-{root}"), at == 0, &[*root; KEY_BYTES])
        };
        Self { keys: roots.iter().enumerate().map(derive).collect(), own: false }
    }

    /// The same, to be replaced by a reload.
    #[must_use]
    pub fn shared(gateway: &str, roots: &[SealingKey], random: &SharedRandom) -> SharedKeyset {
        Arc::new(Current::new(Self::new(gateway, roots, random)))
    }

    /// Whether no other process has the key.
    #[must_use]
    pub fn are_own(&self) -> bool {
        self.own
    }

    /// Says of each root whether it is revoked, by its id; until then none is.
    pub fn revoke(&self, is_revoked: impl Fn(&str) -> bool) {
        for keys in &self.keys {
            keys.revoked.store(is_revoked(&keys.id), Ordering::Relaxed);
        }
    }

    /// Seals `content`; `nonce` must not have been used before.
    #[must_use]
    pub fn seal(&self, kind: Kind, nonce: [u8; NONCE_LEN], mut content: Vec<u8>) -> String {
        let sealing = self.sealing().sealing(kind.purpose());
        let mut token = Vec::with_capacity(HEADER + NONCE_LEN + content.len() + sealing.key.algorithm().tag_len());
        token.extend_from_slice(&[VERSION, kind.byte()]);
        token.extend_from_slice(&sealing.fingerprint);
        let aad = Aad::from(token.clone());
        token.extend_from_slice(&nonce);
        sealing
            .key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut content)
            .expect("a message of bounded length can be sealed");
        token.append(&mut content);
        BASE64URL_NOPAD.encode(&token)
    }

    /// The secret that goes with a token that was sealed just now: nobody without the root can make it, and it belongs to
    /// every byte of the token.
    #[must_use]
    pub fn secret(&self, token: &str) -> hmac::Tag {
        self.sealing().secret(token.as_bytes())
    }

    /// Opens a token that this gateway has sealed.
    ///
    /// # Errors
    /// When it has not.
    pub fn open(&self, token: &str) -> Result<Opened<'_>, OpenError> {
        // There is one spelling of each token: the decoder takes no padding, no blanks and no stray bits at the end.
        let mut bytes = BASE64URL_NOPAD.decode(token.as_bytes()).map_err(|_| OpenError::Malformed)?;
        let content_at = HEADER + NONCE_LEN;
        let [VERSION, kind, ..] = bytes.as_slice() else { return Err(OpenError::Malformed) };
        let kind = Kind::ALL.into_iter().find(|known| known.byte() == *kind).ok_or(OpenError::Malformed)?;
        if bytes.len() < content_at {
            return Err(OpenError::Malformed);
        }
        let (header, rest) = bytes.split_at_mut(HEADER);
        let (nonce, sealed) = rest.split_at_mut(NONCE_LEN);
        let is_of = |keys: &&DerivedKeys| keys.sealing(kind.purpose()).fingerprint.ct_eq(&header[2..]).into();
        let keys = self.keys.iter().find(is_of).ok_or(OpenError::Foreign)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError::Malformed)?;
        let opened = keys.sealing(kind.purpose()).key.open_in_place(nonce, Aad::from(&*header), sealed);
        let content = opened.map_err(|_| OpenError::Altered)?.to_vec();
        // Only now: whoever made the token up hears nothing of revocations.
        if keys.revoked.load(Ordering::Relaxed) {
            return Err(OpenError::Revoked);
        }
        Ok(Opened { kind, content, keys })
    }

    fn sealing(&self) -> &DerivedKeys {
        self.keys.iter().find(|keys| keys.seals).expect("the configuration has exactly one key that seals")
    }
}
