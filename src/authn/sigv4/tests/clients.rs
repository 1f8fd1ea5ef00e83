//! Requests signed by the libraries that clients use.

use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::json;

use super::request::{Request, Signer};
use super::{call, verify};
use crate::authn::keyring::identity;
use crate::authn::sigv4::SigV4Refusal;
use crate::authn::testing::{KEY_ID, REGION, SECRET, SERVICE, entry, noon, verifier};
use crate::clock::ManualClock;
use crate::secret::Secret;

/// Signed as the AWS SDK for Rust signs.
fn sdk_signed(mut request: Request) -> Request {
    let identity = identity(KEY_ID, &Secret::new(SECRET.into()));
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name(SERVICE)
        .time(SystemTime::from(noon()))
        .settings(SigningSettings::default())
        .build()
        .unwrap();
    let texts: Vec<(String, String)> =
        request.headers.iter().map(|(name, _)| (name.clone(), request.value(name))).collect();
    let headers = texts.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let uri = format!("https://{}{}", request.value("host"), request.target);
    let signable = SignableRequest::new(&request.method, uri, headers, SignableBody::Bytes(&request.body)).unwrap();
    let (instructions, _) = sign(signable, &params.into()).unwrap().into_parts();
    for (name, value) in instructions.headers() {
        request = request.with(name, value);
    }
    request
}

#[test]
fn what_the_aws_sdk_signs_is_verified() {
    assert_eq!(verify(&sdk_signed(call())).unwrap().caller().name, "alice");
    assert!(verify(&sdk_signed(call().retarget("/mcp?b=2&a=x%20y&a="))).is_ok());
}

#[test]
fn the_aws_sdk_signs_as_the_tests_own_signer_does() {
    let ours = Signer::default().sign(call());
    assert_eq!(sdk_signed(call()).value("authorization"), ours.value("authorization"));
}

fn botocore(request: &Request) -> Result<String, SigV4Refusal> {
    let key = entry(&json!({
        "access_key_id": "IMGKBOTOCORE7EXAMPLE",
        "secret_access_key": "kK3l0QnE+notASecret/ButFortyCharsLong9x4",
    }));
    let verifier = verifier(&[key], ManualClock::at(noon()));
    verifier.verify(&request.parts().unwrap(), &request.body).map(|verified| verified.caller().name.clone())
}

/// Signed by botocore 1.44.5 with a made-up key; the headers are the ones that `mcp-proxy-for-aws` sends.
fn botocore_post() -> Request {
    let body = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"list_users","arguments":{"path":"/teams/über/"}}}"#;
    Request::new("POST", "/mcp/dev", body.as_bytes())
        .with("accept", "application/json, text/event-stream")
        .with("accept-encoding", "gzip, deflate")
        .with("content-length", "114")
        .with("content-type", "application/json")
        .with("host", "127.0.0.1:8080")
        .with("mcp-protocol-version", "2025-11-25")
        .with("mcp-session-id", "5f0c2d1e")
        .with("user-agent", "python-httpx/0.28.1")
        .with("connection", "keep-alive")
        .with("X-Amz-Date", "20260301T120000Z")
        .with(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=IMGKBOTOCORE7EXAMPLE/20260301/us-east-1/iam-mcp/aws4_request, \
             SignedHeaders=accept;accept-encoding;content-length;content-type;host;mcp-protocol-version;\
             mcp-session-id;x-amz-date, \
             Signature=76a34fb35c9d811cb2f68f411f41f3cab0c413fe0815a8923d8f3599ebbb1c3f",
        )
}

#[test]
fn what_botocore_signs_is_verified() {
    assert_eq!(botocore(&botocore_post()), Ok("alice".into()));
    let get = Request::new("GET", "/mcp?b=2&a=x%20y&a=", b"")
        .with("accept", "application/json,   text/event-stream")
        .with("cache-control", "no-store")
        .with("content-length", "0")
        .with("host", "gateway.example.internal")
        .with("mcp-protocol-version", "2025-11-25")
        .with("user-agent", "python-httpx/0.28.1")
        .with("X-Amz-Date", "20260301T120000Z")
        .with(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=IMGKBOTOCORE7EXAMPLE/20260301/us-east-1/iam-mcp/aws4_request, \
             SignedHeaders=accept;cache-control;content-length;host;mcp-protocol-version;x-amz-date, \
             Signature=a2b14c25cbb11c3853f94b60bab6d56a42d149652340cca7abf405f540823576",
        );
    assert_eq!(botocore(&get), Ok("alice".into()));
}

#[test]
fn what_botocore_signed_is_refused_when_altered() {
    let altered = botocore_post().altered("mcp-session-id", |_| "5f0c2d1f".into());
    assert_eq!(botocore(&altered), Err(SigV4Refusal::SignatureMismatch));
}
