//! The real MCP library behind the stack.

use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};

use super::*;

#[derive(Clone)]
struct Handler;

impl ServerHandler for Handler {}

#[tokio::test(start_paused = true)]
async fn the_mcp_library_answers_what_is_let_through() {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .disable_allowed_hosts();
    let mcp = StreamableHttpService::new(|| Ok(Handler), Arc::new(NeverSessionManager::default()), config);
    let (drain, metrics) = (Drain::new(), Metrics::new());
    let health = Health::new(drain.clone());
    let router =
        router(mcp, Arc::new(FakeAuthenticate), Setup::new().settings, health, metrics.clone(), Arc::new(SystemRandom));
    let (near, far) = duplex(64 * 1024);
    let (incoming, listener) = mpsc::unbounded_channel();
    incoming.send(Ok((far, "203.0.113.9:1".parse().unwrap()))).unwrap();
    tokio::spawn(serve(FakeListener(listener), router, ServerLimits::default(), metrics, drain));

    let mut client = Client(near);
    let initialize = r#"{"jsonrpc":"2.0","id":"i-1","method":"initialize","params":{"protocolVersion":"2025-11-25",
        "capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#;
    // Spelled as the library alone would not understand it.
    client
        .send(post(initialize).replace("application/json, text/event-stream", "Text/Event-Stream, application/JSON"))
        .await;
    let reply = client.reply().await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.json()["id"], "i-1");
    assert_eq!(reply.json()["result"]["protocolVersion"], "2025-11-25");
}
