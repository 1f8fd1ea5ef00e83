//! Policies of several layers together.

use serde_json::{Value, json};

use super::{ALICE, context, document, principal, set};
use crate::policy::Layer::{Boundary, Identity, Resource, Scp, Session, Trust};
use crate::policy::Verdict::{self, Allowed, ExplicitDeny, ImplicitDeny};
use crate::policy::{Layers, PolicyKind, Request};

const ROLE: &str = "arn:aws:iam::123456789012:role/target";
const ELSEWHERE: &str = "arn:aws:iam::999999999999:user/eve";

fn verdict(who: &str, trust: &[(&str, Value)], identity: &[&str]) -> Verdict {
    bounded(who, trust, identity, None, None)
}

/// The same within a boundary and a session's policies of one statement, or of none that is about the request.
fn bounded(
    who: &str,
    trust: &[(&str, Value)],
    identity: &[&str],
    boundary: Option<&[&str]>,
    session: Option<&[&str]>,
) -> Verdict {
    let statements = |list: Vec<Value>| json!({"Version": "2012-10-17", "Statement": list});
    let trust = trust
        .iter()
        .map(|(effect, principal)| json!({"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole"}));
    let trust = set([document(PolicyKind::Trust, &statements(trust.collect()))]);
    let of_identity = |effects: &[&str]| {
        set(effects.iter().map(|effect| {
            let statement = json!({"Effect": effect, "Action": "sts:AssumeRole", "Resource": ROLE});
            document(PolicyKind::Identity, &statements(vec![statement]))
        }))
    };
    let (identity, boundary, session) = (of_identity(identity), boundary.map(of_identity), session.map(of_identity));
    let (principal, context) = (principal(who), context(&json!({})));
    let request = Request::new("sts:AssumeRole", ROLE, &principal, &context);
    let layers = Layers { identity, boundary, session, trust: Some(trust), ..Layers::default() };
    layers.decide(&request, &"123456789012".parse().unwrap())
}

#[test]
fn an_account_that_is_trusted_decides_by_its_identity_policies() {
    for delegation in [json!({"AWS": "123456789012"}), json!({"AWS": "arn:aws:iam::123456789012:root"})] {
        let trust = [("Allow", delegation)];
        assert_eq!(verdict(ALICE, &trust, &[]), ImplicitDeny(Identity));
        assert_eq!(verdict(ALICE, &trust, &["Allow"]), Allowed);
        assert_eq!(verdict(ALICE, &trust, &["Allow", "Deny"]), ExplicitDeny(Identity));
        assert_eq!(verdict("arn:aws:iam::123456789012:root", &trust, &[]), Allowed);
    }
}

#[test]
fn who_is_named_in_the_same_account_needs_no_identity_policy() {
    let session = "arn:aws:sts::123456789012:assumed-role/dev/s1";
    for (who, named) in [
        (ALICE, json!({"AWS": ALICE})),
        (ALICE, json!("*")),
        (ALICE, json!({"AWS": "*"})),
        (session, json!({"AWS": session})),
        (session, json!({"AWS": "arn:aws:iam::123456789012:role/dev"})),
    ] {
        let trust = [("Allow", named)];
        assert_eq!(verdict(who, &trust, &[]), Allowed, "{trust:?}");
        assert_eq!(verdict(who, &trust, &["Deny"]), ExplicitDeny(Identity), "{trust:?}");
    }
}

#[test]
fn across_accounts_both_sides_must_allow() {
    for named in [json!({"AWS": ELSEWHERE}), json!({"AWS": "999999999999"}), json!("*")] {
        let trust = [("Allow", named)];
        assert_eq!(verdict(ELSEWHERE, &trust, &[]), ImplicitDeny(Identity), "{trust:?}");
        assert_eq!(verdict(ELSEWHERE, &trust, &["Allow"]), Allowed, "{trust:?}");
    }
    assert_eq!(verdict(ELSEWHERE, &[("Allow", json!({"AWS": "123456789012"}))], &["Allow"]), ImplicitDeny(Trust));
}

#[test]
fn an_identity_policy_alone_opens_no_role() {
    assert_eq!(verdict(ALICE, &[("Allow", json!({"AWS": ELSEWHERE}))], &["Allow"]), ImplicitDeny(Trust));
}

