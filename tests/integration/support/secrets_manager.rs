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

    /// This action is refused from now on, for this reason.
    pub(crate) fn refuse(&mut self, action: &str, code: &str, status: u16) {
        self.told(&json!({"refuse": [action, code, status]}));
    }

    /// Nothing is refused any more.
    pub(crate) fn allow(&mut self) {
        self.told(&json!({"refuse": null}));
    }

    fn told(&mut self, what: &Value) {
        self.process.say(what);
        assert_eq!(self.process.hear(), json!({"done": true}));
    }

    /// Makes a secret with this text; its ARN.
    pub(crate) fn store(&mut self, name: &str, text: &str) -> String {
        self.process.say(&json!({"store": [name, text]}));
        self.process.hear()["arn"].as_str().expect("a secret has an ARN").to_owned()
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
