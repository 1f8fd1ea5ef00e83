//! A caller who was refused asks why, with nothing but what the refusal told.

use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::refusing::Refusal;
use crate::support::relay::Log;

/// A policy that denies deletions.
fn policy() -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "AllowAll", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        {"Sid": "NoDeletes", "Effect": "Deny", "Principal": "*", "Action": "iam:Delete*", "Resource": "*"},
    ]})
}

#[test]
fn a_refusal_is_explained_to_whom_it_was_told_and_to_nobody_else() {
    let (prepared, relay) =
        TestGateway::with_sandbox().policy("deny.json", &policy()).iam_behind_a_relay(&Log::default());
    let gateway = prepared.start();
    let why = |caller: &str, arguments: Value| gateway.call(caller, "why_denied", arguments);

    let refused = gateway.call("alice", "delete_user", json!({"user_name": "rosa.delgado", "force": true}));
    assert_eq!(refused.code(), "PolicyDenied");
    // The header X-Request-Id has it too.
    let id_of = |id: &str| gateway.records_of(id)[0]["requestID"].clone();
    let of_refused = id_of(&refused.id);
    let told = why("alice", json!({"request_id": of_refused}));
    let refusal = &told.done()["Refusals"][0];
    assert_eq!((&told.content["Outcome"], &told.content["Tool"]), (&json!("denied"), &json!("delete_user")));
    assert_eq!(refusal["Layer"], "endpoint-policy");
    assert_eq!(refusal["Statement"], json!({"Policy": "policies/deny.json", "Statement": "NoDeletes"}));
    let described = json!({"tool_name": "delete_user", "arguments": {"user_name": "rosa.delgado", "force": true}});
    assert_eq!(why("alice", described).done()["Refusals"][0]["Statement"], refusal["Statement"], "the same, not made");

    relay.refuse(vec![Refusal::denied("GetAccountSummary", "")]);
    let denied = gateway.call("alice", "get_account_summary", json!({}));
    assert_eq!((denied.code(), &denied.content["error"]["stage"]), ("AccessDenied", &json!("aws")));
    let of_denied = id_of(&denied.id);
    for id in [&of_denied, &denied.content["error"]["request_id"]] {
        let told = why("alice", json!({"request_id": id}));
        let refusal = &told.done()["Refusals"][0];
        assert_eq!((&refusal["Action"], &refusal["Layer"]), (&json!("iam:GetAccountSummary"), &json!("beyond")));
    }

    for id in [&of_refused, &of_denied] {
        let error = why("reader", json!({"request_id": id}));
        assert_eq!((error.code(), &error.content["error"]["parameter"]), ("NoSuchRequest", &json!("request_id")));
    }
}
