//! The keys that are derived from one root.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use zeroize::Zeroizing;

use super::Purpose;
use crate::config::{KEY_BYTES, SealingKey, SealingState};

/// The length of a fingerprint: enough that no two of the few keys of a gateway share one by chance.
pub(super) const FINGERPRINT: usize = 8;

/// Makes every derivation this program's own.
const SALT: &[u8] = b"iam-mcp-gateway/sealing/1";

/// A key that seals tokens, and how they name it.
#[derive(Debug)]
pub(super) struct SealingOf {
    pub(super) fingerprint: [u8; FINGERPRINT],
    pub(super) key: LessSafeKey,
}

/// The keys of one root.
#[derive(Debug)]
pub(super) struct DerivedKeys {
    /// The root's name in the configuration.
    pub(super) id: Arc<str>,
    /// Whether new tokens are sealed with it.
    pub(super) seals: bool,
    /// Whether nothing that it sealed is believed any more.
    pub(super) revoked: AtomicBool,
    confirmations: SealingOf,
    credentials: SealingOf,
    secrets: hmac::Key,
}

impl DerivedKeys {
    pub(super) fn of(gateway: &str, root: &SealingKey) -> Self {
        Self::derive(gateway, root.id(), root.state() == SealingState::Seal, root.expose())
    }

    pub(super) fn derive(gateway: &str, id: &str, seals: bool, root: &[u8; KEY_BYTES]) -> Self {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(root);
        Self {
            id: id.into(),
            seals,
            revoked: AtomicBool::new(false),
            confirmations: SealingOf::derive(&root, Purpose::Confirmations, gateway),
            credentials: SealingOf::derive(&root, Purpose::Credentials, gateway),
            secrets: hmac::Key::new(hmac::HMAC_SHA256, &*expand(&root, Purpose::Secrets, "key", gateway)),
        }
    }

    /// What seals tokens for this purpose; secrets are made and not sealed.
    pub(super) fn sealing(&self, purpose: Purpose) -> &SealingOf {
        match purpose {
            Purpose::Confirmations => &self.confirmations,
            Purpose::Credentials | Purpose::Secrets => &self.credentials,
        }
    }

    /// The secret that goes with a token.
    pub(super) fn secret(&self, token: &[u8]) -> hmac::Tag {
        hmac::sign(&self.secrets, token)
    }
}

impl SealingOf {
    fn derive(root: &hkdf::Prk, purpose: Purpose, gateway: &str) -> Self {
        let key = expand(root, purpose, "key", gateway);
        let key = UnboundKey::new(&AES_256_GCM, &*key).expect("a derived key has 32 bytes");
        let mut fingerprint = [0; FINGERPRINT];
        fingerprint.copy_from_slice(&expand(root, purpose, "fingerprint", gateway)[..FINGERPRINT]);
        Self { fingerprint, key: LessSafeKey::new(key) }
    }
}

/// 32 bytes for `what` of this purpose. Each part is closed by a zero byte, which none of them holds, so no two labels run
/// into each other.
fn expand(root: &hkdf::Prk, purpose: Purpose, what: &str, gateway: &str) -> Zeroizing<[u8; KEY_BYTES]> {
    let info = [purpose.label().as_bytes(), what.as_bytes(), gateway.as_bytes(), b""].join(&0);
    let mut derived = Zeroizing::new([0; KEY_BYTES]);
    root.expand(&[&info], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut *derived))
        .expect("HKDF-SHA256 gives 32 bytes");
    derived
}
