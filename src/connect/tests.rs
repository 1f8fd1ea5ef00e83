//! Forwarding over a transport that answers as told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::bridge::{AT_ONCE, Bridge};
use super::era::VERSION_META;
use super::forward::Forwarder;
use super::input::Input;
use super::message::parse;
use super::transport::{Answer, Lost, Outgoing, Transport};
use crate::client::keys::NoKeys;

/// What becomes of a message.
enum Turn {
    Answered(Answer),
    Lost(Lost),
    /// This result, whatever the request's id.
    Result(Value),
    /// Answered when the test says so; dropping the request is told to the test.
    Held(oneshot::Receiver<Answer>, oneshot::Sender<()>),
}

#[derive(Default)]
struct Stand {
    turns: Mutex<VecDeque<Turn>>,
    sent: Mutex<Vec<(Value, Vec<(&'static str, String)>)>>,
    renewals: Mutex<usize>,
}

impl std::fmt::Debug for Stand {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Stand")
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stand {
    fn push(&self, turn: Turn) {
        locked(&self.turns).push_back(turn);
    }

    fn sent(&self) -> Vec<Value> {
        locked(&self.sent).iter().map(|(message, _)| message.clone()).collect()
    }

    fn methods(&self) -> Vec<String> {
        self.sent().iter().map(|message| message["method"].as_str().unwrap().to_owned()).collect()
    }
}

impl Transport for Stand {
    fn post(&self, message: Outgoing) -> BoxFuture<'_, Result<Answer, Lost>> {
        locked(&self.sent).push((serde_json::from_str(&message.body).unwrap(), message.headers));
        let turn = locked(&self.turns).pop_front().expect("the test says what becomes of each message");
        let id = self.sent().last().map(|message| message["id"].clone()).unwrap_or_default();
        Box::pin(async move {
            match turn {
                Turn::Answered(answer) => Ok(answer),
                Turn::Lost(lost) => Err(lost),
                Turn::Result(value) => {
                    let body = Bytes::from(result(id, value).to_string());
                    Ok(answer(200, "application/json", vec![Ok(body)]))
                }
                Turn::Held(answer, _gone_with_the_request) => Ok(answer.await.unwrap()),
            }
        })
    }

    fn renew(&self) -> BoxFuture<'_, ()> {
        *locked(&self.renewals) += 1;
        Box::pin(async {})
    }
}

fn answer(status: u16, media_type: &str, chunks: Vec<Result<Bytes, Lost>>) -> Answer {
    Answer { status, media_type: media_type.to_owned(), retry_after: None, body: stream::iter(chunks).boxed() }
}

fn said(status: u16, message: &Value) -> Turn {
    Turn::Answered(answer(status, "application/json", vec![Ok(Bytes::from(message.to_string()))]))
}

fn result(id: impl Into<Value>, result: Value) -> Value {
    let mut message = json!({"jsonrpc": "2.0", "id": id.into()});
    message["result"] = result;
    message
}

fn refused(status: u16, code: &str) -> Turn {
    let error = json!({"code": -32001, "message": "no", "data": {"code": code, "hint": "do this"}});
    said(status, &json!({"jsonrpc": "2.0", "id": null, "error": error}))
}

fn held(stand: &Stand) -> (oneshot::Sender<Answer>, oneshot::Receiver<()>) {
    let (answer, waits) = oneshot::channel();
    let (gone, watch) = oneshot::channel();
    stand.push(Turn::Held(waits, gone));
    (answer, watch)
}

/// A client at a bridge.
struct Client {
    stand: Arc<Stand>,
    to: Option<Sender<Input>>,
    from: Receiver<String>,
    bridge: JoinHandle<()>,
}

impl Client {
    fn new(read_only: bool) -> Self {
        let stand = Arc::new(Stand::default());
        let (to, input) = channel(1000);
        let (output, from) = channel(1000);
        let forwarder = Arc::new(Forwarder::new(Arc::clone(&stand) as Arc<dyn Transport>, output, read_only));
        let bridge = tokio::spawn(Bridge::new(forwarder, |_said| {}).run(input));
        Self { stand, to: Some(to), from, bridge }
    }