#[test]
fn an_explicit_deny_of_either_side_wins() {
    let denied = [("Allow", json!({"AWS": ALICE})), ("Deny", json!({"AWS": "123456789012"}))];
    assert_eq!(verdict(ALICE, &denied, &["Allow"]), ExplicitDeny(Trust));
    let silent = [("Allow", json!({"AWS": ELSEWHERE}))];
    assert_eq!(verdict(ALICE, &silent, &["Deny"]), ExplicitDeny(Identity));
}

#[test]
fn services_and_identity_providers_have_no_identity_policies() {
    let service = "ec2.amazonaws.com";
    assert_eq!(verdict(service, &[("Allow", json!({"Service": service}))], &[]), Allowed);
    let trust = [("Allow", json!({"Federated": "accounts.google.com"}))];
    assert_eq!(verdict("federated:accounts.google.com", &trust, &[]), Allowed);
    assert_eq!(verdict("anonymous", &trust, &[]), ImplicitDeny(Trust));
}

#[test]
fn a_boundary_and_a_sessions_policies_bound_all_but_what_is_given_to_the_caller_itself() {
    let session = "arn:aws:sts::123456789012:assumed-role/dev/s1";
    let role = "arn:aws:iam::123456789012:role/dev";
    let silent: Option<&[&str]> = Some(&[]);
    for (who, named, is_bounded) in [
        (ALICE, json!({"AWS": ALICE}), false),
        (session, json!({"AWS": session}), false),
        (session, json!({"AWS": role}), true),
        (role, json!({"AWS": role}), true),
        (session, json!("*"), true),
        (ALICE, json!({"AWS": "123456789012"}), true),
        (ELSEWHERE, json!({"AWS": ELSEWHERE}), true),
    ] {
        let trust = [("Allow", named)];
        let denied = |layer| if is_bounded { ImplicitDeny(layer) } else { Allowed };
        assert_eq!(bounded(who, &trust, &["Allow"], silent, Some(&["Allow"])), denied(Boundary), "{trust:?}");
        assert_eq!(bounded(who, &trust, &["Allow"], Some(&["Allow"]), silent), denied(Session), "{trust:?}");
        assert_eq!(bounded(who, &trust, &["Allow"], Some(&["Allow"]), Some(&["Allow"])), Allowed, "{trust:?}");
        assert_eq!(bounded(who, &trust, &["Allow"], Some(&["Deny"]), None), ExplicitDeny(Boundary), "{trust:?}");
        assert_eq!(bounded(who, &trust, &["Allow"], None, Some(&["Deny"])), ExplicitDeny(Session), "{trust:?}");
    }
}

#[test]
fn a_boundary_that_allows_gives_nothing() {
    let trust = [("Allow", json!({"AWS": "123456789012"}))];
    assert_eq!(bounded(ALICE, &trust, &[], Some(&["Allow"]), Some(&["Allow"])), ImplicitDeny(Identity));
}

/// What the layers say of a read of an object; each is a list of effects, a resource's with its principal.
fn on_object(who: &str, bucket: &[(&str, Value)], identity: &[&str], scp: Option<&[&str]>) -> Verdict {
    const OBJECT: &str = "arn:aws:s3:::reports/may";
    let plain = |effects: &[&str]| {
        set(effects.iter().map(|effect| {
            let statement = json!({"Effect": effect, "Action": "s3:GetObject", "Resource": OBJECT});
            document(PolicyKind::Identity, &json!({"Version": "2012-10-17", "Statement": [statement]}))
        }))
    };
    let resource = bucket.iter().map(|(effect, principal)| {
        let statement = json!({"Effect": effect, "Principal": principal, "Action": "s3:*", "Resource": "*"});
        document(PolicyKind::Resource, &json!({"Version": "2012-10-17", "Statement": [statement]}))
    });
    let resource = (!bucket.is_empty()).then(|| set(resource));
    let layers = Layers { identity: plain(identity), scp: scp.map(plain), resource, ..Layers::default() };
    let (principal, context) = (principal(who), context(&json!({})));
    layers.decide(&Request::new("s3:GetObject", OBJECT, &principal, &context), &"123456789012".parse().unwrap())
}

