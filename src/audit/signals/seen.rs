//! What a record says to the rules.

use std::sync::Arc;

use jiff::Timestamp;

use super::network::Network;
use super::signal::{CallerId, bounded};
use crate::audit::query::RecordView;

/// Refusals of stage one that are mistakes of whoever wrote the call: a model that fumbles does not probe.
const MISTAKES: [&str; 5] =
    ["ValidationError", "MalformedPolicyDocument", "UnknownTool", "UnknownResource", "UnknownReference"];

/// The `eventName` of completions. Somebody who types makes one with each key, so that a role that may not list would be
/// ten refusals a word; none of them can do more than list names.
const TYPING: &str = "Complete";

/// Refusals of what stage one had allowed: a signature or a confirmation that was not good for the call.
const AFTER_STAGE_ONE: [&str; 6] = [
    "replayed",
    "ConfirmationInvalid",
    "ConfirmationUsed",
    "ConfirmationMismatch",
    "ApprovalInvalid",
    "ApproverIsCaller",
];

/// Refusals of what belongs to the gateway's own security.
pub(super) const PROTECTED: [&str; 2] = ["ProtectedResource", "PermissionsBoundaryRequired"];

/// What a record says to the rules.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    record: &'a RecordView<'a>,
    /// Its number in the chain.
    pub(super) sequence: u64,
    /// Its `eventTime`.
    pub(super) time: Timestamp,
    /// Who it is about, if that was verified.
    pub(super) caller: Option<Arc<CallerId>>,
}

impl<'a> Seen<'a> {
    /// None where it has no place or time: then it is none of the gateway's.
    pub(super) fn of(record: &'a RecordView<'a>) -> Option<Self> {
        Some(Self {
            record,
            sequence: record.integrity.sequence?,
            time: record.time.get()?.parse().ok()?,
            caller: CallerId::of(&record.data.caller).map(Arc::new),
        })
    }

    /// Whether something is about to be changed: each write that is forwarded has one intent.
    pub(super) fn is_write(&self) -> bool {
        self.record.stage.is("intent")
    }

    /// Whether a call was refused: by the gateway, for what it asked for or how it was authorized, or by AWS for want of
    /// permission. Failures and mistakes are no refusals, nor is what is asked while somebody types.
    pub(super) fn is_refusal(&self) -> bool {
        !self.record.event.is(TYPING) && (self.is_refused_by_gateway() || self.record.is_denied_by_aws())
    }

    fn is_refused_by_gateway(&self) -> bool {
        let Some(code) = self.record.error_code.get() else { return false };
        let by_gateway = self.record.stage.is("denied") && self.record.data.error.stage.is("gateway");
        by_gateway
            && match self.record.data.decision.effect.is("deny") {
                true => !MISTAKES.contains(&code),
                false => AFTER_STAGE_ONE.contains(&code),
            }
    }

    /// Whether stage one refused it because it would have changed what belongs to the gateway's own security.
    pub(super) fn is_about_protected(&self) -> bool {
        self.record.data.decision.effect.is("deny")
            && self.record.error_code.get().is_some_and(|code| PROTECTED.contains(&code))
    }

    /// Whether it is about a request whose author could not be verified.
    pub(super) fn is_refused_authentication(&self) -> bool {
        self.record.stage.is("authentication")
    }

    /// For how many refused authentications it stands: itself, and those before it that were only counted.
    pub(super) fn refused_authentications(&self) -> u64 {
        self.record.data.unrecorded.unwrap_or_default().saturating_add(1)
    }

    /// The destructive tool that it is about, if it is.
    pub(super) fn destructive_tool(&self) -> Option<String> {
        self.record.data.effect.is("destructive").then(|| self.tool())
    }

    /// The network that it came from.
    pub(super) fn network(&self) -> Option<Network> {
        self.record.address.get()?.parse().ok().map(Network::of)
    }

    /// The address that it came from.
    pub(super) fn address(&self) -> String {
        bounded(self.record.address.get().unwrap_or("an unknown address"))
    }

    /// The tool, for people.
    pub(super) fn tool(&self) -> String {
        bounded(self.record.tool().unwrap_or("an unnamed tool"))
    }

    /// What a refusal was about, for people: the resource if it is known.
    pub(super) fn resource(&self) -> Option<String> {
        let data = &self.record.data;
        data.error.resource.get().or(data.decision.resource.get()).map(bounded)
    }