    async fn say(&self, message: Value) {
        let message = parse(&message.to_string()).unwrap().unwrap();
        self.to.as_ref().unwrap().send(Input::Message(message)).await.unwrap();
    }

    async fn ask(&self, id: impl Into<Value>, method: &str, params: Value) {
        self.say(json!({"jsonrpc": "2.0", "id": id.into(), "method": method, "params": params})).await;
    }

    async fn hear(&mut self) -> Value {
        let line = self.from.recv().await.expect("there is a reply");
        assert!(!line.contains(['\n', '\r']), "{line:?}");
        serde_json::from_str(&line).unwrap()
    }

    /// Until everything that can go on has gone on.
    async fn settle(&self) {
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }

    /// Closes the input; what is still said.
    async fn finish(mut self) -> Vec<Value> {
        self.to = None;
        self.bridge.await.unwrap();
        let mut heard = Vec::new();
        while let Some(line) = self.from.recv().await {
            heard.push(serde_json::from_str(&line).unwrap());
        }
        heard
    }
}

fn code(reply: &Value) -> &str {
    reply["error"]["data"]["code"].as_str().unwrap_or_else(|| panic!("no error: {reply}"))
}

#[tokio::test]
async fn replies_come_as_they_are_ready() {
    let mut client = Client::new(false);
    let (first, _watch) = held(&client.stand);
    client.stand.push(said(200, &result(2, json!({"b": 1}))));
    client.ask(1, "tools/call", json!({"name": "slow"})).await;
    client.ask(2, "tools/call", json!({"name": "quick"})).await;
    assert_eq!(client.hear().await, result(2, json!({"b": 1})));
    let late = result(1, json!({"a": 1})).to_string().replace(',', ",\r\n");
    drop(first.send(answer(200, "application/json", vec![Ok(Bytes::from(late))])));
    assert_eq!(client.hear().await, result(1, json!({"a": 1})));
    assert_eq!(client.finish().await, Vec::<Value>::new());
}

#[tokio::test]
async fn no_more_run_at_once_than_may_and_the_others_wait_in_order() {
    let mut client = Client::new(false);
    let mut first: Vec<_> = (0..AT_ONCE).map(|_| held(&client.stand)).collect();
    let most = i64::try_from(AT_ONCE).unwrap();
    for id in 0..most + 3 {
        client.ask(id, "ping", json!({})).await;
    }
    client.settle().await;
    assert_eq!(client.stand.sent().len(), AT_ONCE);
    for id in most..most + 3 {
        client.stand.push(said(200, &result(id, json!({}))));
    }
    let (answers, _watch) = first.remove(7);
    drop(answers.send(answer(200, "application/json", vec![Ok(Bytes::from(result(7, json!({})).to_string()))])));
    for id in [7, most, most + 1, most + 2] {
        assert_eq!(client.hear().await["id"], id);
    }
}

#[tokio::test]
async fn what_stands_behind_initialize_waits_for_its_reply_and_speaks_its_revision() {
    let mut client = Client::new(false);
    let (opened, _watch) = held(&client.stand);
    client.ask(1, "initialize", json!({"protocolVersion": "2025-11-25"})).await;
    client.say(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    client.ask(2, "tools/call", json!({"name": "whoami"})).await;
    client.settle().await;
    assert_eq!(client.stand.methods(), ["initialize"]);
    client.stand.push(said(202, &Value::Null));
    client.stand.push(said(200, &result(2, json!({}))));
    let reply = result(1, json!({"protocolVersion": "2025-06-18"}));
    drop(opened.send(answer(200, "application/json", vec![Ok(Bytes::from(reply.to_string()))])));
    assert_eq!((client.hear().await["id"].clone(), client.hear().await["id"].clone()), (json!(1), json!(2)));
    client.settle().await;
    let version = vec![("mcp-protocol-version", "2025-06-18".to_owned())];
    let headers: Vec<_> = locked(&client.stand.sent).iter().map(|(_, headers)| headers.clone()).collect();
    assert_eq!(headers, [vec![], version.clone(), version]);
}

#[tokio::test]
async fn notifications_are_sent_one_after_the_other() {
    let client = Client::new(false);
    let (first, _watch) = held(&client.stand);
    for name in ["a", "b"] {
        client.say(json!({"jsonrpc": "2.0", "method": format!("notifications/{name}")})).await;
    }
    client.settle().await;
    assert_eq!(client.stand.methods(), ["notifications/a"]);
    client.stand.push(said(500, &Value::Null));
    drop(first.send(answer(202, "", vec![])));
    client.settle().await;
    assert_eq!(client.stand.methods(), ["notifications/a", "notifications/b"]);
    assert_eq!(client.finish().await, Vec::<Value>::new(), "a notification has no reply, not even a failed one");
}

#[tokio::test]
async fn a_cancelled_request_is_hung_up_on_and_not_answered() {
    let mut client = Client::new(false);
    let (_answer, watch) = held(&client.stand);
    client.ask("a", "tools/call", json!({"name": "slow"})).await;
    client.settle().await;
    let cancel =
        |id: Value| json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
    client.say(cancel(json!("of nothing"))).await;
    client.say(cancel(json!("a"))).await;
    assert!(watch.await.is_err(), "the request is dropped");
    // The id is free again, and the process goes on.
    client.stand.push(said(200, &result("a", json!({}))));
    client.ask("a", "ping", json!({})).await;
    assert_eq!(client.hear().await, result("a", json!({})));
    assert_eq!(client.stand.methods(), ["tools/call", "ping"], "nothing is told of it");
    assert_eq!(client.finish().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_request_that_is_cancelled_while_it_waits_is_never_sent() {
    let client = Client::new(false);
    let first: Vec<_> = (0..AT_ONCE).map(|_| held(&client.stand)).collect();
    for id in 0..=AT_ONCE {
        client.ask(id, "ping", json!({})).await;
    }
    client.say(json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": AT_ONCE}})).await;
    client.settle().await;
    for (id, (answers, _watch)) in first.into_iter().enumerate() {
        drop(answers.send(answer(200, "application/json", vec![Ok(Bytes::from(result(id, json!({})).to_string()))])));
    }
    let stand = Arc::clone(&client.stand);
    assert_eq!(client.finish().await.len(), AT_ONCE);
    assert_eq!(stand.sent().len(), AT_ONCE);
}

#[tokio::test]
async fn a_stream_is_passed_on_as_it_comes() {
    let mut client = Client::new(false);
    let (chunks, arriving) = channel::<Result<Bytes, Lost>>(10);
    let body = stream::unfold(arriving, |mut arriving| async { Some((arriving.recv().await?, arriving)) }).boxed();
    let media_type = "text/event-stream".to_owned();
    client.stand.push(Turn::Answered(Answer { status: 200, media_type, retry_after: None, body }));
    client.ask(1, "tools/call", json!({"name": "long"})).await;
    let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progress": 1}});
    let event = format!(": ping\n\ndata: {progress}\n\ndata: {{\"jsonrpc\":\"2.0\",\n");
    chunks.send(Ok(Bytes::from(event))).await.unwrap();
    assert_eq!(client.hear().await, progress, "before the stream has ended");
    // Somebody else's reply, and a request of the server's, are not for this client.
    let strange = format!("data: \"id\":2,\"result\":{{}}}}\n\ndata: {}\n\n", json!({"id": 1, "method": "roots/list"}));
    chunks.send(Ok(Bytes::from(strange))).await.unwrap();
    chunks.send(Ok(Bytes::from(format!("data: {}\n\n", result(1, json!({})))))).await.unwrap();
    assert_eq!(client.hear().await, result(1, json!({})));
    assert_eq!(client.finish().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_stream_that_ends_before_the_reply_is_an_error_that_says_so() {
    let mut client = Client::new(false);
    client.stand.push(Turn::Answered(answer(200, "text/event-stream", vec![Ok(Bytes::from_static(b"data: {}\n\n"))])));
    client.ask(1, "tools/call", json!({"name": "long"})).await;
    let reply = client.hear().await;
    assert_eq!((code(&reply), &reply["id"]), ("GatewayBrokeOff", &json!(1)));
    assert!(reply["error"]["message"].as_str().unwrap().contains("may have been carried out"), "{reply}");
}

#[tokio::test]
async fn a_lost_gateway_is_an_error_of_each_request_and_the_next_finds_it_again() {
    let mut client = Client::new(false);
    for (lost, expected) in [
        (Lost::Unreachable("refused".to_owned()), "GatewayUnreachable"),
        (Lost::BrokenOff("reset".to_owned()), "GatewayBrokeOff"),
        (Lost::TimedOut(Duration::from_secs(5)), "GatewayTimeout"),
        (Lost::NoKeys(NoKeys { message: "none".to_owned(), hint: None }), "NoCredentials"),
        (Lost::Unsendable("odd".to_owned()), "MessageUnsendable"),
    ] {
        client.stand.push(Turn::Lost(lost));
        client.ask(1, "tools/call", json!({"name": "create_user"})).await;
        let reply = client.hear().await;
        assert_eq!((code(&reply), &reply["error"]["code"]), (expected, &json!(-32010)));
    }
    client.stand.push(said(200, &result(1, json!({}))));
    client.ask(1, "tools/call", json!({"name": "create_user"})).await;
    assert_eq!(client.hear().await, result(1, json!({})));
    assert_eq!(client.stand.sent().len(), 6, "nothing that writes is sent twice");
}

#[tokio::test]
async fn an_answer_that_no_gateway_gives_is_an_error_that_says_what_to_do() {
    let mut client = Client::new(false);
    for (status, media_type, body, expected, hint) in [
        (200, "text/html", "<html>", "GatewayAnswerUnreadable", "/mcp endpoint"),
        (200, "application/json", "[]", "GatewayAnswerUnreadable", "/mcp endpoint"),
        (
            200,
            "application/json",
            r#"{"jsonrpc":"2.0","id":2,"result":{}}"#,
            "GatewayAnswerUnreadable",
            "/mcp endpoint",
        ),
        (202, "", "", "GatewayAnswerUnreadable", "/mcp endpoint"),
        (401, "text/html", "", "GatewayAnswerUnreadable", "in front of the gateway"),
        (403, "text/html", "no", "GatewayAnswerUnreadable", "in front of the gateway"),
        (404, "text/html", "no", "GatewayAnswerUnreadable", "/mcp endpoint"),
        (413, "", "", "GatewayAnswerUnreadable", "too large"),
        (429, "", "", "GatewayAnswerUnreadable", "later"),
        (500, "", "", "GatewayAnswerUnreadable", "is it well"),
        (502, "text/html", "Bad Gateway", "GatewayUnreachable", "try again later"),
    ] {
        client.stand.push(Turn::Answered(answer(status, media_type, vec![Ok(Bytes::from_static(body.as_bytes()))])));
        client.ask(1, "tools/call", json!({"name": "x"})).await;
        let reply = client.hear().await;
        assert_eq!(code(&reply), expected, "{status}");
        assert!(reply["error"]["message"].as_str().unwrap().contains(hint), "{status}: {reply}");
    }
}

#[tokio::test]
async fn the_gateways_own_errors_pass_with_the_requests_id_and_their_hint_in_the_message() {
    let mut client = Client::new(false);
    client.stand.push(refused(403, "origin_not_allowed"));
    client.ask("x", "tools/call", json!({"name": "x"})).await;
    let error =
        json!({"code": -32001, "message": "no (do this)", "data": {"code": "origin_not_allowed", "hint": "do this"}});
    assert_eq!(client.hear().await, json!({"jsonrpc": "2.0", "id": "x", "error": error}));
}

#[tokio::test]
async fn expired_keys_are_renewed_once_and_the_message_is_sent_again() {
    let mut client = Client::new(false);
    for expired in ["credentials_expired", "expired_key", "clock_skew"] {
        client.stand.push(refused(401, expired));
        client.stand.push(said(200, &result(1, json!({}))));
        client.ask(1, "tools/call", json!({"name": "create_user"})).await;
        assert_eq!(client.hear().await, result(1, json!({})));
    }
    assert_eq!((*locked(&client.stand.renewals), client.stand.sent().len()), (3, 6));

    client.stand.push(refused(401, "credentials_expired"));
    client.stand.push(refused(401, "credentials_expired"));
    client.ask(1, "tools/call", json!({"name": "create_user"})).await;
    assert_eq!(code(&client.hear().await), "credentials_expired");
    assert_eq!((*locked(&client.stand.renewals), client.stand.sent().len()), (4, 8));

    client.stand.push(refused(401, "unknown_key"));
    client.ask(1, "tools/call", json!({"name": "create_user"})).await;
    assert_eq!(code(&client.hear().await), "unknown_key");
    assert_eq!((*locked(&client.stand.renewals), client.stand.sent().len()), (4, 9));

    // A notification's keys expire, too.
    client.stand.push(refused(401, "expired_key"));
    client.stand.push(said(202, &Value::Null));
    client.say(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    client.settle().await;
    assert_eq!((*locked(&client.stand.renewals), client.stand.sent().len()), (5, 11));
}

fn tool(name: &str, reads: bool) -> Value {
    json!({"name": name, "annotations": {"readOnlyHint": reads}})
}

#[tokio::test]
async fn only_what_reads_is_sent_again_when_the_connection_breaks_off() {
    let mut client = Client::new(false);
    let broken = || Turn::Lost(Lost::BrokenOff("reset".to_owned()));
    client.stand.push(broken());
    let page = result(1, json!({"tools": [tool("get_user", true), tool("create_user", false)]}));
    client.stand.push(said(200, &page));
    client.ask(1, "tools/list", json!({})).await;
    assert_eq!(client.hear().await, page);

    client.stand.push(broken());
    client.stand.push(said(200, &result(2, json!({}))));
    client.ask(2, "tools/call", json!({"name": "get_user"})).await;
    assert_eq!(client.hear().await, result(2, json!({})));

    for name in ["create_user", "never_listed"] {
        client.stand.push(broken());
        client.ask(3, "tools/call", json!({"name": name})).await;
        assert_eq!(code(&client.hear().await), "GatewayBrokeOff");
    }
    client.stand.push(broken());
    client.stand.push(broken());
    client.ask(4, "tools/list", json!({})).await;
    assert_eq!(code(&client.hear().await), "GatewayBrokeOff", "once again, and not more often");
    assert_eq!(client.stand.sent().len(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_asks_to_wait_is_waited_for_once_and_never_for_a_call() {
    let mut client = Client::new(false);
    let busy = |seconds| {
        let error = json!({"code": -32005, "message": "busy", "data": {"code": "overloaded"}});
        let body = json!({"jsonrpc": "2.0", "id": null, "error": error}).to_string();
        let retry_after = Some(Duration::from_secs(seconds));
        Turn::Answered(Answer { retry_after, ..answer(503, "application/json", vec![Ok(Bytes::from(body))]) })
    };
    client.stand.push(busy(2));
    client.stand.push(said(200, &result(1, json!({}))));
    client.ask(1, "prompts/list", json!({})).await;
    assert_eq!(client.hear().await, result(1, json!({})));
    for (method, turns) in
        [("prompts/list", vec![busy(2), busy(2)]), ("prompts/list", vec![busy(60)]), ("tools/call", vec![busy(1)])]
    {
        let before = client.stand.sent().len() + turns.len();
        turns.into_iter().for_each(|turn| client.stand.push(turn));
        client.ask(2, method, json!({"name": "get_user"})).await;
        assert_eq!(code(&client.hear().await), "overloaded");
        assert_eq!(client.stand.sent().len(), before);
    }
}

#[tokio::test]
async fn read_only_lists_what_reads_on_every_page() {
    let mut client = Client::new(true);
    let whole = json!({"tools": [tool("a", true), tool("b", false), {"name": "c"}], "nextCursor": "2", "ttlMs": 1});
    client.stand.push(said(200, &result(1, whole)));
    client.ask(1, "tools/list", json!({})).await;
    let shown = json!({"tools": [tool("a", true)], "nextCursor": "2", "ttlMs": 1});
    assert_eq!(client.hear().await, result(1, shown));

    // By a stream, too.
    let event = format!("data: {}\n\n", result(2, json!({"tools": [tool("d", false)]})));
    client.stand.push(Turn::Answered(answer(200, "text/event-stream", vec![Ok(Bytes::from(event))])));
    client.ask(2, "tools/list", json!({"cursor": "2"})).await;
    assert_eq!(client.hear().await, result(2, json!({"tools": []})));
}

#[tokio::test]
async fn read_only_asks_for_the_list_before_it_judges_an_unknown_tool() {
    let mut client = Client::new(true);
    // Its own requests have ids of its own, so the stand answers with an error first.
    client.stand.push(Turn::Lost(Lost::Unreachable("refused".to_owned())));
    client.ask(1, "tools/call", json!({"name": "a"})).await;
    assert_eq!(code(&client.hear().await), "GatewayUnreachable");
    assert_eq!(client.stand.methods(), ["tools/list"], "the call itself is not sent");

    client.stand.push(said(200, &result(2, json!({"tools": [tool("a", true), tool("b", false)]}))));
    client.ask(2, "tools/list", json!({})).await;
    client.hear().await;
    client.stand.push(said(200, &result(3, json!({"content": []}))));
    client.ask(3, "tools/call", json!({"name": "a"})).await;
    assert_eq!(client.hear().await, result(3, json!({"content": []})));
    client.ask(4, "tools/call", json!({"name": "b"})).await;
    let refusal = client.hear().await;
    assert_eq!(refusal["result"]["isError"], true);
    let error = &refusal["result"]["structuredContent"]["error"];
    assert_eq!(
        (&error["code"], &error["stage"], &error["retryable"]),
        (&json!("ReadOnlyClient"), &json!("client"), &json!(false))
    );
    assert_eq!(refusal["result"].get("resultType"), None, "2026-07-28 alone has it");
    client.ask(5, "tools/call", json!({})).await;
    assert_eq!(client.hear().await["result"]["structuredContent"]["error"]["code"], "ReadOnlyClient");
    assert_eq!(client.stand.methods(), ["tools/list", "tools/list", "tools/call"]);
}

#[tokio::test]
async fn read_only_asks_for_every_page_of_the_list() {
    let mut client = Client::new(true);
    for page in [
        json!({"tools": [tool("a", false)], "nextCursor": "2"}),
        json!({"tools": [tool("b", true)]}),
        json!({"content": []}),
    ] {
        client.stand.push(Turn::Result(page));
    }
    let meta = json!({VERSION_META: "2026-07-28", "progressToken": 1});
    client.ask(1, "tools/call", json!({"name": "b", "_meta": meta})).await;
    assert_eq!(client.hear().await, result(1, json!({"content": []})));
    let own = json!({VERSION_META: "2026-07-28"});
    let params: Vec<Value> = client.stand.sent().iter().map(|message| message["params"].clone()).collect();
    assert_eq!(params[..2], [json!({"_meta": own}), json!({"_meta": own, "cursor": "2"})]);
    client.ask(2, "tools/call", json!({"name": "a", "_meta": meta})).await;
    assert_eq!(client.hear().await["result"]["resultType"], "complete", "refused, and not asked for again");
    assert_eq!(client.stand.sent().len(), 3);
}

#[tokio::test]
async fn an_id_that_is_in_use_is_not_taken_twice() {
    let mut client = Client::new(false);
    let (first, _watch) = held(&client.stand);
    client.ask(1, "ping", json!({})).await;
    client.ask(1, "ping", json!({})).await;
    let reply = client.hear().await;
    assert_eq!((code(&reply), &reply["id"]), ("IdInUse", &Value::Null));
    drop(first.send(answer(200, "application/json", vec![Ok(Bytes::from(result(1, json!({})).to_string()))])));
    assert_eq!(client.hear().await, result(1, json!({})));
}

#[tokio::test(start_paused = true)]
async fn what_runs_when_the_input_ends_has_some_time() {
    let client = Client::new(false);
    let (answers, _watch) = held(&client.stand);
    let (_never, _gone) = held(&client.stand);
    client.ask(1, "ping", json!({})).await;
    client.ask(2, "ping", json!({})).await;
    client.settle().await;
    let finished = tokio::spawn(client.finish());
    tokio::time::sleep(Duration::from_secs(9)).await;
    drop(answers.send(answer(200, "application/json", vec![Ok(Bytes::from(result(1, json!({})).to_string()))])));
    assert_eq!(finished.await.unwrap(), [result(1, json!({}))], "and not for ever");
}
