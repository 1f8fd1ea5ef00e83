//! `--read-only`.

use bytes::Bytes;
use serde_json::{Value, json};

use super::super::era::VERSION_META;
use super::super::transport::Lost;
use super::{Client, Turn, answer, code, result, said, tool};

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