#[test]
fn within_an_account_either_side_may_allow_and_across_accounts_both_must() {
    let alice = || ("Allow", json!({"AWS": ALICE}));
    assert_eq!(on_object(ALICE, &[], &[], None), ImplicitDeny(Identity));
    assert_eq!(on_object(ALICE, &[], &["Allow"], None), Allowed);
    assert_eq!(on_object(ALICE, &[alice()], &[], None), Allowed);
    assert_eq!(on_object(ALICE, &[("Allow", json!({"AWS": ELSEWHERE}))], &["Allow"], None), Allowed);
    assert_eq!(on_object(ALICE, &[("Allow", json!({"AWS": "123456789012"}))], &[], None), ImplicitDeny(Identity));
    assert_eq!(on_object(ALICE, &[("Deny", json!("*"))], &["Allow"], None), ExplicitDeny(Resource));
    assert_eq!(on_object(ELSEWHERE, &[], &["Allow"], None), ImplicitDeny(Resource));
    assert_eq!(on_object(ELSEWHERE, &[alice()], &["Allow"], None), ImplicitDeny(Resource));
    for named in [json!({"AWS": ELSEWHERE}), json!({"AWS": "999999999999"}), json!("*")] {
        assert_eq!(on_object(ELSEWHERE, &[("Allow", named.clone())], &[], None), ImplicitDeny(Identity));
        assert_eq!(on_object(ELSEWHERE, &[("Allow", named)], &["Allow"], None), Allowed);
    }
}

#[test]
fn service_control_policies_bound_everybody_of_the_account_whatever_else_allows() {
    let alice = || ("Allow", json!({"AWS": ALICE}));
    let root = "arn:aws:iam::123456789012:root";
    for bucket in [vec![], vec![alice()]] {
        assert_eq!(on_object(ALICE, &bucket, &["Allow"], Some(&[])), ImplicitDeny(Scp));
        assert_eq!(on_object(ALICE, &bucket, &["Allow"], Some(&["Allow", "Deny"])), ExplicitDeny(Scp));
        assert_eq!(on_object(ALICE, &bucket, &["Allow"], Some(&["Allow"])), Allowed);
    }
    assert_eq!(on_object(ALICE, &[], &[], Some(&["Allow"])), ImplicitDeny(Identity), "an SCP grants nothing");
    assert_eq!(on_object(root, &[], &[], Some(&[])), ImplicitDeny(Scp));
    assert_eq!(on_object(root, &[], &[], Some(&["Allow"])), Allowed, "the root user needs no identity policy");
    let service = "ec2.amazonaws.com";
    let trusted = [("Allow", json!({"Service": service}))];
    assert_eq!(on_object(service, &trusted, &[], Some(&[])), Allowed, "services are under no SCP");
    let linked = "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS#s";
    assert_eq!(on_object(linked, &[], &["Allow"], Some(&["Deny"])), Allowed, "nor what AWS itself runs as");
}

#[test]
fn a_not_principal_spares_nobody_who_has_a_boundary() {
    let trust = [("Allow", json!({"AWS": ALICE}))];
    assert_eq!(bounded(ALICE, &trust, &[], Some(&["Allow"]), None), Allowed);
    for spared in [json!({"AWS": [ALICE, "123456789012"]}), json!("*")] {
        let statement = json!({"Effect": "Deny", "NotPrincipal": spared, "Action": "s3:*", "Resource": "*"});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
        let all = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
        let set_of = |kind, policy| set([document(kind, policy)]);
        let (principal, context) = (principal(ALICE), context(&json!({})));
        let request = Request::new("s3:GetObject", "arn:aws:s3:::reports/may", &principal, &context);
        let account = "123456789012".parse().unwrap();
        let mut layers = Layers {
            identity: set_of(PolicyKind::Identity, &all),
            resource: Some(set_of(PolicyKind::Resource, &policy)),
            ..Layers::default()
        };
        assert_eq!(layers.decide(&request, &account), Allowed);
        layers.boundary = Some(set_of(PolicyKind::Identity, &all));
        assert_eq!(layers.decide(&request, &account), ExplicitDeny(Resource), "{policy}");
    }
}
