//! What went wrong with an AWS call, in words that can be shown.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_iam::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::entity::Account;
use super::meter::Undeclared;
use super::upstream::reach::Lacking;
use super::upstream::{NotSent, Unconnected};

/// Whether AWS can have acted on a call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Nothing reached AWS.
    No,
    /// AWS answered that it did not do it.
    Refused,
    /// Nobody knows: the request was sent and no answer could be read.
    Unknown,
}

/// An AWS call that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct AwsFailure {
    /// AWS's error code where AWS answered; else the gateway's own.
    pub code: String,
    /// AWS's message, or what happened on the way.
    pub message: String,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// The action, `iam:GetUser` or `sts:AssumeRole`.
    pub action: &'static str,
    /// What it acted on.
    pub resource: String,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// Whether AWS can have acted.
    pub sent: Sent,
}

/// AWS's error codes for too many requests, which say that nothing was done.
const THROTTLING: [&str; 5] =
    ["Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"];

/// The code for an ARN in other letters than IAM's. AWS has it too, for what it refused.
const SPELLED_OTHERWISE: &str = "ValidationError";

/// Whether this code of AWS's says that a request was turned away for its rate, before anything was done.
pub(crate) fn is_throttling(code: &str) -> bool {
    THROTTLING.contains(&code)
}

/// Whether a refusal of a signature says only that two clocks differ.
fn tells_of_clocks(message: &str) -> bool {
    ["Signature expired: ", "Signature not yet current: "].iter().any(|said| message.starts_with(said))
}

/// Whether no credentials could be had to sign the call with.
fn lacks_credentials(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(<dyn std::error::Error>::is::<CredentialsError>)
}

/// Whether the meter refused the call.
fn is_undeclared(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(<dyn std::error::Error>::is::<Undeclared>)
}

/// An error and its sources in their own words. The SDK's `DisplayErrorContext` adds their `Debug` forms, which hold the
/// whole answer: that of AssumeRole is somebody's credentials.
fn chain<'e>(error: Option<impl std::error::Error + 'e>) -> String {
    let Some(error) = error else { return String::new() };
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words.push_str(": ");
        words.push_str(&error.to_string());
        source = error.source();
    }
    words
}

/// Code, message, whether it may succeed later, and whether AWS can have acted.
type Said = (String, String, bool, Sent);

fn timed_out() -> Said {
    ("AwsTimeout".to_owned(), "AWS did not answer in time".to_owned(), true, Sent::Unknown)
}

/// What an error of the connection says.
fn undelivered(action: &'static str, error: Option<&ConnectorError>) -> Said {
    if let Some(not_sent) = error.and_then(|error| NotSent::within(error)) {
        return (not_sent.code().to_owned(), not_sent.to_string(), true, Sent::No);
    }
    tracing::warn!(action, error = chain(error), "an AWS call failed on the way");
    let lacking = error.and_then(|error| Unconnected::within(error)).map(|unconnected| unconnected.lacking);
    let (code, message, sent) = match lacking {
        Some(Lacking::Name) => ("AwsNameNotFound", "the name of AWS's endpoint was not found", Sent::No),
        Some(Lacking::Tls) => ("AwsTlsFailed", "no TLS connection to AWS's endpoint could be made", Sent::No),
        Some(Lacking::Connection) => ("AwsUnreachable", "no connection to AWS's endpoint could be made", Sent::No),
        None if error.is_some_and(ConnectorError::is_timeout) => return timed_out(),
        None => {
            let unsent = error.is_some_and(ConnectorError::is_user);
            let message = "the connection to AWS failed before an answer came";
            ("AwsUnreachable", message, if unsent { Sent::No } else { Sent::Unknown })
        }
    };
    (code.to_owned(), message.to_owned(), true, sent)
}

