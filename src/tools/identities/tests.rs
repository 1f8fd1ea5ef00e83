//! The tools on accounts of an IAM in memory.

use serde_json::{Value, json};

use super::testing::{DETAILS, account, with_report};
use crate::iam::testing::Scripted;
use crate::posture::classify::{Confidence, Thresholds};
use crate::tools::catalogue::CATALOGUE;
use crate::tools::{Call, ToolError, Work, testing};

fn call(tool: &str, arguments: &Value, thresholds: Thresholds) -> Call {
    let declared = testing::declared("alice", tool, arguments).unwrap_or_else(|error| panic!("{error}"));
    let facts = testing::facts("alice").with_thresholds(thresholds);
    Call { arguments: declared.call().arguments.clone(), facts }
}

async fn answer_with(aws: &Scripted, tool: &str, arguments: Value, thresholds: Thresholds) -> Result<Value, ToolError> {
    let declared = testing::declared("alice", tool, &arguments).unwrap();
    let Work::Read(work) = CATALOGUE.find(tool).unwrap().work else { unreachable!("{tool} reads") };
    let reader = aws.reader(declared.declaration().reads.clone());
    work.answer(&call(tool, &arguments, thresholds), &reader).await
}

async fn answer(aws: &Scripted, tool: &str, arguments: Value) -> Value {
    answer_with(aws, tool, arguments, Thresholds::default()).await.unwrap()
}

/// Three users who are tagged as services, of whom two have keys and no password, and a role for instances.
fn with_keys() -> Scripted {
    with_report(account(3), &["user-0", "user-2"])
}

fn names(answer: &Value, key: &str) -> Vec<String> {
    answer[key].as_array().unwrap().iter().map(|one| one["Name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn everybody_is_told_with_verdict_and_signals() {
    let scanned = answer(&with_keys(), "scan_iam_identities", json!({})).await;
    assert_eq!(names(&scanned, "Identities"), ["app", "user-0", "user-1", "user-2"]);
    assert_eq!((&scanned["Total"], &scanned["IsTruncated"]), (&json!(4), &json!(false)));
    assert_eq!(scanned["Account"], json!({"Users": 3, "Roles": 1}));
    assert_eq!(scanned["CredentialReport"], json!({"Available": true}));
    let identities = &scanned["Identities"];
    assert_eq!(
        identities[0],
        json!({
            "Name": "app", "Type": "role", "Arn": "arn:aws:iam::123456789012:role/app",
            "CreateDate": "2026-01-02T03:04:05Z", "LastUsed": "2026-02-03T04:05:06Z", "Verdict": "nhi", "Confidence": 1.0,
            "Kind": "ec2-instance-profile", "TrustedBy": ["ec2.amazonaws.com"],
            "Findings": [
                {"Code": "ServiceWithoutSource", "Severity": "low", "Path": "$.Statement.Principal.Service"},
            ],
        })
    );
    assert_eq!(
        identities[1],
        json!({
            "Name": "user-0", "Type": "user", "Arn": "arn:aws:iam::123456789012:user/team/user-0",
            "CreateDate": "2026-01-02T03:04:05Z", "Verdict": "nhi", "Confidence": 1.0,
            "Signals": [
                {"Signal": "PasswordNeverUsed", "Weight": 0.2, "Fact": "it has no password"},
                {"Signal": "ActiveAccessKey", "Weight": 0.2, "Fact": "it has an active access key"},
                {"Signal": "NoMfaDevice", "Weight": 0.1, "Fact": "it has no MFA device"},
                {"Signal": "TypeTag", "Weight": 0.3, "TagKey": "Type", "TagValue": "service"},
                {"Signal": "TagSaysService", "Weight": 0.2, "TagKey": "Type", "TagValue": "service"},
            ],
        })
    );
    assert_eq!(identities[2]["Unknown"], json!(["PasswordNeverUsed", "ActiveAccessKey", "NoMfaDevice"]));
    assert!(identities[0].get("Permissions").is_none());
}

#[tokio::test]
async fn what_each_holds_is_told_where_it_is_asked_for() {
    let scanned = answer(&with_keys(), "scan_iam_identities", json!({"include_permissions": true})).await;
    assert_eq!(
        scanned["Identities"][1]["Permissions"],
        json!({
            "AttachedPolicies": ["arn:aws:iam::123456789012:policy/x"], "InlinePolicies": ["own"], "Groups": ["crew"],
            "PermissionsBoundary": "arn:aws:iam::123456789012:policy/x",
            "AccessLevel": "read", "Administrator": "no", "Dangerous": {"data-exfiltration": 1},
        })
    );
    assert_eq!(
        scanned["Identities"][0]["Permissions"],
        json!({
            "AttachedPolicies": [], "InlinePolicies": [], "AccessLevel": "none", "Administrator": "no", "Dangerous": {},
        })
    );
}

#[tokio::test]
async fn pages_are_bounded_and_go_on_by_name() {
    let first = answer(&with_keys(), "scan_iam_identities", json!({"max_items": 3})).await;
    assert_eq!((names(&first, "Identities").len(), &first["Total"]), (3, &json!(4)));
    let next = json!({"max_items": 3, "marker": first["Marker"]});
    let last = answer(&with_keys(), "scan_iam_identities", next).await;
    assert_eq!((names(&last, "Identities"), last.get("Marker")), (vec!["user-2".to_owned()], None));
}

#[test]
fn a_marker_that_is_none_is_refused_before_the_account_is_read() {
    let error = testing::declared("alice", "scan_iam_identities", &json!({"marker": "none"})).unwrap_err();
    assert_eq!((error.code.as_str(), error.parameter.as_deref()), ("ValidationError", Some("marker")));
}

#[tokio::test]
async fn machines_are_those_from_the_least_confidence_on() {
    let without = || account(3).answering("GenerateCredentialReport", [Err("AccessDenied")]);
    let listed = answer(&without(), "list_nhi_identities", json!({})).await;
    assert_eq!(names(&listed, "Identities").len(), 4, "the tags alone make them machines");
    assert_eq!(listed["CredentialReport"]["Available"], json!(false));
    assert_eq!(listed["CredentialReport"]["Code"], json!("AccessDenied"));
    let surer = answer(&without(), "list_nhi_identities", json!({"min_confidence": 0.51})).await;
    assert_eq!(names(&surer, "Identities"), ["app"]);
    let thresholds = Thresholds { nhi: Confidence::percent(60), human: Confidence::percent(30) };
    let configured = answer_with(&without(), "list_nhi_identities", json!({}), thresholds).await.unwrap();
    assert_eq!(names(&configured, "Identities"), ["app"], "as configured where a call does not say");
    let asked =
        answer_with(&without(), "list_nhi_identities", json!({"min_confidence": 0.5}), thresholds).await.unwrap();
    assert_eq!(asked["Identities"][1]["Verdict"], json!("uncertain"));
}

#[tokio::test]
async fn users_are_sorted_and_roles_counted() {
    let sorted = answer(&with_keys(), "distinguish_users_vs_nhi", json!({})).await;
    assert_eq!(sorted["Users"]["Total"], json!(3));
    assert_eq!(sorted["Users"]["Nhi"], json!({"Count": 3, "Names": ["user-0", "user-1", "user-2"]}));
    assert_eq!(sorted["Users"]["Human"], json!({"Count": 0, "Names": []}));
    assert_eq!(sorted["Roles"], json!({"Total": 1, "ByKind": {"ec2-instance-profile": 1}}));
    assert_eq!(sorted["Thresholds"], json!({"Nhi": 0.5, "Human": 0.3}));
}

#[tokio::test]
async fn what_nobody_uses_is_not_told_without_the_report() {
    let denied = account(1).answering("GenerateCredentialReport", [Err("AccessDenied")]);
    let error = answer_with(&denied, "find_inactive_identities", json!({}), Thresholds::default()).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.action.as_deref()), ("AccessDenied", Some("iam:GenerateCredentialReport")));
    let roles = answer(&denied, "find_inactive_identities", json!({"kinds": ["role"]})).await;
    assert!(roles.get("UsersNotInReport").is_none());
    assert_eq!(denied.operations().iter().filter(|operation| *operation == "GenerateCredentialReport").count(), 1);
}

