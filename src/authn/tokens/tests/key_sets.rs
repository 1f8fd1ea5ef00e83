//! Which keys of a set count.

use super::super::keys::{KeySet, MOST_KEYS};
use super::issuer::{KEYS, encode};
use super::*;

fn usable(key: &Value) -> bool {
    let set = json!({"keys": [key]}).to_string();
    KeySet::read(set.as_bytes()).unwrap().get("k").is_some()
}

fn with(key_id: &str, changes: &Value) -> Value {
    let mut key = KEYS[key_id].jwk("k");
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            key.as_object_mut().unwrap().remove(name);
        } else {
            key[name] = value.clone();
        }
    }
    key
}

#[test]
fn a_key_counts_if_all_that_it_says_of_itself_agrees() {
    for (key, changes, counts) in [
        ("rsa", json!({}), true),
        ("rsa", json!({"alg": null, "use": null}), true),
        ("rsa", json!({"alg": "RS512"}), false),
        ("rsa", json!({"alg": "PS256"}), false),
        ("rsa", json!({"alg": "HS256"}), false),
        ("rsa", json!({"alg": 1}), false),
        ("rsa", json!({"use": "enc"}), false),
        ("rsa", json!({"key_ops": ["verify", "encrypt"]}), true),
        ("rsa", json!({"key_ops": ["sign"]}), false),
        ("rsa", json!({"key_ops": "verify"}), false),
        ("rsa", json!({"kty": "oct"}), false),
        ("rsa", json!({"d": "AQAB"}), false),
        ("rsa", json!({"e": "AQ"}), false),
        ("rsa", json!({"e": "Ag"}), false),
        ("rsa", json!({"n": encode([0xff; 255])}), false),
        ("rsa", json!({"n": encode([0xff; 1025])}), false),
        ("rsa", json!({"n": "!"}), false),
        ("rsa", json!({"kid": null}), false),
        ("p256", json!({}), true),
        ("p256", json!({"crv": "P-384"}), false),
        ("p256", json!({"crv": "secp256k1"}), false),
        ("p256", json!({"alg": "ES384"}), false),
        ("p256", json!({"y": encode([1; 32])}), false),
        ("p256", json!({"x": encode([1; 31])}), false),
        ("p384", json!({}), true),
        ("ed25519", json!({}), true),
        ("ed25519", json!({"crv": "X25519"}), false),
        ("ed25519", json!({"x": encode([1; 31])}), false),
        ("ed25519", json!({"alg": "Ed25519"}), false),
    ] {
        assert_eq!(usable(&with(key, &changes)), counts, "{key} {changes}");
    }
    let secret = json!({"kty": "oct", "kid": "k", "k": encode([1; 32]), "alg": "HS256"});
    assert!(!usable(&secret));
}

#[test]
fn of_two_keys_with_one_id_neither_counts() {
    let (one, other) = (KEYS["rsa"].jwk("k"), KEYS["p256"].jwk("k"));
    let set = json!({"keys": [one, other, KEYS["p384"].jwk("l")]}).to_string();
    let set = KeySet::read(set.as_bytes()).unwrap();
    assert!(set.get("k").is_none() && set.get("l").is_some());
}

#[test]
fn what_is_no_key_set_is_refused_whole() {
    let key = KEYS["p256"].jwk("k").to_string();
    let many = |count| format!("{{\"keys\":[{}]}}", vec![key.as_str(); count].join(","));
    assert!(KeySet::read(many(MOST_KEYS).as_bytes()).is_ok());
    let padded = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(256 * 1024));
    for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#, "<html>", &many(MOST_KEYS + 1), &padded]
    {
        assert!(KeySet::read(text.as_bytes()).is_err(), "{}", &text[..text.len().min(40)]);
    }
}
