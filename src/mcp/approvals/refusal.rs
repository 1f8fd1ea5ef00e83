//! How a refusal of an approval is answered over HTTP.

use http::StatusCode;

use crate::audit::AuditUnavailable;
use crate::authn::replay::ReplayRefusal;
use crate::http::Refusal;
use crate::shared_state::Gone;
use crate::tools::ToolError;

/// The status of each code; the codes are those of tools, as the same refusals are.
const STATUSES: [(&str, StatusCode); 14] = [
    ("NoRoleMapping", StatusCode::FORBIDDEN),
    ("UnknownEnvironment", StatusCode::NOT_FOUND),
    ("NoDefaultEnvironment", StatusCode::NOT_FOUND),
    ("MayNotApprove", StatusCode::FORBIDDEN),
    ("ApproverHasNoPerson", StatusCode::FORBIDDEN),
    ("ApproverIsCaller", StatusCode::FORBIDDEN),
    ("ApprovalInvalid", StatusCode::BAD_REQUEST),
    ("ConfirmationMismatch", StatusCode::CONFLICT),
    ("ConfirmationExpired", StatusCode::CONFLICT),
    ("ConfirmationUsed", StatusCode::CONFLICT),
    ("PlanNotRecordable", StatusCode::PAYLOAD_TOO_LARGE),
    ("ConfirmationsFull", StatusCode::SERVICE_UNAVAILABLE),
    (Gone::CODE, StatusCode::SERVICE_UNAVAILABLE),
    (AuditUnavailable::CODE, StatusCode::SERVICE_UNAVAILABLE),
];

/// The answer to a request that is refused.
pub(super) fn answer(error: &ToolError) -> Refusal {
    let replayed = ReplayRefusal::CODES.map(|code| (code, StatusCode::CONFLICT));
    let known = STATUSES.into_iter().chain(replayed).find(|(code, _)| *code == error.code);
    let (code, status) = known.unwrap_or(("internal_error", StatusCode::INTERNAL_SERVER_ERROR));
    let mut refusal = Refusal::new(status, code, error.message.clone()).logged_as(error.recorded_message());
    refusal.hint.clone_from(&error.hint);
    refusal
}

/// The answer to a body that is not one.
pub(super) fn no_body() -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "params_invalid",
        "the body must be {\"plan_token\": TEXT} to be shown the plan, or have \"decision\" as well",
    )
    .with_hint("decision is \"approve\" or \"reject\"; `iam-mcp-gateway approve` sends this")
}
