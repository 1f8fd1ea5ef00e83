use std::sync::Arc;

use aws_credential_types::Credentials;
use data_encoding::BASE64URL_NOPAD;
use http::request::Parts;
use jiff::SignedDuration;

use super::*;
use crate::authn::testing::{KEY_ID, REGION, SECRET, SERVICE, entry, noon, verifier};
use crate::authn::{Evidence, Verified};
use crate::client::sign::{Scope, headers};
use crate::clock::ManualClock;
use crate::current::Current;
use crate::random::{SharedRandom, SystemRandom};
use crate::sealing::SharedKeyset;

const BODY: &[u8] = b"{\"jsonrpc\":\"2.0\"}";

fn keyset(gateway: &str, roots: &[u8]) -> SharedKeyset {
    Arc::new(Current::new(Keyset::of_roots(gateway, roots)))
}

fn alice() -> Caller {
    Caller::keyring("alice", Some("alice@example.com".into()))
}

fn issued(keyset: &SharedKeyset) -> GatewayCredentials {
    let caller = alice();
    let expires = noon() + SignedDuration::from_mins(15);
    let grant = Grant { caller: &caller, environment: "dev", proof: Some("the-proof"), issued: noon(), expires };
    issue(&keyset.get(), &SystemRandom, grant)
}

/// A request signed with these three, at this time after noon.
fn signed(id: &str, secret: &str, token: Option<&str>, after: SignedDuration) -> Parts {
    let url: http::Uri = "https://gateway.example/mcp/dev".parse().unwrap();
    let fixed = [("host", "gateway.example"), ("content-type", "application/json")];
    let credentials = Credentials::new(id, secret, token.map(ToOwned::to_owned), None, "test");
    let scope = Scope { service: SERVICE.into(), region: REGION.into() };
    let added = headers("POST", &url, &fixed, BODY, &credentials, &scope, noon() + after).unwrap();
    let mut request = http::Request::post("/mcp/dev");
    for (name, value) in fixed.into_iter().chain(added.iter().map(|(name, value)| (*name, value.as_str()))) {
        request = request.header(name, value);
    }
    request.body(()).unwrap().into_parts().0
}

/// What becomes of it at a gateway with these keys, so long after noon.
fn verify(keyset: &SharedKeyset, head: &Parts, after: SignedDuration) -> Result<Verified, SigV4Refusal> {
    let clock = ManualClock::at(noon() + after);
    let entries = [entry(&serde_json::json!({}))];
    verifier(&entries, clock).with_credentials(Arc::clone(keyset)).verify(head, BODY)
}

fn code(keyset: &SharedKeyset, id: &str, secret: &str, token: Option<&str>) -> &'static str {
    let head = signed(id, secret, token, SignedDuration::ZERO);
    verify(keyset, &head, SignedDuration::ZERO).map_or_else(|refusal| refusal.code(), |_| "verified")
}

#[test]
fn credentials_verify_at_any_replica_and_say_whose_they_are() {
    let (one, other) = (keyset("gateway", &[1]), keyset("gateway", &[2, 1]));
    let given = issued(&one);
    let token = given.session_token.expose();
    let head = signed(&given.access_key_id, given.secret_access_key.expose(), Some(token), SignedDuration::ZERO);
    let verified = verify(&other, &head, SignedDuration::ZERO).unwrap();
    assert_eq!(**verified.caller(), alice());
    assert_eq!(verified.environments(), ["dev"]);
    assert!(matches!(verified.evidence(), Evidence::Signature { sealing_key: Some(key), .. } if **key == *"root-1"));
    assert!(given.access_key_id.starts_with(PREFIX) && given.access_key_id.len() == 20, "{}", given.access_key_id);
}

#[test]
fn they_are_for_calls_and_approve_nothing() {
    use crate::authn::keyring::KeyUse;
    let keyset = keyset("gateway", &[1]);
    let given = issued(&keyset);
    let token = given.session_token.expose();
    let head = signed(&given.access_key_id, given.secret_access_key.expose(), Some(token), SignedDuration::ZERO);
    let verified = verify(&keyset, &head, SignedDuration::ZERO).unwrap();
    assert!(verified.meant_for(KeyUse::Calls).is_ok() && verified.meant_for(KeyUse::Approvals).is_err());
}

#[test]
fn they_expire_and_only_their_holder_is_told() {
    let keyset = keyset("gateway", &[1]);
    let given = issued(&keyset);
    let (id, secret, token) = (&given.access_key_id, given.secret_access_key.expose(), given.session_token.expose());
    let before = SignedDuration::from_secs(15 * 60 - 1);
    assert!(verify(&keyset, &signed(id, secret, Some(token), before), before).is_ok());
    let after = SignedDuration::from_mins(15);
    let refused = verify(&keyset, &signed(id, secret, Some(token), after), after).unwrap_err();
    assert_eq!(refused.code(), "credentials_expired");
    let guessed = verify(&keyset, &signed(id, SECRET, Some(token), after), after).unwrap_err();
    assert_eq!(guessed.code(), "signature_mismatch");
}

