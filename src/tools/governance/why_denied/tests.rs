//! What is said of refused calls.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::audit::RequestLog;
use crate::clock::ManualClock;
use crate::iam::testing::{Answer, Scripted};
use crate::tools::Arguments;
use crate::tools::testing::facts;

fn encoded(document: &Value) -> String {
    percent_encoding::utf8_percent_encode(&document.to_string(), percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A mapped role with this inline policy.
fn aws(statements: &Value) -> Scripted {
    let document = encoded(&json!({"Version": "2012-10-17", "Statement": statements}));
    let arn = facts("alice").mapping.role_arn.to_string();
    let trust = encoded(&json!({"Version": "2012-10-17", "Statement": []}));
    let one = |inside: String| -> [Answer; 1] { [Ok(inside)] };
    Scripted::default()
        .answering(
            "GetRole",
            one(format!(
                "<Role><Path>/</Path><RoleName>r</RoleName><RoleId>AROA1</RoleId><Arn>{arn}</Arn>\
                 <CreateDate>2026-01-02T03:04:05Z</CreateDate><AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument></Role>"
            )),
        )
        .answering(
            "ListAttachedRolePolicies",
            one("<AttachedPolicies/><IsTruncated>false</IsTruncated>".to_owned()),
        )
        .answering(
            "ListRolePolicies",
            one("<PolicyNames><member>own</member></PolicyNames><IsTruncated>false</IsTruncated>".to_owned()),
        )
        .answering(
            "GetRolePolicy",
            one(format!(
                "<RoleName>r</RoleName><PolicyName>own</PolicyName><PolicyDocument>{document}</PolicyDocument>"
            )),
        )
}

fn call(arguments: &Value, journal: &Path) -> Call {
    let arguments = Arguments::check(&SPEC, arguments.as_object().unwrap()).unwrap();
    Call { arguments, facts: facts("alice").with_requests(&Arc::new(RequestLog::of(journal))) }
}

async fn answer_with(aws: &Scripted, arguments: &Value, records: &[Value]) -> Result<Value, ToolError> {
    let journal = tempfile::tempdir().unwrap();
    let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
    std::fs::write(journal.path().join("journal-1.jsonl"), lines).unwrap();
    let call = call(arguments, journal.path());
    let clock = ManualClock::at("2026-11-20T12:00:00Z".parse().unwrap());
    let reader = aws.reader(WhyDenied.declare(&call)?).with_clock(clock);
    WhyDenied.answer(&call, &reader).await
}

async fn answer(statements: &Value, arguments: &Value) -> Result<Value, ToolError> {
    answer_with(&aws(statements), arguments, &[]).await
}

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn tagging() -> Value {
    json!({"tool_name": "tag_user", "arguments": {"user_name": "bob", "tags": {"team": "x"}}})
}

#[tokio::test]
async fn what_the_role_lacks_is_proposed_and_nothing_else() {
    let reading = allow("iam:GetUser", "*");
    let told = answer(&json!([reading]), &tagging()).await.unwrap();
    assert_eq!((&told["Outcome"], &told["Tool"]), (&json!("denied"), &json!("tag_user")));
    let refusal = &told["Refusals"].as_array().unwrap().iter().find(|one| one["Action"] == "iam:TagUser").unwrap();
    assert_eq!((&refusal["Layer"], &refusal["Code"]), (&json!("role-policy"), &json!("AccessDenied")));
    let resource = &refusal["Resource"];
    assert_eq!(
        refusal["Proposal"]["Statement"],
        json!({"Effect": "Allow", "Action": "iam:TagUser", "Resource": resource})
    );
    assert!(refusal.get("Statement").is_none());
}

#[tokio::test]
async fn a_statement_that_denies_or_allows_elsewhere_is_named() {
    let everything = allow("*", "*");
    let deny = json!({"Sid": "NoTags", "Effect": "Deny", "Action": "iam:Tag*", "Resource": "*"});
    let told = answer(&json!([everything, deny]), &tagging()).await.unwrap();
    let refusal = &told["Refusals"][0];
    assert_eq!((&refusal["Statement"]["Sid"], &refusal["Conditional"]), (&json!("NoTags"), &json!(false)));
    assert!(refusal["Proposal"].get("Statement").is_none(), "no allow helps against a denial");
    let elsewhere =
        json!([allow("iam:Get*", "*"), allow("iam:List*", "*"), allow("iam:TagUser", "arn:aws:iam::*:user/eve")]);
    let told = answer(&elsewhere, &tagging()).await.unwrap();
    assert_eq!(told["Refusals"][0]["Statement"]["Statement"], json!(2), "{told}");
}

#[tokio::test]
async fn what_is_allowed_is_not_denied() {
    let told = answer(&json!([allow("iam:*", "*")]), &tagging()).await.unwrap();
    assert_eq!((&told["Outcome"], &told["Refusals"]), (&json!("not-denied"), &json!([])));
}

#[tokio::test]
async fn tags_of_the_session_count() {
    let mut statement = allow("iam:*", "*");
    statement["Condition"] = json!({"StringEquals": {"aws:PrincipalTag/ViaAWSMCPService": "true"}});
    let told = answer(&json!([statement]), &tagging()).await.unwrap();
    assert_eq!(told["Outcome"], "not-denied", "{told}");
}

#[tokio::test]
async fn what_depends_on_what_nobody_knows_is_said_to() {
    let mut statement = allow("iam:*", "*");
    statement["Condition"] = json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}});
    let told = answer(&json!([statement]), &tagging()).await.unwrap();
    assert_eq!((&told["Outcome"], &told["Refusals"][0]["Conditional"]), (&json!("under-conditions"), &json!(true)));
    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let attaching = json!({"tool_name": "attach_user_policy", "arguments": {"user_name": "bob", "policy_arn": arn}});
    let mut statement = allow("iam:Attach*", "*");
    statement["Condition"] = json!({"ArnEquals": {"iam:PolicyARN": arn}});
    let reading = [allow("iam:Get*", "*"), allow("iam:List*", "*")];
    let told = answer(&json!([reading[0], reading[1], statement]), &attaching).await.unwrap();
    assert_eq!(told["Outcome"], "not-denied", "the call's own keys are known: {told}");
}

