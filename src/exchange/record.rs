//! The audit record of every issue of credentials.

use http::header::USER_AGENT;
use http::request::Parts;
use serde_json::{Value, json};

use super::described;
use crate::audit::{Event, Record, Stage};
use crate::authn::credentials::GatewayCredentials;
use crate::authn::proofs::Proven;
use crate::authorize::Mapped;
use crate::http::{ClientAddress, RequestId, Service};
use crate::mcp::road::InForce;
use crate::mcp::trail::Stationery;
use crate::random::uuid;

/// What was proven, and what its author is here.
pub(super) struct Noted {
    pub(super) proven: Proven,
    pub(super) mapped: Mapped,
}

impl Noted {
    /// The record. Of the credentials it names the access key id alone.
    pub(super) fn record(
        &self,
        stationery: &Stationery,
        in_force: &InForce,
        head: &Parts,
        credentials: &GatewayCredentials,
    ) -> Record {
        let config = &in_force.config;
        let (now, id) = (stationery.clock.now(), uuid(&*stationery.random));
        let mut event = Event::new(config.gateway.name.as_str(), "IssueCredentials", Stage::Issuance, now, id);
        let extensions = &head.extensions;
        event.source_ip_address = extensions.get::<ClientAddress>().map(|client| client.address.to_string());
        event.request_id = extensions.get::<RequestId>().map(|id| id.as_str().to_owned());
        let agent = head.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        event.user_agent = agent.map(|agent| agent.chars().take(256).collect());
        event.user_identity = json!({"type": "McpGatewayCaller", "userName": self.proven.caller.name});
        event.request_parameters = json!({"method": "POST", "path": Service::Exchange.path()});
        event.response_elements =
            json!({"accessKeyId": credentials.access_key_id, "expiration": credentials.expires.to_string()});
        event.recipient_account_id = Some(self.mapped.mapping.role_arn.account().to_string());
        let (environment, mapping) = described(&self.mapped);
        let data = &mut event.additional_event_data;
        let mut put = |name: &str, value: Value| {
            data.insert(name.to_owned(), value);
        };
        put("caller", json!(self.proven.caller));
        put("proof", Value::Object(self.proven.details.clone()));
        put("environment", environment.into());
        put("roleMapping", mapping.into());
        put("configuration", config.digest.as_str().into());
        event.into_record_cut()
    }
}
