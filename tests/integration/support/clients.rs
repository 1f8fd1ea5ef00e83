//! Callers of the gateway: the Python MCP client, the same through mcp-proxy-for-aws, the TypeScript MCP client, and raw
//! signed requests.

use std::path::Path;

use serde_json::Value;

use super::program::{Program, installed};

/// A key pair to sign with, and the session token that belongs to it if it is a temporary one.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
}

impl Keys {
    /// None: of a client that finds its own.
    pub(crate) fn none() -> Self {
        Self { access_key_id: String::new(), secret_access_key: String::new(), session_token: None }
    }

    /// As variables of a process.
    pub(crate) fn environment(&self) -> Vec<(&str, &str)> {
        if self.access_key_id.is_empty() {
            return Vec::new();
        }
        let pair = [("AWS_ACCESS_KEY_ID", &*self.access_key_id), ("AWS_SECRET_ACCESS_KEY", &*self.secret_access_key)];
        pair.into_iter().chain(self.session_token.as_deref().map(|token| ("AWS_SESSION_TOKEN", token))).collect()
    }
}

/// How a client opens its connection.
#[derive(Clone, Copy)]
pub(crate) enum Era {
    /// With `initialize`, at 2025-11-25.
    Legacy,
    /// At 2026-07-28, without a handshake.
    Modern,
    /// Asks `server/discover`, and falls back to `initialize`.
    Auto,
}

impl Era {
    /// As an option of the scripts.
    fn option(self) -> String {
        let name = match self {
            Self::Legacy => "legacy",
            Self::Modern => "modern",
            Self::Auto => "auto",
        };
        format!("--era={name}")
    }
}

/// Starts a script with arguments and variables.
type Start = fn(&str, &[&str], &[(&str, &str)]) -> Program;

/// An MCP client: what steps it knows and what it prints is told in `tests/python/steps.py`.
pub(crate) struct Client {
    start: Start,
    script: &'static str,
    arguments: Vec<String>,
    keys: Keys,
    variables: Vec<(&'static str, String)>,
}

impl Client {
    /// The Python SDK's client, signing its own requests.
    pub(crate) fn python(url: &str, era: Era, keys: &Keys) -> Self {
        Self::of(Program::python, "mcp_client.py", url, keys).with(&era.option())
    }

    /// The same on mcp-proxy-for-aws, which signs and forwards.
    pub(crate) fn through_proxy(url: &str, keys: &Keys) -> Self {
        Self::of(Program::python, "proxy_client.py", url, keys)
    }

    /// The same with its OAuth: it is told the URL alone.
    pub(crate) fn with_oauth(url: &str, era: Era) -> Self {
        Self::of(Program::python, "oauth_client.py", url, &Keys::none()).with(&era.option())
    }

    /// The same on mcp-proxy-for-aws, which takes its keys and the region to operate in from a profile of the AWS
    /// configuration in this file.
    pub(crate) fn through_proxy_by_profile(url: &str, config: &Path, profile: &str) -> Self {
        let client = Self::of(Program::python, "proxy_client.py", url, &Keys::none());
        client.variable("AWS_CONFIG_FILE", &config.display().to_string()).variable("AWS_PROFILE", profile)
    }

    /// The same on the real binary's `connect`, which signs and forwards.
    pub(crate) fn through_connect(url: &str, era: Era, keys: &Keys) -> Self {
        let binary = concat!("--binary=", env!("CARGO_BIN_EXE_iam-mcp-gateway"));
        Self::of(Program::python, "connect_client.py", url, keys).with(binary).with(&era.option())
    }

    /// The same on awslabs.iam-mcp-server, which calls the IAM at `url` itself, with these keys.
    pub(crate) fn on_awslabs(url: &str, keys: &Keys) -> Self {
        installed("awslabs");
        Self::of(Program::python, "awslabs_client.py", url, keys)
    }

    /// The TypeScript SDK's client, signing its own requests; it knows fewer steps.
    pub(crate) fn typescript(url: &str, era: Era, keys: &Keys) -> Self {
        Self::of(Program::node, "mcp_client.js", url, keys).with(&era.option())
    }

    fn of(start: Start, script: &'static str, url: &str, keys: &Keys) -> Self {
        Self { start, script, arguments: vec![format!("--url={url}")], keys: keys.clone(), variables: Vec::new() }
    }

    /// One whose home is this folder, where caches are kept.
    pub(crate) fn with_home(self, home: &Path) -> Self {
        self.variable("HOME", &home.display().to_string())
    }

    /// One more variable of its process.
    fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// One more option of the script, such as `--region=eu-west-1` or `--proxy-option=--read-only`.
    pub(crate) fn with(mut self, option: &str) -> Self {
        self.arguments.push(option.to_owned());
        self
    }

    /// Connects and runs the steps; returns the line of the connection and one line for each step.
    pub(crate) fn run(&self, steps: &[Value]) -> Vec<Value> {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let mut variables = self.keys.environment();
        variables.extend(self.variables.iter().map(|(name, value)| (*name, value.as_str())));
        let mut process = (self.start)(self.script, &arguments, &variables);
        process.say(&Value::from(steps.to_vec()));
        process.finish()
    }
}

/// Sends raw requests, signed by botocore and tampered with as each asks (`tests/python/signed_http.py`); returns the
/// replies in their order.
pub(crate) fn send_signed(keys: &Keys, requests: &[Value]) -> Vec<Value> {
    let mut process = Program::python("signed_http.py", &[], &keys.environment());
    requests.iter().for_each(|request| process.say(request));
    process.finish()
}
