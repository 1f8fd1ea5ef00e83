//! Machines and people, and what nobody uses, in the sandbox's believable account.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::mcp::{message, modern};

/// Everybody whom a tool lists, over all pages.
fn all(gateway: &TestGateway, tool: &str, mut arguments: Value) -> Vec<Value> {
    let mut listed = Vec::new();
    loop {
        let called = gateway.call("reader", tool, arguments.clone());
        let page = called.done();
        listed.extend(page["Identities"].as_array().expect("a list").iter().cloned());
        let Some(marker) = page.get("Marker") else {
            assert_eq!(page["Total"], json!(listed.len()), "as many as there are said to be");
            return listed;
        };
        arguments["marker"] = marker.clone();
    }
}

fn by_name(listed: &[Value]) -> BTreeMap<&str, &Value> {
    let by_name: BTreeMap<&str, &Value> = listed.iter().filter_map(|one| Some((one["Name"].as_str()?, one))).collect();
    assert_eq!(by_name.len(), listed.len(), "nobody is on two pages");
    by_name
}

const MACHINES: [&str; 17] = [
    "ansible-deployer",
    "app-checkout",
    "bot-release-notes",
    "ci-github-legacy",
    "ci-gitlab-runner",
    "ci-jenkins",
    "ci-nightly",
    "data-import",
    "demo-operator",
    "monthly-reports",
    "svc-backup",
    "svc-image-resizer",
    "svc-legacy-erp",
    "svc-mailer",
    "svc-metrics-exporter",
    "terraform-apply",
    "ticket-sync",
];

const PEOPLE: [&str; 8] = [
    "alice.nguyen",
    "ben.okafor",
    "carla.rossi",
    "dmitri.volkov",
    "hugo.martin",
    "mei.tanaka",
    "noah.jansen",
    "priya.sharma",
];

const ROLES: [(&str, &str); 15] = [
    ("bastion-host", "ec2-instance-profile"),
    ("nightly-report", "lambda-execution"),
    ("ops-automation", "lambda-execution"),
    ("image-builder", "service"),
    ("orders-service-task", "service"),
    ("AWSServiceRoleForSupport", "service"),
    ("public-upload", "cross-account"),
    ("partner-data-share", "cross-account"),
    ("staging-deployer", "cross-account"),
    ("github-deploy", "federated"),
    ("eks-batch", "federated"),
    ("saml-power-user", "federated"),
    ("read-only", "application"),
    ("build-runner", "application"),
    ("mcp-admin", "application"),
];

#[test]
fn machines_people_and_kinds_of_roles_are_told_apart() {
    let gateway = TestGateway::with_sandbox().start();
    let scanned = all(&gateway, "scan_iam_identities", json!({"max_items": 20}));
    let scanned = by_name(&scanned);
    for name in MACHINES {
        assert_eq!(scanned[name]["Verdict"], "nhi", "{}", scanned[name]);
    }
    for name in PEOPLE {
        assert_eq!(scanned[name]["Verdict"], "human", "{}", scanned[name]);
    }
    for (name, kind) in ROLES {
        assert_eq!((&scanned[name]["Kind"], &scanned[name]["Confidence"]), (&json!(kind), &json!(1.0)), "{name}");
    }
    let codes = |name: &str| -> BTreeSet<&str> {
        let findings = scanned[name]["Findings"].as_array().map(Vec::as_slice).unwrap_or_default();
        findings.iter().filter_map(|finding| finding["Code"].as_str()).collect()
    };
    assert!(codes("public-upload").contains("AnyoneCanAssume"));
    assert!(codes("github-preview").contains("OidcWithoutSubject"));
    assert!(!codes("github-deploy").contains("OidcWithoutSubject"));

    let machines = all(&gateway, "list_nhi_identities", json!({"max_items": 25}));
    let machines = by_name(&machines);
    let expected: BTreeSet<&str> =
        scanned.iter().filter(|(_, one)| one["Verdict"] == "nhi").map(|(name, _)| *name).collect();
    assert_eq!(machines.keys().copied().collect::<BTreeSet<_>>(), expected);

    let sorted = gateway.call("reader", "distinguish_users_vs_nhi", json!({}));
    let sorted = sorted.done();
    let count = |verdict: &str| sorted["Users"][verdict]["Count"].as_u64().expect("a number");
    assert_eq!(sorted["Users"]["Total"], count("Human") + count("Nhi") + count("Uncertain"));
    let of_users = scanned.values().filter(|one| one["Type"] == "user" && one["Verdict"] == "nhi");
    assert_eq!(of_users.count() as u64, count("Nhi"));
}

