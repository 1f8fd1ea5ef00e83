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

/// The same of the hash of what a replica says of itself.
const HEARTBEAT: &[u8] = b"iam-mcp-gateway journal replica 1\n";

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

    /// Signs what a replica says of itself.
    pub(super) fn sign_heartbeat(&self, hash: Hash) -> Signature {
        self.sign_as(HEARTBEAT, hash)
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

    /// Whether this key signed what a replica says of itself.
    pub(super) fn has_signed_heartbeat(&self, hash: Hash, signature: &Signature) -> bool {
        self.has_signed_as(HEARTBEAT, hash, signature)
    }

    fn has_signed_as(&self, kind: &[u8], hash: Hash, signature: &Signature) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(&signed(kind, hash), &signature.0).is_ok()
    }
}

/// The bytes that are signed for the digest with this hash.
pub(super) fn signed_digest(hash: Hash) -> Vec<u8> {
    signed(DIGEST, hash)
}

/// The public half of a KMS key (ECC_NIST_P256) that signs digests: the point, in the form of SEC 1 section 2.3.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsPublicKey(Vec<u8>);

/// What stands before the point in the SubjectPublicKeyInfo of a key on P-256 (RFC 5480 section 2), and is the same in each.
const P256_INFO: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A text that is no public key of KMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a KMS public key is what `aws kms get-public-key` answers as PublicKey for a key of spec ECC_NIST_P256, in base64 or PEM"
)]
pub struct NoKmsPublicKey;

impl KmsPublicKey {
    /// Reads the key's SubjectPublicKeyInfo (RFC 5280) in DER, which is what GetPublicKey answers.
    ///
    /// # Errors
    /// When it is none, or that of another kind of key: RSA, or another curve.
    pub fn from_der(bytes: &[u8]) -> Result<Self, NoKmsPublicKey> {
        let point = bytes.strip_prefix(&P256_INFO).ok_or(NoKmsPublicKey)?;
        ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).map_err(|_| NoKmsPublicKey)?;
        Ok(Self(point.to_owned()))
    }

    /// Whether this key signed `message` (ECDSA_SHA_256; the signature in DER).
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.0).verify(message, signature).is_ok()
    }

    /// Whether this key signed the digest with this hash.
    pub(super) fn has_signed_digest(&self, hash: Hash, kms: &KmsSignature) -> bool {
        kms.algorithm == KmsSignature::ALGORITHM
            && BASE64
                .decode(kms.signature.as_bytes())
                .is_ok_and(|signature| self.has_signed(&signed_digest(hash), &signature))
    }
}

impl std::str::FromStr for KmsPublicKey {
    type Err = NoKmsPublicKey;

    /// Reads the key's SubjectPublicKeyInfo (RFC 5280), in base64, with or without the lines of PEM (RFC 7468).
    fn from_str(text: &str) -> Result<Self, NoKmsPublicKey> {
        let text = text.trim();
        let base64 = match text.strip_prefix("-----BEGIN PUBLIC KEY-----") {
            Some(pem) => pem.strip_suffix("-----END PUBLIC KEY-----").ok_or(NoKmsPublicKey)?,
            None => text,
        };
        let base64: String = base64.split_ascii_whitespace().collect();
        Self::from_der(&BASE64.decode(base64.as_bytes()).map_err(|_| NoKmsPublicKey)?)
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
    use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa;
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256K1_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm,
    };

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

    /// A public key in DER, with its pair.
    fn on_curve(curve: &'static EcdsaSigningAlgorithm) -> (EcdsaKeyPair, Vec<u8>) {
        let pair = EcdsaKeyPair::generate(curve).unwrap();
        let der = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap().as_ref().to_vec();
        (pair, der)
    }

    fn pem(der: &[u8], label: &str, end: &str) -> String {
        let base64 = BASE64.encode(der);
        let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN {label}-----{end}{}{end}-----END {label}-----{end}", lines.join(end))
    }

    #[test]
    fn a_kms_key_is_read_as_kms_answers_it_and_as_pem() {
        let (pair, der) = on_curve(&ECDSA_P256_SHA256_ASN1_SIGNING);
        let key: KmsPublicKey = BASE64.encode(&der).parse().unwrap();
        let texts = [
            format!("{}\n", BASE64.encode(&der)),
            pem(&der, "PUBLIC KEY", "\n"),
            pem(&der, "PUBLIC KEY", "\r\n"),
            format!("\n{}", pem(&der, "PUBLIC KEY", "\n")),
        ];
        for text in texts {
            assert_eq!(text.parse(), Ok(key.clone()), "{text}");
        }

        let hash = Hash::from_bytes([1; 32]);
        let signature = pair.sign(&SystemRandom::new(), &signed_digest(hash)).unwrap();
        let mut kms = KmsSignature {
            key_id: "arn:aws:kms:us-east-1:111122223333:key/k".to_owned(),
            algorithm: KmsSignature::ALGORITHM.to_owned(),
            signature: BASE64.encode(signature.as_ref()),
        };
        assert!(key.has_signed_digest(hash, &kms) && !key.has_signed_digest(Hash::from_bytes([2; 32]), &kms));
        let (_, other) = on_curve(&ECDSA_P256_SHA256_ASN1_SIGNING);
        assert!(!KmsPublicKey::from_der(&other).unwrap().has_signed_digest(hash, &kms));
        kms.algorithm = "ECDSA_SHA_384".to_owned();
        assert!(!key.has_signed_digest(hash, &kms));
    }

    #[test]
    fn a_key_of_another_kind_is_refused() {
        let curves = [&ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P256K1_SHA256_ASN1_SIGNING];
        let mut others: Vec<Vec<u8>> = curves.into_iter().map(|curve| on_curve(curve).1).collect();
        let rsa = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
        others.push(AsDer::<PublicKeyX509Der<'_>>::as_der(rsa.public_key()).unwrap().as_ref().to_vec());
        let (_, right) = on_curve(&ECDSA_P256_SHA256_ASN1_SIGNING);
        others.push(right[P256_INFO.len()..].to_vec());
        others.push(right[..right.len() - 1].to_vec());
        others.push([&right[..], &[0]].concat());
        let mut off_curve = right.clone();
        off_curve[90] ^= 1;
        others.push(off_curve);
        for der in others {
            assert_eq!(KmsPublicKey::from_der(&der), Err(NoKmsPublicKey));
            for text in [BASE64.encode(&der), pem(&der, "PUBLIC KEY", "\n")] {
                assert_eq!(text.parse::<KmsPublicKey>(), Err(NoKmsPublicKey), "{text}");
            }
        }
        let whole = pem(&right, "PUBLIC KEY", "\n");
        for text in ["", "AAAA", &pem(&right, "CERTIFICATE", "\n"), &whole[..150], &format!("{whole}{whole}")] {
            assert_eq!(text.parse::<KmsPublicKey>(), Err(NoKmsPublicKey), "{text}");
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        let shown = format!("{:?}", SigningKey::from_seed(&[7; 32]));
        assert!(shown.starts_with("SigningKey(") && !shown.contains(&BASE64.encode(&[7; 32])), "{shown}");
    }
}
