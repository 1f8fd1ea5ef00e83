//! rmcp's Streamable-HTTP service, set up so that any replica answers any request.

use std::sync::Arc;

use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};

use super::handler::Handler;
use super::under_way::Hearing;

/// The MCP service for the router.
///
/// Stateless in both eras: no sessions, which are not bound to a caller and cost memory, and JSON replies unless a call
/// tells progress. Hosts and origins were checked by the layers before; rmcp's own list knows loopback names only.
#[must_use]
pub fn service(handler: Handler) -> Hearing<StreamableHttpService<Handler, NeverSessionManager>> {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_sse_keep_alive(Some(std::time::Duration::from_secs(15)))
        .with_sse_retry(None)
        .disable_allowed_hosts()
        .disable_allowed_origins();
    let under_way = handler.under_way();
    let service =
        StreamableHttpService::new(move || Ok(handler.clone()), Arc::new(NeverSessionManager::default()), config);
    Hearing::new(service, under_way)
}
