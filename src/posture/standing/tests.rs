use serde_json::{Value, json};

use super::*;
use crate::posture::testing::{Written, allow, holder_of};

fn standing(statements: &Value) -> Standing {
    let mut account = Written::default();
    account.user("bob", statements, json!({}));
    Standing::of(&holder_of(&account.read(), "bob"))
}

fn level(statements: &Value, service: &str) -> (Access, Access) {
    let standing = standing(statements);
    standing.services.get(service).map_or((Access::None, Access::None), |access| (access.certain, access.at_best))
}

#[test]
fn each_level_is_the_most_that_is_allowed() {
    for (actions, expected) in [
        (json!("s3:GetObject"), Access::Read),
        (json!(["s3:List*", "s3:Get*"]), Access::Read),
        (json!(["s3:GetObject", "s3:PutObject"]), Access::Write),
        (json!("s3:Put*"), Access::PermissionsManagement),
        (json!("s3:PutBucketPolicy"), Access::PermissionsManagement),
        (json!("s3:*"), Access::Administrator),
        (json!("S3:GETOBJECT"), Access::Read),
        (json!("sqs:GetQueueUrl"), Access::None),
    ] {
        assert_eq!(level(&json!([allow(&actions, &json!("*"))]), "s3").0, expected, "{actions}");
    }
}

#[test]
fn a_deny_lowers_and_a_condition_makes_it_conditional() {
    let all = allow(&json!("s3:*"), &json!("*"));
    let deny = |actions: Value| json!({"Effect": "Deny", "Action": actions, "Resource": "*"});
    assert_eq!(level(&json!([all, deny(json!(["s3:Put*", "s3:Delete*"]))]), "s3").0, Access::Administrator);
    assert_eq!(level(&json!([all, {"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*"}]), "s3").0, Access::Read);
    let mut with_mfa = all.clone();
    with_mfa["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let read = allow(&json!("s3:GetObject"), &json!("*"));
    assert_eq!(level(&json!([with_mfa, read]), "s3"), (Access::Read, Access::Administrator));
}

#[test]
fn everything_is_said_once() {
    let administrator = standing(&json!([allow(&json!("*"), &json!("*"))]));
    assert_eq!(
        (administrator.administrator, administrator.access()),
        (Some(Certainty::Certain), Access::Administrator)
    );
    assert!(administrator.services.is_empty());
    let but_iam = standing(&json!([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]));
    assert_eq!(but_iam.administrator, None, "everything but IAM is no administrator");
    assert!(but_iam.services.len() > 300 && !but_iam.services.contains_key("iam"));
    assert_eq!(standing(&json!([])).access(), Access::None);
}

#[test]
fn services_that_the_table_does_not_have_are_not_passed_over() {
    let found = standing(&json!([allow(&json!(["zz-new:PutThing", "zz-old:Get*"]), &json!("*"))]));
    assert_eq!(found.unknown_services["zz-new"].certain, Access::Write);
    assert_eq!(found.unknown_services["zz-old"].certain, Access::Read);
}

#[test]
fn dangers_have_their_category_and_their_statement() {
    let found =
        standing(&json!([allow(&json!(["iam:PassRole", "s3:PutBucketPolicy", "s3:ListAllMyBuckets"]), &json!("*"))]));
    let dangers: Vec<(&str, &str)> =
        found.dangers.iter().map(|danger| (danger.action.as_str(), danger.category.as_str())).collect();
    assert_eq!(dangers, [("iam:PassRole", "privilege-escalation"), ("s3:PutBucketPolicy", "resource-exposure")]);
    let shown = found.shown();
    assert_eq!(shown["Services"], json!({"permissions-management": ["iam", "s3"]}));
    assert_eq!(shown["DangerousPermissions"][0]["AllowedBy"]["Policy"], "inline policy own");
}
