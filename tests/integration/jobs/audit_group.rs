//! Auditing a group.

use serde_json::{Value, json};

use super::{Job, names, read};

#[test]
fn a_group_is_audited_and_its_way_to_administrator_is_found() {
    let mut job = Job::begin_reading();
    let mut account = job.account();
    let before = account.state("/none/");
    let group = job.call("get_group", json!({"group_name": "release-managers"}))["Group"].clone();
    assert_eq!(names(&group["Users"], "UserName"), ["wei.zhang", "xenia.popescu"], "{group}");
    let mut documents: Vec<(String, Value)> = Vec::new();
    for policy in group["AttachedPolicies"].as_array().expect("a list") {
        let document = job.call("get_managed_policy_document", json!({"policy_arn": policy["PolicyArn"]}));
        let name = policy["PolicyName"].as_str().expect("a policy has a name");
        documents.push((name.to_owned(), document["PolicyDocument"].clone()));
    }
    assert_eq!(group["InlinePolicies"], json!([]));
    let mut dangers = Vec::new();
    for (name, document) in &documents {
        let judged = job.call("validate_policy", json!({"policy_document": document}));
        assert_eq!(judged["valid"], true, "{name}: {judged}");
        let found = judged["security_findings"].as_array().expect("a list").iter();
        dangers.extend(found.map(|found| (name.as_str(), found["severity"].clone(), found["path"].clone())));
    }
    // Whoever may write a new version of a policy that holds for himself may do everything.
    let worst: Vec<&str> = dangers
        .iter()
        .filter(|(_, severity, _)| ["critical", "high"].iter().any(|high| severity == high))
        .map(|(name, ..)| *name)
        .collect();
    assert!(worst.contains(&"release-management"), "{dangers:#?}");
    let used = job
        .call("list_entities_for_policy", json!({"policy_arn": "arn:aws:iam::123456789012:policy/release-management"}));
    assert!(used.to_string().contains("release-managers"), "{used}");

    assert_eq!(account.state("/none/"), before, "an audit changes nothing");
    let validated = vec![read("validate_policy"); documents.len()];
    let documented = vec![read("get_managed_policy_document"); documents.len()];
    let expected = [vec![read("get_group")], documented, validated, vec![read("list_entities_for_policy")]].concat();
    assert_eq!(job.recorded(), expected);
    job.assert_writes_are_told(&[]);
}
