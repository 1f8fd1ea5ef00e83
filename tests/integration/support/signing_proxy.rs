//! What signs for MCP clients that cannot (`tests/node/signing_proxy.js`).

use serde_json::json;

use super::clients::Keys;
use super::program::Program;

/// A running reverse proxy. It listens before it knows where to forward to, so that a gateway can be told its origin.
pub(crate) struct SigningProxy {
    process: Program,
    origin: String,
}

impl SigningProxy {
    /// Starts it. Requests wait until [`sign`](Self::sign) is called.
    pub(crate) fn start() -> Self {
        let mut process = Program::node("signing_proxy.js", &[], &[]);
        let origin = process.hear()["origin"].as_str().expect("the proxy says its address first").to_owned();
        Self { process, origin }
    }

    /// Where it listens, as the `Origin` of a page that it would serve.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Signs with these keys from now on, and forwards to the server of this URL.
    pub(crate) fn sign(&mut self, url: &str, keys: &Keys) {
        let Keys { access_key_id, secret_access_key, .. } = keys;
        self.process.say(&json!({"url": url, "accessKeyId": access_key_id, "secretAccessKey": secret_access_key}));
    }
}
