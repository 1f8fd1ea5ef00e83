//! moto as an independent KMS that checks signatures and permissions (`tests/python/moto_kms.py`).

use serde_json::{Value, json};

use super::clients::Keys;
use super::prepared::Prepared;
use super::program::Program;
use super::recording::Recording;

/// A running KMS with keys in it.
pub(crate) struct Kms {
    facts: Value,
    recording: Recording,
    process: Program,
}

impl Kms {
    /// Starts it, and returns when it is filled and checks every call.
    pub(crate) fn start() -> Self {
        let recording = Recording::new();
        let mut process = Program::python("moto_kms.py", &[&recording.option()], &[]);
        Self { facts: process.hear(), recording, process }
    }

    /// The endpoint.
    pub(crate) fn url(&self) -> &str {
        self.fact("/url")
    }

    /// The ARN of a key: `signing`, `other`, `secp256k1`, `rsa` or `encrypting`.
    pub(crate) fn key(&self, name: &str) -> &str {
        self.fact(&format!("/keys/{name}"))
    }

    /// The ARN of an alias, which means `signing` at first.
    pub(crate) fn alias(&self) -> &str {
        self.fact("/alias")
    }

    /// What `aws kms get-public-key --query PublicKey --output text` prints for a key.
    pub(crate) fn public_key(&self, name: &str) -> &str {
        self.fact(&format!("/public_keys/{name}"))
    }

    /// The key pair of a user who may sign.
    pub(crate) fn gateway_keys(&self) -> Keys {
        self.keys_at("")
    }

    /// The key pair of one who may not.
    pub(crate) fn stranger(&self) -> Keys {
        self.keys_at("/stranger")
    }

    /// What it received since it was ready.
    pub(crate) fn recording(&self) -> &Recording {
        &self.recording
    }

    /// No signature with this key from now on.
    pub(crate) fn disable(&mut self, name: &str) {
        self.tell(&json!({"disable": self.key(name)}));
    }

    /// Signatures with this key again.
    pub(crate) fn enable(&mut self, name: &str) {
        self.tell(&json!({"enable": self.key(name)}));
    }

    /// The alias means this key from now on.
    pub(crate) fn let_alias_mean(&mut self, name: &str) {
        self.tell(&json!({"alias": self.key(name)}));
    }

    /// These members are laid over the answers to Sign from now on.
    pub(crate) fn answer_with(&mut self, members: &Value) {
        self.tell(&json!({"answer": members}));
    }

    fn tell(&mut self, command: &Value) {
        self.process.say(command);
        assert_eq!(self.process.hear(), json!({"done": true}));
    }

    fn keys_at(&self, pointer: &str) -> Keys {
        Keys {
            access_key_id: self.fact(&format!("{pointer}/access_key_id")).to_owned(),
            secret_access_key: self.fact(&format!("{pointer}/secret_access_key")).to_owned(),
            session_token: None,
        }
    }

    fn fact(&self, pointer: &str) -> &str {
        self.facts.pointer(pointer).and_then(Value::as_str).expect("moto_kms.py says this when it is ready")
    }
}

impl Prepared {
    /// One whose digests are signed with the key of this ARN, by whoever has these keys.
    pub(crate) fn digests_signed_by(self, kms: &Kms, key: &str, own: &Keys) -> Self {
        self.set("aws.kms_endpoint", &format!("{:?}", kms.url()))
            .set("audit.digest_kms_key", &format!("{key:?}"))
            .variable("AWS_ACCESS_KEY_ID", &own.access_key_id)
            .variable("AWS_SECRET_ACCESS_KEY", &own.secret_access_key)
    }
}
