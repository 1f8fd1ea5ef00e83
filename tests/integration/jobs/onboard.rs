//! Onboarding a developer.

use serde_json::json;

use super::{Job, dry_run, names, read, written};

const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/boundaries/developer-boundary";

#[test]
fn a_developer_is_onboarded() {
    let mut job = Job::begin();
    let me = job.call("whoami", json!({}));
    assert_eq!((&me["Environment"], &me["Access"]), (&json!("dev"), &json!("read-write")), "{me}");
    let user = json!({"user_name": "nora.berg"});
    assert_eq!(job.refused("get_user", user.clone()), "NoSuchEntity");
    let group = job.call("get_group", json!({"group_name": "developers"}))["Group"].clone();
    assert!(names(&group["AttachedPolicies"], "PolicyName").contains(&"developer-access".to_owned()), "{group}");

    let tags = json!({"team": "shop", "owner": "alice.nguyen"});
    let create = json!({"user_name": "nora.berg", "path": "/people/", "permissions_boundary": BOUNDARY, "tags": tags});
    let plan = job.planned("create_user", create.clone());
    assert_eq!(names(&plan["calls"], "action"), ["iam:CreateUser"], "{plan}");
    assert_eq!(job.call("create_user", create)["plan"], plan);
    let join = json!({"group_name": "developers", "user_name": "nora.berg"});
    let plan = job.planned("add_user_to_group", join.clone());
    // What the person is shown before the yes: what the user could do then that it cannot do now.
    let granted = &plan["granted"];
    assert!(granted["allowed"].as_array().is_some_and(|allowed| !allowed.is_empty()), "{plan}");
    assert_eq!(granted["administrator"], false, "{plan}");
    let mut joins = join;
    joins["reason"] = "Nora Berg joins the shop team".into();
    job.confirmed("add_user_to_group", joins, &plan);
    let made = job.call("get_user", user)["User"].clone();
    assert_eq!(
        (&made["Path"], &made["PermissionsBoundary"]["PermissionsBoundaryArn"], &made["AccessKeys"]),
        (&json!("/people/"), &json!(BOUNDARY), &json!([]))
    );
    assert_eq!((names(&made["Groups"], "GroupName"), &made["LoginProfile"]), (vec!["developers".into()], &json!(null)));

    let state = job.account().state("/people/");
    assert_eq!(
        state["users"]["nora.berg"],
        json!({"path": "/people/", "inline": {}, "attached": [], "boundary": BOUNDARY, "keys": [],
            "groups": ["developers"], "tags": {"team": "shop", "owner": "alice.nguyen"}})
    );
    assert_eq!(
        job.recorded(),
        [
            read("whoami"),
            read("get_user"),
            read("get_group"),
            dry_run("create_user"),
            written("create_user"),
            dry_run("add_user_to_group"),
            dry_run("add_user_to_group"),
            written("add_user_to_group"),
            read("get_user"),
        ]
    );
    job.assert_writes_are_told(&["iam:CreateUser", "iam:AddUserToGroup"]);
    let intent = job.gateway.records("intent").pop().expect("two were written");
    assert!(intent.to_string().contains("Nora Berg joins the shop team"), "the reason is recorded: {intent}");
}
