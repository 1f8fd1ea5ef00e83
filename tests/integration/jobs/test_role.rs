//! Testing what a role may do.

use serde_json::{Value, json};

use super::{Job, read};

/// Action and decision of each result.
fn decisions(simulated: &Value) -> Vec<(&str, &str)> {
    let results = simulated["EvaluationResults"].as_array().expect("a list").iter();
    results
        .inspect(|result| assert!(result["Reason"].is_string(), "{result}"))
        .map(|result| {
            let member = |name: &str| result[name].as_str().expect("each result has it");
            (member("EvalActionName"), member("EvalDecision"))
        })
        .collect()
}

#[test]
fn a_roles_permissions_are_tested_for_a_person_and_for_an_agent() {
    let mut job = Job::begin_reading();
    let mut account = job.account();
    let before = account.state("/none/");
    let role = job.call("get_role", json!({"role_name": "nightly-report"}))["Role"].clone();
    let arn = role["Arn"].clone();
    assert_eq!(role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"], "lambda.amazonaws.com");
    let asked = json!({"policy_source_arn": arn, "action_names": ["s3:GetObject", "s3:PutObject", "iam:CreateUser"],
        "resource_arns": ["arn:aws:s3:::acme-orders/2026/11"]});
    let simulated = job.call("simulate_principal_policy", asked);
    assert_eq!(
        decisions(&simulated),
        [("s3:GetObject", "allowed"), ("s3:PutObject", "implicitDeny"), ("iam:CreateUser", "implicitDeny")],
        "{simulated}"
    );
    let statement = &simulated["EvaluationResults"][0]["MatchedStatements"][0];
    assert!(statement["SourcePolicyId"].is_string() && statement["StartPosition"].is_object(), "{statement}");

    // The mapped role itself: what agents may do less than people.
    let admin = job.call("get_role", json!({"role_name": "mcp-admin"}))["Role"]["Arn"].clone();
    let asked = json!({"policy_source_arn": admin, "action_names": ["iam:DeleteUser", "iam:GetUser"],
        "resource_arns": ["arn:aws:iam::123456789012:user/ci/ci-jenkins"]});
    let compared = job.call("compare_mcp_access", asked);
    let of = |action: &str| {
        let all = compared["Comparisons"].as_array().expect("a list");
        let one = all.iter().find(|one| one["EvalActionName"] == action).expect("it was compared");
        (one["Person"]["EvalDecision"].clone(), one["Agent"]["EvalDecision"].clone())
    };
    assert_eq!(of("iam:DeleteUser"), (json!("allowed"), json!("explicitDeny")), "{compared}");
    assert_eq!(of("iam:GetUser"), (json!("allowed"), json!("allowed")), "{compared}");

    assert_eq!(account.state("/none/"), before, "a test changes nothing");
    assert_eq!(
        job.recorded(),
        [read("get_role"), read("simulate_principal_policy"), read("get_role"), read("compare_mcp_access")]
    );
    job.assert_writes_are_told(&[]);
}
