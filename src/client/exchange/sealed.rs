//! A key for one exchange, and the reply that is sealed to it ([`crate::exchange::reply`]).

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke, HpkePrivateKey};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::exchange::reply::INFO;

/// A key pair that one reply is sealed to. It is gone after that.
pub struct OneTimeKey {
    public: Vec<u8>,
    private: HpkePrivateKey,
}

impl fmt::Debug for OneTimeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneTimeKey").field("public", &BASE64URL_NOPAD.encode(&self.public)).finish_non_exhaustive()
    }
}

/// A reply that cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSealed {
    /// It is readable, or something else.
    #[error("the gateway's reply is not sealed to the key that was sent")]
    Plain,
    /// It is sealed to another key, or was altered.
    #[error("the gateway's reply is not sealed to the key that was sent with this proof, or was altered on its way")]
    Foreign,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    sealed: String,
    encapsulated_key: String,
}

impl OneTimeKey {
    /// A new one.
    #[must_use]
    pub fn new() -> Self {
        let (public, private) =
            DH_KEM_X25519_HKDF_SHA256_AES_256.generate_key_pair().expect("X25519 keys can always be made");
        Self { public: public.0, private }
    }

    /// The half that the gateway is told.
    #[must_use]
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// What the reply holds.
    ///
    /// # Errors
    /// When it is not sealed to this key.
    pub fn open(self, reply: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotSealed> {
        let reply: Sealed = serde_json::from_slice(reply).map_err(|_| NotSealed::Plain)?;
        let decoded = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| NotSealed::Plain);
        let (sealed, key) = (decoded(&reply.sealed)?, EncapsulatedSecret(decoded(&reply.encapsulated_key)?));
        DH_KEM_X25519_HKDF_SHA256_AES_256
            .open(&key, INFO, b"", &sealed, &self.private)
            .map(Zeroizing::new)
            .map_err(|_| NotSealed::Foreign)
    }
}

impl Default for OneTimeKey {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use rustls::crypto::hpke::HpkePublicKey;
    use serde_json::json;

    use super::*;

    fn sealed_to(public: &[u8], info: &[u8], plain: &[u8]) -> String {
        let key = HpkePublicKey(public.to_vec());
        let (encapsulated, sealed) = DH_KEM_X25519_HKDF_SHA256_AES_256.seal(info, b"", plain, &key).unwrap();
        let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        json!({"sealed": encode(&sealed), "encapsulated_key": encode(&encapsulated.0)}).to_string()
    }

    #[test]
    fn a_reply_that_is_sealed_to_the_key_is_opened() {
        let key = OneTimeKey::new();
        let reply = sealed_to(key.public(), INFO, b"credentials");
        assert_eq!(key.open(reply.as_bytes()).unwrap().as_slice(), b"credentials");
    }

    #[test]
    fn a_reply_that_is_not_is_refused() {
        let plain = r#"{"Version":1,"AccessKeyId":"IMGTA","SecretAccessKey":"s","SessionToken":"t","Expiration":"x"}"#;
        for reply in ["", "{}", plain, r#"{"sealed":"AA==","encapsulated_key":"AA"}"#] {
            assert_eq!(OneTimeKey::new().open(reply.as_bytes()), Err(NotSealed::Plain), "{reply}");
        }
        let (key, other) = (OneTimeKey::new(), OneTimeKey::new());
        let reply = sealed_to(other.public(), INFO, b"credentials");
        assert_eq!(key.open(reply.as_bytes()), Err(NotSealed::Foreign));
        let key = OneTimeKey::new();
        let reply = sealed_to(key.public(), b"something else", b"credentials");
        assert_eq!(key.open(reply.as_bytes()), Err(NotSealed::Foreign));
        let short = r#"{"sealed":"AAAA","encapsulated_key":"AAAA"}"#;
        assert_eq!(OneTimeKey::new().open(short.as_bytes()), Err(NotSealed::Foreign));
    }

    #[test]
    fn no_key_is_used_twice_and_debug_shows_the_public_half_alone() {
        let (one, other) = (OneTimeKey::new(), OneTimeKey::new());
        assert_ne!(one.public(), other.public());
        let private = format!("{:?}", one.private.secret_bytes());
        assert!(!format!("{one:?}").contains(&private));
    }
}
