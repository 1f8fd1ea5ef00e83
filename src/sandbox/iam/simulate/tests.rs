//! The simulators against an account.

use crate::sandbox::testing::{ALLOW, Bench, Reply};

/// Allows reading one bucket and denies it without TLS; asks for a tag.
const BUCKET: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"shop"}}},{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[("UserName", "bob"), ("Path", "/x/")]);
    bench.ok("PutUserPolicy", &[("UserName", "bob"), ("PolicyName", "own"), ("PolicyDocument", BUCKET)]);
    bench.ok("CreateGroup", &[("GroupName", "crew")]);
    bench.ok("AddUserToGroup", &[("GroupName", "crew"), ("UserName", "bob")]);
    let arn = bench.managed_policy("shared");
    bench.ok("AttachGroupPolicy", &[("GroupName", "crew"), ("PolicyArn", &arn)]);
    bench
}

const BOB: (&str, &str) = ("PolicySourceArn", "arn:aws:iam::123456789012:user/x/bob");
const GET: (&str, &str) = ("ActionNames.member.1", "s3:GetObject");

fn decisions(reply: &Reply) -> Vec<String> {
    reply.all("EvalDecision")
}

#[test]
fn the_policies_of_a_users_groups_count() {
    let mut bench = bench();
    let reply = bench.ok("SimulatePrincipalPolicy", &[BOB, GET]);
    assert_eq!(decisions(&reply), ["allowed"]);
    assert_eq!(reply.all("SourcePolicyId"), ["shared"]);
    assert_eq!(reply.all("SourcePolicyType"), ["IAM Policy"]);
    assert_eq!(
        (reply.all("Line"), reply.all("Column")),
        (vec!["1".into(); 2], vec!["38".into(), (ALLOW.len() - 1).to_string()])
    );
    bench.ok("RemoveUserFromGroup", &[("GroupName", "crew"), ("UserName", "bob")]);
    let alone = bench.ok("SimulatePrincipalPolicy", &[BOB, GET]);
    assert_eq!((decisions(&alone), alone.all("SourcePolicyId")), (vec!["implicitDeny".into()], vec![]));
    let group = ("PolicySourceArn", "arn:aws:iam::123456789012:group/crew");
    assert_eq!(decisions(&bench.ok("SimulatePrincipalPolicy", &[group, GET])), ["allowed"]);
}

#[test]
fn context_decides_and_what_was_not_given_is_told() {
    let mut bench = bench();
    let entry = |key: &'static str, value: &'static str| {
        [
            ("ContextEntries.member.1.ContextKeyName", key),
            ("ContextEntries.member.1.ContextKeyValues.member.1", value),
            ("ContextEntries.member.1.ContextKeyType", "string"),
        ]
    };
    let resource = ("ResourceArns.member.1", "arn:aws:s3:::b/k");
    let document = ("PolicyInputList.member.1", BUCKET);
    let bare = bench.ok("SimulateCustomPolicy", &[document, GET, resource]);
    assert_eq!(bare.all("EvalResourceDecision"), ["implicitDeny"]);
    let missing = "<MissingContextValues><member>aws:PrincipalTag/team</member><member>aws:SecureTransport</member>";
    assert!(bare.0.contains(missing), "{bare:?}");

    let mut fields = vec![document, GET, resource];
    fields.extend(entry("AWS:principaltag/TEAM", "shop"));
    let given = bench.ok("SimulateCustomPolicy", &fields);
    assert_eq!(given.all("EvalResourceDecision"), ["allowed"]);
    assert_eq!(given.all("SourcePolicyId"), ["PolicyInputList.1"; 2], "of the resource and of all of them");

    let mut fields = vec![document, GET, resource];
    fields.extend(entry("aws:SecureTransport", "false"));
    let denied = bench.ok("SimulateCustomPolicy", &fields);
    assert_eq!(denied.all("EvalResourceDecision"), ["explicitDeny"]);
    // The second statement begins behind the comma.
    let column = (BUCKET.find(",{\"Effect\":\"Deny\"").unwrap() + 2).to_string();
    assert_eq!(denied.all("Column")[0], column);
}

#[test]
fn each_resource_has_its_decision_and_the_strictest_stands_above() {
    let mut bench = bench();
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}"#;
    let reply = bench.ok(
        "SimulateCustomPolicy",
        &[
            ("PolicyInputList.member.1", policy),
            GET,
            ("ResourceArns.member.1", "arn:aws:s3:::b/k"),
            ("ResourceArns.member.2", "arn:aws:s3:::c/k"),
        ],
    );
    assert_eq!(decisions(&reply), ["implicitDeny"]);
    assert_eq!(reply.all("EvalResourceDecision"), ["allowed", "implicitDeny"]);
    assert_eq!(reply.all("EvalResourceName"), ["*", "arn:aws:s3:::b/k", "arn:aws:s3:::c/k"]);
}

