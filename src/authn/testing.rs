//! For tests of this crate: keyrings, signed requests, and verified ones without a signature.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::keyring::{KeyUses, Keyring};
use super::sigv4::{SigV4Options, SigV4Verifier};
use super::{Caller, Evidence, Verified};
use crate::clock::SharedClock;

pub(crate) const SERVICE: &str = "iam-mcp";
pub(crate) const REGION: &str = "us-east-1";
pub(crate) const MAX_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The active key of [`entry`]'s defaults.
pub(crate) const KEY_ID: &str = "IMGKACTIVEACTIVEACTI";
/// Its secret.
pub(crate) const SECRET: &str = "made-up-secret-of-forty-characters-00001";

/// When most tests take place.
pub(crate) fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a valid time")
}

/// A keyring entry of caller `alice` for the environment `dev`, with these fields put in place of its own (`null`
/// takes one away).
pub(crate) fn entry(changes: &Value) -> Value {
    let mut entry = json!({
        "access_key_id": KEY_ID,
        "secret_access_key": SECRET,
        "caller": "alice",
        "person": "alice@example.com",
        "environments": ["dev"],
        "status": "active",
        "created_at": "2026-01-01T00:00:00Z",
    });
    let fields = entry.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    entry
}

/// The keyring file with these entries.
pub(crate) fn keyring_json(entries: &[Value]) -> Vec<u8> {
    json!({"version": 1, "keys": entries}).to_string().into_bytes()
}

/// A verifier for [`SERVICE`] in [`REGION`] with these keys.
pub(crate) fn verifier(entries: &[Value], clock: SharedClock) -> SigV4Verifier {
    let options = SigV4Options::new(SERVICE, vec![REGION.into()], MAX_SKEW).expect("sound options");
    let keyring = Keyring::from_json(&keyring_json(entries)).expect("a sound keyring");
    SigV4Verifier::new(options, Arc::new(keyring), clock)
}

/// A verified request of this caller for the environment `dev`, as if it had carried this signature.
pub(crate) fn verified(caller: &str, signature: [u8; 32], signed_at: Timestamp) -> Verified {
    Verified {
        caller: Arc::new(Caller::keyring(caller, None)),
        environments: Arc::new(["dev".to_owned()]),
        uses: KeyUses::ALL,
        issued: signed_at,
        evidence: Evidence::Signature {
            access_key_id: KEY_ID.into(),
            signature,
            signed_at,
            sealing_key: None,
            proof: None,
        },
    }
}
