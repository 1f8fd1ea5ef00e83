//! One key of the keyring.

use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::identity::Identity;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use subtle::ConstantTimeEq;

use super::uses::KeyUses;
use crate::authn::Caller;
use crate::secret::Secret;

/// Whether a key may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyStatus {
    /// Requests signed with the key are accepted.
    Active,
    /// The key stays known, so that its owner is told why it no longer works, and is refused.
    Inactive,
}

/// What may be shown of a key: everything but its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyInfo {
    /// The public half of the pair: names the key in requests and records.
    pub access_key_id: String,
    /// The name of the caller that signs with it ([`Caller::name`]). Several keys may share one, as in a rotation.
    pub caller: String,
    /// The human behind the caller; absent for machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The environments the key is good for; never empty.
    pub environments: Vec<String>,
    /// What it may be used for.
    #[serde(skip_serializing_if = "KeyUses::are_all")]
    pub uses: KeyUses,
    /// Whether the key may be used.
    pub status: KeyStatus,
    /// From when on the key is refused; absent for one that does not expire.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_time")]
    pub expires_at: Option<Timestamp>,
    /// When the key was made.
    #[serde(serialize_with = "time")]
    pub created_at: Timestamp,
    /// What its owner wrote about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl KeyInfo {
    /// Whether requests signed with it are accepted in an environment.
    #[must_use]
    pub fn is_good_for(&self, environment: &str, now: Timestamp) -> bool {
        self.status == KeyStatus::Active
            && self.expires_at.is_none_or(|expires| now < expires)
            && self.environments.iter().any(|own| own == environment)
    }
}

fn time<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

fn optional_time<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}

/// A key as the file holds it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) info: KeyInfo,
    pub(super) secret: Secret,
}

/// A key in force, ready to verify with.
#[derive(Debug)]
pub struct Key {
    info: KeyInfo,
    caller: Arc<Caller>,
    environments: Arc<[String]>,
    // Built once: making it for every request would copy the secret every time. Wipes the secret when dropped.
    identity: Identity,
}

impl Key {
    pub(super) fn new(entry: Entry) -> Self {
        let Entry { info, secret } = entry;
        let caller = Caller::keyring(info.caller.clone(), info.person.clone());
        Self {
            identity: identity(&info.access_key_id, &secret),
            environments: info.environments.clone().into(),
            caller: Arc::new(caller),
            info,
        }
    }

    /// What may be shown of the key.
    #[must_use]
    pub fn info(&self) -> &KeyInfo {
        &self.info
    }

    /// Who signs with it.
    #[must_use]
    pub fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// The environments it is good for.
    #[must_use]
    pub fn environments(&self) -> &Arc<[String]> {
        &self.environments
    }

    pub(in crate::authn) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(super) fn same_secret(&self, other: &Self) -> bool {
        match (self.identity.data::<Credentials>(), other.identity.data::<Credentials>()) {
            (Some(ours), Some(theirs)) => {
                ours.secret_access_key().as_bytes().ct_eq(theirs.secret_access_key().as_bytes()).into()
            }
            _ => false,
        }
    }
}

/// The pair in the form that `aws-sigv4` signs with.
pub(in crate::authn) fn identity(access_key_id: &str, secret: &Secret) -> Identity {
    Credentials::new(access_key_id, secret.expose(), None, None, "keyring").into()
}
