//! Records every attempt of every AWS call, and refuses a call that was not declared before anything is sent.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_iam::operation::RequestId as _;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::telemetry::CapturedTelemetryAttributes;
use serde::Serialize;
use tokio::time::Instant;

use super::declared::DeclaredCall;
use super::entity::{Account, EntityKind, Resource};
use super::upstream::NotSent;
use crate::authn::Caller;

/// The input members that identify what an IAM operation acts on. The meter reads them from every request, so one that
/// is not declared cannot be smuggled into a declared operation.
pub(crate) const IDENTIFYING_MEMBERS: &[&str] = &[
    "UserName",
    "NewUserName",
    "RoleName",
    "GroupName",
    "PolicyArn",
    "PolicySourceArn",
    "CallerArn",
    "ResourceOwner",
    "ResourcePolicy",
    "PolicyName",
    "VersionId",
    "AccessKeyId",
    "SerialNumber",
    "CertificateId",
    "SSHPublicKeyId",
    "ServiceSpecificCredentialId",
    "InstanceProfileName",
    "PathPrefix",
    "Path",
    "NewPath",
    "PermissionsBoundary",
    "Arn",
    "JobId",
    // Secrets Manager's.
    "Name",
    "KmsKeyId",
];

/// The code of an attempt whose end nobody waited for: the call it belonged to was over before.
const NOT_AWAITED: &str = "NotAwaited";

/// One attempt of one AWS call, as the audit record lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AwsCall {
    /// The IAM action, `iam:CreateUser`.
    pub action: &'static str,
    /// The declared resource, as an ARN or ARN pattern.
    pub resource: String,
    /// AWS's request id, where an answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The HTTP status, where an answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there is no good answer: a short word, never an answer's own text. That of an attempt which was not sent is the
    /// gateway's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// Milliseconds from the attempt's beginning, with what it waited for the account's turn, to its answer.
    pub ms: u64,
}

/// What one tool call may do, and what it did: shared by the clients of its read and its write session.
#[derive(Debug)]
pub struct Meter {
    account: Account,
    caller: Option<Arc<Caller>>,
    declared: Vec<DeclaredCall>,
    calls: Mutex<Vec<AwsCall>>,
}

/// Refusal of a call that the tool did not declare: a mistake in the tool, never the caller's.
#[derive(Debug, thiserror::Error)]
#[error("the AWS call {operation} was not declared by the tool and was not sent")]
pub struct Undeclared {
    operation: String,
}

impl Meter {
    /// A meter for calls to `account` that lets `declared` through.
    #[must_use]
    pub fn new(account: Account, declared: Vec<DeclaredCall>) -> Arc<Self> {
        Arc::new(Self { account, caller: None, declared, calls: Mutex::new(Vec::new()) })
    }

    /// The same for a call of `caller`, who takes turns with the account's other callers.
    #[must_use]
    pub fn of_caller(caller: &Arc<Caller>, account: Account, declared: Vec<DeclaredCall>) -> Arc<Self> {
        Arc::new(Self { account, caller: Some(Arc::clone(caller)), declared, calls: Mutex::new(Vec::new()) })
    }

    /// The attempts so far, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<AwsCall> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many attempts were begun.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whose call it is.
    #[must_use]
    pub fn caller(&self) -> Option<&Arc<Caller>> {
        self.caller.as_ref()
    }

    /// The account that the metered calls act on.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The declared call that an operation with these identifying members is.
    ///
    /// Where whatever policies are found were declared, the account's own and AWS's apart, it is the declaration whose ARNs
    /// the policy's is one of, and the record names the policy.
    fn matched(&self, operation: &str, present: &[(&str, &str)]) -> Option<Matched> {
        let policy = present.iter().find(|(name, _)| *name == "PolicyArn").map(|(_, arn)| *arn);
        self.declared.iter().filter(|declared| declared.covers(operation, present.iter().copied())).find_map(
            |declared| {
                let action = declared.action.as_str();
                let fits = |is_one: fn(&Account, &str) -> bool| {
                    let arn = policy.filter(|arn| is_one(&self.account, arn))?;
                    Some(Matched { action, resource: arn.to_owned() })
                };
                match &declared.resource {
                    Resource::Any(EntityKind::Policy) => {
                        fits(|account, arn| arn.starts_with(&account.prefix_of(EntityKind::Policy)))
                    }
                    Resource::AnyOfAws => fits(|account, arn| arn.starts_with(&account.prefix_of_aws_policies())),
                    other => Some(Matched { action, resource: other.display(&self.account) }),
                }
            },
        )
    }

