//! What is known of a call so far, and its audit records.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::incoming::Incoming;
use super::road::InForce;
use crate::audit::{Event, Record, Stage};
use crate::authorize::{Decision, Mapped, Refused};
use crate::broker::{Purpose, Session};
use crate::clock::SharedClock;
use crate::config::Config;
use crate::context::Stamp;
use crate::iam::{AwsCall, Meter};
use crate::random::{SharedRandom, uuid};
use crate::tools::parameter::Kind;
use crate::tools::{Spec, ToolError};

/// What every record needs beside the call: time and identifiers.
#[derive(Debug, Clone)]
pub struct Stationery {
    /// The clock.
    pub clock: SharedClock,
    /// For the records' ids.
    pub random: SharedRandom,
}

/// What is known of one call. It grows along the road; a record made from it says what was known then.
#[derive(Debug)]
pub struct Trail<'call> {
    stationery: Stationery,
    config: &'call Config,
    policies: &'call str,
    incoming: &'call Incoming,
    /// The tool, once it was found.
    pub spec: Option<&'static Spec>,
    /// The mapping, once the caller was mapped.
    pub mapped: Option<Mapped>,
    /// The stamp of the caller's sessions.
    pub stamp: Option<Stamp>,
    /// What stage one decided.
    pub decision: Option<Decision>,
    /// The sessions that were had.
    pub sessions: Vec<(Purpose, Arc<Session>)>,
    /// What counts the AWS calls.
    pub meters: Vec<Arc<Meter>>,
    /// The plan, as it is shown.
    pub plan: Option<Value>,
    /// How the call was confirmed, where it had to be.
    pub confirmation: Option<&'static str>,
    /// The event id of the intent, which its outcome names.
    pub intent: Option<String>,
}

impl<'call> Trail<'call> {
    /// The trail of a call that has just arrived.
    #[must_use]
    pub fn begin(stationery: Stationery, in_force: &'call InForce, incoming: &'call Incoming) -> Self {
        Self {
            stationery,
            config: &in_force.config,
            policies: &in_force.authorizer.documents().digest,
            incoming,
            spec: None,
            mapped: None,
            stamp: None,
            decision: None,
            sessions: Vec::new(),
            meters: Vec::new(),
            plan: None,
            confirmation: None,
            intent: None,
        }
    }

    /// Notes a refusal of stage one, and gives what the caller reads.
    pub fn refuse(&mut self, refused: Refused) -> ToolError {
        self.decision = Some(*refused.decision);
        refused.error
    }

    /// The AWS calls that were made so far, retries included.
    #[must_use]
    pub fn aws_calls(&self) -> Vec<AwsCall> {
        self.meters.iter().flat_map(|meter| meter.calls()).collect()
    }

    /// A record of this call at `stage`.
    #[must_use]
    pub fn record(&self, stage: Stage, error: Option<&ToolError>, response: Value) -> Record {
        self.record_of(stage, uuid(&*self.stationery.random), error, response)
    }

    /// The intent's record; its id is kept for the outcome to name.
    ///
    /// # Errors
    /// `PlanNotRecordable`, when the plan is larger than a record can be: what cannot be recorded is not done.
    pub fn intent_record(&mut self) -> Result<Record, ToolError> {
        let id = uuid(&*self.stationery.random);
        let event = self.event(Stage::Intent, id.clone(), None, Value::Null);
        let record = event.into_record().map_err(|error| {
            ToolError::gateway("PlanNotRecordable", format!("the plan cannot be recorded, so it is not done: {error}"))
        })?;
        self.intent = Some(id);
        Ok(record)
    }

    fn record_of(&self, stage: Stage, id: String, error: Option<&ToolError>, response: Value) -> Record {
        self.event(stage, id, error, response).into_record_cut()
    }

    fn event(&self, stage: Stage, id: String, error: Option<&ToolError>, response: Value) -> Event {
        let now: Timestamp = self.stationery.clock.now();
        let mut event = Event::new(self.config.gateway.name.as_str(), "CallTool", stage, now, id);
        let incoming = self.incoming;
        event.source_ip_address = incoming.source_ip.map(|address| address.to_string());
        event.user_agent = incoming.user_agent.clone();
        event.request_id = Some(incoming.request_id.clone());
        event.read_only = !matches!(stage, Stage::Intent | Stage::Outcome) && self.intent.is_none();
        event.user_identity = self.user_identity();
        if let Some(mapped) = &self.mapped {
            event.recipient_account_id = Some(mapped.mapping.role_arn.account().to_string());
            event.aws_region = mapped.environment.partition.global_region().as_str().to_owned();
        }
        if let Some(error) = error {
            event.fail(&error.code, &error.message);
        }
        event.request_parameters = json!({
            "method": "tools/call",
            "params": {"name": shortened(&incoming.tool), "arguments": self.arguments()},
            "id": incoming.rpc_id,
        });
        event.response_elements = response;
        event.additional_event_data = self.additional(error);
        make_exact(&mut event.request_parameters);
        make_exact(&mut event.response_elements);
        event.additional_event_data.values_mut().for_each(make_exact);
        event
    }

