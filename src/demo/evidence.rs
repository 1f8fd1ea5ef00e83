//! What the audit journal and the sandbox's own trail say of a call, held against each other in both directions: the demo
//! shows what was written down, not what it hopes.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

/// What stage one decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decided {
    /// `allow` or `deny`.
    pub effect: String,
    /// The role mapping that allowed it, or the code of the refusal.
    pub reason: String,
    /// The file and the statement of the endpoint policy that denied it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<(String, String)>,
}

/// A session that the gateway assumed for the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Assumed {
    /// `read` or `write`: what its session policy lets it do.
    pub purpose: String,
    /// The session's ARN.
    pub arn: String,
    /// The person, or the caller's hash, as the trail has it.
    pub source_identity: String,
    /// The session's tags, as the trail has them.
    pub tags: BTreeMap<String, String>,
}

/// A call of AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Called {
    /// Such as `iam:CreateUser`.
    pub action: String,
    /// The resource it was declared for.
    pub resource: String,
    /// The HTTP status, or 0 when no answer came.
    pub status: u64,
    /// AWS's code, where it said no.
    pub error: Option<String>,
}

impl Called {
    /// Whether the call changes nothing.
    #[must_use]
    pub fn is_read(&self) -> bool {
        ["iam:Get", "iam:List"].iter().any(|verb| self.action.starts_with(verb))
    }
}

/// A record of the audit journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// Its number in the journal.
    pub sequence: u64,
    /// `read`, `denied`, `dry-run`, `intent`, `outcome`.
    pub stage: String,
}

/// What is known of one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    pub(super) decided: Option<Decided>,
    pub(super) assumed: Vec<Assumed>,
    pub(super) called: Vec<Called>,
    pub(super) recorded: Vec<Recorded>,
    /// Where journal and trail do not say the same.
    pub(super) contradictions: Vec<String>,
}

impl Evidence {
    /// Holds a call's audit records against the trail, of which the events from `began` on came during the call. A
    /// session may be older: it is assumed once for many calls.
    pub(super) fn of(records: &[Value], trail: &[Value], began: usize) -> Self {
        let Some(last) = records.last() else {
            let contradictions = vec!["the audit journal has no record of the call".to_owned()];
            return Self { contradictions, ..Self::default() };
        };
        let mut held = Held { trail, known: BTreeSet::new(), contradictions: Vec::new() };
        let data = &last["additionalEventData"];
        let assumed: Vec<Assumed> =
            list(&data["assumedSessions"]).iter().map(|session| held.session(session, data)).collect();
        let mut called: Vec<Called> = Vec::new();
        for call in records.iter().flat_map(|record| list(&record["additionalEventData"]["awsCalls"])) {
            // The outcome lists what its intent listed.
            if call["requestId"].is_null() || !held.known.contains(&text(&call["requestId"])) {
                called.push(held.call(call, &assumed));
            }
        }
        held.all_are_known(began);
        Self {
            decided: data.get("decision").map(|decision| Decided {
                effect: text(&decision["effect"]),
                reason: text(&decision["reason"]),
                policy: decision.get("policy").map(|policy| (text(policy), text(&decision["statement"]))),
            }),
            assumed,
            called,
            recorded: records.iter().map(recorded).collect(),
            contradictions: held.contradictions,
        }
    }
}

/// The trail, and which of its events the journal accounts for.
struct Held<'a> {
    trail: &'a [Value],
    known: BTreeSet<String>,
    contradictions: Vec<String>,
}

impl<'a> Held<'a> {
    fn event(&mut self, request_id: &Value) -> Option<&'a Value> {
        let id = request_id.as_str()?;
        self.known.insert(id.to_owned());
        self.trail.iter().find(|event| event["requestID"] == id)
    }

    fn session(&mut self, session: &Value, data: &Value) -> Assumed {
        let arn = text(&session["arn"]);
        let event = self.event(&session["requestId"]).unwrap_or(&Value::Null);
        let request = &event["requestParameters"];
        let assumed = Assumed {
            purpose: text(&session["purpose"]),
            source_identity: text(&request["sourceIdentity"]),
            tags: list(&request["tags"]).iter().map(|tag| (text(&tag["key"]), text(&tag["value"]))).collect(),
            arn,
        };
        let stamped: BTreeMap<String, String> = serde_json::from_value(data["sessionTags"].clone()).unwrap_or_default();
        let arn = &assumed.arn;
        if event["eventName"] != "AssumeRole" || event["responseElements"]["assumedRoleUser"]["arn"] != *arn {
            self.contradictions.push(format!("the trail knows nothing of the session {arn}"));
        } else if assumed.tags != stamped || assumed.source_identity != text(&data["sourceIdentity"]) {
            self.contradictions.push(format!("the trail has another stamp on {arn} than the record"));
        }
        assumed
    }

    fn call(&mut self, call: &Value, assumed: &[Assumed]) -> Called {
        let called = Called {
            action: text(&call["action"]),
            resource: text(&call["resource"]),
            status: call["status"].as_u64().unwrap_or_default(),
            error: call["errorCode"].as_str().map(str::to_owned),
        };
        // A call that was given up because another one failed has no request id to be known by.
        if call["requestId"].is_null() {
            return called;
        }
        let action = &called.action;
        match self.event(&call["requestId"]) {
            None => self.contradictions.push(format!("the trail knows nothing of {action}")),
            Some(event) => {
                let source = text(&event["eventSource"]);
                let service = source.split('.').next().unwrap_or_default();
                let seen = format!("{service}:{}", text(&event["eventName"]));
                if seen != *action {
                    self.contradictions.push(format!("the trail has {seen} where the record has {action}"));
                }
                // CloudTrail calls an error by its exception's name.
                let error = text(&event["errorCode"]);
                if error.strip_suffix("Exception").unwrap_or(&error) != called.error.as_deref().unwrap_or_default() {
                    self.contradictions
                        .push(format!("the trail has {action} end with {error:?}, the record otherwise"));
                }
                let by = text(&event["userIdentity"]["arn"]);
                if !assumed.iter().any(|session| session.arn == by) {
                    self.contradictions.push(format!("the trail has {action} by {by}, no session of the call"));
                }
            }
        }
        called
    }

    /// What AWS did, the journal must account for; but that the gateway asks once who it is itself, is no caller's doing.
    fn all_are_known(&mut self, began: usize) {
        let unknown = self.trail.iter().skip(began).filter(|event| !self.known.contains(&text(&event["requestID"])));
        for event in unknown.filter(|event| event["eventName"] != "GetCallerIdentity") {
            let name = text(&event["eventName"]);
            self.contradictions.push(format!("the trail has {name}, of which the audit journal says nothing"));
        }
    }
}

