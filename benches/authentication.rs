//! What it costs to know who sends a request, beside signatures with keys of the keyring (`sigv4`):
//! `cargo bench --bench authentication`.
//!
//! Gateway credentials: a POST with a body of 300 bytes, signed with them, whose session token is opened anew; and the same
//! with a key of the keyring, to compare with. Access tokens:
//! one of about 450 bytes with ten claims, its issuer's keys in the cache; that of every request, and that of a token's first
//! one, whose signature is verified; and verifying that signature by itself, to compare with.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_lc_rs::rand::SystemRandom as SigningRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use data_encoding::BASE64URL_NOPAD;
use futures_util::future::BoxFuture;
use http::request::Parts;
use iam_mcp_gateway::authn::Caller;
use iam_mcp_gateway::authn::credentials::{Grant, issue};
use iam_mcp_gateway::authn::keyring::Keyring;
use iam_mcp_gateway::authn::sigv4::{SigV4Options, SigV4Verifier};
use iam_mcp_gateway::authn::tokens::Tokens;
use iam_mcp_gateway::authn::tokens::fetch::{Fetch, FetchError, Location};
use iam_mcp_gateway::clock::ManualClock;
use iam_mcp_gateway::config::Config;
use iam_mcp_gateway::random::{SharedRandom, SystemRandom};
use iam_mcp_gateway::sealing::{Keyset, SharedKeyset};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const CONFIGURATION: &str = r#"
[gateway]
name = "iam-mcp.example.internal"
[[environment]]
name = "dev"
accounts = ["123456789012"]
default = true
[[role_mapping]]
environment = "dev"
caller = { kind = "oidc", issuer = "idp", pattern = "*" }
role_arn = "arn:aws:iam::{account}:role/agent"
access = "read-only"
[policy]
without_documents = "allow"
[sigv4]
keyring = "keyring.toml"
[audit]
directory = "audit"
[[issuer]]
name = "idp"
url = "https://login.example/tenant"
keys_url = "https://login.example/keys"
uses = ["bearer"]
caller = "{email}"
person = "{email}"
conditions = { groups = "iam-agents" }
[bearer]
url = "https://gw.example"
"#;

const KEY_ID: &str = "IMGKABCDEFGHIJKLMNOP";
const SECRET: &str = "made-up-secret-of-forty-characters-00004";

fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a valid time")
}

/// The issuer's server.
#[derive(Debug)]
struct Published(Bytes);

impl Fetch for Published {
    fn get<'a>(&'a self, _: &'a Location) -> BoxFuture<'a, Result<Bytes, FetchError>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL_NOPAD.encode(bytes.as_ref())
}

