//! What a verification costs: `cargo bench --bench sigv4`.
//!
//! Each case is a POST with a body of 300 bytes and the headers that `mcp-proxy-for-aws` sends, eight of them signed.

use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use criterion::{Criterion, criterion_group, criterion_main};
use http::request::Parts;
use iam_mcp_gateway::authn::keyring::Keyring;
use iam_mcp_gateway::authn::sigv4::{SigV4Options, SigV4Verifier};
use iam_mcp_gateway::clock::ManualClock;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

const KEY_ID: &str = "IMGKBENCHBENCHBENCHB";
const SECRET: &str = "made-up-secret-of-forty-characters-00003";
const HEADERS: [(&str, &str); 9] = [
    ("accept", "application/json, text/event-stream"),
    ("accept-encoding", "gzip, deflate"),
    ("connection", "keep-alive"),
    ("content-length", "300"),
    ("content-type", "application/json"),
    ("host", "gateway.example.internal"),
    ("mcp-protocol-version", "2025-11-25"),
    ("mcp-session-id", "5f0c2d1e-8a51-4a7e-9d4a-27c3f1a0b6de"),
    ("user-agent", "python-httpx/0.28.1"),
];
const UNSIGNED: [&str; 2] = ["connection", "user-agent"];

fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a valid time")
}

fn verifier() -> SigV4Verifier {
    let keyring = json!({"version": 1, "keys": [{
        "access_key_id": KEY_ID,
        "secret_access_key": SECRET,
        "caller": "alice",
        "environments": ["dev"],
        "status": "active",
        "created_at": "2026-01-01T00:00:00Z",
    }]});
    let keyring = Keyring::from_json(keyring.to_string().as_bytes()).expect("a sound keyring");
    let options = SigV4Options::new("iam-mcp", vec!["us-east-1".into()], SignedDuration::from_mins(5));
    SigV4Verifier::new(options.expect("sound options"), Arc::new(keyring), ManualClock::at(noon()))
}

fn signed(key_id: &str, body: &[u8]) -> Parts {
    let identity = Credentials::from_keys(key_id, SECRET, None).into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("iam-mcp")
        .time(SystemTime::from(noon()))
        .settings(SigningSettings::default())
        .build()
        .expect("all is set");
    let headers = HEADERS.into_iter().filter(|(name, _)| !UNSIGNED.contains(name));
    let uri = "https://gateway.example.internal/mcp/dev";
    let request = SignableRequest::new("POST", uri, headers, SignableBody::Bytes(body)).expect("a sound request");
    let (instructions, _) = sign(request, &params.into()).expect("signed").into_parts();
    let mut head = http::Request::post("/mcp/dev");
    for (name, value) in HEADERS.into_iter().chain(instructions.headers()) {
        head = head.header(name, value);
    }
    head.body(()).expect("a sound request").into_parts().0
}

fn verification(criterion: &mut Criterion) {
    let verifier = verifier();
    let body = vec![b'x'; 300];
    let good = signed(KEY_ID, &body);
    let unknown = signed("IMGKUNKNOWNUNKNOWNUN", &body);
    let other_body = vec![b'y'; 300];
    assert!(verifier.verify(&good, &body).is_ok());
    assert_eq!(verifier.verify(&unknown, &body).map_err(|refusal| refusal.code()).err(), Some("unknown_key"));
    let wrong = verifier.verify(&good, &other_body).map_err(|refusal| refusal.code()).err();
    assert_eq!(wrong, Some("signature_mismatch"));

    let mut group = criterion.benchmark_group("sigv4");
    group.bench_function("verify a 300-byte body", |bencher| bencher.iter(|| verifier.verify(&good, &body)));
    group.bench_function("refuse an unknown key", |bencher| bencher.iter(|| verifier.verify(&unknown, &body)));
    group.bench_function("refuse a wrong signature", |bencher| bencher.iter(|| verifier.verify(&good, &other_body)));
    group.finish();
}

criterion_group!(benches, verification);
criterion_main!(benches);