    /// Begins an attempt; it stands in the list from now on, also when nobody waits for its end.
    fn begin(&self, matched: &Matched) -> usize {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(AwsCall {
            action: matched.action,
            resource: matched.resource.clone(),
            request_id: None,
            status: None,
            error_code: Some(NOT_AWAITED.to_owned()),
            ms: 0,
        });
        calls.len() - 1
    }

    fn end(&self, attempt: usize, end: impl FnOnce(&mut AwsCall)) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(call) = calls.get_mut(attempt) {
            end(call);
        }
    }
}

/// The interceptor that is added to a tool's SDK client.
#[derive(Debug, Clone)]
pub(crate) struct MeterInterceptor(pub(crate) Arc<Meter>);

/// What the hooks of one execution tell each other.
#[derive(Debug, PartialEq, Eq)]
struct Matched {
    action: &'static str,
    resource: String,
}

impl Storable for Matched {
    type Storer = StoreReplace<Self>;
}

#[derive(Debug)]
struct Attempt {
    began: Instant,
    number: usize,
}

impl Storable for Attempt {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for MeterInterceptor {
    fn name(&self) -> &'static str {
        "meter"
    }

    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = cfg.load::<Metadata>().map_or("", Metadata::name);
        let members = cfg.load::<CapturedTelemetryAttributes>();
        let present: Vec<(&str, &str)> = members.iter().flat_map(|members| members.iter()).collect();
        let Some(matched) = self.0.matched(operation, &present) else {
            return Err(Undeclared { operation: operation.to_owned() }.into());
        };
        cfg.interceptor_state().store_put(matched);
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(number) = cfg.load::<Matched>().map(|matched| self.0.begin(matched)) else { return Ok(()) };
        cfg.interceptor_state().store_put(Attempt { began: Instant::now(), number });
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(attempt) = cfg.load::<Attempt>() else {
            // Refused before it was sent: there was no attempt.
            return Ok(());
        };
        let response = context.response();
        let status = response.map(|response| response.status().as_u16());
        let request_id = response.and_then(|response| response.request_id().map(ToOwned::to_owned));
        let error_code = match context.output_or_error() {
            Some(Ok(_)) | None => None,
            Some(Err(error)) if error.is_timeout_error() => Some("Timeout".to_owned()),
            Some(Err(error)) if response.is_none() => Some(why_no_answer(error.as_connector_error()).to_owned()),
            Some(Err(_)) => Some(
                response
                    .and_then(|response| {
                        // Services with JSON answers tell the code in a header.
                        let header = response.headers().get("x-amzn-errortype").and_then(short_code);
                        header.or_else(|| response.body().bytes().and_then(error_code_in))
                    })
                    .unwrap_or_else(|| "UnreadableAnswer".to_owned()),
            ),
        };
        self.0.end(attempt.number, |call| {
            call.request_id = request_id;
            call.status = status;
            call.error_code = error_code;
            call.ms = u64::try_from(attempt.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        });
        Ok(())
    }
}

/// What the record says of an attempt without an answer.
fn why_no_answer(error: Option<&ConnectorError>) -> &'static str {
    match error {
        Some(error) if let Some(not_sent) = NotSent::within(error) => not_sent.code(),
        Some(error) if error.is_timeout() => "Timeout",
        _ => "ConnectionFailed",
    }
}

