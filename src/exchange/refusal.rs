//! Refusals of the exchange, and how refused proofs are answered over HTTP.

use std::time::Duration;

use http::StatusCode;

use crate::audit::{AuditUnavailable, UnavailableReason};
use crate::authn::proofs::{ProofClass, ProofRefusal};
use crate::http::Refusal;
use crate::tools::ToolError;

/// The answer to a proof that is refused.
pub(super) fn answer(error: &ProofRefusal) -> Refusal {
    let status = match error.class {
        ProofClass::Malformed => StatusCode::BAD_REQUEST,
        ProofClass::Refused => StatusCode::UNAUTHORIZED,
        ProofClass::NotAccepted | ProofClass::NoPlace => StatusCode::FORBIDDEN,
        ProofClass::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut refusal = Refusal::new(status, error.code, error.message.clone());
    refusal.hint.clone_from(&error.hint);
    if let ProofClass::Unavailable { retry_after } = error.class {
        refusal = refusal.with_retry_after(retry_after);
    }
    refusal
}

pub(super) fn switched_off() -> ProofRefusal {
    ProofRefusal::not_accepted("exchange_off", "this gateway exchanges no proofs for credentials")
        .hint("its operators can switch that on with [exchange]; until then, sign with a key of its keyring")
}

pub(super) fn no_public_key() -> ProofRefusal {
    ProofRefusal::malformed(
        "public_key_missing",
        "a GetCallerIdentity proof must come with the public_key that its audience header names",
    )
}

pub(super) fn revoked() -> ProofRefusal {
    ProofRefusal::no_place("revoked", "whoever this proof is of was revoked").hint("ask the gateway's operators")
}

pub(super) fn ending() -> ProofRefusal {
    ProofRefusal::refused("session_ending", "what was proved ends within half a minute")
        .hint("renew the session or the token, and try again")
}

/// A caller that is proven and may do nothing here. The codes are those of calls, as the refusals are.
pub(super) fn not_mapped(error: &ToolError) -> ProofRefusal {
    if error.code == "NoDefaultEnvironment" {
        let refusal = ProofRefusal::no_place("NoDefaultEnvironment", error.message.clone());
        return match &error.hint {
            Some(hint) => refusal.hint(hint.clone()),
            None => refusal,
        };
    }
    // Whoever may do nothing here does not learn which environments there are.
    let message = "no role mapping of this environment is for this caller, or there is no such environment";
    ProofRefusal::no_place("NoRoleMapping", message.to_owned())
        .hint("look at the environment's name behind /mcp/; else ask the gateway's operators for a [[role_mapping]]")
}

pub(super) fn no_body() -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "body_incomplete", "the body broke off")
}

pub(super) fn mistake() -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "the gateway made a mistake")
}

pub(super) fn not_recorded(reason: UnavailableReason) -> Refusal {
    let message = format!("the audit journal cannot take the record of this, so no credentials are given ({reason})");
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, AuditUnavailable::CODE, message)
        .with_hint("tell the gateway's operators")
        .with_retry_after(Duration::from_secs(5))
}
