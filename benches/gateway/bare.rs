//! The other side of the comparison of calls: rmcp as it comes, with one tool and no gateway around it.

use std::sync::Arc;

use axum::Router;
use axum::serve::ListenerExt;
use rmcp::ErrorData as McpError;
use rmcp::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, JsonObject, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{Outcome, report};

#[derive(Debug, Clone)]
struct WhoAmI {
    answer: Arc<Value>,
    tool: Tool,
}

impl ServerHandler for WhoAmI {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn call_tool(
        &self,
        _request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, McpError> {
        Ok(CallToolResult::structured(Value::clone(&self.answer)).into())
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        (name == self.tool.name).then(|| self.tool.clone())
    }
}

/// Serves until it is killed: stateless and with JSON replies, as the gateway does.
pub(crate) fn serve(answer: &str) -> Outcome<()> {
    let schema: JsonObject = serde_json::from_str(r#"{"type": "object", "properties": {}}"#)?;
    let tool = Tool::new("whoami", "Shows who you are.", Arc::new(schema));
    let handler = WhoAmI { answer: Arc::new(serde_json::from_str(answer)?), tool };
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .disable_allowed_hosts()
        .disable_allowed_origins();
    let sessions = Arc::new(NeverSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(handler.clone()), sessions, config);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        report::print(&listener.local_addr()?.to_string())?;
        let listener = listener.tap_io(|stream| {
            // Without it a reply in two pieces would wait for the client's delayed acknowledgement.
            let _best_effort = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, Router::new().route_service("/mcp/{environment}", service)).await?)
    })
}