fn recorded(record: &Value) -> Recorded {
    Recorded { sequence: record["integrity"]["sequence"].as_u64().unwrap_or_default(), stage: text(&record["stage"]) }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record() -> Value {
        json!({
            "stage": "read",
            "integrity": {"sequence": 7},
            "additionalEventData": {
                "decision": {"effect": "allow", "reason": "role mapping 1"},
                "assumedSessions": [{"purpose": "read", "arn": "arn:s", "requestId": "r1"}],
                "sessionTags": {"ViaAWSMCPService": "true"},
                "sourceIdentity": "ada@example.com",
                "awsCalls": [{"action": "iam:ListUsers", "resource": "*", "requestId": "r2", "status": 200}],
            },
        })
    }

    fn trail() -> Value {
        json!([
            {
                "requestID": "r1", "eventName": "AssumeRole", "eventSource": "sts.amazonaws.com",
                "requestParameters": {
                    "sourceIdentity": "ada@example.com", "tags": [{"key": "ViaAWSMCPService", "value": "true"}],
                },
                "responseElements": {"assumedRoleUser": {"arn": "arn:s"}},
            },
            {
                "requestID": "r2", "eventName": "ListUsers", "eventSource": "iam.amazonaws.com",
                "userIdentity": {"arn": "arn:s"},
            },
        ])
    }

    fn contradictions(trail: &Value, began: usize) -> Vec<String> {
        Evidence::of(&[record()], trail.as_array().unwrap(), began).contradictions
    }

    #[test]
    fn a_record_that_the_trail_confirms_is_no_contradiction() {
        let trail = trail();
        let evidence = Evidence::of(&[record()], trail.as_array().unwrap(), 0);
        assert_eq!(evidence.contradictions, Vec::<String>::new());
        assert_eq!(evidence.assumed[0].tags["ViaAWSMCPService"], "true");
        assert_eq!((evidence.called[0].action.as_str(), evidence.called[0].status), ("iam:ListUsers", 200));
        assert_eq!(evidence.recorded, [Recorded { sequence: 7, stage: "read".into() }]);
    }

    #[test]
    fn every_difference_is_told() {
        for (pointer, other) in [
            ("/0/requestParameters/sourceIdentity", json!("eve")),
            ("/0/requestParameters/tags", json!([])),
            ("/0/eventName", json!("GetCallerIdentity")),
            ("/0/responseElements/assumedRoleUser/arn", json!("arn:other")),
            ("/1/userIdentity/arn", json!("arn:other")),
            ("/1/eventName", json!("DeleteUser")),
            ("/1/eventSource", json!("sts.amazonaws.com")),
        ] {
            let mut trail = trail();
            *trail.pointer_mut(pointer).unwrap() = other;
            assert_eq!(contradictions(&trail, 0).len(), 1, "{pointer}");
        }
        let mut failed = trail();
        failed[1]["errorCode"] = json!("AccessDenied");
        assert_eq!(contradictions(&failed, 0).len(), 1);
        // Nothing is known of the one, and nothing is recorded of the other.
        for pointer in ["/0/requestID", "/1/requestID"] {
            let mut trail = trail();
            *trail.pointer_mut(pointer).unwrap() = json!("r9");
            assert_eq!(contradictions(&trail, 0).len(), 2, "{pointer}");
        }
        assert_eq!(Evidence::of(&[], trail().as_array().unwrap(), 0).contradictions.len(), 1);
    }

    #[test]
    fn what_aws_did_and_the_journal_does_not_say_is_told() {
        let mut trail = trail();
        trail.as_array_mut().unwrap().push(json!({"requestID": "r3", "eventName": "DeleteUser"}));
        assert_eq!(contradictions(&trail, 0), ["the trail has DeleteUser, of which the audit journal says nothing"]);
        assert_eq!(contradictions(&trail, 3), Vec::<String>::new(), "it was before the call");
    }
}
