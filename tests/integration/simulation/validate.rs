//! `validate_policy`: faults, findings, and what IAM Access Analyzer adds.

use serde_json::{Value, json};

use super::{allow, aws_calls};
use crate::support::access_analyzer::AccessAnalyzer;
use crate::support::gateway::TestGateway;
use crate::support::mcp::Called;
use crate::support::prepared::Prepared;

fn validate(gateway: &TestGateway, document: &Value, kind: &str) -> Called {
    gateway.call("reader", "validate_policy", json!({"policy_document": document, "policy_type": kind}))
}

fn with_analyzer(url: &str) -> Prepared {
    TestGateway::with_faulty_aws().set("aws.access_analyzer_endpoint", &format!("\"{url}\""))
}

fn codes(content: &Value) -> Vec<&str> {
    let findings = content["security_findings"].as_array().expect("findings are a list");
    findings.iter().map(|finding| finding["code"].as_str().expect("a finding has a code")).collect()
}

#[test]
fn faults_are_a_result_and_each_has_its_place() {
    let gateway = TestGateway::with_sandbox().start();
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "allow", "Action": "s3:GetObject", "Resource": "bucket"},
    ]});
    for form in [document.clone(), json!(document.to_string())] {
        let called = validate(&gateway, &form, "identity");
        let content = called.done();
        assert_eq!((&content["valid"], &content["security_findings"]), (&json!(false), &json!([])));
        let paths: Vec<&Value> =
            content["faults"].as_array().expect("faults are a list").iter().map(|fault| &fault["path"]).collect();
        assert_eq!(paths, ["$.Statement[0].Effect", "$.Statement[0].Resource"], "{content}");
        assert_eq!(content["faults"][0]["suggestion"], "Allow");
    }
    let garbage = validate(&gateway, &json!("no policy"), "identity");
    assert_eq!((&garbage.done()["valid"], &garbage.content["faults"][0]["code"]), (&json!(false), &json!("syntax")));
}

#[test]
fn what_is_dangerous_is_told_by_kind_of_policy() {
    let gateway = TestGateway::with_moto().start();
    assert_eq!(codes(validate(&gateway, &allow("*"), "identity").done()), ["AdministratorAccess"]);
    let escalation = validate(&gateway, &allow("iam:*Policy*"), "identity");
    assert!(codes(escalation.done()).contains(&"PrivilegeEscalation"), "{}", escalation.content);
    let anybody = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},
        "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}},
    }]});
    let trust = validate(&gateway, &anybody, "trust");
    assert_eq!(codes(trust.done()), ["OidcWithoutSubject"], "{}", trust.content);
    assert_eq!(trust.content["security_findings"][0]["severity"], "critical");
    assert_eq!(validate(&gateway, &anybody, "identity").done()["valid"], false, "an identity has no Principal");
}

#[test]
fn with_an_iam_of_ones_own_aws_is_not_asked() {
    let gateway = TestGateway::with_sandbox().start();
    let called = validate(&gateway, &allow("s3:GetObject"), "identity");
    let told = &called.done()["access_analyzer"];
    assert_eq!(told["available"], false);
    assert!(told["reason"].as_str().is_some_and(|reason| reason.contains("access_analyzer_endpoint")), "{told}");
    assert_eq!(aws_calls(&gateway, &called.id), []);
}

#[test]
fn access_analyzers_findings_stand_beside_the_gateways_own() {
    let analyzer = AccessAnalyzer::answering(
        200,
        "",
        &json!({"findings": [{
            "findingDetails": "Using the iam:PassRole action with wildcards (*) can be overly permissive.",
            "findingType": "SECURITY_WARNING", "issueCode": "PASS_ROLE_WITH_STAR_IN_RESOURCE",
            "learnMoreLink": "https://docs.aws.amazon.com/IAM/latest/UserGuide/x.html",
            "locations": [{
                "path": [{"value": "Statement"}, {"index": 0}, {"value": "Resource"}],
                "span": {"start": {"line": 1, "column": 2, "offset": 2}, "end": {"line": 1, "column": 5, "offset": 5}},
            }],
        }]}),
    );
    let gateway = with_analyzer(&analyzer.url()).start();
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"},
    ]});
    let called = validate(&gateway, &trust, "trust");
    let told = &called.done()["access_analyzer"];
    assert_eq!(
        (&told["available"], &told["findings"][0]["issueCode"]),
        (&json!(true), &json!("PASS_ROLE_WITH_STAR_IN_RESOURCE"))
    );
    assert_eq!(told["findings"][0]["locations"], json!(["$.Statement[0].Resource"]));
    let received = analyzer.received();
    assert!(received[0].line.starts_with("POST /policy/validation"), "{received:?}");
    assert_eq!(received[0].body["policyDocument"], trust.to_string());
    assert_eq!(
        (&received[0].body["policyType"], &received[0].body["validatePolicyResourceType"]),
        (&json!("RESOURCE_POLICY"), &json!("AWS::IAM::AssumeRolePolicyDocument"))
    );
    assert!(received[0].authorization.contains("/us-east-1/access-analyzer/aws4_request"), "{received:?}");
    assert_eq!(aws_calls(&gateway, &called.id), [("access-analyzer:ValidatePolicy".to_owned(), "*".to_owned(), 200)]);
}

#[test]
fn access_analyzer_that_refuses_or_is_not_there_is_no_error() {
    let refusing =
        AccessAnalyzer::answering(403, "AccessDeniedException", &json!({"message": "User is not authorized"}));
    let gateway = with_analyzer(&refusing.url()).start();
    let called = validate(&gateway, &allow("*"), "identity");
    assert_eq!(codes(called.done()), ["AdministratorAccess"], "the gateway's own answer stands without");
    let told = &called.content["access_analyzer"];
    assert_eq!(told["available"], false);
    assert!(told["reason"].as_str().is_some_and(|reason| reason.contains("access-analyzer:ValidatePolicy")), "{told}");
    let record = &gateway.records_of(&called.id)[0];
    assert_eq!(record["additionalEventData"]["awsCalls"][0]["errorCode"], "AccessDeniedException", "{record}");
    assert_eq!(record.get("errorCode"), None, "the call itself went well");

    // The discard port, where nothing listens.
    let gateway = with_analyzer("http://127.0.0.1:9").start();
    let called = validate(&gateway, &allow("*"), "identity");
    assert_eq!(called.done()["access_analyzer"]["available"], false, "{}", called.content);
}
