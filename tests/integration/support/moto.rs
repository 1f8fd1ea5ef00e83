//! moto as an independent IAM and STS that checks signatures and permissions (`tests/python/moto_server.py`).

use serde_json::Value;

use super::account::Account;
use super::clients::Keys;
use super::program::Program;
use super::recording::Recording;

/// A running moto with users, groups, roles and policies in it.
pub(crate) struct Moto {
    facts: Value,
    recording: Recording,
    _process: Program,
}

impl Moto {
    /// Starts it, and returns when it is filled and checks every request.
    pub(crate) fn start() -> Self {
        let recording = Recording::new();
        let mut process = Program::python("moto_server.py", &[&recording.option()], &[]);
        Self { facts: process.hear(), recording, _process: process }
    }

    /// The endpoint, for IAM and for STS.
    pub(crate) fn url(&self) -> &str {
        self.fact("/url")
    }

    /// The account that everything is in.
    pub(crate) fn account(&self) -> &str {
        self.fact("/account")
    }

    /// What the trust policy of the role `mcp-external` asks for.
    pub(crate) fn external_id(&self) -> &str {
        self.fact("/external_id")
    }

    /// The ARN of a role: `mcp-admin`, `mcp-reader`, `mcp-external`, or `not-trusting`, which refuses the gateway.
    pub(crate) fn role(&self, name: &str) -> &str {
        self.fact(&format!("/roles/{name}"))
    }

    /// The ARN of a user: `alice`, `bob`, `carol`, `deployer`, or `iam-mcp-gateway`, the gateway's own.
    pub(crate) fn user(&self, name: &str) -> &str {
        self.fact(&format!("/users/{name}"))
    }

    /// The key pair of the gateway's own user, which may assume the first three roles and nothing else.
    pub(crate) fn gateway_keys(&self) -> Keys {
        Keys {
            access_key_id: self.fact("/access_key_id").to_owned(),
            secret_access_key: self.fact("/secret_access_key").to_owned(),
            session_token: None,
        }
    }

    /// The key pair of somebody who may do everything, to arrange what a test needs.
    pub(crate) fn root_keys(&self) -> Keys {
        Keys {
            access_key_id: self.fact("/owner/access_key_id").to_owned(),
            secret_access_key: self.fact("/owner/secret_access_key").to_owned(),
            session_token: None,
        }
    }

    /// The same, asked and told what to arrange by boto3.
    pub(crate) fn root(&self) -> Account {
        Account::of(self.url(), &self.root_keys())
    }

    /// What it received since it was ready.
    pub(crate) fn recording(&self) -> &Recording {
        &self.recording
    }

    fn fact(&self, pointer: &str) -> &str {
        self.facts.pointer(pointer).and_then(Value::as_str).expect("moto_server.py says this when it is ready")
    }
}
