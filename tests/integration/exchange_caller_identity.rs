//! A signed GetCallerIdentity request is traded for gateway credentials: the real binary, the sandbox's STS, real signatures.

use aws_credential_types::Credentials;
use data_encoding::BASE64URL_NOPAD;
use iam_mcp_gateway::authn::proofs::caller_identity::{AUDIENCE_HEADER, audience_value};
use iam_mcp_gateway::client::sign::{self, Scope};
use iam_mcp_gateway::exchange::reply::INFO;
use jiff::{SignedDuration, Timestamp};
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke, HpkePrivateKey};
use serde_json::{Value, json};

use crate::support::clients::Keys;
use crate::support::gateway::{ACCOUNT, NAME, TestGateway};
use crate::support::http::{Answer, Request};
use crate::support::mcp::{Called, modern, tool_call};
use crate::support::person::of_account;
use crate::support::prepared::Prepared;
use crate::support::sealing::SealingKeys;
use crate::support::waiting::{eventually, now};

const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
const USER: &str = "user/people/ben.okafor";

/// A gateway that accepts proofs of the account's principals, and its sealing keys.
fn accepting(prepared: Prepared) -> (TestGateway, SealingKeys) {
    let keys = SealingKeys::new();
    let callers = |pattern: &str| of_account("caller-identity", pattern);
    let accepted = format!("{{ accounts = [\"{ACCOUNT}\"], enforced_sessions = [\"iam-mcp-*\"] }}");
    let gateway = prepared
        .mapping_of(&callers(USER), "role/mcp-auditor", "access = \"read-only\"")
        .mapping_of(&callers("assumed-role/iam-mcp-gateway/*"), "role/mcp-auditor", "access = \"read-only\"")
        .sealing(&keys, &[9])
        .set("exchange.caller_identity", &accepted)
        .set("log.level", "\"trace\"")
        .start();
    (gateway, keys)
}

/// A fresh key pair, as a helper makes one for each proof. It opens what is sealed by HPKE's own terms and not with the
/// client's code, which would agree with a gateway that got them wrong; it does so more than once, too, which that never does.
struct KeyPair {
    public: Vec<u8>,
    private: HpkePrivateKey,
}

impl KeyPair {
    fn fresh() -> Self {
        let (public, private) = DH_KEM_X25519_HKDF_SHA256_AES_256.generate_key_pair().expect("keys can be made");
        Self { public: public.0, private }
    }

    fn public(&self) -> String {
        BASE64URL_NOPAD.encode(&self.public)
    }

    /// The credentials in a sealed answer.
    fn open(&self, answer: &Answer) -> Value {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let body = answer.json();
        let part = |name: &str| {
            let text = body[name].as_str().expect("it is sealed");
            BASE64URL_NOPAD.decode(text.as_bytes()).expect("it is base64url")
        };
        let (encapsulated, sealed) = (EncapsulatedSecret(part("encapsulated_key")), part("sealed"));
        let opened = DH_KEM_X25519_HKDF_SHA256_AES_256.open(&encapsulated, INFO, b"", &sealed, &self.private);
        serde_json::from_slice(&opened.expect("it is sealed to this key")).expect("credentials are JSON")
    }
}

/// A signed request to this STS, for a gateway of this audience and for this key.
fn signed(sts: &str, keys: &Keys, audience: &str, key: &KeyPair) -> Value {
    signed_at(sts, keys, audience, key, now())
}

/// The same, signed at this time.
fn signed_at(sts: &str, keys: &Keys, audience: &str, key: &KeyPair, time: Timestamp) -> Value {
    let url: http::Uri = format!("{sts}/").parse().expect("the sandbox has a URL");
    let host = url.authority().expect("it has a host").to_string();
    let audience = audience_value(audience, &key.public);
    let given = [
        ("host", host.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
        (AUDIENCE_HEADER, audience.as_str()),
    ];
    let Keys { access_key_id, secret_access_key, session_token } = keys.clone();
    let credentials = Credentials::new(access_key_id, secret_access_key, session_token, None, "test");
    let scope = Scope { service: "sts".to_owned(), region: "us-east-1".to_owned() };
    let added = sign::headers("POST", &url, &given, BODY.as_bytes(), &credentials, &scope, time).expect("it is signed");
    let mut headers: Vec<Value> = given.iter().map(|(name, value)| json!([name, value])).collect();
    headers.extend(added.iter().map(|(name, value)| json!([name, value])));
    json!({"method": "POST", "url": url.to_string(), "headers": headers, "body": BODY})
}

/// The value of a header of a signed request.
fn header<'a>(proof: &'a mut Value, name: &str) -> &'a mut Value {
    let headers = proof["headers"].as_array_mut().expect("a proof has headers");
    &mut headers.iter_mut().find(|header| header[0] == name).expect("it has this one")[1]
}

