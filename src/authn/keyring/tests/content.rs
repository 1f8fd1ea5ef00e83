use serde_json::{Value, json};

use super::super::{Keyring, KeyringError};
use super::faults;
use crate::authn::testing::{KEY_ID, SECRET, entry, keyring_json};

fn refused(entries: &[Value]) -> Vec<String> {
    faults(Keyring::from_json(&keyring_json(entries)).expect_err("refused"))
}

fn refused_text(text: &str) -> KeyringError {
    Keyring::from_json(text.as_bytes()).expect_err("refused")
}

fn one_fault(changes: &Value) -> String {
    let faults = refused(&[entry(changes)]);
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults.into_iter().next().unwrap()
}

#[test]
fn a_sound_file_is_read() {
    let changes =
        json!({"expires_at": "2027-01-01T00:00:00Z", "description": "laptop", "environments": ["dev", "test"]});
    let keyring = Keyring::from_json(&keyring_json(&[entry(&changes)])).unwrap();
    let key = keyring.lookup(KEY_ID).unwrap();
    assert_eq!(key.caller().name, "alice");
    assert_eq!(key.caller().person.as_deref(), Some("alice@example.com"));
    assert_eq!(key.environments()[..], ["dev", "test"]);
    assert_eq!(key.info().expires_at.unwrap().to_string(), "2027-01-01T00:00:00Z");
    assert_eq!(key.info().description.as_deref(), Some("laptop"));
    assert!(keyring.lookup("IMGKSOMEBODYELSESKEY").is_none());
    assert_eq!(keyring.len(), 1);
}

#[test]
fn what_may_be_left_out_may_be_left_out() {
    let keyring = Keyring::from_json(&keyring_json(&[entry(&json!({"person": null}))])).unwrap();
    let info = keyring.lookup(KEY_ID).unwrap().info().clone();
    assert_eq!((info.person, info.expires_at, info.description), (None, None, None));
    assert!(Keyring::from_json(&keyring_json(&[])).unwrap().is_empty());
}

#[test]
fn each_field_that_is_missing_is_named() {
    for field in ["access_key_id", "secret_access_key", "caller", "environments", "status", "created_at"] {
        assert!(one_fault(&json!({ field: null })).contains(&format!("{field} is missing")), "{field}");
    }
}

#[test]
fn each_value_that_is_not_allowed_is_a_fault_of_its_field() {
    let long = "a".repeat(129);
    for (field, values) in [
        ("access_key_id", vec![json!(1), json!("short"), json!("IMGK-WITH-HYPHENS-IN"), json!(long)]),
        ("access_key_id", vec![json!("AKIAIOSFODNN7EXAMPLE"), json!("ASIAIOSFODNN7EXAMPLE")]),
        ("secret_access_key", vec![json!(["x"]), json!("short"), json!("with space".repeat(4)), json!(long)]),
        ("caller", vec![json!(""), json!("a b"), json!("arn:aws:iam::1:user/x"), json!("ARN:x"), json!("a:b")]),
        ("caller", vec![json!(long), json!("\u{e9}lise"), json!("a\nb"), json!({})]),
        ("person", vec![json!(""), json!("arn:aws:iam::1:user/x"), json!(1)]),
        ("environments", vec![json!([]), json!("dev"), json!([1]), json!({})]),
        ("uses", vec![json!([]), json!("calls"), json!([1]), json!(["calls", "calls"]), json!(["Calls"])]),
        ("environments", vec![json!([""]), json!(["*"]), json!(["a/b"]), json!(["dev", "dev"]), json!(["a b"])]),
        ("status", vec![json!("Active"), json!(""), json!(true)]),
        ("expires_at", vec![json!("tomorrow"), json!("2027-01-01"), json!("2027-01-01 00:00:00Z"), json!(1)]),
        (
            "expires_at",
            vec![json!("2027-13-01T00:00:00Z"), json!("2027-01-01T00:00:00"), json!("2026-01-01T00:00:00Z")],
        ),
        ("created_at", vec![json!(""), json!("2027-01-01T00:00:00Z[UTC]")]),
        ("description", vec![json!("a\nb"), json!("x".repeat(257)), json!([])]),
    ] {
        for value in values {
            let fault = one_fault(&json!({ field: value.clone() }));
            assert!(fault.contains(field), "{value}: {fault}");
        }
    }
}

#[test]
fn names_that_are_allowed_are_taken() {
    for name in ["a", "ci/deploy", "alice@example.com", "A_b+c=d,e.f-9", "arnold", "aws/arn"] {
        let entries = [entry(&json!({"caller": name, "person": name}))];
        assert!(Keyring::from_json(&keyring_json(&entries)).is_ok(), "{name}");
    }
}

