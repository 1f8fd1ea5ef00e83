use serde_json::{Value, json};

use super::translate::{Translated, translate};
use super::{Generated, Limit, resource_control_policy, service_control_policy, trust_policy};
use crate::arn::RoleArn;
use crate::policy::{Context, Document, Layers, Policy, PolicyKind, PolicySet, Principal, Request, Verdict};

const NAME: &str = "iam-mcp.example.internal";
const MAPPED: &str = "arn:aws:iam::222222222222:role/dev/agent";
const PERSON: &str = "arn:aws:sts::222222222222:assumed-role/sso-admin/pat";

fn gateway_role() -> RoleArn {
    "arn:aws:iam::111111111111:role/service/iam-mcp-gateway".parse().unwrap()
}

fn gateway() -> Principal {
    Principal::role_session(&gateway_role(), "i-0123")
}

fn set(kind: PolicyKind, policy: &Generated) -> PolicySet {
    let json = serde_json::to_string(policy).unwrap();
    let document = Document::parse(kind, &json).unwrap_or_else(|faults| panic!("{json}\n{faults}"));
    PolicySet::from(Policy::new("generated", document))
}

fn allow_all() -> PolicySet {
    let json = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    PolicySet::from(Policy::new("all", Document::parse(PolicyKind::Identity, json).unwrap()))
}

/// A request's context: who asks by ARN, and the tags that it would set.
fn tagging(principal: Option<&str>, tags: &[(&str, &str)]) -> Context {
    let mut context = Context::new();
    context.set_all("aws:TagKeys", tags.iter().map(|(key, _)| *key));
    for (key, value) in tags {
        context.set(&format!("aws:RequestTag/{key}"), *value);
    }
    if let Some(arn) = principal {
        context.set("aws:PrincipalArn", arn);
    }
    context
}

const STAMP: [(&str, &str); 2] = [("ViaAWSMCPService", "true"), ("CalledViaAWSMCP", NAME)];

fn denies(set: &PolicySet, action: &str, principal: &Principal, context: &Context) -> bool {
    set.evaluate(&Request::new(action, MAPPED, principal, context)).is_explicit_deny()
}

#[test]
fn only_the_gateways_role_stamps_sessions_whatever_the_case_of_the_tag() {
    let person = Principal::from_arn(PERSON).unwrap();
    let role = gateway_role().to_string();
    for (kind, policy) in [
        (PolicyKind::Identity, service_control_policy(&gateway_role())),
        (PolicyKind::Resource, resource_control_policy(&gateway_role())),
    ] {
        let guard = set(kind, &policy);
        let by_gateway = tagging(Some(&role), &STAMP);
        assert!(!denies(&guard, "sts:TagSession", &gateway(), &by_gateway));
        let pats = "arn:aws:iam::222222222222:role/sso-admin";
        for tags in [
            &STAMP[..],
            &[("viaawsmcpservice", "true")],
            &[("team", "a"), ("CALLEDVIAAWSMCP", "x")],
            &[("mcpcaller", "x")],
        ] {
            assert!(denies(&guard, "sts:TagSession", &person, &tagging(Some(pats), tags)), "{tags:?}");
        }
        assert!(!denies(&guard, "sts:TagSession", &person, &tagging(Some(pats), &[("team", "a")])));
        assert!(!denies(&guard, "sts:AssumeRole", &person, &tagging(Some(pats), &[])));
    }
    let guard = set(PolicyKind::Resource, &resource_control_policy(&gateway_role()));
    let by_provider = Principal::federated("arn:aws:iam::222222222222:saml-provider/corp");
    assert!(denies(&guard, "sts:TagSession", &by_provider, &tagging(None, &STAMP)), "nor an identity provider's");
}

