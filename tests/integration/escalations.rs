//! Who can get to administrator in the sandbox's account, as an agent is told it.

use serde_json::{Value, json};

use crate::support::gateway::TestGateway;

#[test]
fn chains_are_found_with_the_statements_that_allow_them_and_one_can_be_asked_for() {
    let gateway = TestGateway::with_sandbox().start();
    let called = gateway.call("reader", "find_privilege_escalation", json!({}));
    let found = called.done();
    let chains = found["Chains"].as_array().expect("it answers chains");
    assert!(!chains.is_empty() && found["AdministratorCount"].as_u64() > Some(0), "{found}");
    for chain in chains {
        let hops = chain["Hops"].as_array().expect("a chain has hops");
        assert!(!hops.is_empty());
        let needs = hops.iter().flat_map(|hop| hop["Needs"].as_array().expect("a hop needs something"));
        for needed in needs {
            assert!(needed["Action"].is_string() && needed["AllowedBy"]["Policy"].is_string(), "{needed}");
        }
        // Each leads to an administrator, or makes one.
        let last = &hops.last().expect("there is one")["To"];
        let administrators = found["Administrators"].as_array().expect("it lists administrators");
        assert!(last == "administrator" || administrators.contains(last), "{chain}");
    }
    let principal = &chains[0]["Principal"];
    let called = gateway.call("reader", "find_privilege_escalation", json!({"principal_arn": principal}));
    let one = called.done();
    assert_eq!((&one["Count"], &one["ReachesAdministrator"]), (&json!(1), &json!(true)));
    assert_eq!(one["Chains"], json!([chains[0]]));
}

#[test]
fn somebody_who_is_not_there_is_named() {
    let gateway = TestGateway::with_sandbox().start();
    let arguments = json!({"principal_arn": "arn:aws:iam::123456789012:role/nobody"});
    let called = gateway.call("reader", "find_privilege_escalation", arguments);
    assert_eq!((called.code(), &called.content["error"]["parameter"]), ("NoSuchEntity", &json!("principal_arn")));
    assert!(
        called.message().contains("the role nobody does not exist in account 123456789012"),
        "{}",
        called.message()
    );
}

#[test]
fn credentials_as_arguments_are_refused_and_stand_nowhere() {
    const SECRET: &str = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYzzzzzzzzzz";
    let gateway = TestGateway::with_sandbox().start();
    let asked = |parameter: &str| {
        let called = gateway.call("reader", "analyze_caller_permissions", json!({parameter: SECRET}));
        assert!(called.is_error, "{parameter}");
        let told = called.content.to_string();
        assert!(!told.contains(SECRET), "{told}");
        (called.content["error"]["parameter"].clone(), called.message().to_owned())
    };
    for parameter in ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"] {
        let (named, message) = asked(parameter);
        assert_eq!(named, parameter);
        assert!(message.contains("credentials never travel"), "{message}");
    }
    assert_eq!(asked("region").0, "region");
    let recorded: Value = gateway.records("denied").into();
    assert!(!recorded.to_string().contains(SECRET) && !gateway.log().contains(SECRET));
}
