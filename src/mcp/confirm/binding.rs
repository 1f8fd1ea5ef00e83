//! What a token is for.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What a token is bound to: a SHA-256 over everything that the plan was made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding(String);

impl Binding {
    /// The binding of this value, which must hold the caller, the tool, the arguments and the plan.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        let canonical = serde_json_canonicalizer::to_vec(value).expect("a JSON value serializes");
        Self(BASE64URL_NOPAD.encode(&Sha256::digest(canonical)))
    }

    /// In hex, as records name it.
    #[must_use]
    pub fn recorded(&self) -> String {
        let bytes = BASE64URL_NOPAD.decode(self.0.as_bytes()).unwrap_or_default();
        HEXLOWER.encode(&bytes)
    }
}
