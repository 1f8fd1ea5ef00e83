//! MCP's rules against the real binary.

use serde_json::json;

use crate::support::gateway::TestGateway;

#[test]
fn smoke() {
    let gateway = TestGateway::without_aws().start();
    let who = gateway.call("alice", "whoami", json!({}));
    println!("{}", who.content);
    println!("{:#?}", gateway.records_of(&who.id));
    println!("{}", gateway.metrics());
    let r = gateway.write("alice", "create_user", json!({"user_name": "x"}));
    println!("{:#?}", r);
    println!("{}", gateway.log());
}
