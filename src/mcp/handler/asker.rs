//! Who asks, and the way of a call that is not a tool's.

use std::sync::Arc;

use rmcp::ErrorData as McpError;
use rmcp::service::{RequestContext, RoleServer};

use super::{Handler, environment, parts, verified};
use crate::authorize::map;
use crate::context::Origin;
use crate::http::CallPlace;
use crate::mcp::road::InForce;
use crate::mcp::{Incoming, Reply};
use crate::tools::CallFacts;

impl Handler {
    /// Who asks for a list, by the configuration in force. What can be listed depends on nothing of where and when a call
    /// comes from, so neither is looked at.
    pub(super) fn asker(&self, context: &RequestContext<RoleServer>) -> Result<(Arc<InForce>, CallFacts), McpError> {
        let parts = parts(context)?;
        let in_force = self.road.in_force.get();
        let verified = verified(parts)?;
        let caller = verified.caller();
        let mapped = map(&in_force.config, environment(parts), caller).map_err(|error| {
            let details = serde_json::to_value(&error).unwrap_or_default();
            McpError::invalid_request(format!("{}: {}", error.code, error.message), Some(details))
        })?;
        let origin = Origin {
            source_ip: None,
            secure: false,
            at: self.road.stationery.clock.now(),
            user_agent: None,
            client: None,
        };
        let gateway = &in_force.config.gateway.name;
        let facts = CallFacts::of(&mapped, caller, verified.narrowing(), gateway, origin, in_force.is_read_only());
        Ok((in_force, facts))
    }

    /// Whether the one who asks could call the tool of that name, if there is one.
    pub(super) fn could_call(&self, in_force: &InForce, facts: &CallFacts, tool: &str) -> bool {
        let tool = self.road.catalogue.find(tool);
        tool.is_some_and(|tool| in_force.authorizer.could_call(tool.spec, facts))
    }

    /// Counts a call that reports no progress and takes it down the road.
    pub(super) async fn travel(
        &self,
        incoming: Incoming,
        context: &RequestContext<RoleServer>,
    ) -> Result<Reply, McpError> {
        let counting = self.calls.begin(self.road.catalogue.find(&incoming.tool));
        let place = parts(context)?.extensions.get::<CallPlace>().cloned();
        let reply = self.run(incoming, None, place).await?;
        counting.end(&reply);
        Ok(reply)
    }
}
