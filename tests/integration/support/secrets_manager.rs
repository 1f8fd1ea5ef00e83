//! moto as an independent Secrets Manager (`tests/python/moto_secrets_manager.py`).

use serde_json::{Value, json};

use super::prepared::Prepared;
use super::program::Program;
use super::recording::Recording;

/// A running Secrets Manager with nothing in it.
pub(crate) struct SecretsManager {
    url: String,
    recording: Recording,
    process: Program,
}

impl SecretsManager {
    /// Starts it.
    pub(crate) fn start() -> Self {
        let recording = Recording::new();
        let mut process = Program::python("moto_secrets_manager.py", &[&recording.option()], &[]);
        let url = process.hear()["url"].as_str().expect("the program says this when it is ready").to_owned();
        Self { url, recording, process }
    }

    /// The endpoint.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What it received.
    pub(crate) fn recording(&self) -> &Recording {
        &self.recording
    }

    /// No secret is stored from now on, for this reason.
    pub(crate) fn refuse(&mut self, code: &str, status: u16) {
        self.process.say(&json!({"refuse": [code, status]}));
        assert_eq!(self.process.hear(), json!({"done": true}));
    }

    /// Every secret's text, by its name.
    pub(crate) fn secrets(&mut self) -> Value {
        self.process.say(&json!({"secrets": true}));
        self.process.hear()["secrets"].clone()
    }
}

impl Prepared {
    /// One that stores the secrets of new access keys there.
    pub(crate) fn storing_new_secrets_in(self, secrets: &SecretsManager) -> Self {
        self.set("tools.new_secrets", "\"secrets_manager\"")
            .set("tools.secrets_manager", "{ region = \"eu-central-1\" }")
            .set("aws.secrets_manager_endpoint", &format!("{:?}", secrets.url()))
    }
}