#[test]
fn nobody_gives_a_user_or_role_the_stamp_and_not_even_the_gateway() {
    let guard = set(PolicyKind::Identity, &service_control_policy(&gateway_role()));
    let role = gateway_role().to_string();
    for action in ["iam:TagUser", "iam:TagRole", "iam:UntagUser", "iam:UntagRole", "iam:CreateUser", "iam:CreateRole"] {
        for tag in ["ViaAWSMCPService", "calledviaawsmcp"] {
            assert!(denies(&guard, action, &gateway(), &tagging(Some(&role), &[(tag, "true")])), "{action} {tag}");
        }
        assert!(!denies(&guard, action, &gateway(), &tagging(Some(&role), &[("team", "a")])), "{action}");
        assert!(!denies(&guard, action, &gateway(), &tagging(Some(&role), &[])), "{action}");
    }
}

#[test]
fn a_mapped_role_lets_in_the_gateway_with_its_stamp_and_nobody_else() {
    let trust = set(PolicyKind::Trust, &trust_policy(NAME, &gateway_role()));
    let assume = |principal: &Principal, arn: &str, tags: &[(&str, &str)], identity: PolicySet| {
        let layers = Layers { identity, trust: Some(trust.clone()), ..Layers::default() };
        let context = tagging(Some(arn), tags);
        ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"].map(|action| {
            let account = "222222222222".parse().unwrap();
            layers.decide(&Request::new(action, MAPPED, principal, &context), &account) == Verdict::Allowed
        })
    };
    let role = gateway_role().to_string();
    assert_eq!(assume(&gateway(), &role, &STAMP, allow_all()), [true; 3]);
    assert_eq!(
        assume(&gateway(), &role, &STAMP, PolicySet::default()),
        [false; 3],
        "its own policies have to allow too"
    );
    for tags in [
        &[][..],
        &STAMP[..1],
        &STAMP[1..],
        &[("ViaAWSMCPService", "false"), STAMP[1]],
        &[STAMP[0], ("CalledViaAWSMCP", "aws-mcp.amazonaws.com")],
    ] {
        assert_eq!(assume(&gateway(), &role, tags, allow_all()), [false; 3], "{tags:?}");
    }
    let person = Principal::from_arn(PERSON).unwrap();
    assert_eq!(assume(&person, "arn:aws:iam::222222222222:role/sso-admin", &STAMP, allow_all()), [false; 3]);
    let other: RoleArn = "arn:aws:iam::111111111111:role/iam-mcp-gateway".parse().unwrap();
    let other_session = Principal::role_session(&other, "s");
    assert_eq!(assume(&other_session, &other.to_string(), &STAMP, allow_all()), [false; 3], "of another path");
}

#[test]
fn a_wildcard_in_the_roles_path_is_only_a_character() {
    let role: RoleArn = "arn:aws:iam::111111111111:role/a*${x?/gw".parse().unwrap();
    let guard = set(PolicyKind::Identity, &service_control_policy(&role));
    let session = Principal::role_session(&role, "s");
    assert!(!denies(&guard, "sts:TagSession", &session, &tagging(Some(&role.to_string()), &STAMP)));
    let near = "arn:aws:iam::111111111111:role/abc${xy/gw";
    assert!(denies(&guard, "sts:TagSession", &session, &tagging(Some(near), &STAMP)));
}

#[test]
fn the_generated_policies_fit_with_the_longest_role_and_say_so_when_not() {
    let longest: RoleArn =
        format!("arn:aws-us-gov:iam::111111111111:role/{}/{}", "p".repeat(510), "r".repeat(64)).parse().unwrap();
    assert_eq!(Limit::Organization.exceeded("scp", &service_control_policy(&longest)), None);
    assert_eq!(Limit::Organization.exceeded("rcp", &resource_control_policy(&longest)), None);
    assert_eq!(Limit::Trust.exceeded("trust", &trust_policy(&"n".repeat(128), &longest)), None);
    let said = Limit::Trust.exceeded("x", &"y".repeat(2_047)).unwrap();
    assert!(said.contains("2049") && said.contains("2048"), "{said}");
}

