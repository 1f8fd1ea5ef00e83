//! Issuers made up for tests: keys made when the tests run, tokens signed with them, and servers that behave as told.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::authn::tokens::fetch::{Fetch, FetchError, Location};

/// A key pair of an issuer.
pub(super) enum TestKey {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// The keys by the ids that the issuers publish them under; the two that begin with `other` are published by nobody.
pub(super) static KEYS: LazyLock<HashMap<&'static str, TestKey>> = LazyLock::new(|| {
    let rsa = |size| TestKey::Rsa(RsaKeyPair::generate(size).unwrap());
    HashMap::from([
        ("rsa", rsa(KeySize::Rsa2048)),
        ("other-rsa", rsa(KeySize::Rsa2048)),
        ("p256", TestKey::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())),
        ("other-p256", TestKey::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())),
        ("p384", TestKey::P384(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap())),
        ("ed25519", TestKey::Ed25519(Ed25519KeyPair::generate().unwrap())),
    ])
});

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL_NOPAD.encode(bytes.as_ref())
}

impl TestKey {
    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
            Self::P384(_) => "ES384",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
            Self::P256(pair) | Self::P384(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// The signature in ASN.1, which is none of a JWS.
    pub(super) fn sign_in_asn1(message: &[u8]) -> Vec<u8> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    pub(super) fn jwk(&self, id: &str) -> Value {
        match self {
            Self::Rsa(pair) => {
                // SEQUENCE { INTEGER n, INTEGER e } (RFC 8017, appendix A.1.1), of 2048 bits and the exponent 65537.
                let der = pair.public_key().as_ref();
                let (n, e) = (&der[9..9 + 256], &der[der.len() - 3..]);
                json!({"kty": "RSA", "kid": id, "use": "sig", "alg": "RS256", "n": encode(n), "e": encode(e)})
            }
            Self::P256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "kid": id, "x": encode(x), "y": encode(y)})
            }
            Self::P384(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(48);
                json!({"kty": "EC", "crv": "P-384", "kid": id, "alg": "ES384", "x": encode(x), "y": encode(y)})
            }
            Self::Ed25519(pair) => {
                let x = encode(pair.public_key());
                json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "key_ops": ["verify"], "x": x})
            }
        }
    }
}

/// The key set that every issuer publishes: all keys of [`KEYS`] that are anybody's.
pub(super) fn key_set() -> Value {
    let published = KEYS.iter().filter(|(id, _)| !id.starts_with("other"));
    json!({"keys": published.map(|(id, key)| key.jwk(id)).collect::<Vec<_>>()})
}

/// A token with this header and these claims, signed with this key.
pub(super) fn sign(key: &TestKey, header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    format!("{signed}.{}", encode(key.sign(signed.as_bytes())))
}

/// A token by the key of this id.
pub(super) fn token(key_id: &str, claims: &Value) -> String {
    let key = &KEYS[key_id];
    sign(key, &json!({"typ": "JWT", "alg": key.algorithm(), "kid": key_id}), claims)
}

/// How a server answers.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Document(Bytes),
    Fails(FetchError),
    Hangs,
}

impl Answer {
    pub(super) fn json(document: &Value) -> Self {
        Self::Document(document.to_string().into())
    }
}

/// Servers that behave as told, and remember what they were asked.
#[derive(Debug, Default)]
pub(super) struct Servers {
    answers: Mutex<HashMap<String, Answer>>,
    asked: Mutex<Vec<String>>,
}

impl Servers {
    /// Servers that answer nothing.
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(super) fn set(&self, url: &str, answer: Answer) {
        self.answers.lock().unwrap().insert(url.to_owned(), answer);
    }

    /// What was asked since the last time, in order.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl Fetch for Servers {
    fn get<'a>(&'a self, location: &'a Location) -> BoxFuture<'a, Result<Bytes, FetchError>> {
        let name = match location {
            Location::Url(url) => url.as_str().to_owned(),
            Location::File(path) => path.display().to_string(),
        };
        self.asked.lock().unwrap().push(name.clone());
        let answer = self.answers.lock().unwrap().get(&name).cloned();
        Box::pin(async move {
            match answer {
                Some(Answer::Document(text)) => Ok(text),
                Some(Answer::Fails(error)) => Err(error),
                Some(Answer::Hangs) => std::future::pending().await,
                None => Err(FetchError::Status(404)),
            }
        })
    }
}