fn signature(proof: &mut Value) -> String {
    let authorization = header(proof, "authorization").as_str().expect("a text").to_owned();
    authorization.rsplit_once("Signature=").expect("it is signed").1.to_owned()
}

fn exchange(gateway: &TestGateway, proof: &Value, key: &KeyPair) -> Answer {
    send(gateway, &json!({"caller_identity": proof, "public_key": key.public()}))
}

fn send(gateway: &TestGateway, body: &Value) -> Answer {
    Request::post(gateway.address()).target("/credentials").body(body.to_string()).send()
}

fn keys_in(credentials: &Value) -> Keys {
    let text = |name: &str| credentials[name].as_str().expect("credentials have it").to_owned();
    Keys {
        access_key_id: text("AccessKeyId"),
        secret_access_key: text("SecretAccessKey"),
        session_token: Some(text("SessionToken")),
    }
}

/// How often the sandbox's STS was asked who somebody is.
fn asked(gateway: &TestGateway) -> usize {
    gateway.sandbox().trail_of("GetCallerIdentity").len()
}

#[test]
fn a_proof_is_traded_once_for_sealed_credentials_that_sign_calls() {
    let (mut gateway, _sealing) = accepting(TestGateway::with_sandbox());
    let sts = gateway.sandbox().url().to_owned();
    let user = gateway.sandbox().user_keys("ben.okafor");
    let key = KeyPair::fresh();
    let mut proof = signed(&sts, &user, NAME, &key);
    let answer = exchange(&gateway, &proof, &key);
    let credentials = key.open(&answer);
    assert_eq!(credentials["Version"], 1);
    assert!(!answer.text().contains("SessionToken"), "{}", answer.text());
    let given = keys_in(&credentials);

    // They sign calls, as the mapping's role.
    let call = modern(Request::post(gateway.address()).signed_with(&given), &tool_call("as-ben", "whoami", json!({})));
    let called = Called::of("as-ben".to_owned(), &call.send());
    assert_eq!(called.done()["Caller"]["name"], USER, "{}", called.content);

    // The proof is used up, and STS is not asked again.
    let before = asked(&gateway);
    assert_eq!(exchange(&gateway, &proof, &key).code(), "proof_used");
    assert_eq!(asked(&gateway), before);

    let issued = gateway.records("issuance");
    assert_eq!(issued.len(), 1, "{issued:?}");
    let data = &issued[0]["additionalEventData"];
    assert_eq!(data["caller"]["name"], USER);
    assert_eq!(
        (&data["proof"]["kind"], &data["proof"]["accessKeyId"]),
        (&json!("caller-identity"), &json!(user.access_key_id))
    );
    let refused = eventually("the refusal is recorded", || {
        gateway.records("authentication").into_iter().find(|record| record["errorCode"] == "proof_used")
    });
    assert_eq!(refused["eventName"], "ExchangeProof");

    gateway.stop();
    let journal = gateway.journal_lines().concat();
    for secret in [
        &signature(&mut proof),
        &user.secret_access_key,
        &given.secret_access_key,
        given.session_token.as_ref().expect("they are temporary"),
    ] {
        for (place, text) in [("the journal", &journal), ("the log", &gateway.log())] {
            assert!(!text.contains(secret.as_str()), "{place} has {secret}");
        }
    }
}

#[test]
fn a_session_is_its_person_where_the_role_enforces_the_name_and_its_token_is_written_nowhere() {
    let (mut gateway, _sealing) = accepting(TestGateway::with_sandbox());
    let (sts, session, key) = (gateway.sandbox().url().to_owned(), gateway.own_keys(), KeyPair::fresh());
    key.open(&exchange(&gateway, &signed(&sts, &session, NAME, &key), &key));
    let issued = gateway.records("issuance").remove(0);
    let caller = &issued["additionalEventData"]["caller"];
    let name = caller["name"].as_str().expect("a caller has a name");
    assert_eq!(name.rsplit('/').next(), caller["person"].as_str(), "{caller}");
    gateway.stop();
    let token = session.session_token.expect("a session has a token");
    let (journal, log) = (gateway.journal_lines().concat(), gateway.log());
    assert!(!journal.contains(&token) && !log.contains(&token));
}