#[test]
fn an_identity_is_told_alike_alone_and_among_all() {
    let gateway = TestGateway::with_sandbox().start();
    let scanned = all(&gateway, "scan_iam_identities", json!({"max_items": 1000}));
    let scanned = by_name(&scanned);
    for (name, kind) in [("svc-legacy-erp", "user"), ("alice.nguyen", "user"), ("github-preview", "role")] {
        let called =
            gateway.call("reader", "get_identity_details", json!({"identity_name": name, "identity_type": kind}));
        let alone = &called.done()["Identity"];
        for member in ["Name", "Type", "Arn", "CreateDate", "Verdict", "Confidence", "Signals", "Kind", "TrustedBy"] {
            assert_eq!(alone.get(member), scanned[name].get(member), "{name}.{member}");
        }
        let calls = gateway.records_of(&called.id)[0]["additionalEventData"]["awsCalls"].clone();
        let calls = calls.as_array().expect("a list");
        assert!(calls.len() <= 9, "{}", calls.len());
        assert!(calls.iter().all(|call| call["action"] != "iam:GetAccountAuthorizationDetails"));
    }
}

fn inactive(gateway: &TestGateway, kind: &str) -> BTreeSet<String> {
    let called = gateway.call("reader", "find_inactive_identities", json!({"kinds": [kind]}));
    let found = called.done()["Inactive"].as_array().expect("a list").clone();
    assert!(found.iter().all(|one| one["Type"] == kind));
    found.iter().filter_map(|one| one["Name"].as_str()).map(ToOwned::to_owned).collect()
}

#[test]
fn what_nobody_used_for_90_days_is_found() {
    let gateway = TestGateway::with_sandbox().start();
    let users = inactive(&gateway, "user");
    for name in ["quentin.dubois", "rosa.delgado", "ansible-deployer", "svc-image-resizer", "data-import", "ci-nightly"]
    {
        assert!(users.contains(name), "{name}: {users:?}");
    }
    for name in ["alice.nguyen", "svc-legacy-erp", "svc-backup", "demo-operator"] {
        assert!(!users.contains(name), "{name}: {users:?}");
    }
    let keys = inactive(&gateway, "access_key");
    assert!(keys.contains("kavya.patel") && !keys.contains("svc-backup"), "{keys:?}");
    let roles = inactive(&gateway, "role");
    for name in ["cluster-nodes-2023", "old-migration", "falcon-prototype", "public-upload"] {
        assert!(roles.contains(name), "{name}: {roles:?}");
    }
    for name in ["bastion-host", "AWSServiceRoleForSupport", "mcp-admin"] {
        assert!(!roles.contains(name), "{name}: {roles:?}");
    }
}

#[test]
fn progress_of_reading_an_account_is_told_with_how_much_there_is() {
    let gateway = TestGateway::with_sandbox().start();
    let mut call = message("scan", "tools/call", json!({"name": "distinguish_users_vs_nhi", "arguments": {}}));
    call["params"]["_meta"]["progressToken"] = json!("t");
    let answer = modern(gateway.request("reader"), &call).send();
    let events = answer.events();
    let [progress, result] = events.as_slice() else { unreachable!("two messages: {}", answer.text()) };
    let params = &progress["params"];
    assert_eq!(params["message"], "users, groups, roles and policies read");
    assert!(params["progress"].as_f64().is_some_and(|done| done > 60.0), "{params}");
    assert_eq!(params["progress"].as_f64(), params["total"].as_f64());
    assert_eq!(result["result"]["isError"], false);
    let record = &gateway.records_of("scan")[0];
    let calls = record["additionalEventData"]["awsCalls"].as_array().expect("a list");
    assert_eq!(calls.iter().filter(|call| call["action"] == "iam:GetAccountSummary").count(), 1);
}
