//! Faults of the JSON-RPC envelope, of callers that were let in.

use super::*;

async fn refusal_of(body: &str) -> Reply {
    let gateway = Gateway::start();
    let reply = gateway.ask(post(body)).await;
    assert_eq!(gateway.calls(), 0);
    reply
}

#[tokio::test(start_paused = true)]
async fn malformed_json_is_told_where() {
    let reply = refusal_of(r#"{"jsonrpc":"2.0",}"#).await;
    assert_eq!(reply.refusal(), refused(400, "malformed_json"));
    let error = &reply.json()["error"];
    assert_eq!(error["code"], -32700);
    assert!(error["message"].as_str().unwrap().contains("line 1 column 18"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_empty_body_is_malformed() {
    assert_eq!(refusal_of("").await.refusal(), refused(400, "malformed_json"));
}

#[tokio::test(start_paused = true)]
async fn invalid_utf_8_is_refused() {
    let gateway = Gateway::start();
    let mut request = post(PING).into_bytes();
    let position = request.len() - 4;
    request[position] = 0xff;
    let reply = gateway.ask(request).await;
    assert_eq!(reply.refusal(), refused(400, "invalid_utf8"));
    assert_eq!(reply.json()["error"]["code"], -32700);
    assert_eq!(gateway.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_refused() {
    let reply = refusal_of(&format!("[{PING},{PING}]")).await;
    assert_eq!(reply.refusal(), refused(400, "batch_not_supported"));
    assert_eq!(reply.json()["error"]["code"], -32600);
}

#[tokio::test(start_paused = true)]
async fn other_faults_are_refused_and_the_id_echoed() {
    let deep =
        format!(r#"{{"jsonrpc":"2.0","id":"x","method":"m","params":{{"a":{0}{1}}}}}"#, "[".repeat(64), "]".repeat(64));
    for (body, code) in [
        (r#"{"id":"x","method":"m"}"#, "jsonrpc_version"),
        (r#"{"jsonrpc":"2.0","id":"x"}"#, "method_invalid"),
        (r#"{"jsonrpc":"2.0","id":"x","method":"m","params":[1]}"#, "params_invalid"),
        (r#"{"jsonrpc":"2.0","id":"x","method":"m","method":"m"}"#, "duplicate_member"),
        (&deep, "nesting_too_deep"),
    ] {
        let reply = refusal_of(body).await;
        assert_eq!(reply.refusal(), refused(400, code), "{body}");
        assert_eq!(reply.json()["id"], "x", "{body}");
        assert_eq!(reply.json()["error"]["code"], -32600, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_null_id_is_refused() {
    let reply = refusal_of(r#"{"jsonrpc":"2.0","id":null,"method":"m"}"#).await;
    assert_eq!(reply.refusal(), refused(400, "id_invalid"));
    assert_eq!(reply.json()["id"], serde_json::Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_scalar_is_refused() {
    assert_eq!(refusal_of("7").await.refusal(), refused(400, "not_an_object"));
}

#[tokio::test(start_paused = true)]
async fn both_kinds_of_reply_must_be_accepted() {
    let gateway = Gateway::start();
    for accept in ["application/json", "text/event-stream", "*/*", "text/html", "application/jsonx, text/event-stream"]
    {
        let reply = gateway.ask(post(PING).replace("application/json, text/event-stream", accept)).await;
        assert_eq!(reply.refusal(), refused(406, "not_acceptable"), "{accept}");
        assert_eq!(reply.json()["id"], 7);
    }
}

#[tokio::test(start_paused = true)]
async fn the_content_type_must_be_json() {
    let gateway = Gateway::start();
    for line in ["Content-Type: text/plain\r\n", "", "Content-Type: application/json-rpc\r\n"] {
        let reply = gateway.ask(post(PING).replace("Content-Type: application/json\r\n", line)).await;
        assert_eq!(reply.refusal(), refused(415, "unsupported_media_type"), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_service_sees_one_spelling_of_the_media_types() {
    let gateway = Gateway::start();
    let request =
        post(PING).replace("Content-Type: application/json", "Content-Type: APPLICATION/JSON;charset=utf-8").replace(
            "Accept: application/json, text/event-stream",
            "Accept: Text/Event-Stream\r\nAccept: Application/Json;q=0.9",
        );
    assert_eq!(gateway.ask(request).await.status, 200);
    let headers = gateway.last_seen().head.headers;
    assert_eq!(headers.get_all("accept").iter().collect::<Vec<_>>(), ["application/json, text/event-stream"]);
    assert_eq!(headers["content-type"], "application/json");
}
