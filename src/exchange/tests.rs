use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use jiff::SignedDuration;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke};
use serde_json::Map;

use super::reply::{INFO, Reply};
use super::*;
use crate::authn::Caller;
use crate::authn::testing::noon;
use crate::secret::Secret;
use crate::tools::testing::facts;

fn credentials() -> GatewayCredentials {
    GatewayCredentials {
        access_key_id: "IMGTAAAAAAAAAAAAAAAA".into(),
        secret_access_key: Secret::new("secret".into()),
        session_token: Secret::new("token".into()),
        expires: noon(),
    }
}

fn code(body: &str) -> &'static str {
    request::read(body.as_bytes()).map_or_else(|refusal| refusal.code, |_| "read")
}

#[test]
fn a_body_is_one_proof() {
    assert_eq!(code(r#"{"token": "a.b.c"}"#), "read");
    assert_eq!(
        code(r#"{"caller_identity": {"method": "POST", "url": "", "headers": [["a", "b"]], "body": ""}}"#),
        "read"
    );
    for body in [
        "",
        "{}",
        "[]",
        r#"{"token": 1}"#,
        r#"{"token": "a", "token": "b"}"#,
        r#"{"token": "a", "proof": "b"}"#,
        r#"{"token": "a", "caller_identity": {"method": "POST", "url": "", "headers": []}}"#,
        r#"{"caller_identity": {"method": "POST", "url": "", "headers": {"a": "b"}}}"#,
        r#"{"caller_identity": {"method": "POST", "url": "", "headers": [], "host": "x"}}"#,
    ] {
        assert_eq!(code(body), "proof_malformed", "{body}");
    }
}

#[test]
fn an_answer_is_sealed_to_a_key_that_can_be_sealed_to() {
    for key in ["", "AAAA", "ä", &BASE64URL_NOPAD.encode(&[1; 33]), &BASE64URL_NOPAD.encode(&[0; 32])] {
        let body = format!(r#"{{"token": "a", "public_key": "{key}"}}"#);
        assert_eq!(code(&body), "public_key_invalid", "{key}");
    }
}

#[test]
fn nobody_but_the_holder_of_the_key_reads_the_answer() {
    let (public, private) = DH_KEM_X25519_HKDF_SHA256_AES_256.generate_key_pair().unwrap();
    let answer = Reply::to(Some(&BASE64URL_NOPAD.encode(&public.0))).unwrap().of(&credentials());
    assert!(!answer.expose().contains("secret") && !answer.expose().contains("IMGT"));
    let answer: serde_json::Value = serde_json::from_str(answer.expose()).unwrap();
    let part = |name: &str| BASE64URL_NOPAD.decode(answer[name].as_str().unwrap().as_bytes()).unwrap();
    let open = |private: &_| {
        let encapsulated = EncapsulatedSecret(part("encapsulated_key"));
        DH_KEM_X25519_HKDF_SHA256_AES_256.open(&encapsulated, INFO, b"", &part("sealed"), private)
    };
    let opened: serde_json::Value = serde_json::from_slice(&open(&private).unwrap()).unwrap();
    assert_eq!((&opened["SecretAccessKey"], &opened["Version"]), (&"secret".into(), &1.into()));
    let (_, other) = DH_KEM_X25519_HKDF_SHA256_AES_256.generate_key_pair().unwrap();
    assert!(open(&other).is_err());
}

#[test]
fn without_a_key_the_answer_is_what_credential_process_programs_print() {
    let answer: serde_json::Value = serde_json::from_str(Reply::to(None).unwrap().of(&credentials()).expose()).unwrap();
    let expected = serde_json::json!({
        "Version": 1, "AccessKeyId": "IMGTAAAAAAAAAAAAAAAA", "SecretAccessKey": "secret", "SessionToken": "token",
        "Expiration": "2026-03-01T12:00:00Z",
    });
    assert_eq!(answer, expected);
}

/// How long credentials last, in seconds, for this proof.
fn lasts(kind: CallerKind, by_mapping: Option<u64>, until: Option<i64>) -> Result<i64, &'static str> {
    let mapping = RoleMapping { credentials: by_mapping.map(Duration::from_secs), ..(*facts("alice").mapping).clone() };
    let proven = Proven {
        caller: Caller { kind, ..Caller::keyring("alice", None) },
        until: until.map(|seconds| noon() + SignedDuration::from_secs(seconds)),
        issued: None,
        id: None,
        details: Map::new(),
    };
    let expires = expiry(&mapping, &proven, noon() + SignedDuration::from_millis(400));
    expires.map(|expires| expires.duration_since(noon()).as_secs()).map_err(|refusal| refusal.code)
}

#[test]
fn credentials_last_as_their_proof_or_mapping_says_and_never_longer_than_what_was_proved() {
    assert_eq!(lasts(CallerKind::CallerIdentity, None, None), Ok(900));
    assert_eq!(lasts(CallerKind::CallerIdentity, Some(1800), None), Ok(1800));
    assert_eq!(lasts(CallerKind::WebIdentity, None, None), Ok(3600));
    assert_eq!(lasts(CallerKind::Oidc, None, Some(600)), Ok(600));
    assert_eq!(lasts(CallerKind::Oidc, Some(60), Some(600)), Ok(60));
    assert_eq!(lasts(CallerKind::WebIdentity, Some(43_200), Some(4000)), Ok(4000));
    assert_eq!(lasts(CallerKind::WebIdentity, None, Some(20)), Err("session_ending"));
    assert_eq!(lasts(CallerKind::WebIdentity, None, Some(-20)), Err("session_ending"));
}

#[test]
fn every_code_is_documented() {
    let documented = include_str!("../../docs/errors.md");
    for code in [
        "proof_malformed",
        "public_key_missing",
        "public_key_invalid",
        "revoked",
        "session_ending",
        "exchange_off",
        "exchange_rate_limited",
    ] {
        assert!(documented.contains(&format!("`{code}`")), "{code}");
    }
    assert_eq!(refusal::switched_off().code, "exchange_off");
}

mod per_source {
    use std::net::IpAddr;

    use super::*;
    use crate::clock::ManualClock;
    use crate::exchange::limits::Buckets;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_may_ask_its_share_and_then_waits() {
        let clock = ManualClock::at(noon());
        let buckets = Buckets::new(Arc::clone(&clock) as _);
        let (one, other) = (address("203.0.113.1"), address("203.0.113.2"));
        for _ in 0..30 {
            assert_eq!(buckets.take(one, 30), Ok(()));
        }
        assert_eq!(buckets.take(one, 30), Err(Duration::from_secs(2)));
        assert_eq!(buckets.take(other, 30), Ok(()), "nobody waits for another");
        clock.advance(SignedDuration::from_secs(2));
        assert_eq!(buckets.take(one, 30), Ok(()));
        assert!(buckets.take(one, 30).is_err());
        clock.advance(SignedDuration::from_hours(-1));
        assert!(buckets.take(one, 30).is_err(), "a clock that is set back gives nothing");
    }

    #[test]
    fn whoever_has_an_ipv6_network_is_one_source() {
        let buckets = Buckets::new(ManualClock::at(noon()));
        for host in 0..6 {
            let asked = buckets.take(address(&format!("2001:db8:1:2::{host:x}")), 6);
            assert_eq!(asked, Ok(()), "{host}");
        }
        assert!(buckets.take(address("2001:db8:1:2:ffff::1"), 6).is_err());
        assert_eq!(buckets.take(address("2001:db8:1:3::1"), 6), Ok(()));
    }

    #[test]
    fn a_flood_of_addresses_takes_no_more_than_its_memory() {
        let buckets = Buckets::new(ManualClock::at(noon()));
        for number in 0..100_000_u32 {
            let _asked = buckets.take(IpAddr::from(number.to_be_bytes()), 30);
        }
        assert!(buckets.len() <= 20_000, "{}", buckets.len());
    }
}
