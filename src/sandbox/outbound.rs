//! Outbound identity federation: the issuer of the tokens that GetWebIdentityToken gives.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html>. AWS has a host name for each
//! account; here it is a path of the sandbox's own address, `/tokens/UUID`.

use std::net::SocketAddr;
use std::sync::OnceLock;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::jwt::{SigningKeys, TokenAlgorithm};
use crate::arn::AccountId;

/// An account's issuer.
#[derive(Debug)]
pub(super) struct Outbound {
    uuid: String,
    /// Where the sandbox serves; the first place, if there are several.
    address: OnceLock<SocketAddr>,
    pub(super) keys: SigningKeys,
}

impl Outbound {
    /// The issuer of an account. Its id follows from the account's, so it stays what it is; its keys do not.
    pub(super) fn of(account: AccountId) -> Self {
        let hex = HEXLOWER.encode(&Sha256::digest(format!("outbound identity federation of {account}"))[..16]);
        Self {
            uuid: format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]),
            address: OnceLock::new(),
            keys: SigningKeys::of(&[TokenAlgorithm::Rs256, TokenAlgorithm::Es384]),
        }
    }

    /// Notes where the sandbox serves.
    pub(super) fn serves_at(&self, address: SocketAddr) {
        self.address.get_or_init(|| address);
    }

    /// `http://` and the address that is served; none before.
    pub(super) fn base(&self) -> Option<String> {
        self.address.get().map(|address| format!("http://{address}"))
    }

    /// The issuer's URL at the address that is served; none before.
    pub(super) fn issuer(&self) -> Option<String> {
        self.address.get().map(|address| self.issuer_at(*address))
    }

    /// The issuer's URL for a sandbox that serves there.
    pub(super) fn issuer_at(&self, address: SocketAddr) -> String {
        format!("http://{address}/tokens/{}", self.uuid)
    }

    /// Whether this is the id in the issuer's path.
    pub(super) fn is(&self, uuid: &str) -> bool {
        self.uuid == uuid
    }

    /// The discovery document (OpenID Connect Discovery 1.0, section 3): as AWS's, it names no endpoint but the keys'.
    pub(super) fn discovery(&self) -> Option<Value> {
        let issuer = self.issuer()?;
        let algorithms: Vec<&str> = self.keys.algorithms().map(TokenAlgorithm::as_str).collect();
        Some(json!({
            "issuer": issuer,
            "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": algorithms,
        }))
    }
}
