use serde_json::{Map, json};

use super::*;
use crate::arn::Partition;
use crate::iam::{Change, Resource};
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

#[test]
fn it_names_the_object_and_what_will_go() {
    let key = Change::DeleteAccessKey { user_name: "bob".into(), access_key_id: "AKIAEXAMPLE".into() };
    let calls = vec![key.on(bob()), Change::DeleteUser { user_name: "bob".into() }.on(bob())];
    let asked = question(&Plan::adding(calls));
    assert_eq!(asked.object, "arn:aws:iam::123456789012:user/people/bob");
    assert_eq!(
        asked.text(),
        "delete_user in dev (AWS account 123456789012)\n\
         on arn:aws:iam::123456789012:user/people/bob\n\
         This will go:\n\
         - iam:DeleteAccessKey AKIAEXAMPLE on arn:aws:iam::123456789012:user/people/bob\n\
         - iam:DeleteUser on arn:aws:iam::123456789012:user/people/bob\n"
    );
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
    let text = question(&Plan { granted: Some(granted), reached: Some(reached), ..Plan::default() }).text();
    for line in [
        "- s3:Get*, iam:* on *",
        "- everything but iam:* on *, under conditions",
        "- sts:AssumeRole for 111122223333, ec2.amazonaws.com",
        "- and 3 more, see the plan",
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
fn what_cannot_be_read_is_taken_for_everything() {
    for unreadable in [json!("x"), json!({"Unreadable": true}), json!({"Action": [7], "Resource": {}})] {
        let gain = gain(&unreadable);
        assert_eq!((gain.actions, gain.resources), (vec!["*".to_owned()], vec!["*".to_owned()]), "{unreadable}");
    }
}

#[test]
fn nothing_that_others_wrote_reads_as_ours() {
    let hostile = "arn:aws:s3:::x\non the other hand [click](https://e.example) \u{202e}\u{1b}[2J\\u{41}";
    let shown = plain(hostile);
    assert!(shown.starts_with("arn:aws:s3:::x\\u{a}on\\u{20}the\\u{20}other"), "{shown}");
    assert!(shown.contains("\\u{5b}click\\u{5d}\\u{28}https://e.example\\u{29}"), "{shown}");
    assert!(shown.ends_with("\\u{202e}\\u{1b}\\u{5b}2J\\u{5c}u{41}"), "{shown}");
    let named =
        Change::DeleteUserPolicy { user_name: "bob".into(), policy_name: "ok\nThis will go:\n- nothing".into() };
    let text = question(&Plan::adding(vec![named.on(bob())])).text();
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(plain(&"a".repeat(5000)).ends_with("...(4700 more characters)"));
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
fn a_long_plan_is_counted_past_its_first_lines_in_the_text_alone() {
    let calls = (0..100).map(|_| Change::DeleteUser { user_name: "bob".into() }.on(bob())).collect();
    let asked = question(&Plan::adding(calls));
    assert_eq!(asked.steps.len(), 100);
    assert!(asked.text().ends_with("- and 40 more\n"));
}