#[test]
fn a_boundary_bounds_and_one_that_is_given_takes_its_place() {
    let mut bench = bench();
    let arn = bench.managed_policy("bounds");
    bench.ok("PutUserPermissionsBoundary", &[("UserName", "bob"), ("PermissionsBoundary", &arn)]);
    let within = bench.ok("SimulatePrincipalPolicy", &[BOB, GET]);
    assert_eq!(
        (decisions(&within), within.all("AllowedByPermissionsBoundary")),
        (vec!["allowed".into()], vec!["true".into()])
    );
    let narrow = ALLOW.replace("s3:GetObject", "sqs:SendMessage");
    let given = ("PermissionsBoundaryPolicyInputList.member.1", narrow.as_str());
    let beyond = bench.ok("SimulatePrincipalPolicy", &[BOB, GET, given]);
    assert_eq!(decisions(&beyond), ["implicitDeny"]);
    assert_eq!(beyond.all("AllowedByPermissionsBoundary"), ["false"]);
    assert_eq!(beyond.all("SourcePolicyId"), [""; 0]);
}

#[test]
fn another_account_has_to_allow_too() {
    let mut bench = bench();
    let queue = ("ResourceArns.member.1", "arn:aws:sqs:eu-west-1:999999999999:q");
    let allow = ALLOW.replace("s3:GetObject", "sqs:SendMessage");
    let fields = [("PolicyInputList.member.1", allow.as_str()), ("ActionNames.member.1", "sqs:SendMessage"), queue];
    let alone = bench.ok("SimulateCustomPolicy", &fields);
    assert_eq!(alone.all("EvalResourceDecision"), ["implicitDeny"]);
    assert_eq!(alone.all("value"), ["allowed", "implicitDeny"]);
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sqs:*","Resource":"*"}]}"#;
    let mut both = fields.to_vec();
    both.push(("ResourcePolicy", policy));
    bench.refused("SimulateCustomPolicy", &both, "InvalidInput");
    both.push(("CallerArn", BOB.1));
    let both = bench.ok("SimulateCustomPolicy", &both);
    assert_eq!(both.all("EvalResourceDecision"), ["allowed"]);
    assert!(both.all("SourcePolicyType").contains(&"Resource Policy".to_owned()));
}

#[test]
fn actions_come_in_pages() {
    let mut bench = bench();
    let actions: Vec<(String, String)> =
        (1..=5).map(|at| (format!("ActionNames.member.{at}"), format!("s3:Get{at}"))).collect();
    let mut fields = vec![("PolicyInputList.member.1", ALLOW)];
    fields.extend(actions.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    assert_eq!(
        bench.pages("SimulateCustomPolicy", &fields, 2, "EvalActionName"),
        [vec!["s3:Get1", "s3:Get2"], vec!["s3:Get3", "s3:Get4"], vec!["s3:Get5"]]
    );
}

#[test]
fn the_keys_that_policies_ask_for_are_told_once() {
    let mut bench = bench();
    let own = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}","Condition":{"Bool":{"AWS:securetransport":"true"}}}}"#;
    let document = ("PolicyInputList.member.1", own);
    assert_eq!(
        bench.ok("GetContextKeysForCustomPolicy", &[document]).all("member"),
        ["AWS:securetransport", "aws:username"]
    );
    assert_eq!(
        bench.ok("GetContextKeysForPrincipalPolicy", &[BOB, document]).all("member"),
        ["aws:PrincipalTag/team", "aws:SecureTransport", "aws:username"]
    );
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let mut bench = bench();
    let policy = ("PolicyInputList.member.1", ALLOW);
    for (action, fields) in [
        ("SimulatePrincipalPolicy", &[GET][..]),
        ("SimulatePrincipalPolicy", &[BOB]),
        ("SimulateCustomPolicy", &[GET]),
        ("SimulateCustomPolicy", &[policy]),
        ("SimulateCustomPolicy", &[policy, ("ActionNames.member.1", "s3")]),
        ("SimulateCustomPolicy", &[policy, GET, ("MaxItems", "1001")]),
        ("SimulateCustomPolicy", &[policy, GET, ("ContextEntries.member.1.ContextKeyName", "a:b")]),
        ("SimulateCustomPolicy", &[policy, GET, ("ContextEntries.member.1.ContextKeyType", "text")]),
        ("GetContextKeysForCustomPolicy", &[]),
        ("GetContextKeysForPrincipalPolicy", &[]),
    ] {
        bench.refused(action, fields, "ValidationError");
    }
    for fields in [
        [policy, ("ActionNames.member.1", "s3:*")],
        [("PolicyInputList.member.1", "{}"), GET],
        [("PolicyInputList.member.1", "not JSON"), GET],
    ] {
        bench.refused("SimulateCustomPolicy", &fields, "InvalidInput");
    }
    bench.refused("SimulateCustomPolicy", &[policy, GET, ("ResourceArns.member.1", "bucket")], "InvalidInput");
    let session = ("PolicySourceArn", "arn:aws:sts::123456789012:assumed-role/r/s");
    bench.refused("SimulatePrincipalPolicy", &[session, GET], "InvalidInput");
    for nobody in ["user/bob", "user/x/eve", "group/x", "role/x"] {
        let arn = format!("arn:aws:iam::123456789012:{nobody}");
        let message = bench.refused("SimulatePrincipalPolicy", &[("PolicySourceArn", &arn), GET], "NoSuchEntity");
        assert!(message.ends_with("cannot be found."), "{message}");
    }
}
