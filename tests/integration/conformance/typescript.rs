//! The TypeScript SDK's client, npm `@modelcontextprotocol/client`, with a `fetch` that signs.

use serde_json::{Value, json};

use crate::agents::assert_is_served_well;
use crate::support::clients::{Client, Era};
use crate::support::gateway::TestGateway;
use crate::support::mcp::{LEGACY, MODERN};

fn client(gateway: &TestGateway, caller: &str, era: Era) -> Client {
    Client::typescript(&gateway.url(), era, gateway.keys(caller))
}

#[test]
fn the_typescript_client_is_served_alike_in_both_eras() {
    let gateway = TestGateway::with_moto().start();
    for (era, user) in [(Era::Legacy, "made-by-legacy"), (Era::Modern, "made-by-modern")] {
        let (alice, reader) = (client(&gateway, "alice", era), client(&gateway, "reader", era));
        assert_is_served_well(&gateway, &alice, &reader, user);
        let lines = reader.run(&[json!(["call_tool", "create_user", {"user_name": "never"}])]);
        assert_eq!(lines[1]["result"]["isError"], true, "{}", lines[1]);
        assert_eq!(lines[1]["result"]["structuredContent"]["error"]["code"], "ReadOnlyCaller");
    }
    assert_eq!(gateway.received("CreateUser").len(), 2);
}

#[test]
fn the_typescript_client_finds_the_newest_revision_by_itself() {
    let gateway = TestGateway::with_moto().start();
    for (era, version) in [(Era::Legacy, LEGACY), (Era::Modern, MODERN), (Era::Auto, MODERN)] {
        let lines = client(&gateway, "reader", era).run(&[]);
        assert_eq!(lines[0]["result"]["protocolVersion"], version, "{}", lines[0]);
    }
}

#[test]
fn the_typescript_client_reads_page_after_page() {
    let gateway = TestGateway::with_moto().start();
    for era in [Era::Legacy, Era::Modern] {
        let reader = client(&gateway, "reader", era);
        let page = |arguments: Value| {
            // Listed first, so that the client knows the output schema and holds the answer against it.
            let lines = reader.run(&[json!(["list_tools"]), json!(["call_tool", "list_users", arguments])]);
            assert_eq!(lines[2]["ok"], true, "{}", lines[2]);
            lines[2]["result"]["structuredContent"].clone()
        };
        let whole = page(json!({}));
        let mut users = Vec::new();
        let mut last = page(json!({"max_items": 2}));
        loop {
            users.extend(last["Users"].as_array().expect("a page of users").clone());
            let Some(marker) = last["Marker"].as_str() else { break };
            last = page(json!({"max_items": 2, "marker": marker}));
        }
        assert_eq!(json!(users), whole["Users"]);
        assert!(users.len() > 2, "{users:?}");
    }
}