/// A token, signed by `sign` with a key of this name.
fn token(algorithm: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let now = noon().as_second();
    let claims = json!({
        "iss": "https://login.example/tenant", "aud": "https://gw.example/mcp", "sub": "00u1a2b3c4D5e6F7g8h9",
        "iat": now - 60, "nbf": now - 60, "exp": now + 3540, "jti": "AT.0y3Vh6dGJkbnJ5c2VmZ2hpamts",
        "scope": "openid iam-mcp:read", "email": "alice@example.com", "email_verified": true,
        "groups": ["everyone", "iam-agents"],
    });
    let signed = format!("{}.{}", encode(json!({"alg": algorithm, "kid": algorithm, "typ": "at+jwt"}).to_string()), {
        encode(claims.to_string())
    });
    let signature = encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// A token of each algorithm, and the keys.
fn issuer() -> (Vec<(&'static str, String, ParsedPublicKey)>, Value) {
    let random = SigningRandom::new();
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).expect("keys can be made");
    let p256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("keys can be made");
    let ed25519 = Ed25519KeyPair::generate().expect("keys can be made");
    let of_rsa = |message: &[u8]| {
        let mut signature = vec![0; rsa.public_modulus_len()];
        rsa.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("signed");
        signature
    };
    let of_p256 = |message: &[u8]| p256.sign(&random, message).expect("signed").as_ref().to_vec();
    let key = |algorithm, key: &[u8]| ParsedPublicKey::new(algorithm, key).expect("a sound key");
    let tokens = vec![
        ("RS256", token("RS256", of_rsa), key(&RSA_PKCS1_2048_8192_SHA256, rsa.public_key().as_ref())),
        ("ES256", token("ES256", of_p256), key(&ECDSA_P256_SHA256_FIXED, p256.public_key().as_ref())),
        (
            "EdDSA",
            token("EdDSA", |message| ed25519.sign(message).as_ref().to_vec()),
            key(&ED25519, ed25519.public_key().as_ref()),
        ),
    ];
    // SEQUENCE { INTEGER n, INTEGER e }, of 2048 bits and the exponent 65537.
    let der = rsa.public_key().as_ref();
    let (x, y) = p256.public_key().as_ref()[1..].split_at(32);
    let keys = json!({"keys": [
        {"kty": "RSA", "kid": "RS256", "n": encode(&der[9..9 + 256]), "e": encode(&der[der.len() - 3..])},
        {"kty": "EC", "crv": "P-256", "kid": "ES256", "x": encode(x), "y": encode(y)},
        {"kty": "OKP", "crv": "Ed25519", "kid": "EdDSA", "x": encode(ed25519.public_key())},
    ]});
    (tokens, keys)
}

fn bearer(criterion: &mut Criterion) {
    let none: BTreeMap<String, String> = BTreeMap::new();
    let config = Config::parse(CONFIGURATION, Path::new("gateway.toml"), &none).expect("a sound configuration").config;
    let (signed, keys) = issuer();
    let tokens = Tokens::new(Arc::new(Published(keys.to_string().into())), ManualClock::at(noon()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut group = criterion.benchmark_group("bearer");
    for (algorithm, token, key) in &signed {
        if let Some(keys) = tokens.keys_for(token, &config, None) {
            runtime.block_on(keys);
        }
        assert!(tokens.bearer(token, &config, None).is_ok(), "{algorithm}");
        let ask = |tokens: &Tokens| {
            // Both are asked of every request.
            assert!(tokens.keys_for(token, &config, None).is_none());
            tokens.bearer(token, &config, None)
        };
        group.bench_function(*algorithm, |bencher| bencher.iter(|| ask(&tokens)));
        let fresh = || {
            let tokens = Tokens::new(Arc::new(Published(keys.to_string().into())), ManualClock::at(noon()));
            runtime.block_on(tokens.keys_for(token, &config, None).expect("nothing is fetched yet"));
            tokens
        };
        group.bench_function(format!("{algorithm}, the first request"), |bencher| {
            bencher.iter_batched_ref(fresh, |tokens| ask(tokens), BatchSize::SmallInput);
        });
        let (message, signature) = token.rsplit_once('.').expect("a token has three parts");
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).expect("it was encoded before");
        group.bench_function(format!("{algorithm}, the signature by itself"), |bencher| {
            bencher.iter(|| assert!(key.verify_sig(message.as_bytes(), &signature).is_ok()));
        });
    }
    group.finish();
}

fn signed(access_key_id: &str, secret: &str, token: Option<&str>, body: &[u8]) -> Parts {
    let identity = Credentials::from_keys(access_key_id, secret, token.map(ToOwned::to_owned)).into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("iam-mcp")
        .time(SystemTime::from(noon()))
        .settings(SigningSettings::default())
        .build()
        .expect("all is set");
    let headers = [
        ("accept", "application/json, text/event-stream"),
        ("content-length", "300"),
        ("content-type", "application/json"),
        ("host", "gateway.example.internal"),
        ("mcp-protocol-version", "2025-11-25"),
    ];
    let uri = "https://gateway.example.internal/mcp/dev";
    let request = SignableRequest::new("POST", uri, headers.into_iter(), SignableBody::Bytes(body));
    let signed = sign(request.expect("a sound request"), &params.into()).expect("signed");
    let (instructions, _) = signed.into_parts();
    let mut head = http::Request::post("/mcp/dev");
    for (name, value) in headers.into_iter().chain(instructions.headers()) {
        head = head.header(name, value);
    }
    head.body(()).expect("a sound request").into_parts().0
}

fn credentials(criterion: &mut Criterion) {
    let random: SharedRandom = Arc::new(SystemRandom);
    let keyset: SharedKeyset = Keyset::shared("iam-mcp.example.internal", &[], &random);
    let caller = Caller::keyring("alice", Some("alice@example.com".to_owned()));
    let expires = noon() + SignedDuration::from_mins(15);
    let given = issue(
        &keyset.get(),
        &*random,
        Grant { caller: &caller, environment: "dev", proof: None, issued: noon(), expires },
    );
    let keyring = json!({"version": 1, "keys": [{
        "access_key_id": KEY_ID, "secret_access_key": SECRET, "caller": "alice", "environments": ["dev"],
        "status": "active", "created_at": "2026-01-01T00:00:00Z",
    }]});
    let keyring = Keyring::from_json(keyring.to_string().as_bytes()).expect("a sound keyring");
    let options = SigV4Options::new("iam-mcp", vec!["us-east-1".into()], SignedDuration::from_mins(5));
    let verifier = SigV4Verifier::new(options.expect("sound options"), Arc::new(keyring), ManualClock::at(noon()));
    let verifier = verifier.with_credentials(keyset);
    let body = vec![b'x'; 300];
    let (secret, token) = (given.secret_access_key.expose(), given.session_token.expose());
    for (name, request) in [
        ("gateway credentials", signed(&given.access_key_id, secret, Some(token), &body)),
        ("a key of the keyring", signed(KEY_ID, SECRET, None, &body)),
    ] {
        assert!(verifier.verify(&request, &body).is_ok(), "{name}");
        criterion.bench_function(name, |bencher| bencher.iter(|| verifier.verify(&request, &body)));
    }
}

criterion_group!(benches, credentials, bearer);
criterion_main!(benches);
