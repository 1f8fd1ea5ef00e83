//! What is said when a call is not confirmed, or a plan not approved.

use crate::config::Confirmation;
use crate::shared_state::Gone;
use crate::tools::ToolError;

/// Nothing of this gateway's that would confirm this call.
pub(super) fn invalid(why: &str) -> ToolError {
    refusal("ConfirmationInvalid", why, "pass the token of the first answer back unchanged, or call again without it")
}

pub(super) fn expired() -> ToolError {
    refusal(
        "ConfirmationExpired",
        "the token has expired, or the gateway was restarted since",
        "call again without it to get a new plan and token",
    )
}

pub(super) fn mismatch() -> ToolError {
    refusal(
        "ConfirmationMismatch",
        "the token is for another plan: the arguments, the caller or the account's state changed",
        "call again without it to see what would be done now",
    )
}

pub(super) fn used() -> ToolError {
    refusal("ConfirmationUsed", "the token was used already", "call again without it to get a new plan and token")
}

/// A token that another replica may have let be used.
pub(super) fn not_known_to_be_unused() -> ToolError {
    let message = "whether another replica has let this token be used cannot be known: the state that replicas share is out \
                   of reach; nothing was changed";
    refusal(Gone::CODE, message, "call again without the token in a few minutes").retryable()
}

pub(super) fn full() -> ToolError {
    let message = "too many of your confirmations, or of all callers', within the lifetime of a token";
    refusal("ConfirmationsFull", message, "try again in a few minutes").retryable()
}

/// What was passed as an approval and is none.
pub fn approval_invalid(why: &str) -> ToolError {
    refusal(
        "ApprovalInvalid",
        why,
        "another person approves the plan_token with `iam-mcp-gateway approve`; pass the approval_token that this gives \
         them as confirmation_token",
    )
}

/// The person of the answer said no.
pub fn declined() -> ToolError {
    ToolError::gateway("ConfirmationDeclined", "the person who was asked did not confirm it; nothing was done")
        .hint("do not ask again unless that person wants it")
}

/// A mapping that wants the client's person, and a client that cannot ask.
#[must_use]
pub fn elicitation_not_supported() -> ToolError {
    let message = "this call is confirmed by the person in front of the client, and the client did not declare that it can \
                   ask (the capability elicitation, at MCP 2026-07-28)";
    ToolError::gateway("ElicitationNotSupported", message).hint(
        "use a client that speaks MCP 2026-07-28 and declares elicitation with forms, or ask the gateway's operators for \
         confirmation = \"second-person\" in your role mapping; nothing was done",
    )
}

/// A token where the client's person is to be asked.
pub fn no_token_taken() -> ToolError {
    let message = "this call is confirmed by the person in front of the client, and no token takes that person's place";
    refusal("ConfirmationInvalid", message, "call again without confirmation_token")
}

/// The question came back without an answer.
pub fn not_answered() -> ToolError {
    ToolError::gateway("ConfirmationInvalid", "the call came back without the person's answer to the question")
        .hint("call again without requestState to be asked anew")
}

/// A call without a reason where the mapping wants one.
#[must_use]
pub fn reason_required(tool: &str) -> ToolError {
    ToolError::gateway("ReasonRequired", format!("your role mapping wants a reason for {tool}; nothing was done"))
        .parameter("reason")
        .hint("call again with reason, one line that says why; it is recorded and shown to who approves")
}

/// A caller whose person is not known, and a call that wants a second one.
#[must_use]
pub fn caller_has_no_person(why: Option<&str>) -> ToolError {
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    let message = format!(
        "this call wants the approval of another person{why}, and it is not known which person you are; nothing was done"
    );
    ToolError::gateway("CallerHasNoPerson", message)
        .hint("ask the gateway's operators to add a key with your person (`keyring add --person`)")
}

