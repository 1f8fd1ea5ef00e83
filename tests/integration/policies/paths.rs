//! Policies that name paths: what is looked up for them, whom it is told, and how long it is believed.

use serde_json::json;

use super::{allow_all, decision, policy, user};
use crate::support::gateway::TestGateway;

/// Everything is allowed but what is about users under `/ci/`.
fn without_machines() -> TestGateway {
    let statements = json!([
        allow_all(),
        {"Sid": "NoMachines", "Effect": "Deny", "Action": "iam:*", "Resource": user("/ci/*")},
    ]);
    TestGateway::with_sandbox().policy("paths.json", &policy(&statements)).start()
}

/// How often a call asked AWS for a user.
fn asked(gateway: &TestGateway, id: &str) -> usize {
    let record = &gateway.records_of(id)[0];
    let calls = record["additionalEventData"]["awsCalls"].as_array().expect("the record of a call that reached AWS");
    calls.iter().filter(|call| call["action"] == "iam:GetUser").count()
}

#[test]
fn a_deny_on_a_path_holds_for_names_without_one_in_any_case() {
    let gateway = without_machines();
    for name in ["ci-jenkins", "CI-Jenkins"] {
        let refused = gateway.call("alice", "get_user", json!({"user_name": name}));
        assert_eq!(refused.code(), "PolicyDenied", "{name}: {:?}", refused.content);
        // The caller does not learn the path, the record tells it.
        assert_eq!(refused.content["error"]["resource"], user(&format!("/*{name}")));
        assert_eq!(decision(&gateway, &refused.id)["resource"], user("/ci/ci-jenkins"));
    }
    let nobody = gateway.call("alice", "get_user", json!({"user_name": "nobody-of-this-name"}));
    assert_eq!(nobody.code(), "PolicyDenied", "what AWS does not tell of could be anywhere");
    assert!(nobody.message().contains("AWS does not tell which it is"), "{}", nobody.message());
    let person = gateway.call("alice", "get_user", json!({"user_name": "grace.kim"}));
    assert!(!person.is_error, "{:?}", person.content);
    let refused = gateway.write("alice", "create_user", json!({"user_name": "x", "path": "/ci/"}));
    assert_eq!(refused.code(), "PolicyDenied");
    assert_eq!(refused.content["error"]["resource"], user("/ci/x"));
}

#[test]
fn what_aws_told_is_believed_of_the_same_role_for_reads_and_of_nobody_else() {
    let gateway = without_machines();
    let read = |caller: &str| {
        let answer = gateway.call(caller, "get_user", json!({"user_name": "tomas.novak"}));
        assert!(!answer.is_error, "{:?}", answer.content);
        asked(&gateway, &answer.id)
    };
    assert_eq!(read("alice"), 2, "once for the policy, once for the tool");
    assert_eq!(read("alice"), 1, "the answer is remembered for seconds");
    assert_eq!(read("reader"), 2, "what alice's role was told is not believed of another");
    let removal = json!({"user_name": "tomas.novak", "force": true});
    let planned = gateway.write("alice", "delete_user", removal);
    assert_eq!(planned.content["status"], "confirmation_required", "{:?}", planned.content);
    assert_eq!(asked(&gateway, &planned.id), 2, "what is about to be changed is looked up anew");
}

#[test]
fn the_path_in_an_arn_that_a_client_wrote_is_not_believed() {
    let gateway = without_machines();
    for arn in [user("/ci-jenkins"), user("/people/ci-jenkins"), user("/ci/CI-Jenkins"), user("/ci/ci-jenkins")] {
        for tool in ["simulate_principal_policy", "compare_mcp_access"] {
            let arguments = json!({"policy_source_arn": arn, "action_names": ["iam:GetUser"]});
            let refused = gateway.call("alice", tool, arguments);
            assert_eq!(refused.code(), "PolicyDenied", "{tool} {arn}: {:?}", refused.content);
        }
    }
    let arguments = json!({"policy_source_arn": user("/people/grace.kim"), "action_names": ["iam:GetUser"]});
    let answer = gateway.call("alice", "simulate_principal_policy", arguments);
    assert!(!answer.is_error, "{:?}", answer.content);
    let decision = decision(&gateway, &answer.id);
    assert_eq!(
        decision["allowedBy"],
        json!([{"policy": "policies/paths.json", "statement": "AllowAll"}]),
        "{decision}"
    );
}
