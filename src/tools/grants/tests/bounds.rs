//! Documents that cannot be read, and ones that are large or made to be dear.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{ACCOUNT, allow, deny, document, granted, holding, on};
use crate::tools::grants::shown::{LONGEST, MOST_ITEMS};
use crate::tools::grants::{Granted, Permissions, all_of, compare};

fn unreadable() -> Value {
    json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Acton": "*", "Resource": "*"}})
}

fn of(policies: Vec<Value>) -> Permissions {
    Permissions { policies, boundary: None }
}

#[test]
fn what_cannot_be_read_afterwards_may_be_everything() {
    for broken in [unreadable(), json!("{"), json!("")] {
        let found = all_of(&of(vec![broken.clone(), document(&[allow("s3:*", "*")])]), ACCOUNT);
        assert_eq!(found.allowed[0], json!({"Unreadable": true}), "{broken}");
        assert_eq!((found.allowed.len(), found.administrator), (2, true), "{broken}");
    }
}

#[test]
fn what_could_not_be_read_before_may_have_denied_everything() {
    let all = document(&[allow("*", "*")]);
    let found = compare(&of(vec![all.clone(), unreadable()]), &of(vec![all.clone()]), ACCOUNT);
    assert_eq!((found.allowed.len(), found.administrator), (1, true));
    let boundary = Permissions { policies: vec![all.clone()], boundary: Some(unreadable()) };
    assert_eq!(compare(&boundary, &of(vec![all]), ACCOUNT).allowed.len(), 1);
    assert_eq!(compare(&boundary, &boundary, ACCOUNT), Granted::default());
}

#[test]
fn what_cannot_be_read_and_stays_is_nothing_new_until_a_deny_goes() {
    let (s3, kept) = (document(&[allow("s3:*", "*")]), of(vec![unreadable()]));
    assert_eq!(compare(&kept, &kept, ACCOUNT), Granted::default());
    let found = compare(&kept, &of(vec![unreadable(), s3]), ACCOUNT);
    assert_eq!((found.allowed.len(), found.administrator), (1, false));
    let found = compare(&of(vec![unreadable(), document(&[deny("iam:*", "*")])]), &kept, ACCOUNT);
    assert_eq!((found.allowed, found.administrator), (vec![json!({"Unreadable": true})], true));
}

#[test]
fn nothing_is_left_out_without_a_word() {
    let many = |count: usize, last: &str| {
        let each = |index: usize| {
            let name = if index + 1 == count { last.to_owned() } else { format!("key{index}") };
            on(allow("s3:GetObject", "*"), json!({"StringEquals": {format!("aws:PrincipalTag/{name}"): "x"}}))
        };
        all_of(&holding(&(0..count).map(each).collect::<Vec<_>>()), ACCOUNT)
    };
    let (few, found) = (many(MOST_ITEMS, "z"), many(MOST_ITEMS + 7, "z"));
    assert_eq!((few.allowed.len(), few.more, &few.digest), (MOST_ITEMS, 0, &None));
    assert_eq!((found.allowed.len(), found.more), (MOST_ITEMS, 7));
    assert_eq!(found.shown()["more"], 7);
    let other = many(MOST_ITEMS + 7, "zz");
    assert_eq!(other.allowed, found.allowed);
    assert_ne!(other.shown()["digest"], found.shown()["digest"]);
}

#[test]
fn the_worst_is_shown_first_and_long_texts_count() {
    let long = |index: usize| format!("arn:aws:s3:::bucket{index}/{}", "x".repeat(900));
    let mut statements: Vec<Value> = (0..30)
        .map(|index| {
            on(allow("a:B", long(index)), json!({"StringEquals": {format!("aws:PrincipalTag/k{index}"): "x"}}))
        })
        .collect();
    statements.push(allow("iam:PutUserPolicy", "*"));
    let found = all_of(&holding(&statements), ACCOUNT);
    assert_eq!(found.allowed[0]["Action"], json!(["iam:PutUserPolicy"]));
    let length: usize = found.allowed.iter().map(|item| item.to_string().len()).sum();
    assert!(length <= LONGEST && found.more > 0 && found.allowed.len() + found.more == 31, "{length}");
}

#[test]
fn long_lists_are_several_items() {
    let actions: Vec<String> = (0..100).map(|index| format!("s3:Get{index}")).collect();
    let found = all_of(&holding(&[allow(json!(actions), "*")]), ACCOUNT);
    let shown: usize = found.allowed.iter().map(|item| item["Action"].as_array().unwrap().len()).sum();
    assert_eq!((found.allowed.len(), shown, found.more), (3, 100, 0));
}

/// Of the size that IAM stores at most, and all of it as dear as can be.
fn dear(seed: usize) -> Vec<Value> {
    let star = |index: usize| format!("s3:{}x{index}*", "*a?".repeat(8 + seed));
    let resource = |index: usize| format!("arn:aws:s3:::{}y{index}*", "?*b".repeat(40 + seed));
    let actions: Vec<String> = (0..80).map(star).collect();
    let resources: Vec<String> = (0..45).map(resource).collect();
    vec![allow(json!(actions), json!(resources)), deny(json!(actions[0]), json!(resources))]
}

#[test]
fn documents_made_to_be_dear_end_and_are_shown() {
    let all = |seeds: std::ops::Range<usize>| of(seeds.map(|seed| document(&dear(seed))).collect());
    let begun = Instant::now();
    let (before, after) = (all(0..10), all(1..12));
    let found = compare(&before, &after, ACCOUNT);
    assert!(found.more > 0 && found.allowed.len() <= MOST_ITEMS + 1);
    assert_eq!(compare(&after, &after, ACCOUNT), Granted::default());
    let short: Vec<String> = (0..700).map(|index| format!("a:{index}*")).collect();
    let many =
        holding(&[allow(json!(short), json!((0..300).map(|i| format!("arn:aws:a:::{i}*")).collect::<Vec<_>>()))]);
    assert!(granted(&before, &many).more > 0);
    let limit = if cfg!(debug_assertions) { 60 } else { 3 };
    assert!(begun.elapsed() < Duration::from_secs(limit), "{:?}", begun.elapsed());
}
