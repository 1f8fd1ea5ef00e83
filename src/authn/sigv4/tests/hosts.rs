//! Requests whose `Host` somebody rewrote on the way.

use super::*;

const SIGNED: &str = "iam-mcp.example.internal";

/// Signed for [`SIGNED`], and come with this `Host`.
fn call_with(host: &str) -> Request {
    let signed = Signer::default().sign(call().without("host").with("host", SIGNED));
    signed.altered("host", |_| host.to_owned())
}

fn verify_for(request: &Request, host: Option<&str>) -> Result<Verified, SigV4Refusal> {
    gateway().verify_for(&request.parts().expect("a request that HTTP allows"), &request.body, host)
}

#[test]
fn a_host_that_was_preserved_is_verified_with_and_without_a_name() {
    assert!(verify_for(&call_with(SIGNED), None).is_ok());
    assert!(verify_for(&call_with(SIGNED), Some(SIGNED)).is_ok());
}

#[test]
fn a_host_that_was_rewritten_is_verified_for_the_name_that_was_signed_alone() {
    let rewritten = call_with("10.0.3.7:8080");
    assert!(verify_for(&rewritten, Some(SIGNED)).is_ok());
    for host in [None, Some("iam-mcp.example"), Some("10.0.3.7:8080"), Some("")] {
        assert_eq!(verify_for(&rewritten, host).unwrap_err(), SigV4Refusal::SignatureMismatch, "{host:?}");
    }
}

#[test]
fn what_was_signed_for_another_host_is_not_good_for_this_one() {
    let other = Signer::default().sign(call());
    assert!(verify_for(&other, None).is_ok());
    assert_eq!(verify_for(&other, Some(SIGNED)).unwrap_err(), SigV4Refusal::SignatureMismatch);
}

#[test]
fn the_host_must_be_there_once_and_signed_whatever_it_is_verified_for() {
    let mut unsigned = call();
    unsigned.unsigned.push("host".into());
    let refused = verify_for(&Signer::default().sign(unsigned), Some(SIGNED)).unwrap_err();
    assert_eq!(refused, SigV4Refusal::not_signed("host"));
    let twice = call_with(SIGNED).with("host", "10.0.3.7");
    assert_eq!(verify_for(&twice, Some(SIGNED)).unwrap_err(), SigV4Refusal::duplicate("host"));
    let gone = call_with(SIGNED).without("host");
    assert_eq!(verify_for(&gone, Some(SIGNED)).unwrap_err(), SigV4Refusal::missing("host"));
}