    /// Who AWS sees: the session that writes, else the one that reads, else only the caller.
    fn user_identity(&self) -> Value {
        let caller = self.incoming.verified.caller();
        let session = self.sessions.iter().max_by_key(|(purpose, _)| *purpose == Purpose::Write);
        match (&self.mapped, session) {
            (Some(mapped), Some((_, session))) => json!({
                "type": "AssumedRole",
                "principalId": session.principal_id,
                "arn": session.arn,
                "accountId": mapped.mapping.role_arn.account().as_str(),
                "sessionContext": {
                    "sessionIssuer": {
                        "type": "Role",
                        "arn": mapped.mapping.role_arn.to_string(),
                        "accountId": mapped.mapping.role_arn.account().as_str(),
                        "userName": mapped.mapping.role_arn.name(),
                    },
                    "sourceIdentity": self.stamp.as_ref().map(|stamp| &stamp.source_identity),
                },
            }),
            _ => json!({"type": "McpGatewayCaller", "userName": caller.name}),
        }
    }

    fn additional(&self, error: Option<&ToolError>) -> Map<String, Value> {
        let incoming = self.incoming;
        let verified = &incoming.verified;
        let mut data = Map::new();
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                data.insert(name.to_owned(), value);
            }
        };
        put("viaAWSMCPService", true.into());
        put("calledViaAWSMCP", self.config.gateway.name.as_str().into());
        put("caller", json!(verified.caller()));
        put(
            "authentication",
            json!({
                "accessKeyId": verified.access_key_id(),
                "signedAt": verified.signed_at().to_string(),
                // Not the signature itself: until its date runs out it is a credential for one request.
                "signatureSha256": data_encoding::HEXLOWER.encode(&Sha256::digest(verified.signature())),
            }),
        );
        put("tool", self.spec.map(|spec| spec.name).into());
        put("effect", self.spec.map(|spec| spec.effect.as_str()).into());
        let decision = match (&self.decision, error) {
            (Some(decision), _) => Some(decision.clone()),
            (None, Some(error)) => Some(Decision::denied(&error.code)),
            (None, None) => None,
        };
        put("decision", json!(decision));
        if let Some(error) = error {
            put(
                "error",
                json!({
                    "stage": error.stage, "action": error.action, "resource": error.resource,
                    "requestId": error.request_id,
                }),
            );
        }
        put("environment", self.mapped.as_ref().map(|mapped| mapped.environment.name.as_str()).into());
        put("roleMapping", self.mapped.as_ref().map(|mapped| mapped.mapping.id.as_str()).into());
        put("roleArn", self.mapped.as_ref().map(|mapped| mapped.mapping.role_arn.to_string()).into());
        if let Some(stamp) = &self.stamp {
            put("sessionTags", json!(stamp.tags));
            put("sourceIdentity", stamp.source_identity.as_str().into());
            put("roleSessionName", stamp.session_name.as_str().into());
        }
        if !self.sessions.is_empty() {
            let sessions: Vec<Value> = self
                .sessions
                .iter()
                .map(|(purpose, session)| {
                    json!({"purpose": purpose.as_str(), "arn": session.arn, "requestId": session.request_id})
                })
                .collect();
            put("assumedSessions", sessions.into());
        }
        put("confirmation", self.confirmation.into());
        put("reason", self.incoming.arguments.get("reason").filter(|_| self.decision.is_some()).cloned().into());
        put("plan", self.plan.clone().into());
        put("intentEventID", self.intent.clone().into());
        put("awsCalls", json!(self.aws_calls()));
        put(
            "mcp",
            json!({"protocolVersion": incoming.protocol, "client": incoming.client, "requestId": incoming.rpc_id}),
        );
        put("configuration", self.config.digest.as_str().into());
        put("policies", self.policies.into());
        data
    }

    /// The arguments as they are kept. What is not known to be harmless is kept by name only: an argument that no tool
    /// takes, or that is refused, may be somebody's secret, and a confirmation token is a credential until it is used.
    fn arguments(&self) -> Value {
        let kept = self.incoming.arguments.iter().take(64).map(|(name, value)| {
            let parameter =
                self.spec.and_then(|spec| spec.parameters().find(|parameter| parameter.name == name.as_str()));
            let value = match parameter.map(|parameter| parameter.kind) {
                Some(Kind::Refused(_) | Kind::Ignored) | None => Value::from("[not kept]"),
                Some(_) if name == "confirmation_token" => Value::from("[token]"),
                // Checked arguments are bounded by their constraints; before the check they are not.
                Some(_) if self.decision.is_none() => Value::from(match value {
                    Value::String(text) => shortened(text),
                    other => shortened(&other.to_string()),
                }),
                Some(_) => value.clone(),
            };
            (shortened(name), value)
        });
        Value::Object(kept.collect())
    }
}

/// Spells out numbers that canonical JSON would round: a record must say exactly what was meant.
fn make_exact(value: &mut Value) {
    const LARGEST: u64 = (1 << 53) - 1;
    match value {
        Value::Number(number) => {
            let exact = number.as_u64().is_some_and(|n| n <= LARGEST)
                || number.as_i64().is_some_and(|n| n.unsigned_abs() <= LARGEST);
            if !exact {
                *value = Value::String(number.to_string());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_exact),
        Value::Object(members) => members.values_mut().for_each(make_exact),
        _ => {}
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(128).collect()
}
