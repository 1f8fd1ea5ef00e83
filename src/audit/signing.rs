//! Signatures over the chain, so that whoever can write the folder cannot compute it anew.
//!
//! The journal's key signs the hash of the last record of each group that is made durable. Since each hash covers the one
//! before it, one signature covers everything up to its record.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey, UnparsedPublicKey,
};
use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::chain::Hash;
use super::digest::KmsSignature;

/// What stands before the hash in what is signed: a signature of the journal is good for nothing else.
const RECORD: &[u8] = b"iam-mcp-gateway journal record 1\n";

/// The same of the hash of a digest.
const DIGEST: &[u8] = b"iam-mcp-gateway journal digest 1\n";

/// The key that signs a journal (Ed25519, RFC 8032). Never printed.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

/// The public half of a [`SigningKey`]; written as base64 of its 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

/// A signature; written as base64 of its 64 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Signature([u8; 64]);

/// A text that is no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a public key is 32 bytes in base64, as `audit key` prints it")]
pub struct NoPublicKey;

impl SigningKey {
    /// The key of this seed, the private key of RFC 8032.
    ///
    /// # Panics
    /// Never: every 32 bytes are a seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("every 32 bytes are a seed");
        let public = PublicKey(pair.public_key().as_ref().try_into().expect("a public key has 32 bytes"));
        Self { pair, public }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs the chain up to the record with this hash.
    pub(super) fn sign(&self, hash: Hash) -> Signature {
        self.sign_as(RECORD, hash)
    }

    /// Signs the digest with this hash.
    pub(super) fn sign_digest(&self, hash: Hash) -> Signature {
        self.sign_as(DIGEST, hash)
    }

    fn sign_as(&self, kind: &[u8], hash: Hash) -> Signature {
        let signature = self.pair.sign(&signed(kind, hash));
        Signature(signature.as_ref().try_into().expect("a signature has 64 bytes"))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, ..)", self.public)
    }
}

impl PublicKey {
    /// Whether this key signed the chain up to the record with this hash.
    pub(super) fn has_signed(&self, hash: Hash, signature: &Signature) -> bool {
        self.has_signed_as(RECORD, hash, signature)
    }

    /// Whether this key signed the digest with this hash.
    pub(super) fn has_signed_digest(&self, hash: Hash, signature: &Signature) -> bool {
        self.has_signed_as(DIGEST, hash, signature)
    }

    fn has_signed_as(&self, kind: &[u8], hash: Hash, signature: &Signature) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(&signed(kind, hash), &signature.0).is_ok()
    }
}

/// The bytes that are signed for the digest with this hash.
pub(super) fn signed_digest(hash: Hash) -> Vec<u8> {
    signed(DIGEST, hash)
}

/// The public half of a KMS key (ECC_NIST_P256) that signs digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsPublicKey(Vec<u8>);

/// A text that is no public key of KMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a KMS public key is what `aws kms get-public-key` answers as PublicKey for a key of spec ECC_NIST_P256, in base64 or PEM"
)]
pub struct NoKmsPublicKey;

impl KmsPublicKey {
    /// Whether this key signed the digest with this hash.
    pub(super) fn has_signed_digest(&self, hash: Hash, kms: &KmsSignature) -> bool {
        kms.algorithm == KmsSignature::ALGORITHM
            && BASE64.decode(kms.signature.as_bytes()).is_ok_and(|signature| {
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.0);
                key.verify(&signed_digest(hash), &signature).is_ok()
            })
    }
}

impl std::str::FromStr for KmsPublicKey {
    type Err = NoKmsPublicKey;

    /// Reads the key's SubjectPublicKeyInfo (RFC 5280), in base64, with or without the lines of PEM (RFC 7468).
    fn from_str(text: &str) -> Result<Self, NoKmsPublicKey> {
        let base64: String = text.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
        let bytes = BASE64.decode(base64.as_bytes()).map_err(|_| NoKmsPublicKey)?;
        ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &bytes).map_err(|_| NoKmsPublicKey)?;
        Ok(Self(bytes))
    }
}

/// The bytes that are signed for this hash.
fn signed(kind: &[u8], hash: Hash) -> Vec<u8> {
    [kind, hash.as_bytes()].concat()
}

impl std::str::FromStr for PublicKey {
    type Err = NoPublicKey;

    fn from_str(text: &str) -> Result<Self, NoPublicKey> {
        let bytes = BASE64.decode(text.as_bytes()).map_err(|_| NoPublicKey)?;
        bytes.try_into().map(Self).map_err(|_| NoPublicKey)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(&self.0))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| de::Error::custom("a signature is 64 bytes in base64"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_of_one_key_and_one_hash() {
        let (key, other) = (SigningKey::from_seed(&[7; 32]), SigningKey::from_seed(&[8; 32]));
        let (hash, another) = (Hash::from_bytes([1; 32]), Hash::from_bytes([2; 32]));
        let signature = key.sign(hash);
        assert!(key.public().has_signed(hash, &signature));
        assert!(!key.public().has_signed(another, &signature) && !other.public().has_signed(hash, &signature));
        let digest = key.sign_digest(hash);
        assert!(key.public().has_signed_digest(hash, &digest));
        assert!(!key.public().has_signed(hash, &digest) && !key.public().has_signed_digest(hash, &signature));
        assert_eq!(key.public().to_string().parse(), Ok(key.public()));
        for text in ["", "AAAA", "not base64 at all, but as long as a key....."] {
            assert_eq!(text.parse::<PublicKey>(), Err(NoPublicKey), "{text}");
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        let shown = format!("{:?}", SigningKey::from_seed(&[7; 32]));
        assert!(shown.starts_with("SigningKey(") && !shown.contains(&BASE64.encode(&[7; 32])), "{shown}");
    }
}
