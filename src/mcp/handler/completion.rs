//! completion/complete.

use rmcp::ErrorData as McpError;
use rmcp::model::{CallToolRequestParams, CompleteRequestParams, CompleteResult, CompletionInfo};
use rmcp::service::{RequestContext, RoleServer};

use super::Handler;
use crate::mcp::completion::{Completes, UNKNOWN_REFERENCE};
use crate::mcp::names::{self, MOST_PAGES, Names};
use crate::mcp::{Incoming, Method};
use crate::tools::parameter::Pattern;

impl Handler {
    /// What completes an argument. Names are listed by the caller's own permissions: where these do not suffice, or the
    /// listing fails, there are none, and the record says why.
    ///
    /// # Errors
    /// -32602 for an argument that there is not.
    pub(super) async fn completion(
        &self,
        request: CompleteRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CompleteResult, McpError> {
        let found = match Completes::of(self.road.catalogue, &request.r#ref, &request.argument.name) {
            Some(Completes::Names(names, parameter)) => self.names(names, parameter, &request, context).await?,
            Some(Completes::Words(words)) => names::words(&request.argument.value, words),
            Some(Completes::Nothing) => CompletionInfo::default(),
            None => {
                let reply =
                    self.travel(self.asked(CallToolRequestParams::new(""), &request, context)?, context).await?;
                let error = reply.body()["error"].clone();
                if reply.error_code() != Some(UNKNOWN_REFERENCE) {
                    // Who may not ask at all is told nothing of what there is.
                    return Ok(CompleteResult::default());
                }
                let message = format!("{UNKNOWN_REFERENCE}: {}", error["message"].as_str().unwrap_or_default());
                return Err(McpError::invalid_params(message, Some(error)));
            }
        };
        Ok(CompleteResult::new(found))
    }

    async fn names(
        &self,
        names: Names,
        parameter: &'static Pattern,
        request: &CompleteRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CompletionInfo, McpError> {
        let typed = request.argument.value.as_str();
        let (mut pages, mut marker): (Vec<serde_json::Value>, Option<String>) = (Vec::new(), None);
        loop {
            let arguments = names.arguments(typed, marker.as_deref());
            let call = CallToolRequestParams::new(names.tool()).with_arguments(arguments);
            let reply = self.travel(self.asked(call, request, context)?, context).await?;
            if reply.error_code().is_some() {
                return Ok(CompletionInfo::default());
            }
            pages.push(reply.into_body());
            let found = names.beginning_with(typed, &pages, parameter);
            marker = pages.last().and_then(|page| page["Marker"].as_str()).map(ToOwned::to_owned);
            let is_enough = found.values.len() >= CompletionInfo::MAX_VALUES;
            if marker.is_none() || is_enough || pages.len() >= MOST_PAGES {
                return Ok(found);
            }
        }
    }

    /// The call that a completion comes to.
    fn asked(
        &self,
        call: CallToolRequestParams,
        request: &CompleteRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<Incoming, McpError> {
        let method = Method::Complete {
            reference: request.r#ref.clone(),
            argument: request.argument.name.clone(),
            typed: request.argument.value.clone(),
        };
        Ok(Incoming { method, ..self.incoming(call, context)? })
    }
}
