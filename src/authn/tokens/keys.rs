//! An issuer's public keys: a JSON Web Key Set (RFC 7517), each key with the one algorithm that it verifies.
//!
//! The algorithm is the key's, not the token's: a token only says which it was made with, and is refused when that is
//! another (RFC 8725, section 3.1). Keys are parsed when they are fetched, and never again for a token: with aws-lc itself, since
//! there is an aim for what a token costs (docs/performance.md) and everything around the signature is stricter here than a
//! JWT library's.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents, VerificationAlgorithm,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use super::jwt::LONGEST_KEY_ID;
use crate::strict_json;

/// The most keys of a set.
pub(super) const MOST_KEYS: usize = 100;

/// The longest set that is read, in bytes.
pub(super) const LONGEST_SET: usize = 256 * 1024;

/// By what tokens may be signed: no HMAC, whose key would be the public one, and no `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// RSA PKCS #1 v1.5 with SHA-256, of 2048 bits or more.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// The algorithm of this name (RFC 7518, section 3.1; RFC 8037, section 3.1).
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "EdDSA" => Self::EdDsa,
            _ => return None,
        })
    }
}

/// A key, ready to verify with.
#[derive(Debug)]
pub(super) struct PublicKey {
    algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl PublicKey {
    /// What it verifies.
    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether the signature is this key's over the message.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

/// A text that is no key set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a JSON Web Key Set of at most {MOST_KEYS} keys")]
pub(super) struct NoKeySet;

/// The keys of an issuer by their ids.
#[derive(Debug, Default)]
pub(super) struct KeySet(HashMap<String, Arc<PublicKey>>);

impl KeySet {
    /// Reads a set. Keys that are for something else are left out, and so are those whose id is another's, too: which of
    /// them was meant, nobody can say.
    pub(super) fn read(text: &[u8]) -> Result<Self, NoKeySet> {
        if text.len() > LONGEST_SET {
            return Err(NoKeySet);
        }
        let set = strict_json::read(text).map_err(|_| NoKeySet)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(NoKeySet)?;
        if keys.len() > MOST_KEYS {
            return Err(NoKeySet);
        }
        let mut by_id: HashMap<&str, Vec<&Value>> = HashMap::new();
        for key in keys {
            if let Some(id) = key.get("kid").and_then(Value::as_str)
                && (1..=LONGEST_KEY_ID).contains(&id.len())
            {
                by_id.entry(id).or_default().push(key);
            }
        }
        let usable = by_id.into_iter().filter_map(|(id, keys)| match keys.as_slice() {
            [key] => Some((id.to_owned(), Arc::new(public_key(key)?))),
            _ => None,
        });
        Ok(Self(usable.collect()))
    }

    /// The key of this id.
    pub(super) fn get(&self, id: &str) -> Option<&Arc<PublicKey>> {
        self.0.get(id)
    }
}

/// The key, if tokens may be verified with it: by its own type, and whatever else it says of itself agreeing.
fn public_key(jwk: &Value) -> Option<PublicKey> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    // A private key that was published belongs to everybody.
    if jwk.get("d").is_some() {
        return None;
    }
    let (name, algorithm, key) = match (text("kty")?, text("crv")) {
        ("RSA", None) => ("RS256", Algorithm::Rs256, rsa(&bytes(jwk, "n")?, &bytes(jwk, "e")?)?),
        ("EC", Some("P-256")) => ("ES256", Algorithm::Es256, point(jwk, 32, &ECDSA_P256_SHA256_FIXED)?),
        ("EC", Some("P-384")) => ("ES384", Algorithm::Es384, point(jwk, 48, &ECDSA_P384_SHA384_FIXED)?),
        ("OKP", Some("Ed25519")) => {
            let x = bytes(jwk, "x").filter(|x| x.len() == 32)?;
            ("EdDSA", Algorithm::EdDsa, ParsedPublicKey::new(&ED25519, x).ok()?)
        }
        _ => return None,
    };
    let agrees = |member: &str, own: &str| jwk.get(member).is_none_or(|value| value.as_str() == Some(own));
    let verifies = jwk.get("key_ops").is_none_or(|operations| {
        operations.as_array().is_some_and(|operations| operations.iter().any(|operation| operation == "verify"))
    });
    (agrees("alg", name) && agrees("use", "sig") && verifies).then_some(PublicKey { algorithm, key })
}

fn bytes(jwk: &Value, member: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(jwk.get(member)?.as_str()?.as_bytes()).ok()
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<ParsedPublicKey> {
    // Some issuers write the zero in front that DER wants.
    let plain = |number: &[u8]| number.iter().position(|byte| *byte != 0).map(|start| number[start..].to_vec());
    let (n, e) = (plain(modulus)?, plain(exponent)?);
    let bits = n.len() * 8 - usize::try_from(n[0].leading_zeros()).ok()?;
    let is_sound = (2048..=8192).contains(&bits) && e.len() <= 4 && e != [1] && e.last()? % 2 == 1;
    if !is_sound {
        return None;
    }
    RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()
}

/// An uncompressed point (SEC 1, section 2.3.3) of coordinates of this length.
fn point(jwk: &Value, length: usize, algorithm: &'static dyn VerificationAlgorithm) -> Option<ParsedPublicKey> {
    let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    if x.len() != length || y.len() != length {
        return None;
    }
    ParsedPublicKey::new(algorithm, [&[4], x.as_slice(), y.as_slice()].concat()).ok()
}
