//! Which policies have a say, and which of them is named when they refuse.

use serde_json::json;

use super::{
    BOUNDARY, CALLER, HERE, allow, bench, call_as_session, deny, document, no_policy, permit, refusal, said, when,
};
use crate::sandbox::account::{Group, Tags};
use crate::sandbox::identity::Identity;
use crate::sandbox::testing::Bench;

const GET_BOB: (&str, &[(&str, &str)]) = ("GetUser", &[("UserName", "bob")]);
const BOB: &str = "arn:aws:iam::123456789012:user/team/bob";

fn get_bob(bench: &mut Bench) -> Option<String> {
    refusal(bench, GET_BOB.0, GET_BOB.1)
}

/// The same words of a session.
fn said_to(arn: &str, why: &str) -> Option<String> {
    Some(format!("User: {arn} is not authorized to perform: iam:GetUser on resource: {BOB}{why}"))
}

/// Gives a managed policy another document.
fn rewrite(bench: &mut Bench, arn: &str, statements: &[serde_json::Value]) {
    bench.account.policies.get_mut(arn).unwrap().versions[0].document = document(statements);
}

/// What the role of the sessions may.
fn permit_role(bench: &mut Bench, statements: &[serde_json::Value]) {
    let role = bench.account.roles.get_mut("runner").unwrap();
    role.boundary = None;
    role.policies.inline = [("own".to_owned(), document(statements))].into();
}

#[test]
fn whoever_has_no_policies_may_nothing() {
    assert_eq!(get_bob(&mut bench()), said("iam:GetUser", BOB, &no_policy("iam:GetUser")));
}

#[test]
fn the_root_user_may_everything() {
    let mut bench = bench();
    bench.identity = Identity::Root { arn: format!("{HERE}root"), id: "123456789012".into() };
    assert_eq!(get_bob(&mut bench), None);
}

#[test]
fn policies_of_groups_and_attached_ones_allow_and_deny() {
    let mut bench = bench();
    let id = bench.account.users.get("caller").unwrap().id.clone();
    let mut group = Group::new("readers", "/", "AGPAREADERS".into(), bench.now);
    group.policies.attached.insert("arn:aws:iam::aws:policy/IAMReadOnlyAccess".into());
    group.members.insert(id);
    bench.account.groups.insert(group);
    assert_eq!(get_bob(&mut bench), None);
    let refused = refusal(&mut bench, "DeleteUser", &[("UserName", "bob")]);
    assert_eq!(refused, said("iam:DeleteUser", BOB, &no_policy("iam:DeleteUser")));

    let group = bench.account.groups.get_mut("readers").unwrap();
    group.policies.inline.insert("not-bob".into(), document(&[deny("iam:*", BOB)]));
    let explicit = " with an explicit deny in an identity-based policy";
    assert_eq!(get_bob(&mut bench), said("iam:GetUser", BOB, explicit));
}

