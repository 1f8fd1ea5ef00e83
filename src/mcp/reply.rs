//! What a call answers.

use serde_json::{Value, json};

use super::confirm::elicitation::Asked;
use crate::audit::{AuditUnavailable, Recorded};
use crate::tools::{ErrorStage, ToolError, findings, text};

/// The answer to a call.
///
/// It is made from the proof that the call was recorded, or from the audit's own failure to do so: there is no other
/// way, so that no step of the road can answer past the record.
#[derive(Debug)]
pub struct Reply {
    body: Value,
    error: Option<(String, ErrorStage)>,
    asked: Option<Asked>,
}

impl Reply {
    /// A result.
    #[must_use]
    pub fn result(mut body: Value, _proof: &Recorded) -> Self {
        make_harmless(&mut body);
        Self { body, error: None, asked: None }
    }

    /// A question for the client's person, before anything is done.
    #[must_use]
    pub fn ask(asked: Asked, _proof: &Recorded) -> Self {
        Self { body: Value::Null, error: None, asked: Some(asked) }
    }

    /// A refusal or failure, with what else the agent should know (`details`, an object whose members are added).
    #[must_use]
    pub fn error(error: &ToolError, details: Value, _proof: &Recorded) -> Self {
        Self::failed(error, details)
    }

    /// The call could not be recorded; `error` says what that means for it, and `details` what was done all the same.
    #[must_use]
    pub fn unrecorded(failure: AuditUnavailable, error: &ToolError, details: Value) -> Self {
        tracing::error!(%failure, "a call could not be recorded");
        Self::failed(error, details)
    }

    fn failed(error: &ToolError, details: Value) -> Self {
        let mut body = json!({"error": error});
        if let (Value::Object(body), Value::Object(details)) = (&mut body, details) {
            body.extend(details);
        }
        make_harmless(&mut body);
        Self { body, error: Some((error.code.clone(), error.stage)), asked: None }
    }

    /// The structured content.
    #[must_use]
    pub fn body(&self) -> &Value {
        &self.body
    }

    /// The error's code; `None` for a result.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        self.error.as_ref().map(|(code, _)| code.as_str())
    }

    /// Who said no; `None` for a result.
    #[must_use]
    pub fn error_stage(&self) -> Option<ErrorStage> {
        self.error.as_ref().map(|(_, stage)| *stage)
    }

    /// The question for the client's person, if this is one.
    pub fn take_question(&mut self) -> Option<Asked> {
        self.asked.take()
    }

    /// The structured content, for sending.
    #[must_use]
    pub fn into_body(self) -> Value {
        self.body
    }
}

/// Spells out what nobody would see, and reports what could steer who reads it. AWS's words in an error, and what a plan
/// loses, were written by others as much as a result was.
fn make_harmless(body: &mut Value) {
    text::make_visible(body);
    let found = findings::in_result(body);
    if let (Value::Object(members), false) = (body, found.is_empty()) {
        members.insert("findings".to_owned(), found.into());
    }
}
