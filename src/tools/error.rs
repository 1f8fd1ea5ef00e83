//! What an agent reads when a call is refused or fails.

use serde::Serialize;

use crate::iam::AwsFailure;

/// Who said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorStage {
    /// The gateway.
    Gateway,
    /// AWS.
    Aws,
}

/// A refusal or failure of a call: the `error` member of a result with `isError`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ToolError {
    /// AWS's code where AWS said no, else the gateway's own stable code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// Who said no.
    pub stage: ErrorStage,
    /// The action concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The resource concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The parameter concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// AWS's request id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The message as the record has it, where `message` quotes what the client gave: it may quote it to the client, who
    /// knows it, and to nobody else.
    #[serde(skip)]
    pub recorded: Option<String>,
}

impl ToolError {
    /// A refusal by the gateway.
    #[must_use]
    pub fn gateway(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            stage: ErrorStage::Gateway,
            action: None,
            resource: None,
            parameter: None,
            request_id: None,
            retryable: false,
            hint: None,
            recorded: None,
        }
    }

    /// Says what the record has in place of a message that quotes what the client gave.
    #[must_use]
    pub fn recorded_as(mut self, message: impl Into<String>) -> Self {
        self.recorded = Some(message.into());
        self
    }

    /// The message for the record.
    #[must_use]
    pub fn recorded_message(&self) -> &str {
        self.recorded.as_deref().unwrap_or(&self.message)
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Names the parameter.
    #[must_use]
    pub fn parameter(mut self, parameter: impl Into<String>) -> Self {
        self.parameter = Some(parameter.into());
        self
    }

    /// Names the action and the resource.
    #[must_use]
    pub fn on(mut self, action: impl Into<String>, resource: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self.resource = Some(resource.into());
        self
    }

    /// Says that the same call may succeed later.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }
}

impl From<AwsFailure> for ToolError {
    fn from(failure: AwsFailure) -> Self {
        let hint = match failure.code.as_str() {
            "AccessDenied" | "AccessDeniedException" => Some(format!(
                "the caller's role lacks {} on {}, or a session policy, boundary or SCP denies it",
                failure.action, failure.resource
            )),
            "NoGatewayCredentials" => Some(
                "its operators must give it a role: environment, profile, web identity, ECS, EKS or instance metadata"
                    .to_owned(),
            ),
            "Throttling" | "ThrottlingException" | "RequestLimitExceeded" | "TooManyRequestsException" => {
                Some("AWS throttles this account's calls; it was tried several times: wait and try again".to_owned())
            }
            "UpstreamUnavailable" => {
                Some("it is AWS, not the call: nothing was sent; wait as long as the message says".to_owned())
            }
            "AccountBudgetSpent" => Some(
                "nothing was sent; wait as long as the message says, and ask for less at once: a filter, a smaller page"
                    .to_owned(),
            ),
            _ => None,
        };
        let stage = if failure.is_the_gateways() { ErrorStage::Gateway } else { ErrorStage::Aws };
        Self {
            code: failure.code,
            message: failure.message,
            stage,
            action: Some(failure.action.to_owned()),
            resource: Some(failure.resource),
            parameter: None,
            request_id: failure.request_id,
            retryable: failure.retryable,
            hint,
            recorded: None,
        }
    }
}
