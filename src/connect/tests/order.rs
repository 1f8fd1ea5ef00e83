//! What runs at a time, in which order, and what is cancelled.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use tokio::sync::mpsc::channel;

use super::super::bridge::AT_ONCE;
use super::super::transport::{Answer, Lost};
use super::{Client, Turn, answer, code, held, locked, result, said};

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
    client.stand.push(Turn::Answered(Answer {
        status: 200,
        media_type,
        signed_by: "KEY".to_owned(),
        retry_after: None,
        body,
    }));
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
