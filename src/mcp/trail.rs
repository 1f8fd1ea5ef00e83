//! What is known of a call so far, and its audit records.

use std::borrow::Cow;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::confirm::Notes;
use super::incoming::Incoming;
use super::method::Method;
use super::road::InForce;
use crate::audit::redaction::struck;
use crate::audit::{Event, Kept, Record, Redaction, Stage, make_exact};
use crate::authn::{Evidence, Verified};
use crate::authorize::{Decision, Mapped, Refused};
use crate::broker::{Purpose, Session};
use crate::clock::SharedClock;
use crate::config::Config;
use crate::context::Stamp;
use crate::iam::Account;
use crate::iam::{AwsCall, Meter};
use crate::random::{SharedRandom, uuid};
use crate::tools::parameter::Parameter;
use crate::tools::{Effect, ErrorStage, Plan, Spec, ToolError, arguments};

/// What every record needs beside the call: time, identifiers, and how secrets stand in it.
#[derive(Debug, Clone)]
pub struct Stationery {
    /// The clock.
    pub clock: SharedClock,
    /// For the records' ids.
    pub random: SharedRandom,
    /// What becomes of secrets.
    pub redaction: Redaction,
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
    /// What this call does to the account, once its arguments were checked; before, what calls of the tool can do.
    pub effect: Option<Effect>,
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
    /// The plan, as records have it.
    pub plan: Option<Value>,
    /// How the call was confirmed, where it had to be.
    pub confirmation: Notes,
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
            effect: None,
            mapped: None,
            stamp: None,
            decision: None,
            sessions: Vec::new(),
            meters: Vec::new(),
            plan: None,
            confirmation: Notes::default(),
            intent: None,
        }
    }

    /// Notes a refusal of stage one, and gives what the caller reads.
    pub fn refuse(&mut self, refused: Refused) -> ToolError {
        self.decision = Some(*refused.decision);
        refused.error
    }

    /// What becomes of secrets.
    #[must_use]
    pub fn redaction(&self) -> &Redaction {
        &self.stationery.redaction
    }

    /// Notes what would be done.
    pub fn planned(&mut self, plan: &Plan, account: &Account) {
        self.plan = self.spec.map(|spec| plan.recorded(account, spec, self.redaction()));
    }

    /// What a tool answered, as a record has it.
    #[must_use]
    pub fn result(&self, result: &Value) -> Value {
        self.redaction().members(result, self.spec.map_or(&[], |spec| spec.kept.result))
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
        let mut event =
            Event::new(self.config.gateway.name.as_str(), self.incoming.method.event_name(), stage, now, id);
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
            event.fail(&error.code, &self.message(error));
        }
        event.request_parameters = self.request();
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
        put("authentication", authentication(verified));
        put("tool", self.spec.map(|spec| spec.name).into());
        let effect = self.effect.or(self.spec.map(|spec| spec.effect));
        put("effect", effect.map(Effect::as_str).into());
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
        put("reason", self.reason().cloned().into());
        put("plan", self.plan.clone().into());
        put("intentEventID", self.intent.clone().into());
        put("awsCalls", json!(self.aws_calls()));
        put(
            "mcp",
            json!({"protocolVersion": incoming.protocol, "client": incoming.client, "requestId": incoming.rpc_id}),
        );
        put("configuration", self.config.digest.as_str().into());
        put("policies", self.policies.into());
        self.confirmation.put(&mut data);
        data
    }

    /// The call as a record has it. A name that is no tool's may be anything.
    fn request(&self) -> Value {
        let incoming = self.incoming;
        let are_kept = self.arguments().all(|(.., kept)| kept == Some(Kept::AsGiven));
        let mut params = incoming.method.recorded(self.spec.is_some(), are_kept, self.redaction());
        match (self.spec, &incoming.method) {
            (Some(_), _) => params["name"] = incoming.tool.as_str().into(),
            (None, Method::CallTool) => {
                params["name"] = self.redaction().value(Kept::Secret, &incoming.tool.as_str().into());
            }
            // What came to no tool has no tool's name.
            (None, _) => {}
        }
        let mut arguments = Map::new();
        let mut unknown = Vec::new();
        for (name, value, kept) in self.arguments() {
            match kept {
                Some(kept) => {
                    arguments.insert(name.clone(), self.redaction().value(kept, value));
                }
                None => unknown.push((name, value)),
            }
        }
        params["arguments"] = arguments.into();
        if !unknown.is_empty() {
            params["unknownArguments"] = self.redaction().unknown(&unknown);
        }
        json!({"method": incoming.method.as_str(), "params": params, "id": incoming.rpc_id})
    }

    /// Each argument with what is kept of it; none for a name that is no parameter's.
    fn arguments(&self) -> impl Iterator<Item = (&'call String, &'call Value, Option<Kept>)> {
        let kept = |name: &str, value: &Value| self.spec.and_then(|spec| arguments::kept(spec, name, value));
        self.incoming.arguments.iter().map(move |(name, value)| (name, value, kept(name, value)))
    }

    /// Why, in the caller's words, where they are such.
    fn reason(&self) -> Option<&Value> {
        let (_, reason, kept) = self.arguments().find(|(name, ..)| *name == "reason")?;
        (kept == Some(Kept::AsGiven)).then_some(reason)
    }

    /// The error's message as a record has it. AWS's words may repeat what it was sent, whole or in part, so they are not kept
    /// where a secret was; and what else is secret in the call is struck out of them, should it ever stand there.
    fn message<'e>(&self, error: &'e ToolError) -> Cow<'e, str> {
        if error.stage == ErrorStage::Gateway {
            return error.recorded_message().into();
        }
        let given = |parameter: &Parameter| self.incoming.arguments.get(parameter.name).is_some_and(|v| !v.is_null());
        let mut parameters = self.spec.into_iter().flat_map(Spec::parameters);
        if parameters.any(|parameter| parameter.is_sent_secret() && given(parameter)) {
            return "what AWS said is not kept: it was sent a secret, and may have repeated it".into();
        }
        let credentials: Vec<Value> = self.sessions.iter().map(|(_, session)| secrets_of(session)).collect();
        let given = self.arguments().filter(|(_, _, kept)| *kept != Some(Kept::AsGiven)).map(|(_, value, _)| value);
        let secrets: Vec<&Value> = given.chain(&credentials).collect();
        struck(error.recorded_message(), &secrets)
    }
}

/// How a request was authenticated, as records have it.
pub(super) fn authentication(verified: &Verified) -> Value {
    match verified.evidence() {
        Evidence::Signature { access_key_id, signature, signed_at, sealing_key, .. } => json!({
            "accessKeyId": access_key_id,
            "signedAt": signed_at.to_string(),
            // Not the signature itself: until its date runs out it is a credential for one request.
            "signatureSha256": HEXLOWER.encode(&Sha256::digest(signature)),
            "sealingKey": sealing_key.as_deref(),
        }),
        Evidence::Bearer { token_sha256, id, may_write } => json!({
            "bearerTokenSha256": HEXLOWER.encode(token_sha256),
            "tokenId": id,
            "scope": if *may_write { "write" } else { "read" },
        }),
    }
}

/// What a session signs with.
fn secrets_of(session: &Session) -> Value {
    let credentials = &session.credentials;
    json!([credentials.secret_access_key(), credentials.session_token()])
}
