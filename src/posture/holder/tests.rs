use serde_json::{Value, json};

use super::*;
use crate::posture::testing::{Written, allow, arn, attached, holder_of};

fn asked(statements: &Value, more: Value, action: &str) -> Option<Certainty> {
    let mut account = Written::default();
    account
        .user("bob", statements, more)
        .group("team", &json!([allow(&json!("sqs:*"), &json!("*"))]), json!({}))
        .policy("bound", &[json!([allow(&json!("s3:*"), &json!("*"))])]);
    holder_of(&account.read(), "bob").may_somewhere(action, &[]).map(|allowed| allowed.certainty)
}

const CERTAIN: Option<Certainty> = Some(Certainty::Certain);
const CONDITIONAL: Option<Certainty> = Some(Certainty::Conditional);

#[test]
fn denies_boundaries_groups_and_conditions_count() {
    let everything = || allow(&json!("*"), &json!("*"));
    let deny = json!({"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"});
    let bound = || json!({"PermissionsBoundary": {"PermissionsBoundaryArn": arn("policy/bound")}});
    for (statements, more, action, expected) in [
        (json!([everything()]), json!({}), "s3:PutObject", CERTAIN),
        (json!([everything(), deny]), json!({}), "s3:PutObject", None),
        (json!([everything(), deny]), json!({}), "s3:GetObject", CERTAIN),
        (json!([everything()]), bound(), "s3:GetObject", CERTAIN),
        (json!([everything()]), bound(), "ec2:RunInstances", None),
        (json!([]), json!({"GroupList": ["team"]}), "sqs:SendMessage", CERTAIN),
        (json!([]), json!({}), "sqs:SendMessage", None),
    ] {
        assert_eq!(asked(&statements, more, action), expected, "{statements} {action}");
    }
}

#[test]
fn what_depends_on_what_nobody_knows_is_conditional() {
    let on = |condition: Value| {
        let mut statement = allow(&json!("s3:GetObject"), &json!("*"));
        statement["Condition"] = condition;
        asked(&json!([statement]), json!({"Tags": [{"Key": "team", "Value": "a"}]}), "s3:GetObject")
    };
    assert_eq!(on(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})), CONDITIONAL);
    assert_eq!(on(json!({"StringEquals": {"aws:username": "bob"}})), CERTAIN);
    assert_eq!(on(json!({"StringEquals": {"aws:username": "eve"}})), None);
    assert_eq!(on(json!({"StringEquals": {"aws:PrincipalTag/team": "a"}})), CERTAIN);
    assert_eq!(on(json!({"StringEquals": {"aws:PrincipalTag/team": "b"}})), None);
    assert_eq!(on(json!({"StringEquals": {"aws:PrincipalTag/other": "b"}})), None, "a user has the tags that it has");
    assert_eq!(on(json!({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}})), None);
    assert_eq!(on(json!({"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}})), CERTAIN);
}

#[test]
fn what_only_a_pattern_spares_is_found() {
    let own = "arn:aws:s3:::reports/*";
    let deny_the_rest = json!({"Effect": "Deny", "Action": "s3:*", "NotResource": own});
    let all = allow(&json!("s3:*"), &json!("*"));
    assert_eq!(asked(&json!([all, deny_the_rest]), json!({}), "s3:PutObject"), CERTAIN);
    let named = allow(&json!("s3:GetObject"), &json!("arn:aws:s3:::home/${aws:username}/*"));
    assert_eq!(asked(&json!([named]), json!({}), "s3:GetObject"), CERTAIN);
    let denied = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::home/*"});
    assert_eq!(asked(&json!([named, denied]), json!({}), "s3:GetObject"), None);
}

#[test]
fn the_statement_that_allows_is_named() {
    let statements = json!([
        allow(&json!("sqs:*"), &json!("*")),
        {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    ]);
    let mut account = Written::default();
    account.user("bob", &statements, json!({"AttachedManagedPolicies": attached(&["gone"])}));
    let holder = holder_of(&account.read(), "bob");
    let by = holder.may_somewhere("s3:GetObject", &[]).unwrap().by;
    assert_eq!((&*by.policy, by.statement, by.sid.as_deref()), ("inline policy own", 1, Some("Read")));
    assert_eq!(holder.held().unreadable, [arn("policy/gone")], "a policy that was not told is not passed over");
}
