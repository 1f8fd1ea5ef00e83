//! Who a request is from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::arn::AccountId;

/// The longest name of a caller, in characters: that of an IAM user with the longest path and name.
pub const LONGEST_NAME: usize = 640;

/// What callers' and persons' names consist of: no colon, so none of them reads as an ARN, and nothing that a reader does
/// not see.
#[must_use]
pub fn is_of_names(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_+=,.@/-".contains(&byte)
}

/// How a caller proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallerKind {
    /// A SigV4 key pair of the keyring file; its owner was named by whoever added the key.
    Keyring,
    /// A signed GetCallerIdentity request, which STS answered: an AWS principal as of now, whatever it may or may not do.
    CallerIdentity,
    /// A token that AWS's STS issued to an AWS principal that may ask for one (`sts:GetWebIdentityToken`).
    WebIdentity,
    /// A token of a configured OIDC issuer: a person's identity provider, a CI system, a Kubernetes cluster.
    Oidc,
}

impl CallerKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Keyring, Self::CallerIdentity, Self::WebIdentity, Self::Oidc];

    /// The word used in configuration, metrics and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::CallerIdentity => "caller-identity",
            Self::WebIdentity => "web-identity",
            Self::Oidc => "oidc",
        }
    }

    /// Whether AWS vouches for callers of this kind, each for those of one account.
    #[must_use]
    pub fn is_of_an_account(self) -> bool {
        matches!(self, Self::CallerIdentity | Self::WebIdentity)
    }
}

/// The verified author of a request: kind of proof, name, who vouches for it, and the person behind it where one is known.
///
/// Two callers are the same only when every field is: caches of credentials, replay protection and confirmations are
/// keyed by the whole value, so nothing is shared between a person's laptop key and the same person's CI key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// How the caller proved who it is.
    pub kind: CallerKind,
    /// The caller's name within its kind, account and issuer, such as `alice`, `ci/deploy`,
    /// `assumed-role/Developer/alice@example.com` or `user/ops/bob`. Never an ARN: it must not read as something AWS
    /// vouched for where AWS did not.
    pub name: String,
    /// The stable human identity behind the caller; absent for machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The AWS account whose principal it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The configured name of the OIDC issuer that vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// What the voucher itself calls it: AWS's unique id of the principal, or the token's `sub`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Session tags that its proof carries.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

impl Caller {
    /// A caller of the keyring.
    #[must_use]
    pub fn keyring(name: impl Into<String>, person: Option<String>) -> Self {
        Self {
            kind: CallerKind::Keyring,
            name: name.into(),
            person,
            account: None,
            issuer: None,
            subject: None,
            tags: BTreeMap::new(),
        }
    }

    /// What stands for the caller where a name must have a fixed length or must not be read: a hash of every field.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(serde_json::to_vec(self).expect("strings")).into()
    }

    /// The caller as configuration writes it: `kind:name`, or `kind:WHO-VOUCHES:name`.
    #[must_use]
    pub fn id(&self) -> String {
        let (kind, name) = (self.kind.as_str(), &self.name);
        match (&self.account, &self.issuer) {
            (Some(account), _) => format!("{kind}:{account}:{name}"),
            (None, Some(issuer)) => format!("{kind}:{issuer}:{name}"),
            (None, None) => format!("{kind}:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_written_with_who_vouches_for_them() {
        assert_eq!(Caller::keyring("alice", None).id(), "keyring:alice");
        let account = Some("123456789012".parse().unwrap());
        let named = Caller::keyring("assumed-role/Developer/alice", None);
        let assumed = Caller { kind: CallerKind::CallerIdentity, account, ..named };
        assert_eq!(assumed.id(), "caller-identity:123456789012:assumed-role/Developer/alice");
        let ci = Caller { kind: CallerKind::Oidc, issuer: Some("github".into()), ..Caller::keyring("ci/x", None) };
        assert_eq!(ci.id(), "oidc:github:ci/x");
    }

    #[test]
    fn whoever_differs_in_anything_has_another_digest() {
        let alice = Caller::keyring("alice", None);
        assert_eq!(alice.digest(), alice.clone().digest());
        let account = Some("123456789012".parse().unwrap());
        for other in [
            Caller::keyring("alicf", None),
            Caller::keyring("alice", Some("alice@example.com".into())),
            Caller { kind: CallerKind::WebIdentity, account, ..alice.clone() },
            Caller { issuer: Some("github".into()), ..alice.clone() },
            Caller { subject: Some("x".into()), ..alice.clone() },
            Caller { tags: BTreeMap::from([("team".into(), "x".into())]), ..alice.clone() },
        ] {
            assert_ne!(alice.digest(), other.digest(), "{other:?}");
        }
    }

    #[test]
    fn what_earlier_versions_recorded_of_a_caller_is_still_read_and_written() {
        let recorded = r#"{"kind":"keyring","name":"alice","person":"alice@example.com"}"#;
        let caller: Caller = serde_json::from_str(recorded).unwrap();
        assert_eq!(caller, Caller::keyring("alice", Some("alice@example.com".into())));
        assert_eq!(serde_json::to_string(&caller).unwrap(), recorded);
    }
}
