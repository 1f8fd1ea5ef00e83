//! Audit records of what persons say to plans.

use http::header::USER_AGENT;
use http::request::Parts;
use serde_json::{Value, json};

use super::Decision;
use crate::audit::{Event, Record, RecordError, Stage};
use crate::authn::Verified;
use crate::authorize::{self, Mapped};
use crate::config::Confirmation;
use crate::http::{ClientAddress, RequestId, Service};
use crate::mcp::confirm::{Notes, WaitingPlan};
use crate::mcp::road::InForce;
use crate::mcp::trail::{Stationery, authentication};
use crate::random::uuid;
use crate::tools::ToolError;

/// What is known of a request; it grows while it is looked at. No token stands in what is recorded of it.
pub(super) struct Noted<'a> {
    pub(super) head: &'a Parts,
    pub(super) verified: &'a Verified,
    pub(super) in_force: &'a InForce,
    pub(super) decision: Decision,
    pub(super) mapped: Option<Mapped>,
    pub(super) plan: Option<WaitingPlan>,
}

impl Noted<'_> {
    /// The record of what was shown or decided, whole: what cannot be recorded so is not decided.
    ///
    /// # Errors
    /// When it is larger than a record can be.
    pub(super) fn record(&self, stationery: &Stationery) -> Result<Record, RecordError> {
        self.event(stationery, None).into_record()
    }

    /// The record of a refusal.
    pub(super) fn refusal(&self, stationery: &Stationery, error: &ToolError) -> Record {
        self.event(stationery, Some(error)).into_record_cut()
    }

    fn event(&self, stationery: &Stationery, error: Option<&ToolError>) -> Event {
        let stage = match (error, self.decision) {
            (Some(_), _) => Stage::Denied,
            (None, Decision::Show) => Stage::Read,
            (None, Decision::Approve | Decision::Reject) => Stage::Approval,
        };
        let config = &self.in_force.config;
        let (now, id) = (stationery.clock.now(), uuid(&*stationery.random));
        let mut event = Event::new(config.gateway.name.as_str(), self.decision.event_name(), stage, now, id);
        let extensions = &self.head.extensions;
        event.source_ip_address = extensions.get::<ClientAddress>().map(|client| client.address.to_string());
        event.request_id = extensions.get::<RequestId>().map(|id| id.as_str().to_owned());
        let agent = self.head.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        event.user_agent = agent.map(|agent| agent.chars().take(256).collect());
        event.user_identity = json!({"type": "McpGatewayCaller", "userName": self.verified.caller().name});
        event.request_parameters =
            json!({"method": "POST", "path": Service::Approvals.path(), "decision": self.decision});
        if let Some(error) = error {
            event.fail(&error.code, error.recorded_message());
        }
        if let Some(mapped) = &self.mapped {
            event.recipient_account_id = Some(mapped.mapping.role_arn.account().to_string());
            event.aws_region = mapped.environment.partition.global_region().as_str().to_owned();
        }
        self.put(&mut event, error);
        event
    }

    fn put(&self, event: &mut Event, error: Option<&ToolError>) {
        let data = &mut event.additional_event_data;
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                data.insert(name.to_owned(), value);
            }
        };
        let in_force = self.in_force;
        put("viaAWSMCPService", true.into());
        put("calledViaAWSMCP", in_force.config.gateway.name.as_str().into());
        put("caller", json!(self.verified.caller()));
        put("authentication", authentication(self.verified));
        put("environment", self.mapped.as_ref().map(|mapped| mapped.environment.name.as_str()).into());
        put("roleMapping", self.mapped.as_ref().map(|mapped| mapped.mapping.id.as_str()).into());
        if let Some(error) = error {
            put("decision", json!(authorize::Decision::denied(&error.code)));
            put("error", json!({"stage": error.stage}));
        }
        put("configuration", in_force.config.digest.as_str().into());
        put("policies", in_force.authorizer.documents().digest.as_str().into());
        if let Some(WaitingPlan { plan, binding, id, .. }) = &self.plan {
            put("tool", plan.question.tool.as_str().into());
            put("requestedBy", json!(plan.caller));
            put("requestedByMapping", plan.mapping.as_str().into());
            put("plannedByRequestID", plan.request_id.as_str().into());
            put("question", json!(plan.question));
            put("reason", json!(plan.reason));
            let approves = error.is_none() && self.decision == Decision::Approve;
            let notes = Notes {
                wanted: Some(Confirmation::SecondPerson),
                how: error.is_none().then_some(self.decision.outcome()),
                id: Some(id.clone()),
                plan: Some(binding.recorded()),
                approver: approves.then(|| (**self.verified.caller()).clone()),
            };
            notes.put(data);
        }
    }
}
