//! What it costs to know who sends a request, beside signatures with keys of the keyring (`sigv4`):
//! `cargo bench --bench authentication`.
//!
//! Gateway credentials: a POST with a body of 300 bytes, signed with them, whose session token is opened anew. Access tokens:
//! one of about 450 bytes with ten claims, its issuer's keys in the cache.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_lc_rs::rand::SystemRandom as SigningRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use data_encoding::BASE64URL_NOPAD;
use futures_util::future::BoxFuture;
use http::request::Parts;
use iam_mcp_gateway::authn::Caller;
use iam_mcp_gateway::authn::credentials::{GatewayCredentials, Grant, issue};
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
fn issuer() -> (Vec<(&'static str, String)>, Value) {
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
    let tokens = vec![
        ("RS256", token("RS256", of_rsa)),
        ("ES256", token("ES256", of_p256)),
        ("EdDSA", token("EdDSA", |message| ed25519.sign(message).as_ref().to_vec())),
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
    for (algorithm, token) in &signed {
        if let Some(keys) = tokens.keys_for(token, &config, None) {
            runtime.block_on(keys);
        }
        assert!(tokens.bearer(token, &config, None).is_ok(), "{algorithm}");
        group.bench_function(*algorithm, |bencher| {
            bencher.iter(|| {
                // Both are asked of every request.
                assert!(tokens.keys_for(token, &config, None).is_none());
                tokens.bearer(token, &config, None)
            });
        });
    }
    group.finish();
}

fn with_credentials(given: &GatewayCredentials, body: &[u8]) -> Parts {
    let (secret, token) = (given.secret_access_key.expose().to_owned(), given.session_token.expose().to_owned());
    let identity = Credentials::from_keys(&given.access_key_id, secret, Some(token)).into();
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
    let keyring = Keyring::from_json(br#"{"version": 1, "keys": []}"#).expect("a sound keyring");
    let options = SigV4Options::new("iam-mcp", vec!["us-east-1".into()], SignedDuration::from_mins(5));
    let verifier = SigV4Verifier::new(options.expect("sound options"), Arc::new(keyring), ManualClock::at(noon()));
    let verifier = verifier.with_credentials(keyset);
    let body = vec![b'x'; 300];
    let good = with_credentials(&given, &body);
    assert!(verifier.verify(&good, &body).is_ok());
    criterion.bench_function("gateway credentials", |bencher| bencher.iter(|| verifier.verify(&good, &body)));
}

criterion_group!(benches, credentials, bearer);
criterion_main!(benches);
