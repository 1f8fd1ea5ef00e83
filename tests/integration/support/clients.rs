//! Callers of the gateway: the Python MCP client, the same through mcp-proxy-for-aws, and raw signed requests.

use serde_json::Value;

use super::python::PythonProcess;

/// A key pair to sign with, and the session token that belongs to it if it is a temporary one.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
}

impl Keys {
    fn environment(&self) -> Vec<(&str, &str)> {
        let pair = [("AWS_ACCESS_KEY_ID", &*self.access_key_id), ("AWS_SECRET_ACCESS_KEY", &*self.secret_access_key)];
        pair.into_iter().chain(self.session_token.as_deref().map(|token| ("AWS_SESSION_TOKEN", token))).collect()
    }
}

/// How the Python client opens its connection.
#[derive(Clone, Copy)]
pub(crate) enum Era {
    /// With `initialize`, at 2025-11-25.
    Legacy,
    /// At 2026-07-28, without a handshake.
    Modern,
    /// Asks `server/discover`, and falls back to `initialize`.
    Auto,
}

/// The Python MCP client: what steps it knows and what it prints is told in `tests/python/steps.py`.
pub(crate) struct PythonClient {
    script: &'static str,
    arguments: Vec<String>,
    keys: Keys,
}

impl PythonClient {
    /// The client that signs its own requests.
    pub(crate) fn new(url: &str, era: Era, keys: &Keys) -> Self {
        let era = match era {
            Era::Legacy => "legacy",
            Era::Modern => "modern",
            Era::Auto => "auto",
        };
        Self::of("mcp_client.py", url, keys).with(&format!("--era={era}"))
    }

    /// The client on mcp-proxy-for-aws, which signs and forwards.
    pub(crate) fn through_proxy(url: &str, keys: &Keys) -> Self {
        Self::of("proxy_client.py", url, keys)
    }

    fn of(script: &'static str, url: &str, keys: &Keys) -> Self {
        Self { script, arguments: vec![format!("--url={url}")], keys: keys.clone() }
    }

    /// One more option of the script, such as `--region=eu-west-1` or `--proxy-option=--read-only`.
    pub(crate) fn with(mut self, option: &str) -> Self {
        self.arguments.push(option.to_owned());
        self
    }

    /// Connects and runs the steps; returns the line of the connection and one line for each step.
    pub(crate) fn run(&self, steps: &[Value]) -> Vec<Value> {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let mut process = PythonProcess::start(self.script, &arguments, &self.keys.environment());
        process.say(&Value::from(steps.to_vec()));
        process.finish()
    }
}

/// Sends raw requests, signed by botocore and tampered with as each asks (`tests/python/signed_http.py`); returns the
/// replies in their order.
pub(crate) fn send_signed(keys: &Keys, requests: &[Value]) -> Vec<Value> {
    let mut process = PythonProcess::start("signed_http.py", &[], &keys.environment());
    requests.iter().for_each(|request| process.say(request));
    process.finish()
}
