//! What a record is found by and listed with, out of its line.

use serde::de::MapAccess;

use super::loose::{self, Loose, Text, object, skip, value};

/// What every code of AWS's begins with that says so: `AccessDenied`, or `AccessDeniedException`.
pub(in crate::audit) const DENIED_BY_AWS: &str = "AccessDenied";

/// The parts of a record that queries and tables look at. A part that is missing, or is of another kind than the gateway
/// writes, is empty: a journal's folder may hold what somebody else wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordView<'a> {
    /// `eventTime`.
    pub time: Text<'a>,
    /// `stage`.
    pub stage: Text<'a>,
    /// `eventName`.
    pub event: Text<'a>,
    /// `errorCode`.
    pub error_code: Text<'a>,
    /// `eventID`.
    pub event_id: Text<'a>,
    /// `requestID`: the gateway's id of the request.
    pub request_id: Text<'a>,
    /// `sourceIPAddress`: the client's.
    pub address: Text<'a>,
    /// The tool's name as it was asked for, in `requestParameters`.
    pub asked: Asked<'a>,
    /// `additionalEventData`.
    pub data: Data<'a>,
    /// `integrity`.
    pub integrity: Place,
}

/// `requestParameters.params.name`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The name, whether or not there is such a tool.
    pub tool: Text<'a>,
}

/// `integrity.sequence`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The record's number in the chain.
    pub sequence: Option<u64>,
}

/// What the gateway knows beyond CloudTrail's fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Data<'a> {
    /// `caller`.
    pub caller: Caller<'a>,
    /// `tool`; absent for a name that is no tool.
    pub tool: Text<'a>,
    /// `effect`: what the tool does to the account.
    pub effect: Text<'a>,
    /// `environment`.
    pub environment: Text<'a>,
    /// `decision`: what stage one decided.
    pub decision: Decision<'a>,
    /// `error`: who said no, and about what.
    pub error: Decision<'a>,
    /// `awsCalls`, retries included.
    pub aws_calls: Vec<Call<'a>>,
    /// `plan.calls`: what a write would do.
    pub plan: Planned<'a>,
    /// `assumedSessions`: their request ids are those of AssumeRole.
    pub sessions: Vec<Call<'a>>,
    /// `unrecordedBefore`: refused authentications that were only counted.
    pub unrecorded: Option<u64>,
}

/// Who a request was from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller<'a> {
    /// How the caller proved who it is.
    pub kind: Text<'a>,
    /// The name within its kind.
    pub name: Text<'a>,
    /// The person behind it.
    pub person: Text<'a>,
    /// The AWS account whose principal it is.
    pub account: Text<'a>,
    /// Who vouches for it, where that is not this gateway.
    pub issuer: Text<'a>,
    /// What the voucher itself calls it.
    pub subject: Text<'a>,
}

/// A decision, or an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision<'a> {
    /// `gateway` or `aws`.
    pub stage: Text<'a>,
    /// `allow` or `deny`; a decision only.
    pub effect: Text<'a>,
    /// The action concerned.
    pub action: Text<'a>,
    /// The resource concerned.
    pub resource: Text<'a>,
    /// AWS's request id; an error only.
    pub request_id: Text<'a>,
    /// The file of the endpoint policy that denies; a decision only.
    pub policy: Text<'a>,
    /// Its statement.
    pub statement: Text<'a>,
}

/// A call of AWS that was planned or made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call<'a> {
    /// The action.
    pub action: Text<'a>,
    /// The resource.
    pub resource: Text<'a>,
    /// AWS's request id.
    pub request_id: Text<'a>,
    /// Why there is no good answer.
    pub error_code: Text<'a>,
}

/// `plan.calls`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Planned<'a> {
    /// In the order in which they are made.
    pub calls: Vec<Call<'a>>,
}

impl<'a> RecordView<'a> {
    /// Reads a line; none where it is no record: not a JSON object, or without a place in the chain.
    #[must_use]
    pub fn of(line: &'a str) -> Option<Self> {
        let view: Self = loose::read(line).ok()?;
        view.integrity.sequence.is_some().then_some(view)
    }

    /// The tool that was called, or asked for.
    #[must_use]
    pub fn tool(&self) -> Option<&str> {
        self.data.tool.get().or(self.asked.tool.get())
    }

    /// Whether it heads a journal file, and is about no call.
    #[must_use]
    pub fn is_header(&self) -> bool {
        self.stage.is("segment")
    }

