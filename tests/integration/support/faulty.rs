//! A stand-in for STS and IAM that misbehaves as told (`tests/python/faulty_aws.py`).

use serde_json::{Value, json};

use super::program::Program;
use super::recording::Recording;

/// The user `dave`, as the result of a CreateUser has it.
pub(crate) const NEW_USER: &str = "<User><Path>/</Path><UserName>dave</UserName><UserId>AIDAEXAMPLE</UserId>\
    <Arn>arn:aws:iam::123456789012:user/dave</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></User>";

/// A running stand-in. Unless told otherwise it answers AssumeRole and GetCallerIdentity well, and nothing else.
pub(crate) struct FaultyAws {
    url: String,
    recording: Recording,
    process: Program,
}

impl FaultyAws {
    /// Starts it.
    pub(crate) fn start() -> Self {
        Self::of("faulty_aws.py")
    }

    /// Starts one that, unless told otherwise, answers everything well, with hostile text (`tests/python/hostile_aws.py`): in
    /// texts alone (`text`), or in names, paths and ARNs as well (`all`).
    pub(crate) fn hostile(mode: &str) -> Self {
        let mut aws = Self::of("hostile_aws.py");
        aws.command(&json!({ "hostile": mode }));
        aws
    }

    fn of(script: &str) -> Self {
        let recording = Recording::new();
        let mut process = Program::python(script, &[&recording.option()], &[]);
        let url = process.hear()["url"].as_str().expect("it says its address first").to_owned();
        Self { url, recording, process }
    }

    /// The endpoint, for IAM and for STS.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Says what the next requests of an action get, in order; the script tells the forms of a behaviour.
    pub(crate) fn queue(&mut self, action: &str, behaviours: &[Value]) {
        self.command(&json!({ "queue": { action: behaviours } }));
    }

    /// Forgets what was queued for an action and not asked for.
    pub(crate) fn clear(&mut self, action: &str) {
        self.command(&json!({ "clear": action }));
    }

    /// Lets every request go on that is held now by a behaviour with `"hold": true`.
    pub(crate) fn release(&mut self) {
        self.command(&json!({ "release": true }));
    }

    /// What it received; a request is recorded before anything is done about it.
    pub(crate) fn recording(&self) -> &Recording {
        &self.recording
    }

    fn command(&mut self, command: &Value) {
        self.process.say(command);
        assert!(self.process.hear()["done"].is_string(), "each command is acknowledged");
    }
}