#[tokio::test]
async fn a_call_that_cannot_be_is_told_by_its_parameter() {
    for (arguments, parameter) in [
        (json!({}), "request_id"),
        (json!({"tool_name": "tag_usr"}), "tool_name"),
        (json!({"tool_name": "why_denied"}), "tool_name"),
        (json!({"tool_name": "tag_user", "arguments": {"user_name": 7}}), "arguments"),
    ] {
        let error = answer(&json!([]), &arguments).await.unwrap_err();
        assert_eq!(error.parameter.as_deref(), Some(parameter), "{arguments}: {error}");
    }
}

fn record(more: &Value, code: Option<&str>) -> Value {
    let mut data = json!({"caller": {"kind": "keyring", "name": "alice"}, "tool": "tag_user"});
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"stage": "denied", "eventTime": "2026-11-20T11:00:00.000Z", "requestID": "call-1", "errorCode": code,
        "integrity": {"sequence": 1}, "additionalEventData": data})
}

#[tokio::test]
async fn a_refusal_in_the_records_is_explained_by_who_refused() {
    let resource = "arn:aws:iam::123456789012:user/bob";
    let of = async |statements: Value, more: Value, code| {
        answer_with(&aws(&statements), &json!({"request_id": "call-1"}), &[record(&more, code)]).await
    };
    let by_policy = json!({"decision": {"effect": "deny", "policy": "p.json", "statement": "NoTags"},
        "error": {"stage": "gateway", "action": "iam:TagUser", "resource": resource}});
    let told = of(json!([]), by_policy, Some("PolicyDenied")).await.unwrap();
    let refusal = &told["Refusals"][0];
    assert_eq!(refusal["Layer"], "endpoint-policy");
    assert_eq!(refusal["Statement"], json!({"Policy": "p.json", "Statement": "NoTags"}));
    let by_none = json!({"decision": {"effect": "deny"}, "error": {"stage": "gateway", "action": "iam:TagUser", "resource": resource}});
    let told = of(json!([]), by_none, Some("PolicyNotAllowed")).await.unwrap();
    assert_eq!(told["Refusals"][0]["Proposal"]["Statement"], allow("iam:TagUser", resource));
    let by_aws = json!({"decision": {"effect": "allow"}, "error": {"stage": "aws", "action": "iam:TagUser", "resource": resource},
        "awsCalls": [{"action": "iam:TagUser", "resource": resource, "errorCode": "AccessDenied", "requestId": "r-1"}]});
    let told = of(json!([]), by_aws.clone(), Some("AccessDenied")).await.unwrap();
    assert_eq!(told["Refusals"][0]["Layer"], "role-policy");
    let told = of(json!([allow("iam:*", "*")]), by_aws, Some("AccessDenied")).await.unwrap();
    assert_eq!(told["Refusals"][0]["Layer"], "beyond", "nothing that can be seen denies it");
    let not_assumed = json!({"error": {"stage": "aws", "action": "sts:AssumeRole", "resource": "role"}});
    let told = of(json!([]), not_assumed, Some("AccessDenied")).await.unwrap();
    assert_eq!(told["Refusals"][0]["Layer"], "role-session");
    let told = of(json!([]), json!({}), None).await.unwrap();
    assert_eq!(told["Outcome"], "not-denied");
}

