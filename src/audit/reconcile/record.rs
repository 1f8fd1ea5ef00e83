//! A record of the journal, as far as it is compared.

use crate::arn::{Partition, RoleArn};
use crate::audit::query::Text;
use crate::audit::query::loose::{self, object};
use crate::iam::{NotSent, is_throttling};

/// What is compared of a record. As in [`crate::audit::query::RecordView`], a part that is missing or of another kind
/// than the gateway writes is empty.
#[derive(Debug, Default)]
pub(super) struct RecordView<'a> {
    pub(super) id: Text<'a>,
    pub(super) time: Text<'a>,
    pub(super) stage: Text<'a>,
    pub(super) error_code: Text<'a>,
    pub(super) region: Text<'a>,
    pub(super) account: Text<'a>,
    /// A text where the record was cut, an object else.
    pub(super) response: Text<'a>,
    /// Of a file's header: the gateway's name.
    pub(super) gateway: Text<'a>,
    pub(super) data: Data<'a>,
    integrity: Place<'a>,
}

/// `additionalEventData`.
#[derive(Debug, Default)]
pub(super) struct Data<'a> {
    pub(super) gateway: Text<'a>,
    pub(super) role: Text<'a>,
    pub(super) session_name: Text<'a>,
    pub(super) intent: Text<'a>,
    pub(super) decision: Decision<'a>,
    pub(super) error: CallView<'a>,
    pub(super) sessions: Vec<Assumed<'a>>,
    pub(super) calls: Vec<CallView<'a>>,
    pub(super) plan: Plan<'a>,
}

#[derive(Debug, Default)]
pub(super) struct Decision<'a> {
    pub(super) effect: Text<'a>,
}

/// One of `awsCalls` or of `plan.calls`, or the call that `error` is about.
#[derive(Debug, Default)]
pub(super) struct CallView<'a> {
    pub(super) action: Text<'a>,
    pub(super) resource: Text<'a>,
    pub(super) request_id: Text<'a>,
    error_code: Text<'a>,
    status: Number<'a>,
}

/// One of `assumedSessions`.
#[derive(Debug, Default)]
pub(super) struct Assumed<'a> {
    pub(super) arn: Text<'a>,
    pub(super) request_id: Text<'a>,
}

#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    pub(super) calls: Vec<CallView<'a>>,
}

#[derive(Debug, Default)]
struct Place<'a> {
    sequence: Number<'a>,
}

/// A whole number; none where something else stands.
#[derive(Debug, Default)]
struct Number<'a>(Option<u64>, std::marker::PhantomData<&'a ()>);

impl<'de> loose::Loose<'de> for Number<'de> {
    fn number(&mut self, number: u64) {
        self.0 = Some(number);
    }
}

object!(RecordView: "eventID" => id, "eventTime" => time, "stage" => stage, "errorCode" => error_code,
    "awsRegion" => region, "recipientAccountId" => account, "responseElements" => response,
    "gateway" => gateway, "additionalEventData" => data, "integrity" => integrity);
object!(Data: "calledViaAWSMCP" => gateway, "roleArn" => role, "roleSessionName" => session_name,
    "intentEventID" => intent, "decision" => decision, "error" => error, "assumedSessions" => sessions,
    "awsCalls" => calls, "plan" => plan);
object!(Decision: "effect" => effect);
object!(CallView: "action" => action, "resource" => resource, "requestId" => request_id, "errorCode" => error_code,
    "status" => status);
object!(Assumed: "arn" => arn, "requestId" => request_id);
object!(Plan: "calls" => calls);
object!(Place: "sequence" => sequence);

impl<'a> RecordView<'a> {
    /// Reads a line; none where it is no record.
    pub(super) fn of(line: &'a str) -> Option<Self> {
        loose::read(line).ok()
    }

    /// The record's number in the chain; 0 where it has none.
    pub(super) fn sequence(&self) -> u64 {
        self.integrity.sequence.0.unwrap_or_default()
    }

