//! JSON Web Tokens that the sandbox signs (RFC 7519, in the compact form of RFC 7515), and the key sets that they are
//! verified with (RFC 7517).

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What a token is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, keys of 2,048 bits.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

impl TokenAlgorithm {
    /// Its name in a token's header (RFC 7518, section 3.1; RFC 8037, section 3.1).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// The keys of one issuer, one for each algorithm; each is made when it is asked for the first time.
///
/// They are made by the cryptographic library and its own randomness, so they are others at every start.
#[derive(Debug)]
pub(super) struct SigningKeys(Vec<(TokenAlgorithm, OnceLock<SigningKey>)>);

impl SigningKeys {
    /// Keys for these algorithms, none of them made yet.
    pub(super) fn of(algorithms: &[TokenAlgorithm]) -> Self {
        Self(algorithms.iter().map(|algorithm| (*algorithm, OnceLock::new())).collect())
    }

    /// The algorithms that there are keys for.
    pub(super) fn algorithms(&self) -> impl Iterator<Item = TokenAlgorithm> {
        self.0.iter().map(|(algorithm, _)| *algorithm)
    }

    /// The claims as a token; none where the issuer has no key of this kind.
    pub(super) fn sign(&self, algorithm: TokenAlgorithm, claims: &Value) -> Option<String> {
        let (_, made) = self.0.iter().find(|(own, _)| *own == algorithm)?;
        Some(made.get_or_init(|| SigningKey::make(algorithm)).token(claims))
    }

    /// The JSON Web Key Set. It has all keys, also those that nothing was signed with yet: who fetched it keeps it.
    pub(super) fn key_set(&self) -> Value {
        let keys: Vec<&Value> =
            self.0.iter().map(|(algorithm, made)| &made.get_or_init(|| SigningKey::make(*algorithm)).public).collect();
        json!({"keys": keys})
    }
}

#[derive(Debug)]
struct SigningKey {
    algorithm: TokenAlgorithm,
    pair: Pair,
    id: String,
    public: Value,
}

#[derive(Debug)]
enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    fn make(algorithm: TokenAlgorithm) -> Self {
        const MADE: &str = "a key pair can always be made";
        let ecdsa = |kind| EcdsaKeyPair::generate(kind).expect(MADE);
        let (pair, mut public) = match algorithm {
            TokenAlgorithm::Rs256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect(MADE);
                let public = rsa(pair.public_key().as_ref());
                (Pair::Rsa(pair), public)
            }
            TokenAlgorithm::Es256 => {
                let pair = ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING);
                let public = curve("P-256", pair.public_key().as_ref());
                (Pair::Ecdsa(pair), public)
            }
            TokenAlgorithm::Es384 => {
                let pair = ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING);
                let public = curve("P-384", pair.public_key().as_ref());
                (Pair::Ecdsa(pair), public)
            }
            TokenAlgorithm::EdDsa => {
                let pair = Ed25519KeyPair::generate().expect(MADE);
                let public = json!({"kty": "OKP", "crv": "Ed25519", "x": encoded(pair.public_key().as_ref())});
                (Pair::Ed25519(pair), public)
            }
        };
        let id = encoded(&Sha256::digest(public.to_string())[..16]);
        for (name, value) in [("kid", id.as_str()), ("alg", algorithm.as_str()), ("use", "sig")] {
            public[name] = value.into();
        }
        Self { algorithm, pair, id, public }
    }

    fn token(&self, claims: &Value) -> String {
        let header = json!({"alg": self.algorithm.as_str(), "kid": self.id, "typ": "JWT"});
        let signed = format!("{}.{}", encoded(header.to_string().as_bytes()), encoded(claims.to_string().as_bytes()));
        let signature = self.pair.sign(signed.as_bytes());
        format!("{signed}.{}", encoded(&signature))
    }
}

impl Pair {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        const SIGNED: &str = "a key that was made can sign";
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect(SIGNED);
                signature
            }
            Self::Ecdsa(pair) => pair.sign(&random, message).expect(SIGNED).as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}

/// Of an `RSAPublicKey` (RFC 8017, appendix A.1.1) with a modulus of 2,048 bits and the exponent 65,537, in DER: both
/// lengths are known, so there is nothing to be parsed.
fn rsa(der: &[u8]) -> Value {
    const BEFORE: &[u8] = &[0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00];
    const BEHIND: &[u8] = &[0x02, 0x03, 0x01, 0x00, 0x01];
    let modulus = der.strip_prefix(BEFORE).and_then(|rest| rest.strip_suffix(BEHIND));
    let modulus = modulus.expect("the library makes keys of 2,048 bits with the exponent 65,537");
    json!({"kty": "RSA", "n": encoded(modulus), "e": encoded(&BEHIND[2..])})
}

/// Of an uncompressed point: 4, then x and y.
fn curve(name: &str, point: &[u8]) -> Value {
    let (x, y) = point[1..].split_at(point.len() / 2);
    json!({"kty": "EC", "crv": name, "x": encoded(x), "y": encoded(y)})
}

fn encoded(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
        UnparsedPublicKey,
    };

    use super::*;

    fn decoded(text: &str) -> Vec<u8> {
        BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()
    }

    /// The claims of a token, if a key of the set signed it.
    pub(in crate::sandbox) fn verified(token: &str, key_set: &Value) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Value = serde_json::from_slice(&decoded(header)).unwrap();
        let key = key_set["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"])?;
        assert_eq!((&key["alg"], &key["use"]), (&header["alg"], &json!("sig")));
        let part = |name: &str| decoded(key[name].as_str().unwrap());
        let (message, signature) = (signed.as_bytes(), decoded(signature));
        let point = || [vec![4], part("x"), part("y")].concat();
        let holds = match key["alg"].as_str().unwrap() {
            "RS256" => RsaPublicKeyComponents { n: part("n"), e: part("e") }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, &signature)
                .is_ok(),
            "ES256" => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point()).verify(message, &signature).is_ok(),
            "ES384" => UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point()).verify(message, &signature).is_ok(),
            "EdDSA" => UnparsedPublicKey::new(&ED25519, part("x")).verify(message, &signature).is_ok(),
            other => unreachable!("{other}"),
        };
        holds.then(|| serde_json::from_slice(&decoded(claims)).unwrap())
    }

    #[test]
    fn a_token_is_verified_by_the_published_key_of_its_algorithm_and_by_no_other() {
        const ALL: [TokenAlgorithm; 4] =
            [TokenAlgorithm::Rs256, TokenAlgorithm::Es256, TokenAlgorithm::Es384, TokenAlgorithm::EdDsa];
        let (keys, others) = (SigningKeys::of(&ALL), SigningKeys::of(&ALL));
        let claims = json!({"sub": "ada"});
        let (published, foreign) = (keys.key_set(), others.key_set());
        assert_eq!(keys.key_set(), published, "keys are made once");
        for algorithm in ALL {
            let token = keys.sign(algorithm, &claims).unwrap();
            assert_eq!(verified(&token, &published), Some(claims.clone()), "{algorithm:?}");
            assert_eq!(verified(&token, &foreign), None, "{algorithm:?}");
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let (header, _) = signed.split_once('.').unwrap();
            let altered = format!("{header}.{}.{signature}", encoded(br#"{"sub":"eve"}"#));
            assert_eq!(verified(&altered, &published), None, "{algorithm:?}");
        }
        assert_eq!(SigningKeys::of(&ALL[..1]).sign(TokenAlgorithm::EdDsa, &claims), None);
    }
}
