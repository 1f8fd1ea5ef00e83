//! What a call answers.

use serde_json::{Value, json};

use crate::audit::{AuditUnavailable, Recorded};
use crate::tools::{ErrorStage, ToolError, text};

/// The answer to a tools/call.
///
/// It is made from the proof that the call was recorded, or from the audit's own failure to do so: there is no other
/// way, so that no step of the road can answer past the record.
#[derive(Debug)]
pub struct Reply {
    body: Value,
    error: Option<(String, ErrorStage)>,
}

impl Reply {
    /// A result.
    #[must_use]
    pub fn result(mut body: Value, _proof: &Recorded) -> Self {
        text::make_visible(&mut body);
        Self { body, error: None }
    }

    /// A refusal or failure, with what else the agent should know (`details`, an object whose members are added).
    #[must_use]
    pub fn error(error: &ToolError, details: Value, _proof: &Recorded) -> Self {
        Self::failed(error, details)
    }

    /// The call could not be recorded. `performed` tells what was done all the same, if anything was.
    #[must_use]
    pub fn unrecorded(failure: AuditUnavailable, performed: Value) -> Self {
        tracing::error!(%failure, "a call could not be recorded");
        Self::failed(&unrecorded(failure), performed)
    }

    fn failed(error: &ToolError, details: Value) -> Self {
        let mut body = json!({"error": error});
        if let (Value::Object(body), Value::Object(details)) = (&mut body, details) {
            body.extend(details);
        }
        text::make_visible(&mut body);
        Self { body, error: Some((error.code.clone(), error.stage)) }
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

    /// The structured content, for sending.
    #[must_use]
    pub fn into_body(self) -> Value {
        self.body
    }
}

/// The error for a call that could not be recorded.
#[must_use]
pub fn unrecorded(failure: AuditUnavailable) -> ToolError {
    let message = if failure.held {
        "AWS has acted, and the record of it could not be made durable yet; it is held and will be written"
    } else {
        "the audit journal cannot take the record of this call, so the call was not made"
    };
    ToolError::gateway(AuditUnavailable::CODE, format!("{message} ({})", failure.reason))
        .retryable()
        .hint("tell the gateway's operators; writes are refused until the journal works again")
}