/// AWS's error code in an error answer: the first `<Code>` of XML, the `__type` of JSON, if it reads like a code.
///
/// The error is type-erased where an attempt ends, so its code is looked for in the answer. Nothing but a short word of
/// letters, digits, dots and underscores is taken: the answer may come from anybody on the path.
pub(super) fn error_code_in(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    match text.split_once("<Code>") {
        Some((_, rest)) => plausible(rest.split_once("</Code>")?.0),
        // Some services put a namespace before the code.
        None => plausible(serde_json::from_str::<JsonError>(text).ok()?.code.rsplit('#').next()?),
    }
}

/// An error of AWS's protocols of JSON.
#[derive(serde::Deserialize)]
struct JsonError {
    #[serde(rename = "__type")]
    code: String,
}

/// The code in an `x-amzn-errortype` header: `AccessDeniedException`, with a colon and a URL behind it at times.
fn short_code(header: &str) -> Option<String> {
    plausible(header.split(':').next()?)
}

fn plausible(code: &str) -> Option<String> {
    let plausible = (1..=64).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_');
    plausible.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::Action;

    #[test]
    fn a_policy_that_was_found_is_recorded_as_itself_and_is_one_of_those_declared() {
        let account = Account { partition: "aws".parse().unwrap(), id: "123456789012".parse().unwrap() };
        let action = Action::new("iam:GetPolicy");
        let found = |resource| DeclaredCall::new(action, resource).with_found("PolicyArn");
        let meter = |declared| Meter::new(account.clone(), declared);
        let both = meter(vec![found(Resource::Any(EntityKind::Policy)), found(Resource::AnyOfAws)]);
        let own_only = meter(vec![found(Resource::Any(EntityKind::Policy))]);
        let recorded = |meter: &Meter, arn: &str| {
            let matched = meter.matched("GetPolicy", &[("PolicyArn", arn)])?;
            assert_eq!(matched.action, "iam:GetPolicy");
            Some(matched.resource)
        };
        let (own, of_aws) = ("arn:aws:iam::123456789012:policy/team/x", "arn:aws:iam::aws:policy/ReadOnlyAccess");
        assert_eq!(recorded(&both, own).as_deref(), Some(own));
        assert_eq!(recorded(&both, of_aws).as_deref(), Some(of_aws));
        assert_eq!(recorded(&own_only, of_aws), None, "AWS's were not declared");
        assert_eq!(recorded(&both, "arn:aws:iam::999999999999:policy/x"), None, "nor was another account's");
        let named = meter(vec![DeclaredCall::new(action, Resource::Arn(own.to_owned())).with("PolicyArn", own)]);
        assert_eq!(recorded(&named, own).as_deref(), Some(own));
    }

    #[test]
    fn the_error_code_is_read_from_the_answer() {
        let body = b"<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code></Error></ErrorResponse>";
        assert_eq!(error_code_in(body).as_deref(), Some("NoSuchEntity"));
    }

    #[test]
    fn the_error_code_of_json_answers_is_in_a_header() {
        assert_eq!(short_code("AccessDeniedException:http://x/").as_deref(), Some("AccessDeniedException"));
        assert_eq!(short_code("ThrottlingException").as_deref(), Some("ThrottlingException"));
        assert_eq!(short_code(": see here"), None);
    }

    #[test]
    fn the_error_code_of_json_answers_is_in_the_body_else() {
        for body in
            [&br#"{"__type":"AccessDeniedException","Message":"no"}"#[..], br#"{"__type":"x#AccessDeniedException"}"#]
        {
            assert_eq!(error_code_in(body).as_deref(), Some("AccessDeniedException"));
        }
        assert_eq!(error_code_in(br#"{"__type":"see here"}"#), None);
    }

    #[test]
    fn what_does_not_read_like_a_code_is_not_taken() {
        assert_eq!(error_code_in(b"<Code>see\nhere</Code>"), None);
        assert_eq!(error_code_in(b"<Code></Code>"), None);
        assert_eq!(error_code_in(b"garbage"), None);
        assert_eq!(error_code_in(b"\xff<Code>A</Code>"), None);
    }
}
