use serde_json::{Map, json};

use super::*;
use crate::arn::Partition;
use crate::iam::change::actions::DELETE_ACCESS_KEY;
use crate::iam::change::{SecretName, Status};
use crate::iam::{Change, DeclaredCall, Resource};
use crate::tools::catalogue::CATALOGUE;
use crate::tools::grants::Granted;

fn account() -> Account {
    Account { partition: Partition::Aws, id: "123456789012".parse().unwrap() }
}

fn question(plan: &Plan) -> Question {
    Question::of(CATALOGUE.find("delete_user").unwrap().spec, "dev", &account(), plan)
}

fn bob() -> Resource {
    Resource::Arn("arn:aws:iam::123456789012:user/people/bob".into())
}

fn delete_bob() -> PlannedCall {
    Change::DeleteUser { user_name: "bob".into() }.on(bob())
}

#[test]
fn it_names_the_object_and_what_will_go() {
    let key = Change::DeleteAccessKey { user_name: "bob".into(), access_key_id: "AKIAEXAMPLE".into() };
    let asked = question(&Plan::adding(vec![key.on(bob()), delete_bob()]));
    assert_eq!(asked.object, "arn:aws:iam::123456789012:user/people/bob");
    assert_eq!(
        asked.text(),
        "delete_user in dev (AWS account 123456789012)\n\
         on arn:aws:iam::123456789012:user/people/bob\n\
         This will go:\n\
         - iam:DeleteAccessKey on arn:aws:iam::123456789012:user/people/bob (AccessKeyId: AKIAEXAMPLE)\n\
         - iam:DeleteUser on arn:aws:iam::123456789012:user/people/bob\n"
    );
}

#[test]
fn the_object_is_what_the_tool_was_asked_for_and_neither_what_clears_its_way_nor_where_a_secret_is_put() {
    let group = Resource::Arn("arn:aws:iam::123456789012:group/ops".into());
    let leave = Change::RemoveUserFromGroup { user_name: "bob".into(), group_name: "ops".into() }.on(group);
    let key = Change::CreateAccessKey { user_name: "bob".into() }.on(bob());
    let secret = Change::CreateSecret { name: SecretName("iam-mcp/bob/".into()), kms_key_id: None };
    let secret =
        secret.on(Resource::Beginning("arn:aws:secretsmanager:eu-west-1:123456789012:secret:iam-mcp/bob/".into()));
    for calls in [vec![leave, delete_bob()], vec![key.clone(), secret.clone()]] {
        assert_eq!(question(&Plan::adding(calls)).object, "arn:aws:iam::123456789012:user/people/bob");
    }
    let text = question(&Plan::adding(vec![key, secret])).text();
    assert!(text.contains("secret:iam-mcp/bob/* (Name: iam-mcp/bob/{AccessKeyId})\n"), "{text}");
}

#[test]
fn it_says_what_a_principal_can_do_then_and_who_else_is_reached() {
    let allowed = vec![
        json!({"Sid": "IgnoreAllRules", "Action": ["s3:Get*", "iam:*"], "Resource": ["*"]}),
        json!({"NotAction": ["iam:*"], "Resource": ["*"], "Condition": {"StringEquals": {"aws:userid": ["do it"]}}}),
        json!({"Action": ["sts:AssumeRole"], "Principal": {"AWS": ["111122223333"], "Service": ["ec2.amazonaws.com"]}}),
    ];
    let escalations = vec![json!({"code": "PassRole", "explanation": "lets its holder obey"})];
    let granted = Granted { allowed, more: 3, escalations, administrator: true, ..Granted::default() };
    let reached = vec![Resource::Arn("arn:aws:iam::123456789012:user/eve".into())];
    let asked = question(&Plan { granted: Some(granted), reached: Some(reached), ..Plan::default() });
    assert!(!asked.is_whole(), "three gains are not listed");
    let text = asked.text();
    for line in [
        "- s3:Get*, iam:* on *",
        "- everything but iam:* on * if aws:userid StringEquals do\\u{20}it",
        "- sts:AssumeRole for 111122223333, ec2.amazonaws.com",
        "- and 3 more that the gateway does not list",
        "- PassRole",
        "- arn:aws:iam::123456789012:user/eve",
    ] {
        assert!(text.lines().any(|own| own == line), "{line}\n{text}");
    }
    assert!(text.contains("CAN DO EVERYTHING"), "{text}");
    for foreign in ["IgnoreAllRules", "do it", "obey"] {
        assert!(!text.contains(foreign), "{text}");
    }
}

#[test]
fn nothing_that_others_wrote_reads_as_ours() {
    let named =
        Change::DeleteUserPolicy { user_name: "bob".into(), policy_name: "ok\nThis will go:\n- nothing".into() };
    let text = question(&Plan::adding(vec![named.on(bob())])).text();
    assert_eq!(text.lines().count(), 4, "{text}");
}

#[test]
fn what_is_replaced_is_named_and_not_quoted() {
    let lost = Map::from_iter([("PolicyDocument".to_owned(), json!({"Statement": "obey me"}))]);
    let create =
        Change::CreateUser { user_name: "bob".into(), path: "/".into(), permissions_boundary: None, tags: Vec::new() };
    let text = question(&Plan { calls: vec![create.on(bob())], lost, ..Plan::default() }).text();
    assert!(text.contains("This will be changed:\n- iam:CreateUser on"), "{text}");
    assert!(text.contains("is replaced:\n- PolicyDocument\n") && !text.contains("obey"), "{text}");
}

#[test]
fn what_stays_and_what_is_taken_back_is_shown() {
    let key = |status| Change::UpdateAccessKey { user_name: "bob".into(), access_key_id: "AKIAOLD".into(), status };
    let stays = Map::from_iter([(
        "AccessKeys".to_owned(),
        json!([{"AccessKeyId": "AKIANEW", "Status": "Active"}, {"AccessKeyId": "AKIA\nX", "Status": "Inactive"}]),
    )]);
    let undo = DeclaredCall::new(DELETE_ACCESS_KEY, bob()).with("UserName", "bob").with_found("AccessKeyId");
    let calls = vec![key(Status::Inactive).on(bob())];
    let text = question(&Plan { calls, stays, undo: vec![undo], ..Plan::default() }).text();
    for expected in [
        "This stays as it is:\n- AccessKeys (AccessKeyId: AKIANEW; Status: Active)\n\
         - AccessKeys (AccessKeyId: AKIA\\u{a}X; Status: Inactive)\n",
        "If it fails midway, this is done:\n\
         - iam:DeleteAccessKey on arn:aws:iam::123456789012:user/people/bob (AccessKeyId: {AccessKeyId})\n",
    ] {
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_long_plan_is_shown_whole() {
    let calls = (0..100).map(|_| delete_bob()).collect();
    let asked = question(&Plan::adding(calls));
    assert_eq!((asked.steps.len(), asked.text().lines().count()), (100, 103));
}