fn translated(statements: &Value) -> Translated {
    let json = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let translated = translate(&Document::parse(PolicyKind::Endpoint, &json).unwrap());
    if let Some(document) = &translated.document {
        let read = Document::parse(PolicyKind::Endpoint, &document.to_string());
        assert!(read.is_ok(), "{document}: {read:?}");
        assert!(!document.to_string().to_ascii_lowercase().contains("aws:viaawsmcp"), "{document}");
    }
    translated
}

/// What a document decides at the gateway, and what its translation decides at AWS, for a call through the gateway and
/// for a person's, whose key may be missing or false.
fn decide_alike(statements: &Value) {
    let json = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let original = Document::parse(PolicyKind::Endpoint, &json).unwrap();
    let document = translated(statements).document.unwrap_or_else(|| {
        json!({"Statement": [
        {"Effect": "Allow", "Action": "none:None", "Resource": "*"}]})
    });
    let document = Document::parse(PolicyKind::Endpoint, &document.to_string()).unwrap();
    let decide = |document: &Document, context: &Context| {
        let principal = Principal::from_arn(PERSON).unwrap();
        let set = PolicySet::from(Policy::new("x", document.clone()));
        let decision =
            set.evaluate(&Request::new("s3:GetObject", "arn:aws:s3:::b/iam-mcp.example.internal", &principal, context));
        (decision.is_allow(), decision.is_explicit_deny())
    };
    let keys = Context::from_iter([("aws:ViaAWSMCPService", "true"), ("aws:CalledViaAWSMCP", NAME)]);
    let tags =
        Context::from_iter([("aws:PrincipalTag/ViaAWSMCPService", "true"), ("aws:PrincipalTag/CalledViaAWSMCP", NAME)]);
    assert_eq!(decide(&original, &keys), decide(&document, &tags), "through the gateway: {statements}");
    for person in [Context::new(), Context::from_iter([("aws:ViaAWSMCPService", "false")])] {
        assert_eq!(decide(&original, &person), decide(&document, &Context::new()), "a person: {statements}");
    }
}

