use serde_json::json;

use super::*;
use crate::iam::{Change, Entity, EntityKind, Member, Resource};
use crate::tools::testing::{configuration, declared};

fn authorizer() -> Authorizer {
    let config = configuration();
    Authorizer::new(Protected::of(&config), Arc::new(Documents::load(&config).expect("no documents, no faults")))
}

fn code<T>(result: Result<T, impl Into<Refused>>) -> String {
    result.map_or_else(|refused| refused.into().error.code, |_| "passed".to_owned())
}

fn judge(caller: &str, tool: &str, arguments: &serde_json::Value) -> String {
    code(authorizer().judge(declared(caller, tool, arguments).expect("a valid call")))
}

#[test]
fn a_read_only_caller_reads_and_does_not_write() {
    assert_eq!(judge("auditor", "list_users", &json!({})), "passed");
    assert_eq!(judge("auditor", "create_user", &json!({"user_name": "bob"})), "ReadOnlyCaller");
    assert_eq!(judge("auditor", "create_user", &json!({"user_name": "bob", "dry_run": true})), "ReadOnlyCaller");
}

#[test]
fn a_tool_outside_of_the_mappings_toolsets_is_refused() {
    assert_eq!(judge("builder", "whoami", &json!({})), "ToolNotAllowed");
}

#[test]
fn what_is_known_to_be_protected_is_refused_before_any_read() {
    let at = |path: &str| json!({"user_name": "bob", "path": path});
    assert_eq!(judge("alice", "create_user", &at("/break-glass/")), "ProtectedResource");
    assert_eq!(judge("alice", "create_user", &at("/dev/")), "passed");
    // Where bob lives only AWS can tell; the plan is judged when it has.
    assert_eq!(judge("alice", "delete_user", &json!({"user_name": "bob"})), "passed");
}

#[test]
fn the_boundary_of_the_mapping_is_set_on_who_is_created_and_no_other_passes() {
    let call = declared("builder", "create_user", &json!({"user_name": "bob"})).unwrap();
    let boundary = call.declaration().writes[0].member("PermissionsBoundary").cloned();
    assert_eq!(boundary, Some(Member::Is("arn:aws:iam::123456789012:policy/bounded".into())));
    let asking = |arn: &str| judge("builder", "create_user", &json!({"user_name": "bob", "permissions_boundary": arn}));
    assert_eq!(asking("arn:aws:iam::123456789012:policy/bounded"), "passed");
    assert_eq!(asking("arn:aws:iam::123456789012:policy/wide"), "PermissionsBoundaryRequired");
    // Nor does a plan that forgot it.
    let call = authorizer().judge(call).unwrap();
    let judge = authorizer().with_own_identity("arn:aws:iam::123456789012:user/gateway");
    assert_eq!(code(judge.judge_plan(&call, plan_for("/"), &Known::default())), "UndeclaredAwsCall");
}

fn plan_for(path: &str) -> Plan {
    let user = Entity { kind: EntityKind::User, name: "bob".into(), path: Some(path.into()) };
    let change = Change::CreateUser {
        user_name: "bob".into(),
        path: "/dev/".into(),
        permissions_boundary: None,
        tags: Vec::new(),
    };
    Plan::adding(vec![change.on(Resource::Entity(user))])
}

#[test]
fn a_plan_is_judged_over_its_real_arns() {
    let call = declared("alice", "create_user", &json!({"user_name": "bob", "path": "/dev/"})).unwrap();
    let call = authorizer().judge(call).unwrap();
    let judge = authorizer().with_own_identity("arn:aws:iam::123456789012:user/gateway");
    assert_eq!(code(judge.judge_plan(&call, plan_for("/dev/"), &Known::default())), "passed");
    assert_eq!(code(judge.judge_plan(&call, plan_for("/break-glass/"), &Known::default())), "ProtectedResource");
    let own = authorizer().with_own_identity("arn:aws:iam::123456789012:user/dev/bob");
    assert_eq!(code(own.judge_plan(&call, plan_for("/dev/"), &Known::default())), "ProtectedResource");
}

#[test]
fn a_plan_may_not_go_beyond_what_was_declared() {
    let call = declared("alice", "create_user", &json!({"user_name": "bob", "path": "/dev/"})).unwrap();
    let call = authorizer().judge(call).unwrap();
    let judge = authorizer().with_own_identity("arn:aws:iam::123456789012:user/gateway");
    let other = Plan::adding(vec![Change::DeleteUser { user_name: "bob".into() }.on(Resource::user("bob"))]);
    assert_eq!(code(judge.judge_plan(&call, other, &Known::default())), "UndeclaredAwsCall");
}

#[test]
fn nobody_falls_through_to_an_environment_or_mapping() {
    let config = configuration();
    let stranger = crate::tools::testing::caller("mallory");
    assert_eq!(code(map(&config, None, &stranger)), "NoRoleMapping");
    assert_eq!(code(map(&config, Some("prod"), &crate::tools::testing::caller("alice"))), "UnknownEnvironment");
}