#[tokio::test]
async fn a_request_that_nobody_knows_is_said_so() {
    let error = answer(&json!([]), &json!({"request_id": "call-9"})).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.parameter.as_deref()), ("NoSuchRequest", Some("request_id")));
}

#[tokio::test]
async fn where_the_role_cannot_be_read_it_is_said_of_what_was_denied() {
    let denied = Scripted::default().answering("GetRole", [Err("AccessDenied")]);
    let by_aws = json!({"awsCalls": [{"action": "iam:TagUser", "resource": "r", "errorCode": "AccessDenied"}]});
    let told =
        answer_with(&denied, &json!({"request_id": "call-1"}), &[record(&by_aws, Some("AccessDenied"))]).await.unwrap();
    assert!(told["Refusals"][0]["Why"].as_str().unwrap().contains("cannot be read"));
    let told = answer_with(&denied, &tagging(), &[]).await.unwrap();
    assert_eq!(told["Outcome"], "unknown", "what was not looked at is not allowed");
    let throttled = Scripted::default().answering("GetRole", [Err("Throttling")]);
    assert_eq!(answer_with(&throttled, &tagging(), &[]).await.unwrap_err().code, "Throttling");
}

#[test]
fn every_refusal_of_stage_one_has_its_layer_and_a_change() {
    for (code, layer) in [
        ("ToolNotAllowed", "role-mapping"),
        ("ReadOnlyCaller", "role-mapping"),
        ("ReadOnlyGateway", "gateway"),
        ("InsufficientScope", "authentication"),
        ("UnsignedWrite", "authentication"),
        ("ProtectedResource", "protected-resources"),
        ("PermissionsBoundaryRequired", "required-boundary"),
        ("PolicyDenied", "endpoint-policy"),
        ("PolicyNotAllowed", "endpoint-policy"),
        ("ConfirmationRequired", "gateway"),
    ] {
        let refused = stage_one::Refused { code: code.to_owned(), policy: None, statement: None, on: None };
        let told = stage_one::explained(&refused, None, &facts("alice"));
        assert_eq!((told.layer, told.code.as_str()), (layer, code));
        assert!(!told.proposal.change.is_empty() && !told.why.is_empty());
    }
}
