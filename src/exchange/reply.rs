//! How credentials are given: in the JSON that `credential_process` programs print
//! (<https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sourcing-external.html>), sealed where a key was sent.
//!
//! Sealed with HPKE (RFC 9180) in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Whoever steals a proof on
//! its way cannot read what is given for it.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{Hpke, HpkePublicKey};
use serde::Serialize;
use serde_json::json;

use crate::authn::credentials::GatewayCredentials;
use crate::authn::proofs::ProofRefusal;
use crate::secret::Secret;

/// What replies are sealed for, and nothing else.
pub const INFO: &[u8] = b"iam-mcp-gateway/credentials/1";

/// The length of an X25519 public key.
const KEY_BYTES: usize = 32;

/// To whom credentials are given.
#[derive(Clone)]
pub struct Reply(Option<Vec<u8>>);

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Reply(sealed)" } else { "Reply(plain)" })
    }
}

impl Reply {
    /// To whoever has the private half of this key, which is in base64url; without one, to whoever reads the answer.
    ///
    /// # Errors
    /// `public_key_invalid`.
    pub fn to(public_key: Option<&str>) -> Result<Self, ProofRefusal> {
        let Some(text) = public_key else { return Ok(Self(None)) };
        let key = BASE64URL_NOPAD.decode(text.as_bytes()).ok().filter(|key| key.len() == KEY_BYTES);
        let key = key.filter(|key| seal(key, b"").is_some()).ok_or_else(|| {
            ProofRefusal::malformed("public_key_invalid", "public_key must be an X25519 public key in base64url")
        })?;
        Ok(Self(Some(key)))
    }

    /// The key that the answer is sealed to.
    #[must_use]
    pub fn key(&self) -> Option<&[u8]> {
        self.0.as_deref()
    }

    /// The answer's body.
    pub(super) fn of(&self, credentials: &GatewayCredentials) -> Secret {
        let plain = credential_process(credentials);
        let Some(key) = &self.0 else { return plain };
        let (encapsulated, sealed) = seal(key, plain.expose().as_bytes()).expect("the key was sealed to before");
        let reply = json!({
            "sealed": BASE64URL_NOPAD.encode(&sealed), "encapsulated_key": BASE64URL_NOPAD.encode(&encapsulated),
        });
        Secret::new(reply.to_string())
    }
}

fn seal(key: &[u8], plain: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let key = HpkePublicKey(key.to_vec());
    let (encapsulated, sealed) = DH_KEM_X25519_HKDF_SHA256_AES_256.seal(INFO, b"", plain, &key).ok()?;
    Some((encapsulated.0, sealed))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Written<'a> {
    version: u8,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
    expiration: String,
}

/// The JSON that `credential_process` programs print, in one line; what the client keeps and prints, too.
#[must_use]
pub fn credential_process(credentials: &GatewayCredentials) -> Secret {
    let written = Written {
        version: 1,
        access_key_id: &credentials.access_key_id,
        secret_access_key: credentials.secret_access_key.expose(),
        session_token: credentials.session_token.expose(),
        expiration: credentials.expires.to_string(),
    };
    Secret::new(serde_json::to_string(&written).expect("texts are always JSON"))
}