/// The caller's person has a name of another list than approvers' have.
#[must_use]
pub fn person_not_comparable(why: Option<&str>) -> ToolError {
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    let message = format!(
        "this call wants the approval of another person{why}, and your person has a name that no key of the keyring has, so \
         it cannot be told whether an approver is somebody else; nothing was done"
    );
    ToolError::gateway("PersonNotComparable", message).hint(
        "ask the gateway's operators to give your keys of the keyring, all of them, the person that your proof names (`keyring \
         add --person`) and to remove those under another name; or to set exchange.persons_as_in_keyring where both take names \
         from one directory",
    )
}

/// Nobody could approve.
#[must_use]
pub fn no_approver(environment: &str, why: Option<&str>) -> ToolError {
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    let message = format!(
        "this call wants the approval of another person{why}, and no key of this gateway is another person's who may approve \
         in {environment}; nothing was done"
    );
    ToolError::gateway("NoApprover", message).hint(format!(
        "the gateway's operators can give a role mapping of {environment} may_approve = true and its caller a key with a \
         person, or set confirmation in yours to {} to say that a second person is not wanted",
        [Confirmation::Client, Confirmation::Model].map(Confirmation::as_str).join(" or ")
    ))
}

/// An approval by somebody whose key no longer counts.
#[must_use]
pub fn approver_gone() -> ToolError {
    let message = "the key that approved this is gone, disabled or expired, is no longer good for approvals in this \
                   environment, or is another caller's now; nothing was done";
    ToolError::gateway("ApproverGone", message)
        .parameter("confirmation_token")
        .hint("have the plan_token approved by somebody whose key is good, or call again without a token for a new one")
}

/// A plan that is too large for a token.
pub(super) fn plan_too_large() -> ToolError {
    ToolError::gateway("PlanTooLarge", "the plan is too large to be shown to an approver; nothing was done")
        .hint("do less at once, in several calls")
}

/// A plan that says more than anybody can be shown.
#[must_use]
pub fn plan_not_listed(more: usize) -> ToolError {
    let message = format!(
        "the plan would let a principal do {more} things more than can be listed, so nobody can be asked about it; nothing \
         was done"
    );
    ToolError::gateway("PlanTooLarge", message).hint("split it: grant less at once, in several calls")
}

/// A question that is too long for a form.
#[must_use]
pub fn question_too_long() -> ToolError {
    ToolError::gateway("PlanTooLarge", "the plan is too long to be shown in a form; nothing was done")
        .hint("do less at once, in several calls")
}

/// A decision whose record would be too large.
#[must_use]
pub fn plan_not_recordable(why: &dyn std::fmt::Display) -> ToolError {
    ToolError::gateway("PlanNotRecordable", format!("the plan cannot be recorded, so nothing was decided: {why}"))
        .hint("have less planned at once, in several calls")
}

/// Who may not approve here.
#[must_use]
pub fn may_not_approve(environment: &str) -> ToolError {
    ToolError::gateway("MayNotApprove", format!("your role mapping of {environment} does not let you approve plans"))
        .hint("ask the gateway's operators for may_approve = true")
}

/// An approver whose person is not known.
#[must_use]
pub fn approver_has_no_person() -> ToolError {
    let message = "it is not known which person you are, so you cannot approve what another plans";
    ToolError::gateway("ApproverHasNoPerson", message)
        .hint("ask the gateway's operators to add a key with your person (`keyring add --person`)")
}

/// Who planned it.
#[must_use]
pub fn approver_is_caller() -> ToolError {
    let message =
        "you are the person whose agent planned this, whatever key or role you use; another person must approve";
    ToolError::gateway("ApproverIsCaller", message)
}

/// A plan that was sent to another environment's path.
#[must_use]
pub fn plan_of_another_environment(environment: &str) -> ToolError {
    ToolError::gateway("ConfirmationMismatch", format!("the plan is one of the environment {environment}"))
        .hint(format!("approve it at .../approvals/{environment}"))
}

fn refusal(code: &'static str, message: &str, hint: &str) -> ToolError {
    ToolError::gateway(code, message).parameter("confirmation_token").hint(hint)
}
