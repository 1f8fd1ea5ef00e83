//! What reaches administrator, and which ways it opens.

use std::slice::from_ref;

use serde_json::{Value, json};

use super::{ACCOUNT, allow, bounded, deny, document, granted, holding, on};
use crate::policy::Budget;
use crate::tools::grants::held::Held;
use crate::tools::grants::news::News;
use crate::tools::grants::reach::Opened;
use crate::tools::grants::{Permissions, all_of};

const ANY_ROLE: &str = "arn:aws:iam::123456789012:role/*";
const OWN_BOUNDARY: &str = "arn:aws:iam::123456789012:policy/boundary";

fn reaches(statements: &[Value]) -> bool {
    all_of(&holding(statements), ACCOUNT).administrator
}

fn codes(before: &Permissions, after: &Permissions) -> Vec<String> {
    let escalations = granted(before, after).escalations;
    escalations.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn everything_in_any_spelling_is_administrator() {
    let not = |action: Value, resource: &str| json!({"Effect": "Allow", "NotAction": action, "Resource": resource});
    for statement in [
        allow("*", "*"),
        allow("*:*", "arn:*"),
        allow("iam:*", "*"),
        allow("iam:?*", "arn:aws:iam::123456789012:*"),
        allow("iam:P*", "arn:aws:iam::*"),
        not(json!("s3:*"), "*"),
        not(json!(["iam:GetUser", "s3:*"]), "arn:aws:iam::*:*"),
        json!({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::a"}),
        on(allow("*", "*"), json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
    ] {
        assert!(reaches(from_ref(&statement)), "{statement}");
    }
    for statement in [
        allow("s3:*", "*"),
        allow("iam:Get*", "*"),
        allow("*", "arn:aws:s3:::*"),
        allow("iam:PassRole", "*"),
        not(json!(["iam:*", "sts:*", "organizations:*"]), "arn:aws:s3:::*"),
        allow("sts:AssumeRole", "arn:aws:iam::210987654321:role/*"),
    ] {
        assert!(!reaches(from_ref(&statement)), "{statement}");
    }
}

#[test]
fn a_way_to_everything_is_administrator_where_it_is_open_on_what_has_no_name() {
    let boundary = |value: &str| json!({"StringEquals": {"iam:PermissionsBoundary": value}});
    let service = json!({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}});
    let run = || allow(json!(["ec2:RunInstances"]), "*");
    for (statements, expected) in [
        (vec![allow("iam:UpdateAssumeRolePolicy", ANY_ROLE)], true),
        (vec![allow("iam:UpdateAssumeRolePolicy", "arn:aws:iam::123456789012:role/app")], false),
        // Whatever it is written to can be the holder, or become it.
        (vec![allow("iam:PutUserPolicy", "arn:aws:iam::123456789012:user/${aws:username}")], true),
        (vec![allow("iam:AttachRolePolicy", "arn:aws:iam::123456789012:role/app")], true),
        (vec![on(allow("iam:AttachRolePolicy", ANY_ROLE), boundary(OWN_BOUNDARY))], false),
        (vec![on(allow("iam:AttachRolePolicy", ANY_ROLE), boundary("*"))], true),
        (
            vec![on(allow("iam:AttachRolePolicy", ANY_ROLE), boundary("arn:aws:iam::aws:policy/AdministratorAccess"))],
            true,
        ),
        (vec![allow("iam:PassRole", "*"), run()], true),
        (vec![allow("iam:PassRole", "arn:aws:iam::123456789012:role/app"), run()], false),
        (vec![on(allow("iam:PassRole", "*"), service), run()], false),
        (vec![allow("iam:CreateAccessKey", "arn:aws:iam::123456789012:user/${aws:username}")], false),
        (vec![allow("lambda:UpdateFunctionCode", "*")], false),
        (vec![allow("sts:AssumeRole", "*")], true),
        (vec![allow("sts:AssumeRole", "arn:aws:iam::123456789012:role/app-*")], false),
    ] {
        assert_eq!(reaches(&statements), expected, "{statements:?}");
    }
}

#[test]
fn what_is_denied_always_or_lies_beyond_the_boundary_leads_nowhere() {
    let attach = || allow("iam:AttachUserPolicy", "*");
    assert!(!reaches(&[attach(), deny("iam:*", "*")]));
    assert!(reaches(&[attach(), deny("iam:*", ANY_ROLE)]));
    assert!(reaches(&[attach(), on(deny("iam:*", "*"), json!({"Bool": {"aws:SecureTransport": "false"}}))]));
    let (all, s3) = ([allow("*", "*")], [allow("s3:*", "*")]);
    assert!(!all_of(&bounded(&all, &s3), ACCOUNT).administrator);
    assert!(all_of(&bounded(&all, &all), ACCOUNT).administrator);
    assert!(granted(&bounded(&all, &s3), &holding(&all)).administrator);
}

#[test]
fn only_what_is_new_reaches_anything() {
    let admin = allow("*", "*");
    let with = |more: Value| holding(&[admin.clone(), more]);
    assert!(!granted(&holding(from_ref(&admin)), &with(allow("iam:PutUserPolicy", "*"))).administrator);
    let conditioned = on(allow("*", "*"), json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}));
    let more = holding(&[conditioned.clone(), allow("s3:GetObject", "arn:aws:s3:::a/*")]);
    assert!(!granted(&holding(from_ref(&conditioned)), &more).administrator);
    assert!(granted(&holding(from_ref(&conditioned)), &holding(&[admin])).administrator);
}

#[test]
fn a_way_of_several_actions_is_opened_by_the_last_of_them() {
    let pass = allow("iam:PassRole", "*");
    let before = Permissions { policies: vec![document(&[pass])], boundary: None };
    let mut after = before.clone();
    after.policies.push(document(&[allow("ec2:RunInstances", "*")]));
    let found = granted(&before, &after);
    assert!(found.administrator);
    assert_eq!(codes(&before, &after), ["PassRoleEscalation"]);
    let explanation = found.escalations[0]["explanation"].as_str().unwrap();
    assert!(explanation.contains("(iam:passrole with ec2:runinstances)") && !explanation.contains("lambda"));
    assert_eq!(codes(&after, &after), [] as [&str; 0]);
}

#[test]
fn what_takes_too_long_to_tell_is_taken_for_everything() {
    let (before, after) = (Held::default(), Held::of(&holding(&[allow("s3:GetObject", "*")])));
    let news = News::of(&before, &after, &Budget::new(1_000));
    let told = |steps| Opened::of(&before, &after, &news, ACCOUNT, &Budget::new(steps));
    assert!(told(100).administrator && !told(1_000_000).administrator);
}

#[test]
fn escalations_name_what_was_opened_and_nothing_that_was_open() {
    let app = "arn:aws:iam::123456789012:user/app";
    let (none, keys) = (Permissions::default(), holding(&[allow("iam:CreateAccessKey", app)]));
    assert_eq!(codes(&none, &keys), ["PrivilegeEscalation"]);
    assert_eq!(codes(&keys, &holding(&[allow("iam:CreateAccessKey", app), allow("s3:*", "*")])), [] as [&str; 0]);
    assert_eq!(codes(&none, &holding(&[allow("*", "*")])), ["AdministratorAccess"]);
    assert_eq!(
        codes(&none, &holding(&[allow("iam:*", "*"), allow("lambda:*", "*")])),
        ["PassRoleEscalation", "PrivilegeEscalation", "RunningCodeEscalation"]
    );
}
