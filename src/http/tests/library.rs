//! The real MCP library behind the stack.

use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};

use super::*;

#[derive(Clone)]
struct Handler;

impl ServerHandler for Handler {}

/// A connection to the stack with the library behind it.
fn connect_to_library() -> Client<DuplexStream> {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .disable_allowed_hosts();
    let mcp = StreamableHttpService::new(|| Ok(Handler), Arc::new(NeverSessionManager::default()), config);
    let (drain, metrics) = (Drain::new(), Metrics::new());
    let health = Health::new(drain.clone());
    let approvals = service_fn(|_| async { Ok(Response::default()) });
    let (authenticator, settings) = (Arc::new(FakeAuthenticate), Setup::new().settings);
    let services = Services { mcp, approvals, exchange: exchanging(), resource: Arc::new(FakeResource) };
    let router = router(
        services,
        Callers { authenticator, admit: Arc::new(Everybody) },
        settings,
        health,
        metrics.clone(),
        Arc::new(SystemRandom),
    );
    let (near, far) = duplex(64 * 1024);
    let (incoming, listener) = mpsc::unbounded_channel();
    incoming.send(Ok((far, "203.0.113.9:1".parse().unwrap()))).unwrap();
    tokio::spawn(serve(FakeListener(listener), router, ServerLimits::default(), metrics, drain));
    Client(near)
}

#[tokio::test(start_paused = true)]
async fn the_mcp_library_answers_what_is_let_through() {
    let mut client = connect_to_library();
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

#[tokio::test(start_paused = true)]
async fn what_the_library_cannot_read_is_refused_before_it_in_json() {
    let mut client = connect_to_library();
    for (members, code) in [
        (r#""id":9223372036854775808,"method":"ping""#, "id_invalid"),
        (r#""id":1,"method":"ping","result":{}"#, "not_a_request"),
        (r#""id":1,"method":"ping","error":{}"#, "not_a_request"),
        (r#""method":"notifications/initialized","params":{"_meta":1}"#, "meta_invalid"),
        (r#""id":1,"method":"tools/call","params":{"name":"x","_meta":[]}"#, "meta_invalid"),
        (r#""id":1,"method":"tools/call","params":{"name":"x","_meta":{},"_meta":{}}"#, "duplicate_member"),
        (r#""id":1,"result":{}"#, "method_invalid"),
        (r#""id":1,"error":{"code":1,"message":"x"}"#, "method_invalid"),
    ] {
        client.send(post(&format!(r#"{{"jsonrpc":"2.0",{members}}}"#))).await;
        assert_eq!(client.reply().await.refusal(), refused(400, code), "{members}");
    }
}
