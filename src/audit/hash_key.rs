//! The key that secrets are hashed with, so that equal ones can be matched and none can be read.
//!
//! A hash is HMAC-SHA-256 (RFC 2104, FIPS 198-1) over [`SECRET`] and the canonical JSON (RFC 8785) of the value. Tool and
//! parameter are no part of it: to find where else a value was used is what it is for. Whoever has the journal alone
//! learns of a hashed value only where it occurs again; whoever has the key too can try values, and finds those that can be
//! guessed.

use std::fmt;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use data_encoding::HEXLOWER;
use serde_json::Value;

use super::exact::make_exact;

/// What stands before a value in what is hashed.
const SECRET: &[u8] = b"iam-mcp-gateway audit secret 1\n";
/// What is hashed to name the key.
const KEY: &[u8] = b"iam-mcp-gateway audit hash key 1\n";
/// How many bytes name a key: enough that two keys of one gateway are never taken for one.
const ID_BYTES: usize = 8;

/// The key. Never printed, wiped from memory when dropped.
pub struct HashKey {
    key: hmac::Key,
    id: String,
}

impl HashKey {
    /// The key of these bytes, which must be random.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        let key = hmac::Key::new(HMAC_SHA256, bytes);
        let id = HEXLOWER.encode(&hmac::sign(&key, KEY).as_ref()[..ID_BYTES]);
        Self { key, id }
    }

    /// Names the key in records, so that hashes under different keys are not compared: 16 hexadecimal digits that tell
    /// nothing of it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The hash of a value, 64 hexadecimal digits. A number that canonical JSON would round is hashed as the text of its
    /// digits.
    ///
    /// # Panics
    /// Never: every JSON value serializes.
    #[must_use]
    pub fn hash(&self, value: &Value) -> String {
        let mut exact = value.clone();
        make_exact(&mut exact);
        let mut hashed = SECRET.to_vec();
        hashed.extend(serde_json_canonicalizer::to_vec(&exact).expect("a JSON value serializes"));
        HEXLOWER.encode(hmac::sign(&self.key, &hashed).as_ref())
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HashKey({}, ..)", self.id)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_values_have_equal_hashes_under_one_key_alone() {
        let (key, other) = (HashKey::new(&[7; 32]), HashKey::new(&[8; 32]));
        assert_eq!(key.hash(&json!({"a": 1, "b": "x"})), key.hash(&json!({"b": "x", "a": 1})));
        assert_ne!(key.hash(&json!("x")), key.hash(&json!("y")));
        assert_ne!(key.hash(&json!("1")), key.hash(&json!(1)));
        assert_ne!(key.hash(&json!("x")), other.hash(&json!("x")));
        assert_ne!(key.id(), other.id());
    }

    #[test]
    fn numbers_that_would_be_rounded_to_one_have_hashes_of_their_own() {
        let key = HashKey::new(&[7; 32]);
        assert_ne!(key.hash(&json!(9_007_199_254_740_992_u64)), key.hash(&json!(9_007_199_254_740_993_u64)));
    }

    /// Computed with Python's hmac module: what docs/audit.md says suffices to compute it elsewhere.
    #[test]
    fn the_hash_is_the_one_that_the_documentation_describes() {
        let key = HashKey::new(&[7; 32]);
        assert_eq!(key.id(), "815964640f18c364");
        assert_eq!(key.hash(&json!("hunter2")), "92d5432b3d96c16b841a61dd3afd034042359df0f2fd895edfef06353bab33a8");
    }

    #[test]
    fn a_key_is_not_shown() {
        let shown = format!("{:?}", HashKey::new(&[7; 32]));
        assert!(!shown.contains(&HEXLOWER.encode(&[7; 32])) && !shown.contains('['), "{shown}");
    }
}
