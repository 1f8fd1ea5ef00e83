//! Escalations of accounts that are written down; the large labelled one is in `labelled`.

mod labelled;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::posture::testing::{Written, allow, arn, attached};

fn everything() -> Value {
    json!([allow(&json!("*"), &json!("*"))])
}

/// The hops of somebody's chain: what is done, and who that makes of them.
fn hops(escalations: &Escalations, principal: &str) -> Vec<(String, String)> {
    let chain = escalations.chain(&arn(principal)).unwrap_or_else(|| panic!("{principal} gets nowhere"));
    chain.hops.iter().map(|hop| (hop.how.to_owned(), hop.to.to_string())).collect()
}

#[test]
fn chains_go_over_several_principals_and_the_shortest_is_told() {
    let mut account = Written::default();
    account
        .user("almighty", &everything(), json!({}))
        .role("admin", &json!({"AWS": arn("role/middle")}), &everything(), json!({}))
        .role("middle", &json!({"AWS": arn("root")}), &json!([]), json!({}))
        .user("far", &json!([allow(&json!("sts:AssumeRole"), &json!(arn("role/middle")))]), json!({}))
        .user("farther", &json!([allow(&json!("iam:CreateAccessKey"), &json!(arn("user/far")))]), json!({}))
        .user("near", &json!([allow(&json!("iam:CreateAccessKey"), &json!(arn("user/*")))]), json!({}));
    let found = Escalations::of(&account.read());
    let admin = || (ASSUME.to_owned(), arn("role/admin"));
    assert_eq!(hops(&found, "user/almighty"), []);
    assert_eq!(hops(&found, "role/middle"), [admin()]);
    assert_eq!(hops(&found, "user/far"), [(ASSUME.to_owned(), arn("role/middle")), admin()]);
    let key = "make an access key of another user".to_owned();
    let first = (key.clone(), arn("user/far"));
    assert_eq!(hops(&found, "user/farther"), [first, (ASSUME.to_owned(), arn("role/middle")), admin()]);
    assert_eq!(hops(&found, "user/near"), [(key, arn("user/almighty"))]);
    assert_eq!(found.principals, 6);
}

const ASSUME: &str = "assume a role";

#[test]
fn steps_on_oneself_are_combined() {
    let bound = json!({"PermissionsBoundary": {"PermissionsBoundaryArn": arn("policy/bound")}});
    let mut account = Written::default();
    account
        .policy("bound", &[json!([allow(&json!("iam:*"), &json!("*"))])])
        // Its boundary lets it do nothing but IAM, and so take the boundary away.
        .user(
            "bob",
            &json!([allow(
                &json!(["iam:DeleteUserPermissionsBoundary", "iam:PutUserPolicy"]),
                &json!(arn("user/bob"))
            )]),
            bound,
        );
    let found = Escalations::of(&account.read());
    let ways: Vec<String> = hops(&found, "user/bob").into_iter().map(|(how, _)| how).collect();
    assert_eq!(ways.len(), 2);
    let ways: BTreeSet<&str> = ways.iter().map(String::as_str).collect();
    assert_eq!(ways, BTreeSet::from(["take its permissions boundary away", "write any inline policy of itself"]));
}

#[test]
fn each_hop_has_the_statement_that_allows_it() {
    let statements = json!([
        allow(&json!("s3:GetObject"), &json!("*")),
        {"Sid": "Attach", "Effect": "Allow", "Action": "iam:AttachUserPolicy", "Resource": "*"},
    ]);
    let mut account = Written::default();
    account.policy("p", &[statements]).user("bob", &json!([]), json!({"AttachedManagedPolicies": attached(&["p"])}));
    let found = Escalations::of(&account.read());
    let needed = &found.chain(&arn("user/bob")).unwrap().hops[0].needs[0];
    assert_eq!((needed.action, &*needed.on), ("iam:AttachUserPolicy", &*arn("user/bob")));
    assert_eq!(
        (&*needed.by.policy, needed.by.statement, needed.by.sid.as_deref()),
        (&*arn("policy/p"), 1, Some("Attach"))
    );
    let shown = found.chains[0].shown();
    assert_eq!(shown["Hops"][0]["To"], ADMINISTRATOR);
    assert_eq!(shown["Hops"][0]["Needs"][0]["AllowedBy"]["Sid"], "Attach");
}