#[test]
fn another_gateways_are_foreign() {
    let ours = keyset("gateway", &[1]);
    for theirs in [keyset("gateway", &[2]), keyset("gateway2", &[1])] {
        let given = issued(&theirs);
        let (secret, token) = (given.secret_access_key.expose(), given.session_token.expose());
        assert_eq!(code(&ours, &given.access_key_id, secret, Some(token)), "credentials_foreign");
    }
}

#[test]
fn a_revoked_keys_token_is_foreign_whoever_shows_it() {
    let both = keyset("gateway", &[2, 1]);
    let given = issued(&keyset("gateway", &[1]));
    let (id, secret, token) = (&given.access_key_id, given.secret_access_key.expose(), given.session_token.expose());
    both.get().revoke(|key| key == "root-1");
    assert_eq!(code(&both, id, secret, Some(token)), "credentials_foreign");
    assert_eq!(code(&both, "IMGTFRAMEDFRAMEDFRAM", SECRET, Some(token)), "credentials_foreign");
}

#[test]
fn credentials_go_with_the_proof_that_they_were_given_for() {
    let keyset = keyset("gateway", &[1]);
    let given = issued(&keyset);
    let token = given.session_token.expose();
    let head = signed(&given.access_key_id, given.secret_access_key.expose(), Some(token), SignedDuration::ZERO);
    let verified = verify(&keyset, &head, SignedDuration::ZERO).unwrap();
    assert_eq!(verified.presented().tokens, [Some(given.access_key_id.as_str()), Some("the-proof")]);
}

#[test]
fn an_id_goes_with_its_own_token_alone() {
    let keyset = keyset("gateway", &[1]);
    let (one, two) = (issued(&keyset), issued(&keyset));
    let (id, secret, token) = (&one.access_key_id, one.secret_access_key.expose(), one.session_token.expose());
    let (other_secret, other_token) = (two.secret_access_key.expose(), two.session_token.expose());
    assert_eq!(code(&keyset, id, secret, Some(token)), "verified");
    assert_eq!(code(&keyset, id, secret, Some(other_token)), "credentials_key_mismatch");
    assert_eq!(code(&keyset, id, other_secret, Some(other_token)), "credentials_key_mismatch");
    assert_eq!(code(&keyset, id, other_secret, Some(token)), "signature_mismatch");
    assert_eq!(code(&keyset, id, secret, None), "session_token_missing");
    assert_eq!(code(&keyset, KEY_ID, SECRET, Some(token)), "session_token_not_accepted");
    assert_eq!(code(&keyset, KEY_ID, SECRET, None), "verified");
    assert_eq!(code(&keyset, "ASIAIOSFODNN7EXAMPLE", SECRET, Some(token)), "session_token_not_accepted");
}

#[test]
fn a_change_of_any_byte_of_the_token_is_found() {
    let keyset = keyset("gateway", &[1]);
    let given = issued(&keyset);
    let (id, secret) = (&given.access_key_id, given.secret_access_key.expose());
    let bytes = BASE64URL_NOPAD.decode(given.session_token.expose().as_bytes()).unwrap();
    let mut codes = std::collections::BTreeSet::new();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        codes.insert(code(&keyset, id, secret, Some(&BASE64URL_NOPAD.encode(&changed))));
    }
    let expected = ["credentials_altered", "credentials_foreign", "credentials_malformed"];
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), expected);
    for token in ["x", "AAAA", &"A".repeat(9000), "ä"] {
        assert_eq!(code(&keyset, id, secret, Some(token)), "credentials_malformed", "{token}");
    }
}

#[test]
fn a_token_of_another_kind_is_none() {
    let random: SharedRandom = Arc::new(SystemRandom);
    let keyset: SharedKeyset = Arc::new(Current::new(Keyset::new("gateway", &[], &random)));
    let given = issued(&keyset);
    let plan = keyset.get().seal(Kind::Plan, [0; 12], b"{}".to_vec());
    assert_eq!(
        code(&keyset, &given.access_key_id, given.secret_access_key.expose(), Some(&plan)),
        "credentials_malformed"
    );
}

#[test]
fn no_secret_is_shown() {
    let given = issued(&keyset("gateway", &[1]));
    let shown = format!("{given:?}");
    assert!(!shown.contains(given.secret_access_key.expose()) && !shown.contains(given.session_token.expose()));
}
