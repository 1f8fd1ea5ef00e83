//! Who a request is from.

use serde::{Deserialize, Serialize};

/// How a caller proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallerKind {
    /// A SigV4 key pair of the keyring file; its owner was named by whoever added the key.
    Keyring,
}

impl CallerKind {
    /// The word used in configuration, metrics and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
        }
    }
}

/// The verified author of a request: kind of proof, name, and the person behind it where one is known.
///
/// Two callers are the same only when every field is: caches of credentials, replay protection and confirmations are
/// keyed by the whole value, so nothing is shared between a person's laptop key and the same person's CI key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// How the caller proved who it is.
    pub kind: CallerKind,
    /// The caller's name within its kind, such as `alice` or `ci/deploy`. Never an ARN: names are given by the keyring's
    /// owner and must not read as something AWS vouched for.
    pub name: String,
    /// The stable human identity behind the caller; absent for machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
}