#[test]
fn a_trust_policy_that_names_somebody_needs_no_policy_of_theirs() {
    let mut account = Written::default();
    account
        .user("named", &json!([]), json!({}))
        .user("other", &json!([]), json!({}))
        .user("denied", &json!([{"Effect": "Deny", "Action": "sts:*", "Resource": "*"}]), json!({}))
        .role("admin", &json!({"AWS": [arn("user/named"), arn("user/denied")]}), &everything(), json!({}));
    let found = Escalations::of(&account.read());
    assert_eq!(hops(&found, "user/named").len(), 1);
    let needed = &found.chain(&arn("user/named")).unwrap().hops[0].needs[0];
    assert_eq!(&*needed.by.policy, format!("trust policy of {}", arn("role/admin")));
    assert!(found.chain(&arn("user/other")).is_none() && found.chain(&arn("user/denied")).is_none());
}

#[test]
fn the_change_that_stops_most_is_told_and_tried() {
    let mut account = Written::default();
    account.role("admin", &json!({"AWS": arn("root")}), &everything(), json!({})).group(
        "helpers",
        &json!([allow(&json!("sts:AssumeRole"), &json!("*"))]),
        json!({}),
    );
    for name in ["a", "b", "c"] {
        account.user(name, &json!([]), json!({"GroupList": ["helpers"]}));
    }
    // One of them has another way.
    account.user("d", &json!([allow(&json!("iam:PutUserPolicy"), &json!("*"))]), json!({"GroupList": ["helpers"]}));
    let found = Escalations::of(&account.read());
    let best = &found.changes[0];
    assert_eq!(&*best.statement.policy, "inline policy own of group helpers");
    assert_eq!((best.actions.as_slice(), best.stopped, best.left), (&["sts:AssumeRole"][..], 3, 1));
}

#[test]
fn what_cannot_be_read_is_said() {
    let mut account = Written::default();
    account.user("bob", &json!([{"Effect": "Maybe"}]), json!({}));
    let found = Escalations::of(&account.read());
    assert!(found.chains.is_empty());
    assert_eq!(found.unreadable, [Arc::from(arn("user/bob").as_str())]);
}

#[test]
fn everything_on_a_named_resource_is_not_administrator() {
    let mut account = Written::default();
    account
        .user("bucket", &json!([allow(&json!("*"), &json!("arn:aws:s3:::my-bucket/*"))]), json!({}))
        .user("oneself", &json!([allow(&json!("*"), &json!(arn("user/oneself")))]), json!({}))
        .user("key", &json!([allow(&json!("iam:CreateAccessKey"), &json!(arn("user/bucket")))]), json!({}));
    let found = Escalations::of(&account.read());
    assert!(found.chain(&arn("user/bucket")).is_none() && found.chain(&arn("user/key")).is_none());
    let ways: Vec<String> = hops(&found, "user/oneself").into_iter().map(|(how, _)| how).collect();
    assert_eq!(ways, ["attach any managed policy to itself"], "which makes it one");
}

#[test]
fn however_many_groups_there_are_the_one_that_leads_further_is_found() {
    let mut account = Written::default();
    for number in 0..90 {
        let statements = json!([allow(&json!("s3:GetObject"), &json!(format!("arn:aws:s3:::b{number}/*")))]);
        account.group(&format!("g{number}"), &statements, json!({}));
    }
    account.group("writers", &json!([allow(&json!("iam:PutUserPolicy"), &json!("*"))]), json!({})).user(
        "bob",
        &json!([allow(&json!("iam:AddUserToGroup"), &json!("*"))]),
        json!({}),
    );
    let found = Escalations::of(&account.read());
    let ways: Vec<String> = hops(&found, "user/bob").into_iter().map(|(how, _)| how).collect();
    assert_eq!(ways, ["join a group with more permissions", "write any inline policy of itself"]);
}

#[test]
fn lengths_that_nobody_has_do_not_end_the_search() {
    let mut account = Written::default();
    account.role("r0", &json!({"AWS": arn("root")}), &everything(), json!({}));
    account.policy("bound", &[json!([allow(&json!("iam:DeleteRolePermissionsBoundary"), &json!("*"))])]);
    let bound = json!({"PermissionsBoundary": {"PermissionsBoundaryArn": arn("policy/bound")}});
    for number in 1..=5 {
        let statements = json!([
            allow(&json!("iam:DeleteRolePermissionsBoundary"), &json!(arn(&format!("role/r{number}")))),
            allow(&json!("sts:AssumeRole"), &json!(arn(&format!("role/r{}", number - 1)))),
        ]);
        account.role(&format!("r{number}"), &json!({"AWS": arn("root")}), &statements, bound.clone());
    }
    let found = Escalations::of(&account.read());
    let lengths: Vec<usize> = (1..=5).map(|number| hops(&found, &format!("role/r{number}")).len()).collect();
    assert_eq!(lengths, [2, 4, 6, 8, 10]);
}