    /// Why it failed, for people. Where AWS denied a step and the call went on, that is AWS's code.
    pub(super) fn code(&self) -> String {
        bounded(self.record.error_codes().next().unwrap_or("no code"))
    }

    /// Its `eventID`.
    pub(super) fn event_id(&self) -> String {
        bounded(self.record.event_id.get().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn record(stage: &str, code: &str, data: &Value) -> String {
        json!({"eventTime": "2026-11-20T12:00:00.000Z", "stage": stage, "errorCode": code,
            "integrity": {"sequence": 1}, "additionalEventData": data})
        .to_string()
    }

    fn seen(line: &str, ask: impl FnOnce(&Seen<'_>) -> bool) -> bool {
        ask(&Seen::of(&RecordView::of(line).unwrap()).unwrap())
    }

    #[test]
    fn refusals_are_told_from_mistakes_and_failures() {
        let denied = json!({"decision": {"effect": "deny"}, "error": {"stage": "gateway"}});
        let allowed = json!({"decision": {"effect": "allow"}, "error": {"stage": "gateway"}});
        let by_aws = json!({"decision": {"effect": "allow"}, "error": {"stage": "aws"}});
        let step = json!({"decision": {"effect": "allow"}, "awsCalls": [{"errorCode": "AccessDenied"}]});
        for (stage, code, data, expected) in [
            ("denied", "ReadOnlyCaller", &denied, true),
            ("denied", "PolicyDenied", &denied, true),
            ("denied", "ValidationError", &denied, false),
            ("denied", "MalformedPolicyDocument", &denied, false),
            ("denied", "UnknownTool", &denied, false),
            ("denied", "UnknownResource", &denied, false),
            ("denied", "replayed", &allowed, true),
            ("denied", "ConfirmationMismatch", &allowed, true),
            ("denied", "ConfirmationExpired", &allowed, false),
            ("denied", "CallTimeout", &allowed, false),
            ("denied", "signed_before_start", &allowed, false),
            ("panic", "InternalFailure", &denied, false),
            ("outcome", "AccessDenied", &by_aws, true),
            ("read", "AccessDeniedException", &by_aws, true),
            ("read", "NoSuchEntity", &by_aws, false),
            ("outcome", "", &step, true),
        ] {
            assert_eq!(seen(&record(stage, code, data), |seen| seen.is_refusal()), expected, "{stage} {code}");
        }
    }

    #[test]
    fn what_is_asked_while_somebody_types_is_no_refusal() {
        let denied = json!({"decision": {"effect": "deny"}, "error": {"stage": "gateway"}});
        let by_name = |name: &str| {
            let mut line: Value = serde_json::from_str(&record("denied", "ToolNotAllowed", &denied)).unwrap();
            line["eventName"] = name.into();
            seen(&line.to_string(), |seen| seen.is_refusal())
        };
        assert!(by_name("CallTool") && by_name("ReadResource") && !by_name(TYPING));
    }

    #[test]
    fn protected_is_what_stage_one_refused_as_such() {
        let denied = json!({"decision": {"effect": "deny"}});
        for code in PROTECTED {
            assert!(seen(&record("denied", code, &denied), |seen| seen.is_about_protected()), "{code}");
        }
        assert!(!seen(&record("denied", "PolicyDenied", &denied), |seen| seen.is_about_protected()));
        let allowed = json!({"decision": {"effect": "allow"}});
        assert!(!seen(&record("outcome", PROTECTED[0], &allowed), |seen| seen.is_about_protected()), "a code of AWS's");
    }

    #[test]
    fn every_code_is_a_documented_one() {
        let documented = include_str!("../../../docs/errors.md");
        for code in MISTAKES.iter().chain(&AFTER_STAGE_ONE).chain(&PROTECTED) {
            assert!(documented.contains(&format!("`{code}`")), "{code}");
        }
    }

    #[test]
    fn a_record_without_time_is_not_seen() {
        for time in [json!(null), json!("yesterday"), json!(5)] {
            let line = json!({"eventTime": time, "integrity": {"sequence": 1}}).to_string();
            assert!(Seen::of(&RecordView::of(&line).unwrap()).is_none(), "{line}");
        }
    }
}
