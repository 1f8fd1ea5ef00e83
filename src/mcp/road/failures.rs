//! What the road says when a step fails.

use crate::audit::{AuditUnavailable, OUTCOME_UNKNOWN};
use crate::authn::replay::ReplayRefusal;
use crate::iam::{Aftermath, AwsFailure, Interrupted, Sent};
use crate::tools::{ErrorStage, ToolError};

/// A write whose signature may not pass.
pub(in crate::mcp) fn not_admitted(refusal: &ReplayRefusal) -> ToolError {
    let error = ToolError::gateway(refusal.code(), refusal.to_string());
    match refusal {
        // The first copy may have done it: an agent that simply calls again would do it twice.
        ReplayRefusal::Replayed => {
            error.hint("the same signed request arrived before: look at what it did before calling again")
        }
        ReplayRefusal::SignedBeforeStart { earliest, .. } => {
            error.retryable().hint(format!("the gateway has just started: wait until {earliest}, then call again"))
        }
        ReplayRefusal::SignedAhead { .. } => error.retryable().hint("set the clock of the client's machine (NTP)"),
        ReplayRefusal::SharedStateUnavailable => error.retryable().hint(
            "nothing was changed; the gateway's operators are told: reads are answered, writes as soon as it is back",
        ),
        _ => error.retryable().hint("send the call again, signed anew"),
    }
}

/// A write that was confirmed when the gateway became read-only.
pub(super) fn switched_to_read_only() -> ToolError {
    ToolError::gateway("ReadOnlyGateway", "the gateway was switched to read-only while this call was planned")
        .hint("nothing was changed; its operators can switch it back (gateway.read_only)")
}

/// A call that began while the gateway ends, with too little time left for it.
pub(in crate::mcp) fn ending() -> ToolError {
    ToolError::gateway("GatewayEnding", "the gateway is ending and has no time left for this call; nothing was changed")
        .retryable()
        .hint("call again: another replica answers it, or this gateway once it is started again")
}

/// A call that only reads whose client does not want its answer any more.
pub(in crate::mcp) fn cancelled() -> ToolError {
    ToolError::gateway(
        "CallCancelled",
        "the client cancelled this call, or was gone before its answer; nothing was changed",
    )
    .retryable()
    .hint("call again for the answer; a client that waits longer is told of progress where it asks for it")
}

pub(super) fn changed_meanwhile() -> ToolError {
    let message = "the gateway's configuration or policies changed while this call was planned; nothing was changed";
    ToolError::gateway("ConfigurationChanged", message)
        .retryable()
        .hint("call again: it is then judged by the new ones")
}

/// A call that was not made, because no record of it could be had.
pub(super) fn not_recordable(failure: AuditUnavailable) -> ToolError {
    let message =
        format!("the audit journal cannot take the record of this call, so it was not made ({})", failure.reason);
    ToolError::gateway(AuditUnavailable::CODE, message)
        .retryable()
        .hint("tell the gateway's operators; writes are refused until the journal works again")
}

/// A read whose record could not be had: its answer is not given.
pub(super) fn read_not_recorded(failure: AuditUnavailable) -> ToolError {
    let message = format!(
        "the audit journal did not take the record of this call, so its answer is not given ({})",
        failure.reason
    );
    ToolError::gateway(AuditUnavailable::CODE, message)
        .retryable()
        .hint("nothing was changed; tell the gateway's operators")
}

/// A write that was forwarded and whose outcome is not durable.
pub(super) fn outcome_not_recorded(failure: AuditUnavailable) -> ToolError {
    let fate = if failure.held { "it is held and will be written" } else { "it may be lost" };
    let message = format!(
        "AWS was asked; what it did stands beside. The record of it is not durable yet: {fate} ({})",
        failure.reason
    );
    ToolError::gateway(AuditUnavailable::CODE, message)
        .hint("do not call again before looking at the entity; tell the gateway's operators")
}

/// A role that could not be assumed, with what its owner can do.
pub(super) fn not_assumed(failure: AwsFailure) -> ToolError {
    let denied = failure.code == "AccessDenied";
    let mut error = ToolError::from(failure);
    if denied {
        error.hint = Some(
            "the role's trust policy must let the gateway's role do sts:AssumeRole, sts:TagSession and \
             sts:SetSourceIdentity, with the external id of the role mapping if it has one"
                .to_owned(),
        );
    }
    error
}

pub(in crate::mcp) fn panicked(after_intent: bool) -> ToolError {
    let message = if after_intent {
        "the gateway made a mistake while the change was being made: its outcome is unknown"
    } else {
        "the gateway made a mistake; nothing was changed"
    };
    ToolError::gateway("InternalFailure", message).hint("tell the gateway's operators the request id of this call")
}

pub(super) fn lost() -> ToolError {
    ToolError::gateway(
        OUTCOME_UNKNOWN,
        "the call was begun and its end was not seen: look for the session's events in CloudTrail",
    )
}

pub(super) fn not_forwarded() -> ToolError {
    ToolError::gateway("NotForwarded", "the intent became durable too late; nothing was forwarded to AWS")
}

/// The error of a plan that stopped.
pub(super) fn interrupted_error(interrupted: Interrupted, left: usize) -> ToolError {
    let Interrupted { done, failure, aftermath } = interrupted;
    let unknown = failure.sent == Sent::Unknown;
    let mut error = ToolError::from(failure);
    if unknown {
        error.message = format!("{} (the request may have been sent, so AWS may have acted on it)", error.message);
        error.hint = Some("look at the entity before you try again".to_owned());
        // Sending a change again after an unknown outcome is for somebody who has looked.
        error.retryable = false;
    }
    if done > 0 {
        error.message = format!("{}; {done} of {} steps were done before", error.message, done + left);
        error.hint.get_or_insert_with(|| "call again to continue with what is left".to_owned());
    }
    if let Some(aftermath) = aftermath {
        let Aftermath { code, message, hint, undone: _ } = *aftermath;
        if let Some(code) = code {
            error.code = code.to_owned();
            error.stage = ErrorStage::Gateway;
        }
        error.message = message.unwrap_or(error.message);
        error.hint = hint.or(error.hint);
        // The tool has looked at what was done, and says what is to be done.
        error.retryable = false;
    }
    error
}