#[test]
fn what_may_be_refused_for_another_reason_is_not_certain() {
    let certainty = |statements: Value, versions: usize| {
        let mut account = Written::default();
        let trust = json!({"Service": "lambda.amazonaws.com"});
        let mut all = vec![json!([allow(&json!("s3:GetObject"), &json!("*"))])];
        all.resize(versions, json!([allow(&json!("s3:ListAllMyBuckets"), &json!("*"))]));
        account
            .user("almighty", &everything(), json!({}))
            .role("runner", &trust, &everything(), json!({}))
            .policy("p", &all)
            .user("bob", &statements, json!({"AttachedManagedPolicies": attached(&["p"])}));
        Escalations::of(&account.read()).chain(&arn("user/bob")).map(|chain| chain.certainty)
    };
    let of = |action: &str, resource: &str| allow(&json!(action), &json!(resource));
    let (certain, conditional) = (Some(Certainty::Certain), Some(Certainty::Conditional));
    // Whether there is a password is told by the credential report alone.
    assert_eq!(certainty(json!([of("iam:UpdateLoginProfile", "*")]), 1), conditional);
    assert_eq!(certainty(json!([of("iam:CreateAccessKey", "*")]), 1), certain);
    let function = |name: &str| format!("arn:aws:lambda:eu-west-1:123456789012:function:{name}");
    let passing = |one: &str, other: &str| {
        json!([
            of("iam:PassRole", "*"),
            of("lambda:CreateFunction", &function(one)),
            of("lambda:InvokeFunction", &function(other)),
        ])
    };
    assert_eq!((certainty(passing("a", "a"), 1), certainty(passing("a", "b"), 1)), (certain, conditional));
    // A sixth version is refused.
    let version = |more: &[Value]| json!([&[of("iam:CreatePolicyVersion", "*")], more].concat());
    assert_eq!((certainty(version(&[]), 4), certainty(version(&[]), 5)), (certain, None));
    assert_eq!(certainty(version(&[of("iam:DeletePolicyVersion", "*")]), 5), certain);
}

#[test]
fn the_trust_policy_of_a_role_is_a_change_too() {
    let mut account = Written::default();
    account.role("admin", &json!({"AWS": arn("root")}), &everything(), json!({}));
    for number in 0..8 {
        let own = json!([
            allow(&json!("s3:GetObject"), &json!(format!("arn:aws:s3:::b{number}/*"))),
            allow(&json!("sts:AssumeRole"), &json!(arn("role/admin"))),
        ]);
        account.user(&format!("u{number}"), &own, json!({}));
    }
    let found = Escalations::of(&account.read());
    let best = &found.changes[0];
    assert_eq!((&*best.statement.policy, best.stopped), (&*format!("trust policy of {}", arn("role/admin")), 8));
    let shown = found.chain(&arn("user/u0")).unwrap().shown();
    assert_eq!(shown["Hops"][0]["Needs"][0]["TrustedBy"]["Policy"], json!(best.statement.policy));
}

#[test]
fn of_a_change_every_place_is_told() {
    let mut account = Written::default();
    for name in ["a", "b", "c"] {
        account.user(name, &json!([allow(&json!("iam:PutUserPolicy"), &json!("*"))]), json!({}));
    }
    let found = Escalations::of(&account.read());
    let change = &found.changes[0];
    assert_eq!((change.stopped, change.place_count, change.of_aws), (3, 3, false));
    assert_eq!(change.places, ["a", "b", "c"].map(|name| format!("inline policy own of user {name}")));
}

#[test]
fn who_could_make_more_of_themselves_than_is_looked_at_is_named() {
    let mut account = Written::default();
    for number in 0..90 {
        let role = json!(arn(&format!("role/nobody-{number}")));
        account.group(&format!("g{number}"), &json!([allow(&json!("sts:AssumeRole"), &role)]), json!({}));
    }
    account.user("bob", &json!([allow(&json!("iam:AddUserToGroup"), &json!("*"))]), json!({})).user(
        "eve",
        &json!([]),
        json!({}),
    );
    let found = Escalations::of(&account.read());
    assert_eq!(found.cut_short, [Arc::from(arn("user/bob"))]);
}