#[test]
fn a_proof_for_another_gateway_or_key_and_one_that_was_changed_get_nothing() {
    let (gateway, _sealing) = accepting(TestGateway::with_sandbox());
    let (sts, user) = (gateway.sandbox().url().to_owned(), gateway.sandbox().user_keys("ben.okafor"));
    let (key, thief) = (KeyPair::fresh(), KeyPair::fresh());
    let before = asked(&gateway);
    let foreign = signed(&sts, &user, "other.example.internal", &key);
    assert_eq!(exchange(&gateway, &foreign, &key).code(), "proof_audience");
    let stolen = signed(&sts, &user, NAME, &key);
    assert_eq!(exchange(&gateway, &stolen, &thief).code(), "proof_audience_key");
    // Without a key to seal to there is no answer that could be read on its way.
    assert_eq!(send(&gateway, &json!({"caller_identity": stolen})).code(), "public_key_missing");
    assert_eq!(asked(&gateway), before, "all of that is refused here");

    // What names the right gateway, or the thief's key, but was signed for another, fails at STS.
    let mut relabelled = foreign;
    *header(&mut relabelled, AUDIENCE_HEADER) = audience_value(NAME, &key.public).into();
    assert_eq!(exchange(&gateway, &relabelled, &key).code(), "proof_signature");
    let mut rebound = stolen;
    *header(&mut rebound, AUDIENCE_HEADER) = audience_value(NAME, &thief.public).into();
    assert_eq!(exchange(&gateway, &rebound, &thief).code(), "proof_signature");
    // So does a user's word for what another secret signed.
    let guessed = Keys { secret_access_key: "a-secret-that-was-guessed".to_owned(), ..user };
    assert_eq!(exchange(&gateway, &signed(&sts, &guessed, NAME, &key), &key).code(), "proof_signature");
    assert!(gateway.records("issuance").is_empty());
}

#[test]
fn without_sts_no_proof_holds_and_whoever_has_keys_is_served() {
    let (gateway, _sealing) = accepting(TestGateway::without_aws());
    let key = KeyPair::fresh();
    let user = Keys {
        access_key_id: "AKIAEXAMPLEEXAMPLE01".to_owned(),
        secret_access_key: "made-up".to_owned(),
        session_token: None,
    };
    let answer = exchange(&gateway, &signed("http://127.0.0.1:9", &user, NAME, &key), &key);
    assert_eq!((answer.status, answer.code().as_str()), (503, "sts_unreachable"));
    assert!(answer.header("retry-after").is_some());
    let called = gateway.call("alice", "whoami", json!({}));
    assert_eq!(called.done()["Caller"]["name"], "alice", "{}", called.content);
}

#[test]
fn who_asks_too_often_waits_and_neither_sts_nor_a_made_up_hop_is_asked() {
    let limited = TestGateway::with_sandbox().set("exchange.per_source_per_minute", "1");
    let (gateway, _sealing) = accepting(limited);
    let (sts, user, key) =
        (gateway.sandbox().url().to_owned(), gateway.sandbox().user_keys("ben.okafor"), KeyPair::fresh());
    key.open(&exchange(&gateway, &signed(&sts, &user, NAME, &key), &key));
    let before = asked(&gateway);
    let request = Request::post(gateway.address()).target("/credentials");
    // The proofs differ from the first and from one another: each is of another second.
    for (hop, second) in [(None, 1), (Some("203.0.113.7"), 2), (Some("203.0.113.8, 127.0.0.1"), 3)] {
        let proof = signed_at(&sts, &user, NAME, &key, now() - SignedDuration::from_secs(second));
        let request = request.clone().body(json!({"caller_identity": proof, "public_key": key.public()}).to_string());
        let answer = match hop {
            Some(hop) => request.header("x-forwarded-for", hop).send(),
            None => request.send(),
        };
        assert_eq!((answer.status, answer.code().as_str()), (429, "exchange_rate_limited"), "{hop:?}");
        let wait: u64 = answer.header("retry-after").and_then(|text| text.parse().ok()).expect("it says how long");
        assert!((1..=60).contains(&wait), "{wait}");
    }
    assert_eq!(asked(&gateway), before, "STS is not asked");
    assert_eq!(gateway.records("issuance").len(), 1);
    // Who calls a tool is not held up.
    assert_eq!(gateway.call("alice", "whoami", json!({})).done()["Caller"]["name"], "alice");
}

#[test]
fn a_proxy_that_is_trusted_tells_one_source_from_another() {
    let behind = TestGateway::with_sandbox()
        .set("exchange.per_source_per_minute", "1")
        .set("listen.trusted_proxies", "[\"127.0.0.0/8\"]");
    let (gateway, _sealing) = accepting(behind);
    let (sts, user) = (gateway.sandbox().url().to_owned(), gateway.sandbox().user_keys("ben.okafor"));
    let status = |hop: &str| {
        let key = KeyPair::fresh();
        let body = json!({"caller_identity": signed(&sts, &user, NAME, &key), "public_key": key.public()});
        let request = Request::post(gateway.address()).target("/credentials").body(body.to_string());
        request.header("x-forwarded-for", hop).send().status
    };
    assert_eq!(["203.0.113.7", "203.0.113.7", "203.0.113.8"].map(status), [200, 429, 200]);
    // What stands left of the last hop is the client's word.
    assert_eq!(status("198.51.100.1, 203.0.113.8"), 429);
}