    /// Every action of the record: those planned, those made, and the one that was refused.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        let refused = [&self.data.decision.action, &self.data.error.action];
        self.calls().map(|call| &call.action).chain(refused).filter_map(Text::get)
    }

    /// What these actions were about.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        let refused = [&self.data.decision.resource, &self.data.error.resource];
        self.calls().map(|call| &call.resource).chain(refused).filter_map(Text::get)
    }

    /// The code of every failure: the record's own, and those of single calls.
    pub fn error_codes(&self) -> impl Iterator<Item = &str> {
        let calls = self.data.aws_calls.iter().map(|call| &call.error_code);
        [&self.error_code].into_iter().chain(calls).filter_map(Text::get)
    }

    /// AWS's ids of every request that was made for the call, those of AssumeRole included.
    pub fn aws_request_ids(&self) -> impl Iterator<Item = &str> {
        let calls = self.data.aws_calls.iter().chain(&self.data.sessions).map(|call| &call.request_id);
        calls.chain([&self.data.error.request_id]).filter_map(Text::get)
    }

    /// Whether AWS said that a policy of its own does not allow what was asked: of the call, or of one step of it.
    #[must_use]
    pub fn is_denied_by_aws(&self) -> bool {
        let denied = |code: &Text<'_>| code.get().is_some_and(|code| code.starts_with(DENIED_BY_AWS));
        self.data.aws_calls.iter().any(|call| denied(&call.error_code))
            || (self.data.error.stage.is("aws") && denied(&self.error_code))
    }

    fn calls(&self) -> impl Iterator<Item = &Call<'a>> {
        self.data.plan.calls.iter().chain(&self.data.aws_calls)
    }
}

impl<'de> Loose<'de> for RecordView<'de> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, members: &mut A) -> Result<(), A::Error> {
        match name {
            "eventTime" => self.time = value(members)?,
            "stage" => self.stage = value(members)?,
            "eventName" => self.event = value(members)?,
            "errorCode" => self.error_code = value(members)?,
            "eventID" => self.event_id = value(members)?,
            "requestID" => self.request_id = value(members)?,
            "sourceIPAddress" => self.address = value(members)?,
            "requestParameters" => self.asked = value::<Parameters<'de>, A>(members)?.params,
            "additionalEventData" => self.data = value(members)?,
            "integrity" => self.integrity = value(members)?,
            _ => skip(members)?,
        }
        Ok(())
    }
}

/// `requestParameters`.
#[derive(Default)]
struct Parameters<'a> {
    params: Asked<'a>,
}

object!(Parameters: "params" => params);
object!(Asked: "name" => tool);
object!(Data: "caller" => caller, "tool" => tool, "effect" => effect, "environment" => environment,
    "decision" => decision, "error" => error, "awsCalls" => aws_calls, "plan" => plan, "assumedSessions" => sessions,
    "unrecordedBefore" => unrecorded);
object!(Caller: "kind" => kind, "name" => name, "person" => person, "account" => account, "issuer" => issuer,
    "subject" => subject);
object!(Decision: "stage" => stage, "effect" => effect, "action" => action, "resource" => resource,
    "requestId" => request_id, "policy" => policy, "statement" => statement);
object!(Call: "action" => action, "resource" => resource, "requestId" => request_id, "errorCode" => error_code);
object!(Planned: "calls" => calls);

impl<'de> Loose<'de> for Place {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, members: &mut A) -> Result<(), A::Error> {
        match name {
            "sequence" => self.sequence = value(members)?,
            _ => skip(members)?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_another_kind_than_expected_is_passed_over() {
        let line = r#"{"additionalEventData":{"tool":["x"],"caller":7,"awsCalls":[1,{"action":"a"},null],"plan":"p"},
            "eventTime":{"a":[1]},"errorCode":-1.5,"stage":true,"integrity":{"sequence":3,"hash":null}}"#;
        let view = RecordView::of(line).unwrap();
        assert_eq!(view.integrity.sequence, Some(3));
        assert_eq!((view.tool(), view.time.get(), view.stage.get()), (None, None, None));
        assert_eq!(view.actions().collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn only_an_object_with_a_place_in_the_chain_is_a_record() {
        for line in ["", "{}", "[]", "null", "{\"integrity\":{\"sequence\":\"1\"}}", "{\"integrity\":{\"sequence\":1}"]
        {
            assert_eq!(RecordView::of(line), None, "{line}");
        }
        assert_eq!(RecordView::of(&format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000))), None);
        assert_eq!(RecordView::of("{\"integrity\":{\"sequence\":1}} {}"), None);
    }

    #[test]
    fn escapes_are_read() {
        let line = r#"{"\u0073tage":"re\u0061d","integrity":{"sequence":1}}"#;
        assert!(RecordView::of(line).unwrap().stage.is("read"));
    }
}