#[test]
fn a_translated_policy_decides_at_aws_as_the_original_does_at_the_gateway() {
    let conditions = [
        json!({"Bool": {"aws:ViaAWSMCPService": "true"}}),
        json!({"Bool": {"AWS:VIAawsmcpservice": true}}),
        json!({"BoolIfExists": {"aws:ViaAWSMCPService": "false"}}),
        json!({"StringNotEquals": {"aws:ViaAWSMCPService": "true"}}),
        json!({"StringEquals": {"aws:CalledViaAWSMCP": NAME}}),
        json!({"StringEquals": {"aws:CalledViaAWSMCP": ["eks-mcp.amazonaws.com", NAME]}}),
        json!({"StringNotEquals": {"aws:CalledViaAWSMCP": "eks-mcp.amazonaws.com"}}),
        json!({"StringNotEquals": {"aws:CalledViaAWSMCP": NAME}}),
        json!({"StringNotEqualsIfExists": {"aws:CalledViaAWSMCP": NAME}}),
        json!({"StringEqualsIfExists": {"aws:CalledViaAWSMCP": NAME}}),
        json!({"StringLikeIfExists": {"aws:CalledViaAWSMCP": "*.amazonaws.com"}}),
        json!({"Null": {"aws:CalledViaAWSMCP": "true"}}),
        json!({"Null": {"aws:CalledViaAWSMCP": "false"}}),
        json!({"ForAllValues:StringEquals": {"aws:CalledViaAWSMCP": NAME}}),
        json!({"ForAnyValue:StringLike": {"aws:CalledViaAWSMCP": "iam-*"}}),
        json!({"Bool": {"aws:ViaAWSMCPService": "true"}, "StringNotEquals": {"aws:CalledViaAWSMCP": NAME}}),
        json!({"Bool": {"aws:ViaAWSMCPService": "true"}, "StringEquals": {"aws:ViaAWSMCPService": "true"}}),
        json!({"StringEquals": {"aws:ViaAWSMCPService": "yes"}}),
        json!({"BoolIfExists": {"aws:ViaAWSMCPService": ["true", "false"]}}),
    ];
    for condition in conditions {
        for effect in ["Allow", "Deny"] {
            decide_alike(&json!([{"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition}]));
        }
    }
    for resource in ["arn:aws:s3:::b/${aws:CalledViaAWSMCP}", "arn:aws:s3:::b/${aws:calledviaawsmcp, 'nobody'}"] {
        for (effect, element) in [("Allow", "Resource"), ("Deny", "Resource"), ("Deny", "NotResource")] {
            decide_alike(&json!([{"Effect": effect, "Action": "*", element: resource}]));
        }
    }
}

#[test]
fn what_cannot_keep_its_meaning_is_not_translated_and_says_why() {
    for condition in [
        json!({"Bool": {"aws:ViaAWSMCPService": "false"}}),
        json!({"BoolIfExists": {"aws:ViaAWSMCPService": "true"}}),
        json!({"Null": {"aws:ViaAWSMCPService": "true"}}),
        json!({"StringNotEquals": {"aws:ViaAWSMCPService": "false"}}),
        json!({"StringEquals": {"aws:username": "${aws:ViaAWSMCPService}"}}),
        json!({"Bool": {"aws:ViaAWSMCPService": "true"}, "StringEquals": {"aws:PrincipalTag/viaawsmcpservice": "x"}}),
    ] {
        let told = translated(&json!([
            {"Effect": "Deny", "Action": "iam:*", "Resource": "*"},
            {"Sid": "Odd", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition},
        ]));
        assert_eq!(told.document, None, "{condition}");
        let problem = told.changes.iter().find(|change| change.problem.is_some()).unwrap();
        assert_eq!((problem.statement, problem.sid.as_deref(), &problem.after), (2, Some("Odd"), &None));
        assert!(!told.is_whole());
    }
}

#[test]
fn every_change_is_told_and_what_aws_cannot_know_is_noted() {
    let told = translated(&json!([
        {"Sid": "A", "Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::${aws:CalledViaAWSMCP}/*",
         "Principal": "*", "Condition": {"Bool": {"aws:ViaAWSMCPService": "true"}, "StringEquals": {"MCP:ToolName": "delete_user"}}},
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
    ]));
    let changes: Vec<_> = told.changes.iter().map(|change| (&change.before, change.after.as_ref().unwrap())).collect();
    assert_eq!(
        changes,
        [
            (
                &json!({"Resource": ["arn:aws:s3:::${aws:CalledViaAWSMCP}/*"]}),
                &json!({"Resource": ["arn:aws:s3:::${aws:PrincipalTag/CalledViaAWSMCP}/*"]})
            ),
            (
                &json!({"Bool": {"aws:ViaAWSMCPService": ["true"]}}),
                &json!({"StringEquals": {"aws:PrincipalTag/ViaAWSMCPService": "true"}})
            ),
        ]
    );
    assert!(told.is_whole() && told.notes.len() == 3, "{:?}", told.notes);
    assert!(told.notes[0].contains("attached to a role it would"), "{:?}", told.notes);
    assert!(told.notes[2].contains("MCP:ToolName"), "{:?}", told.notes);
    let wide = translated(&json!([{"Effect": "Deny", "Action": "iam:DeleteRole", "Resource": "*"},
        {"Sid": "Others", "Effect": "Deny", "Action": "*", "Resource": "*",
         "Condition": {"StringNotEquals": {"aws:CalledViaAWSMCP": "iam-mcp.example.internal"}}}]));
    assert!(wide.notes[0].contains("comes without the gateway (statement 1, Others)"), "{:?}", wide.notes);
    let untouched = translated(&json!([{"Effect": "Deny", "Action": "iam:DeleteRole", "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/ViaAWSMCPService": "true"}}}]));
    assert!(untouched.changes.is_empty() && untouched.notes.is_empty() && untouched.document.is_some());
}
