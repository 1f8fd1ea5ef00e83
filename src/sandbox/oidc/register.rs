//! Dynamic client registration (RFC 7591).

use http::Uri;
use serde::Deserialize;
use serde_json::{Value, json};

use super::clients::Client;
use super::{ALGORITHMS, Refused};
use crate::config::LoopbackUrl;
use crate::random::uuid;
use crate::sandbox::jwt::TokenAlgorithm;
use crate::sandbox::state::Shared;

const MOST_REDIRECT_URIS: usize = 16;
const LONGEST_REDIRECT_URI: usize = 512;
const LONGEST_NAME: usize = 128;

/// What a client says of itself, as far as it matters here. What else it asks for is replaced by what there is, as
/// section 2 allows: public clients, authorization codes and refresh tokens.
#[derive(Debug, Deserialize)]
struct Metadata {
    #[serde(default)]
    redirect_uris: Vec<String>,
    client_name: Option<String>,
    /// An extension of this issuer: which of its algorithms the client's access tokens are signed with.
    access_token_signed_response_alg: Option<String>,
}

/// Registers a client, and answers what it was registered with.
///
/// Of its redirect URIs those that lead off this machine are left out.
///
/// # Errors
/// When none leads back to this machine, or the metadata cannot be read.
pub(in crate::sandbox) fn register(shared: &Shared, body: &[u8]) -> Result<Value, Refused> {
    let metadata: Metadata =
        serde_json::from_slice(body).map_err(|_| Refused::metadata("the body is no JSON object of client metadata"))?;
    if metadata.redirect_uris.len() > MOST_REDIRECT_URIS {
        return Err(Refused::redirect_uri("there are more than 16 redirect_uris"));
    }
    let redirect_uris: Vec<String> = metadata.redirect_uris.into_iter().filter(|uri| is_loopback(uri)).collect();
    if redirect_uris.is_empty() {
        return Err(Refused::redirect_uri(
            "none of the redirect_uris is on this machine: http:// and 127.0.0.1, [::1] or localhost, without a fragment",
        ));
    }
    let algorithm = match metadata.access_token_signed_response_alg.as_deref() {
        None => ALGORITHMS[0],
        Some(name) => ALGORITHMS
            .into_iter()
            .find(|algorithm| algorithm.as_str() == name)
            .ok_or(Refused::metadata("access_token_signed_response_alg must be RS256, ES256 or EdDSA"))?,
    };
    let client = Client { id: uuid(shared.random.as_ref()), redirect_uris, algorithm };
    let registered = registered(&client, metadata.client_name.as_deref(), shared.clock.now().as_second());
    shared.oidc.state().clients.add(client);
    Ok(registered)
}

fn registered(client: &Client, name: Option<&str>, at: i64) -> Value {
    let mut registered = json!({
        "client_id": client.id,
        "client_id_issued_at": at,
        "redirect_uris": client.redirect_uris,
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "access_token_signed_response_alg": TokenAlgorithm::as_str(client.algorithm),
    });
    if let Some(name) = name {
        registered["client_name"] = name.chars().take(LONGEST_NAME).collect::<String>().into();
    }
    registered
}

/// Whether a code that is sent there stays on this machine (RFC 8252, section 7.3).
fn is_loopback(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    text.len() <= LONGEST_REDIRECT_URI
        && !text.contains('#')
        && text.starts_with("http://")
        && format!("http://{authority}").parse::<LoopbackUrl>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sent_to_this_machine_alone() {
        for uri in ["http://127.0.0.1:3030/callback", "http://localhost/", "http://[::1]:1/a?b=c", "http://127.0.0.1"] {
            assert!(is_loopback(uri), "{uri}");
        }
        let long = format!("http://localhost/{}", "a".repeat(LONGEST_REDIRECT_URI));
        for uri in [
            "https://client.example/callback",
            "http://127.0.0.1.client.example/",
            "http://localhost@client.example/",
            "http://user@localhost/",
            "http://localhost/#fragment",
            "http://0.0.0.0/",
            "cursor://callback",
            "javascript:alert(1)",
            "//localhost/",
            "/callback",
            "",
            &long,
        ] {
            assert!(!is_loopback(uri), "{uri}");
        }
    }
}