#[test]
fn all_faults_of_all_entries_are_told_at_once_with_their_places() {
    let entries = [
        entry(&json!({"status": "on", "colour": "red"})),
        entry(&json!({"access_key_id": "IMGKSECONDSECONDSECO"})),
        entry(&json!({"access_key_id": "bad", "environments": []})),
    ];
    assert_eq!(
        refused(&entries),
        [
            format!("keys[0] ({KEY_ID}): status must be \"active\" or \"inactive\""),
            format!(
                "keys[0] ({KEY_ID}): `colour` is not a field of a key; known are: access_key_id, secret_access_key, \
                 caller, person, environments, uses, status, expires_at, created_at, description"
            ),
            "keys[2]: access_key_id must be 16 to 128 letters, digits or underscores".into(),
            "keys[2]: environments must be a list of at least one environment's name".into(),
        ]
    );
}

#[test]
fn an_id_that_two_keys_share_is_a_fault() {
    let entries = [entry(&json!({})), entry(&json!({"caller": "bob"}))];
    assert_eq!(refused(&entries), [format!("keys[1] ({KEY_ID}): access_key_id is the one of keys[0] already")]);
}

#[test]
fn a_field_given_twice_is_a_fault() {
    let text = String::from_utf8(keyring_json(&[entry(&json!({}))])).unwrap();
    let doubled = text.replacen(r#""status":"active""#, r#""status":"inactive","status":"active""#, 1);
    assert_ne!(text, doubled);
    assert_eq!(faults(refused_text(&doubled)), [format!("keys[0] ({KEY_ID}): status is given twice")]);
    assert_eq!(faults(refused_text(r#"{"version":1,"version":1,"keys":[]}"#)), ["version: is given twice"]);
    assert_eq!(faults(refused_text(r#"{"version":1,"keys":[],"keys":[]}"#)), ["keys: is given twice"]);
}

#[test]
fn the_top_level_is_checked_too() {
    assert_eq!(faults(refused_text("{}")), ["version: is missing; it must be 1", "keys: is missing"]);
    assert_eq!(faults(refused_text(r#"{"version":2,"keys":[]}"#)), ["version: must be 1"]);
    assert_eq!(faults(refused_text(r#"{"version":"1","keys":[]}"#)), ["version: must be 1"]);
    let unknown = faults(refused_text(r#"{"version":1,"keys":[],"extra":{}}"#));
    assert_eq!(unknown, ["`extra`: is not a field of the keyring; known are: version, keys"]);
}

#[test]
fn what_is_not_of_the_shape_is_told_by_its_place_only() {
    for text in ["", "[]", "nonsense", r#"{"version":1,"keys":["#, r#"{"version":1,"keys":{}}"#] {
        assert_eq!(refused_text(text).code(), "keyring_malformed", "{text}");
    }
    let pasted = refused_text(&format!(r#"{{"version":1,"keys":["{SECRET}"]}}"#));
    assert_eq!(pasted.code(), "keyring_malformed");
    assert!(!pasted.to_string().contains(SECRET) && pasted.to_string().contains("line 1"), "{pasted}");
}

#[test]
fn no_error_tells_a_secret_wherever_it_was_put() {
    for field in ["access_key_id", "caller", "person", "environments", "uses", "status", "expires_at", "created_at"] {
        // A wrong value for every field, and a secret at that.
        let secret = format!("{SECRET} :");
        let error = Keyring::from_json(&keyring_json(&[entry(&json!({ field: secret }))])).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(SECRET), "{field}: {error}");
    }
    let as_name = refused(&[entry(&json!({ SECRET: 1 }))]);
    assert!(!as_name[0].contains(SECRET), "{as_name:?}");
    let bad_secret = refused(&[entry(&json!({"secret_access_key": format!("{SECRET} \u{e9}")}))]);
    assert!(!bad_secret[0].contains(SECRET), "{bad_secret:?}");
    let keyring = Keyring::from_json(&keyring_json(&[entry(&json!({}))])).unwrap();
    assert!(!format!("{keyring:?}").contains(SECRET));
}

#[test]
fn a_file_larger_than_any_keyring_is_refused() {
    let error = Keyring::from_json(&vec![b' '; (8 << 20) + 1]).unwrap_err();
    assert_eq!(error.code(), "keyring_too_large");
}

#[test]
fn the_digest_is_of_what_may_be_shown() {
    let digest = |entries: &[Value]| Keyring::from_json(&keyring_json(entries)).unwrap().digest();
    let (a, b) = (entry(&json!({})), entry(&json!({"access_key_id": "IMGKSECONDSECONDSECO"})));
    let original = digest(&[a.clone(), b.clone()]);
    assert_eq!(original.len(), 64);
    assert_eq!(digest(&[b.clone(), a.clone()]), original);
    assert_eq!(
        digest(&[
            a.clone(),
            entry(&json!({"access_key_id": "IMGKSECONDSECONDSECO", "secret_access_key": "x".repeat(40)}))
        ]),
        original
    );
    assert_ne!(digest(std::slice::from_ref(&a)), original);
    assert_ne!(digest(&[a, entry(&json!({"access_key_id": "IMGKSECONDSECONDSECO", "status": "inactive"}))]), original);
}
