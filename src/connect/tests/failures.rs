//! What becomes of a request when its gateway is lost, slow, busy or odd.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::super::transport::{Answer, Lost};
use super::{Client, Turn, answer, code, locked, refused, result, said, tool};
use crate::client::keys::NoKeys;

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
    let seen = |client: &Client| (locked(&client.stand.renewals).clone(), client.stand.sent().len());
    for expired in ["credentials_expired", "credentials_foreign", "expired_key", "revoked"] {
        client.stand.push(refused(401, expired));
        client.stand.push(said(200, &result(1, json!({}))));
        client.ask(1, "tools/call", json!({"name": "create_user"})).await;
        assert_eq!(client.hear().await, result(1, json!({})));
    }
    // Exactly the key that a message was signed with.
    assert_eq!(seen(&client), (["KEY1", "KEY3", "KEY5", "KEY7"].map(str::to_owned).to_vec(), 8));

    client.stand.push(refused(401, "credentials_expired"));
    client.stand.push(refused(401, "credentials_expired"));
    client.ask(1, "tools/call", json!({"name": "create_user"})).await;
    assert_eq!(code(&client.hear().await), "credentials_expired");
    assert_eq!((seen(&client).0.len(), seen(&client).1), (5, 10));

    client.stand.push(refused(401, "unknown_key"));
    client.ask(1, "tools/call", json!({"name": "create_user"})).await;
    assert_eq!(code(&client.hear().await), "unknown_key");
    assert_eq!((seen(&client).0.len(), seen(&client).1), (5, 11));

    // A notification's keys expire, too.
    client.stand.push(refused(401, "expired_key"));
    client.stand.push(said(202, &Value::Null));
    client.say(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    client.settle().await;
    assert_eq!((seen(&client).0.len(), seen(&client).1), (6, 13));
}

#[tokio::test]
async fn a_date_that_is_refused_is_replaced_once_and_its_key_is_kept() {
    let mut client = Client::new(false);
    client.stand.push(refused(401, "clock_skew"));
    client.stand.push(said(200, &result(1, json!({}))));
    client.ask(1, "tools/call", json!({"name": "create_user"})).await;
    assert_eq!(client.hear().await, result(1, json!({})));
    client.stand.push(refused(401, "clock_skew"));
    client.stand.push(refused(401, "clock_skew"));
    client.ask(1, "tools/call", json!({"name": "create_user"})).await;
    assert_eq!(code(&client.hear().await), "clock_skew");
    assert_eq!((locked(&client.stand.renewals).len(), client.stand.sent().len()), (0, 4));
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