impl AwsFailure {
    /// What the SDK's error says about `action` on `resource`.
    #[must_use]
    pub fn of<E>(action: &'static str, resource: String, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let request_id = error.request_id().map(ToOwned::to_owned);
        let (code, message, retryable, sent) = match error {
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status();
                match answer.err().code() {
                    Some(code) => {
                        let server_fault = status.is_server_error() && !is_throttling(code);
                        let sent = if server_fault { Sent::Unknown } else { Sent::Refused };
                        let message = match answer.err().message() {
                            // AWS repeats the request that it had in mind, and with it the session's token.
                            Some(message) if code.contains("Signature") && !tells_of_clocks(message) => {
                                "AWS did not take the gateway's signature of this call".to_owned()
                            }
                            Some(message) => message.to_owned(),
                            None => "AWS gave no message".to_owned(),
                        };
                        (code.to_owned(), message, server_fault || is_throttling(code), sent)
                    }
                    None => (
                        "AwsAnswerUnreadable".to_owned(),
                        format!("AWS answered HTTP {} with nothing that can be read as an error", status.as_u16()),
                        true,
                        Sent::Unknown,
                    ),
                }
            }
            SdkError::TimeoutError(_) => timed_out(),
            error if lacks_credentials(error) => {
                tracing::error!(action, "the gateway has no AWS credentials of its own that it could call AWS with");
                (
                    "NoGatewayCredentials".to_owned(),
                    "the gateway has no AWS credentials of its own".to_owned(),
                    true,
                    Sent::No,
                )
            }
            SdkError::DispatchFailure(failure) => undelivered(action, failure.as_connector_error()),
            SdkError::ResponseError(_) => {
                tracing::warn!(action, "an AWS answer could not be read");
                ("AwsAnswerUnreadable".to_owned(), "AWS's answer could not be read".to_owned(), true, Sent::Unknown)
            }
            other if is_undeclared(other) => (
                "UndeclaredAwsCall".to_owned(),
                "the gateway did not send this AWS call, because the tool had not declared it".to_owned(),
                false,
                Sent::No,
            ),
            other => {
                tracing::error!(action, error = chain(std::error::Error::source(other)), "an AWS call was not sent");
                ("AwsCallNotSent".to_owned(), "the gateway could not build this AWS call".to_owned(), false, Sent::No)
            }
        };
        Self { code, message, request_id, action, resource, retryable, sent }
    }

    /// A call that has to be sent in a way of its own, because a secret goes in or comes out of it, and was not.
    pub(super) fn sent_apart(action: &'static str, resource: String) -> Self {
        Self {
            code: "AwsCallNotSent".to_owned(),
            message: "the gateway sends this AWS call only where the secret of it is taken care of".to_owned(),
            request_id: None,
            action,
            resource,
            retryable: false,
            sent: Sent::No,
        }
    }

    /// An answer that lacks what it must have.
    #[must_use]
    pub fn unreadable(action: &'static str, resource: &str) -> Self {
        Self {
            code: "AwsAnswerUnreadable".to_owned(),
            message: "AWS's answer lacks what it must have".to_owned(),
            request_id: None,
            action,
            resource: resource.to_owned(),
            retryable: true,
            sent: Sent::Unknown,
        }
    }

    /// What was asked for by `given` has the ARN `real`; nothing was done with it.
    #[must_use]
    pub fn spelled_otherwise(action: &'static str, given: &str, real: &str) -> Self {
        Self {
            code: SPELLED_OTHERWISE.to_owned(),
            message: format!("{given} is spelled {real} in IAM: name it so"),
            request_id: None,
            action,
            resource: real.to_owned(),
            retryable: false,
            sent: Sent::No,
        }
    }

    /// Whether the call was not sent because it was not declared, or not among those that the endpoint policies let be made.
    #[must_use]
    pub fn is_undeclared(&self) -> bool {
        self.sent == Sent::No && self.code == "UndeclaredAwsCall"
    }

    /// Whether the gateway said it, and AWS did not.
    #[must_use]
    pub fn is_the_gateways(&self) -> bool {
        ["UndeclaredAwsCall", "NoGatewayCredentials", "UpstreamUnavailable", "AccountBudgetSpent"]
            .contains(&self.code.as_str())
            || (self.code == SPELLED_OTHERWISE && self.sent == Sent::No)
    }

    /// The same; where AWS says that the entity does not exist, with kind, name and account.
    #[must_use]
    pub fn naming(mut self, kind: &str, name: &str, account: &Account) -> Self {
        if self.is_no_such_entity() {
            self.message = format!("there is no IAM {kind} {name} in account {}", account.id);
        }
        self
    }

    /// Whether AWS said that the entity does not exist.
    #[must_use]
    pub fn is_no_such_entity(&self) -> bool {
        self.sent == Sent::Refused && self.code == "NoSuchEntity"
    }
}