    /// The session that AWS was asked with: the one that was assumed, else the one that was to be.
    pub(super) fn session(&self) -> Option<String> {
        let assumed = self.data.sessions.iter().find_map(|session| session.arn.get());
        assumed.map(str::to_owned).or_else(|| session_arn(self.data.role.get()?, self.data.session_name.get()?))
    }

    /// Whether the record was too large and was cut: what AWS was asked is not in it.
    pub(super) fn is_cut(&self) -> bool {
        self.response.get().is_some_and(|text| text.starts_with("not kept: "))
    }
}

impl CallView<'_> {
    /// The HTTP status of AWS's answer.
    pub(super) fn status(&self) -> Option<u16> {
        self.status.0.and_then(|status| status.try_into().ok())
    }

    /// Whether the gateway did not send it, so that no event can be its own.
    pub(super) fn was_not_sent(&self) -> bool {
        self.error_code.get().is_some_and(NotSent::is_code)
    }

    /// Whether AWS turned the request away for its rate, or with a fault of its own: CloudTrail does not keep all of these.
    pub(super) fn was_turned_away(&self) -> bool {
        self.status().is_some_and(|status| status >= 500) || self.error_code.get().is_some_and(is_throttling)
    }
}

/// The ARN of a role's session of this name.
pub(super) fn session_arn(role: &str, name: &str) -> Option<String> {
    let role: RoleArn = role.parse().ok()?;
    let (partition, account): (Partition, _) = (role.partition(), role.account());
    Some(format!("arn:{partition}:sts::{account}:assumed-role/{}/{name}", role.name()))
}

/// How the names of operations begin that change nothing.
const READING: [&str; 8] = ["Get", "List", "Simulate", "Generate", "Validate", "Check", "Describe", "Lookup"];

/// Whether an action changes nothing and makes nothing known but to who asks: CloudTrail calls its event `readOnly`, and a
/// trail may be set not to keep it.
pub(super) fn is_read(action: &str) -> bool {
    let operation = action.split_once(':').map_or(action, |(_, operation)| operation);
    action.starts_with("sts:") || READING.iter().any(|verb| operation.starts_with(verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_says_with_which_session_aws_was_asked() {
        let assumed = r#"{"additionalEventData":{"assumedSessions":[{"arn":"arn:s"}],"roleArn":"x"}}"#;
        assert_eq!(RecordView::of(assumed).unwrap().session().as_deref(), Some("arn:s"));
        let planned =
            r#"{"additionalEventData":{"roleArn":"arn:aws-cn:iam::123456789012:role/a/b/mcp","roleSessionName":"al"}}"#;
        let arn = "arn:aws-cn:sts::123456789012:assumed-role/mcp/al";
        assert_eq!(RecordView::of(planned).unwrap().session().as_deref(), Some(arn));
        assert_eq!(RecordView::of("{}").unwrap().session(), None);
    }

    #[test]
    fn what_is_of_another_kind_is_passed_over() {
        let view = RecordView::of(
            r#"{"eventTime":1,"additionalEventData":{"awsCalls":[7,{"status":"200"},{"status":70000}]},"integrity":[]}"#,
        )
        .unwrap();
        assert_eq!((view.time.get(), view.sequence(), view.data.calls.len()), (None, 0, 3));
        assert!(view.data.calls.iter().all(|call| call.status().is_none()));
        assert!(RecordView::of("[").is_none());
    }

    #[test]
    fn reads_are_told_by_their_verb() {
        for action in [
            "iam:GetUser",
            "iam:SimulateCustomPolicy",
            "sts:AssumeRole",
            "access-analyzer:ValidatePolicy",
            "cloudtrail:LookupEvents",
            "cloudtrail:DescribeTrails",
        ] {
            assert!(is_read(action), "{action}");
        }
        for action in ["iam:CreateUser", "iam:DeactivateMFADevice", "iam:UploadSSHPublicKey", "iam:Unheard", ""] {
            assert!(!is_read(action), "{action}");
        }
    }
}
