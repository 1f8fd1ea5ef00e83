//! Tests of the verifier, with a signer and a canonicalizer of their own.

mod aws_suite;
mod clients;
mod hosts;
mod mutations;
mod refusals;
mod request;

use crate::authn::testing::{entry, noon, verifier};
use crate::clock::ManualClock;
use request::{Request, Signer};
use serde_json::json;

use super::{SigV4Refusal, SigV4Verifier};
use crate::authn::{Evidence, Verified};

const INACTIVE_ID: &str = "IMGKINACTIVEINACTIVE";
const EXPIRED_ID: &str = "IMGKEXPIREDEXPIREDEX";
const OTHER_ID: &str = "IMGKOTHEROTHEROTHERO";
const OTHER_SECRET: &str = "made-up-secret-of-forty-characters-00002";

/// A verifier at noon that knows an active key, another's, an inactive and an expired one.
fn gateway() -> SigV4Verifier {
    let entries = [
        entry(&json!({})),
        entry(&json!({"access_key_id": OTHER_ID, "secret_access_key": OTHER_SECRET, "caller": "bob", "person": null})),
        entry(&json!({"access_key_id": INACTIVE_ID, "status": "inactive"})),
        entry(&json!({"access_key_id": EXPIRED_ID, "expires_at": "2026-03-01T12:00:00Z"})),
    ];
    verifier(&entries, ManualClock::at(noon()))
}

/// What a client sends: a tool call, with what botocore would sign.
fn call() -> Request {
    Request::new("POST", "/mcp/dev", br#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#)
        .with("host", "gateway.example.internal")
        .with("accept", "application/json, text/event-stream")
        .with("content-type", "application/json")
        .with("mcp-protocol-version", "2025-11-25")
        .with("mcp-session-id", "5f0c2d1e")
        .unsigned("user-agent", "test/1.0")
}

fn verify(request: &Request) -> Result<Verified, SigV4Refusal> {
    gateway().verify(&request.parts().expect("a request that HTTP allows"), &request.body)
}

#[test]
fn a_request_signed_by_its_owner_is_verified() {
    let signer = Signer::default();
    let request = signer.sign(call());
    let verified = verify(&request).unwrap();
    assert_eq!(verified.caller().name, "alice");
    assert_eq!(verified.caller().person.as_deref(), Some("alice@example.com"));
    assert_eq!(verified.access_key_id(), Some(signer.id.as_str()));
    assert_eq!(verified.environments(), ["dev"]);
    let Evidence::Signature { signature, signed_at, .. } = verified.evidence() else { panic!("it was signed") };
    assert_eq!(*signed_at, noon());
    assert!(request.value("authorization").ends_with(&data_encoding::HEXLOWER.encode(signature)));
}

#[test]
fn each_key_speaks_for_its_own_caller() {
    let bob = Signer { id: OTHER_ID.into(), secret: OTHER_SECRET.into(), ..Signer::default() };
    assert_eq!(verify(&bob.sign(call())).unwrap().caller().name, "bob");
}

#[test]
fn a_query_is_part_of_what_is_signed() {
    let mut request = Signer::default().sign(Request { target: "/mcp?b=2&a=x%20y&a=".into(), ..call() });
    assert!(verify(&request).is_ok());
    request.target = "/mcp?b=2&a=x%20z&a=".into();
    assert_eq!(verify(&request).unwrap_err(), SigV4Refusal::SignatureMismatch);
}

#[test]
fn a_signature_is_good_until_the_skew_is_exceeded_on_either_side() {
    for (seconds, good) in [(-301, false), (-300, true), (0, true), (300, true), (301, false)] {
        let signer = Signer { at: noon() + jiff::SignedDuration::from_secs(seconds), ..Signer::default() };
        assert_eq!(verify(&signer.sign(call())).is_ok(), good, "{seconds}");
    }
}

#[test]
fn every_region_of_the_options_is_accepted() {
    use crate::authn::keyring::Keyring;
    use crate::authn::testing::{MAX_SKEW, SERVICE, keyring_json};

    let regions = vec!["us-east-1".into(), "eu-west-1".into()];
    let options = super::SigV4Options::new(SERVICE, regions, MAX_SKEW).unwrap();
    let keyring = Keyring::from_json(&keyring_json(&[entry(&json!({}))])).unwrap();
    let verifier = SigV4Verifier::new(options, keyring.into(), ManualClock::at(noon()));
    for (region, good) in [("us-east-1", true), ("eu-west-1", true), ("eu-west-2", false)] {
        let request = Signer { region: region.into(), ..Signer::default() }.sign(call());
        assert_eq!(verifier.verify(&request.parts().unwrap(), &request.body).is_ok(), good, "{region}");
    }
}

#[test]
fn what_was_read_is_shown_without_what_opens_anything() {
    let request = Signer::default().sign(call().with("x-amz-security-token", "a-token").with("cookie", "a-cookie"));
    let head = request.parts().unwrap();
    let signed = super::signed::Signed::read(&head).unwrap();
    let signature = signed.signature();
    let of_signed = format!("{signed:?}");
    for shown in [of_signed, format!("{:?}", signed.with_body(&request.body).unwrap())] {
        assert!(shown.contains(&Signer::default().id) && shown.contains("x-amz-security-token"), "{shown}");
        let hex = data_encoding::HEXLOWER.encode(&signature);
        for hidden in ["a-token", "a-cookie", &hex, &format!("{signature:?}")] {
            assert!(!shown.contains(hidden), "{hidden}: {shown}");
        }
    }
}

#[test]
fn the_claimed_key_is_told_of_a_refused_request() {
    let mut request = Signer::default().sign(call());
    request.body.push(b' ');
    assert!(verify(&request).is_err());
    let head = request.parts().unwrap();
    assert_eq!(SigV4Verifier::claimed_access_key_id(&head), Some(Signer::default().id.as_str()));
    assert_eq!(SigV4Verifier::claimed_access_key_id(&call().parts().unwrap()), None);
}
