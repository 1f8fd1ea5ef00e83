//! Requests that fit none of MCP's methods.

use rmcp::ErrorData as McpError;
use rmcp::model::{CallToolRequestParams, CustomRequest, CustomResult, ErrorCode, Reference};
use rmcp::service::{RequestContext, RoleServer};

use super::{Handler, shortened};
use crate::mcp::{Incoming, Method};
use crate::tools::ToolError;

impl Handler {
    /// Refuses what rmcp could not read. What would have been a call is recorded.
    pub(super) async fn unfit(
        &self,
        request: &CustomRequest,
        context: &RequestContext<RoleServer>,
    ) -> Result<CustomResult, McpError> {
        // rmcp tries its known requests first, so a known method arrives here when its params did not fit.
        let (method, message) = match request.method.as_str() {
            "tools/call" => {
                let message = "params must be an object with name (a string) and, if any, arguments (an object)";
                (Method::CallTool, message)
            }
            "resources/read" => {
                (Method::ReadResource { uri: String::new() }, "params must be an object with uri (a string)")
            }
            "completion/complete" => {
                let reference = Reference::for_prompt("");
                let method = Method::Complete { reference, argument: String::new(), typed: String::new() };
                (
                    method,
                    "params must be an object with ref (a prompt or resource reference) and argument (name and value)",
                )
            }
            "prompts/get" => {
                let message = "params must be an object with name (a string) and, if any, arguments (an object)";
                return Err(McpError::invalid_params(message, None));
            }
            other => {
                let message = format!("there is no method {}", shortened(other));
                return Err(McpError::new(ErrorCode::METHOD_NOT_FOUND, message, None));
            }
        };
        let name = match method {
            Method::CallTool => request.params.as_ref().and_then(|params| params["name"].as_str()).unwrap_or_default(),
            _ => "",
        };
        let incoming = self.incoming(CallToolRequestParams::new(name.to_owned()), context)?;
        let incoming = Incoming { method, ..incoming };
        let counting = self.calls.begin(self.road.catalogue.find(name));
        let reply = self.road.refuse(&incoming, &ToolError::gateway("ValidationError", message)).await;
        counting.end(&reply);
        Err(McpError::invalid_params(message, Some(reply.body()["error"].clone())))
    }
}