#[test]
fn policies_that_aws_manages_let_through_what_they_say() {
    for (name, reads, writes) in [
        ("AdministratorAccess", true, true),
        ("IAMFullAccess", true, true),
        ("ReadOnlyAccess", true, false),
        ("IAMReadOnlyAccess", true, false),
        ("PowerUserAccess", false, false),
        ("AmazonS3ReadOnlyAccess", false, false),
    ] {
        let mut bench = bench();
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        assert!(bench.account.policies.contains_key(&arn), "{name}");
        bench.account.users.get_mut("caller").unwrap().policies.attached.insert(arn);
        assert_eq!(get_bob(&mut bench).is_none(), reads, "{name}");
        let refused = refusal(
            &mut bench,
            "TagUser",
            &[("UserName", "bob"), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")],
        );
        assert_eq!(refused.is_none(), writes, "{name}");
    }
}

#[test]
fn a_boundary_takes_away_and_gives_nothing() {
    let mut bench = bench();
    bench.account.users.get_mut("caller").unwrap().boundary = Some(BOUNDARY.to_owned());
    permit(&mut bench, &[allow("iam:*", "*")]);
    let no_boundary = " because no permissions boundary allows the iam:GetUser action";
    assert_eq!(get_bob(&mut bench), said("iam:GetUser", BOB, no_boundary));
    rewrite(&mut bench, BOUNDARY, &[allow("iam:Get*", "*")]);
    assert_eq!(get_bob(&mut bench), None);
    rewrite(&mut bench, BOUNDARY, &[allow("iam:Get*", "*"), deny("iam:GetUser", BOB)]);
    assert_eq!(get_bob(&mut bench), said("iam:GetUser", BOB, " with an explicit deny in a permissions boundary"));
    rewrite(&mut bench, BOUNDARY, &[allow("iam:*", "*")]);
    permit(&mut bench, &[]);
    bench.account.users.get_mut("caller").unwrap().policies.inline.clear();
    assert_eq!(get_bob(&mut bench), said("iam:GetUser", BOB, &no_policy("iam:GetUser")));
}

#[test]
fn policies_of_a_session_take_away_and_give_nothing() {
    let mut bench = bench();
    permit_role(&mut bench, &[allow("iam:*", "*")]);
    let arn = call_as_session(&mut bench, |_| {});
    assert_eq!(get_bob(&mut bench), None, "{arn}");

    call_as_session(&mut bench, |session| session.policies.push(document(&[allow("s3:*", "*")])));
    assert_eq!(get_bob(&mut bench), said_to(&arn, " because no session policy allows the iam:GetUser action"));
    call_as_session(&mut bench, |session| session.policies.push(document(&[allow("iam:*", "*"), deny("iam:*", BOB)])));
    assert_eq!(get_bob(&mut bench), said_to(&arn, " with an explicit deny in a session policy"));

    let by_arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
    call_as_session(&mut bench, |session| session.policy_arns.push(by_arn.to_owned()));
    assert_eq!(get_bob(&mut bench), None);
    let refused = refusal(&mut bench, "DeleteUser", &[("UserName", "bob")]).unwrap();
    assert!(refused.ends_with("because no session policy allows the iam:DeleteUser action"), "{refused}");

    permit_role(&mut bench, &[allow("s3:*", "*")]);
    assert_eq!(get_bob(&mut bench), said_to(&arn, &no_policy("iam:GetUser")));
    bench.account.roles.remove("runner");
    assert_eq!(get_bob(&mut bench), said_to(&arn, &no_policy("iam:GetUser")));
}

#[test]
fn tags_of_the_session_and_of_its_role_are_tags_of_the_principal() {
    let mut bench = bench();
    let mark = "aws:PrincipalTag/ViaAWSMCPService";
    permit_role(&mut bench, &[allow("iam:*", "*"), when(deny("iam:*", BOB), "StringEquals", mark, &["true"])]);
    let arn = call_as_session(&mut bench, |_| {});
    assert_eq!(get_bob(&mut bench), None);
    call_as_session(&mut bench, |session| session.tags = Tags::from_iter([("ViaAWSMCPService", "true")]));
    assert_eq!(get_bob(&mut bench), said_to(&arn, " with an explicit deny in an identity-based policy"));

    bench.account.roles.get_mut("runner").unwrap().tags = Tags::from_iter([("viaawsmcpservice", "true")]);
    call_as_session(&mut bench, |_| {});
    assert!(get_bob(&mut bench).is_some(), "the role's own tag");
    call_as_session(&mut bench, |session| session.tags = Tags::from_iter([("ViaAWSMCPService", "no")]));
    assert_eq!(get_bob(&mut bench), None, "the session's tag goes over the role's");
}

#[test]
fn the_source_identity_and_the_role_of_a_session_are_seen() {
    for (key, value) in [
        ("aws:SourceIdentity", "ada@example.com"),
        ("aws:PrincipalArn", "arn:aws:iam::123456789012:role/team/runner"),
        ("aws:PrincipalType", "AssumedRole"),
        ("aws:SourceIp", "127.0.0.1"),
    ] {
        let mut bench = bench();
        permit_role(&mut bench, &[when(allow("iam:*", "*"), "StringEquals", key, &[value])]);
        call_as_session(&mut bench, |session| session.source_identity = Some("ada@example.com".into()));
        assert_eq!(get_bob(&mut bench), None, "{key}");
        permit_role(&mut bench, &[when(allow("iam:*", "*"), "StringEquals", key, &["another"])]);
        assert!(get_bob(&mut bench).is_some(), "{key}");
    }
}

#[test]
fn a_policy_that_cannot_be_read_could_be_a_deny() {
    let mut bench = bench();
    permit(&mut bench, &[allow("*", "*")]);
    let caller = bench.account.users.get_mut("caller").unwrap();
    caller.policies.inline.insert("spoilt".into(), r#"{"Statement": ["#.into());
    assert_eq!(get_bob(&mut bench), said("iam:GetUser", BOB, ""));

    let mut bench = super::bench();
    permit(&mut bench, &[allow("*", "*")]);
    bench.account.users.get_mut("caller").unwrap().boundary = Some(format!("{HERE}policy/gone"));
    assert_eq!(get_bob(&mut bench), said("iam:GetUser", BOB, ""));
}

#[test]
fn a_variable_stands_for_the_caller() {
    let mut bench = bench();
    permit(
        &mut bench,
        &[json!({"Effect": "Allow", "Action": "iam:*", "Resource": format!("{HERE}user/${{aws:username}}")})],
    );
    assert_eq!(refusal(&mut bench, "GetUser", &[]), None);
    assert_eq!(refusal(&mut bench, "GetUser", &[("UserName", "Caller")]), None);
    assert_eq!(get_bob(&mut bench), said("iam:GetUser", BOB, &no_policy("iam:GetUser")), "{CALLER}");
}
