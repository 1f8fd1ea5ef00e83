//! Sealing tokens, so that no client can read, make or change one.
//!
//! AES-256-GCM under a key of the gateway. What the token is (its kind) and which key sealed it stand in front, readable and
//! authenticated; the gateway's name is authenticated too, so that a token of another gateway that was given the same keys
//! does not open.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use data_encoding::BASE64URL_NOPAD;

use crate::config::{SealingKey, SealingState};
use crate::random::SharedRandom;

/// The first byte of every token.
const VERSION: u8 = 2;
/// What stands before the key's id: version, kind, the id's length.
const FIXED: usize = 3;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The model passes it back to do what was planned.
    Model,
    /// The client passes it back with what its person answered.
    Client,
    /// A plan that waits for another person.
    Plan,
    /// What that person said to a plan.
    Approval,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Model, Self::Client, Self::Plan, Self::Approval];

    fn byte(self) -> u8 {
        match self {
            Self::Model => 1,
            Self::Client => 2,
            Self::Plan => 3,
            Self::Approval => 4,
        }
    }
}

/// The keys of this gateway's tokens.
#[derive(Debug)]
pub(super) struct Seals {
    gateway: String,
    keys: Vec<Key>,
    own: bool,
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

impl Seals {
    /// The seals of the gateway of this name; without `keys` there is one of this process's own.
    pub(super) fn new(gateway: &str, keys: &[SealingKey], random: &SharedRandom) -> Self {
        let own = keys.is_empty();
        let mut keys: Vec<Key> =
            keys.iter().map(|key| Key::new(key.id(), key.state() == SealingState::Seal, key.expose())).collect();
        if own {
            let mut bytes = zeroize::Zeroizing::new([0u8; 32]);
            random.fill(bytes.as_mut());
            keys.push(Key::new("process", true, bytes.as_ref()));
        }
        Self { gateway: gateway.to_owned(), keys, own }
    }

    /// Whether no other process has the key.
    pub(super) fn are_own(&self) -> bool {
        self.own
    }

    /// Seals `content`; `nonce` must not have been used before.
    pub(super) fn seal(&self, kind: Kind, nonce: [u8; NONCE_LEN], mut content: Vec<u8>) -> String {
        let key = self.keys.iter().find(|key| key.seals).expect("the configuration has exactly one key that seals");
        let length = u8::try_from(key.id.len()).expect("key ids are short");
        let mut token = vec![VERSION, kind.byte(), length];
        token.extend_from_slice(key.id.as_bytes());
        let aad = self.authenticated(&token);
        token.extend_from_slice(&nonce);
        key.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut content)
            .expect("a message of bounded length can be sealed");
        token.append(&mut content);
        BASE64URL_NOPAD.encode(&token)
    }

    /// What a token holds and what kind it is of; `None` for anything that this gateway has not sealed.
    pub(super) fn open(&self, token: &str) -> Option<(Kind, Vec<u8>)> {
        let mut bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let [VERSION, kind, length, ..] = bytes.as_slice() else { return None };
        let kind = Kind::ALL.into_iter().find(|known| known.byte() == *kind)?;
        let nonce_at = FIXED + usize::from(*length);
        let content_at = nonce_at + NONCE_LEN;
        let id = bytes.get(FIXED..nonce_at)?;
        let key = self.keys.iter().find(|key| key.id.as_bytes() == id)?;
        let aad = self.authenticated(&bytes[..nonce_at]);
        let nonce = Nonce::try_assume_unique_for_key(bytes.get(nonce_at..content_at)?).ok()?;
        let content = key.key.open_in_place(nonce, Aad::from(aad), bytes.get_mut(content_at..)?).ok()?.to_vec();
        Some((kind, content))
    }

    fn authenticated(&self, header: &[u8]) -> Vec<u8> {
        [header, self.gateway.as_bytes()].concat()
    }
}
