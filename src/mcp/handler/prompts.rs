//! prompts/list and prompts/get. Both answer from the gateway's own text, so neither takes the road.

use rmcp::ErrorData as McpError;
use rmcp::model::{CacheScope, GetPromptRequestParams, GetPromptResult, ListPromptsResult, PromptMessage, Role};
use rmcp::service::{RequestContext, RoleServer};

use super::{Handler, LIST_TTL_MS};
use crate::mcp::prompts::{PROMPTS, find, render};
use crate::tools::ToolError;

/// The code of the error for a prompt that there is not, or not for this caller.
const UNKNOWN_PROMPT: &str = "UnknownPrompt";

impl Handler {
    /// The prompts that this caller could follow to their end.
    pub(super) fn prompts(&self, context: &RequestContext<RoleServer>) -> Result<ListPromptsResult, McpError> {
        let (in_force, facts) = self.asker(context)?;
        let could_call = |tool: &str| self.could_call(&in_force, &facts, tool);
        let offered = PROMPTS.iter().filter(|prompt| prompt.is_offered(could_call));
        let mut result = ListPromptsResult::with_all_items(offered.map(|prompt| prompt.listed(could_call)).collect());
        // The list differs by caller, as the tools list does.
        result.cache_scope = Some(CacheScope::Private);
        result.ttl_ms = Some(LIST_TTL_MS);
        Ok(result)
    }

    /// The text of a prompt.
    pub(super) fn prompt(
        &self,
        request: &GetPromptRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<GetPromptResult, McpError> {
        let (in_force, facts) = self.asker(context)?;
        let could_call = |tool: &str| self.could_call(&in_force, &facts, tool);
        let prompt = find(&request.name).filter(|prompt| prompt.is_offered(could_call)).ok_or_else(|| {
            refused(
                &ToolError::gateway(UNKNOWN_PROMPT, "there is no such prompt for this caller")
                    .hint("prompts/list shows the prompts whose tools this caller has"),
            )
        })?;
        let arguments = request.arguments.clone().unwrap_or_default();
        let text = render(prompt, &arguments, self.road.catalogue, could_call).map_err(|error| refused(&error))?;
        Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]).with_description(prompt.description()))
    }
}

/// MCP has -32602 for both: a name that is no prompt's, and arguments that do not fit.
fn refused(error: &ToolError) -> McpError {
    let details = serde_json::to_value(error).unwrap_or_default();
    McpError::invalid_params(format!("{}: {}", error.code, error.message), Some(details))
}