#[tokio::test]
async fn one_role_is_read_with_few_calls_and_not_the_account() {
    let trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A\
                 %7B%22AWS%22%3A%22999999999999%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
    let role = format!(
        "<Role><Path>/</Path><RoleName>vendor</RoleName><RoleId>AROA1</RoleId>\
         <Arn>arn:aws:iam::123456789012:role/vendor</Arn><CreateDate>2026-01-02T03:04:05Z</CreateDate>\
         <AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument></Role>"
    );
    let none = |list: &str| Ok(format!("<{list}/><IsTruncated>false</IsTruncated>"));
    let aws = Scripted::default()
        .answering("GetRole", [Ok(role)])
        .answering("ListAttachedRolePolicies", [none("AttachedPolicies")])
        .answering("ListRolePolicies", [none("PolicyNames")])
        .answering("ListInstanceProfilesForRole", [none("InstanceProfiles")]);
    let told = answer(&aws, "get_identity_details", json!({"identity_name": "vendor", "identity_type": "role"})).await;
    let role = &told["Identity"];
    assert_eq!((&role["Kind"], &role["TrustedBy"]), (&json!("cross-account"), &json!(["999999999999"])));
    assert_eq!(role["Findings"][0]["code"], json!("ForeignAccountWithoutExternalId"));
    assert!(role["Findings"][0]["remedy"].is_string());
    assert_eq!(aws.operations().len(), 4);
    assert!(!aws.operations().contains(&DETAILS.to_owned()));
}

#[test]
fn credentials_are_refused_with_the_reason_and_not_echoed() {
    let tools = ["scan_iam_identities", "list_nhi_identities", "get_identity_details", "distinguish_users_vs_nhi"];
    for tool in tools {
        for name in ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "region"] {
            let arguments = json!({name: "AKIACANARY0000000000", "identity_name": "bob", "identity_type": "user"});
            let error = testing::declared("alice", tool, &arguments).unwrap_err();
            assert_eq!(error.code, "ValidationError", "{tool}.{name}");
            let why =
                if name == "region" { "IAM is the same in every region" } else { "credentials never travel there" };
            assert!(error.message.contains(why), "{tool}.{name}: {}", error.message);
            let said = format!("{error:?}{}{}", error.recorded_message(), json!(error));
            assert!(!said.contains("AKIACANARY"), "{said}");
        }
    }
}
