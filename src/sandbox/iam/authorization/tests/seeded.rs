//! The account that the sandbox starts with, as IAM judges it: docs/sandbox.md tells who may what.

use super::{Fields, call_as, refusal};
use crate::sandbox::account::Tags;
use crate::sandbox::identity::Identity;
use crate::sandbox::seed;
use crate::sandbox::testing::Bench;

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.account = seed::account(bench.now);
    bench
}

/// The user signs with its access key.
fn as_user(name: &str) -> Bench {
    let mut bench = bench();
    let user = bench.account.users.get(name).unwrap();
    let (id, arn) = (user.id.clone(), bench.account.arn(&user.resource()));
    bench.identity = Identity::User { name: name.to_owned(), arn, id };
    bench
}

/// A session of the role, with or without the gateway's mark.
fn as_role(name: &str, marked: bool) -> Bench {
    let mut bench = bench();
    call_as(&mut bench, name, |session| {
        if marked {
            session.tags = Tags::from_iter([("ViaAWSMCPService", "true"), ("CalledViaAWSMCP", "iam-mcp.demo")]);
        }
    });
    bench
}

const READS: &[(&str, Fields)] = &[
    ("ListUsers", &[]),
    ("GetUser", &[("UserName", "alice.nguyen")]),
    ("GetUser", &[("UserName", "ci-jenkins")]),
    ("ListAccessKeys", &[("UserName", "svc-legacy-erp")]),
    ("GetAccessKeyLastUsed", &[("AccessKeyId", "AKIANOBODYAAAAAAAAAA")]),
    ("ListPolicies", &[]),
    ("GetRole", &[("RoleName", "mcp-admin")]),
    ("GetAccountAuthorizationDetails", &[]),
    ("GenerateCredentialReport", &[]),
    ("ListOpenIDConnectProviders", &[]),
];

const WRITES_TO_PEOPLE: &[(&str, Fields)] = &[
    ("CreateUser", &[("UserName", "new"), ("Path", "/people/")]),
    ("CreateUser", &[("UserName", "new"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "shop")]),
    ("DeleteUser", &[("UserName", "emma.lindqvist")]),
    ("CreateAccessKey", &[("UserName", "emma.lindqvist")]),
    ("DeleteRole", &[("RoleName", "old-migration")]),
];

const WRITES_TO_MACHINES: &[(&str, Fields)] = &[
    ("CreateUser", &[("UserName", "ci-new"), ("Path", "/ci/")]),
    ("UpdateUser", &[("UserName", "emma.lindqvist"), ("NewPath", "/service/")]),
    ("DeleteUser", &[("UserName", "CI-Jenkins")]),
    ("TagUser", &[("UserName", "svc-backup"), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]),
    ("CreateAccessKey", &[("UserName", "ci-jenkins")]),
    ("DeleteAccessKey", &[("UserName", "svc-legacy-erp"), ("AccessKeyId", "AKIANOBODYAAAAAAAAAA")]),
    ("AttachUserPolicy", &[("UserName", "svc-backup"), ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")]),
];

/// Whether AWS's words say that the caller may not; what is not there is another matter.
fn may(bench: &mut Bench, (operation, fields): &(&str, Fields)) -> bool {
    let refused = refusal(bench, operation, fields);
    // This one refuses whoever may with a code alike, in the old words without a colon.
    refused.is_none_or(|said| !said.contains("is not authorized to perform: "))
}

#[test]
fn an_agent_of_an_administrator_leaves_machines_alone() {
    for call in READS.iter().chain(WRITES_TO_PEOPLE) {
        assert!(may(&mut as_role("mcp-admin", true), call), "{call:?}");
    }
    for call in WRITES_TO_MACHINES {
        let said = refusal(&mut as_role("mcp-admin", true), call.0, call.1).unwrap();
        assert!(said.ends_with(" with an explicit deny in an identity-based policy"), "{said}");
        assert!(may(&mut as_role("mcp-admin", false), call), "{call:?}: it is the mark that denies");
    }
}

#[test]
fn an_agent_of_an_auditor_reads() {
    for call in READS {
        assert!(may(&mut as_role("mcp-auditor", true), call), "{call:?}");
    }
    for call in WRITES_TO_PEOPLE.iter().chain(WRITES_TO_MACHINES) {
        assert!(!may(&mut as_role("mcp-auditor", true), call), "{call:?}");
    }
}

#[test]
fn the_gateway_itself_has_nothing_to_do_in_iam() {
    for call in READS.iter().chain(WRITES_TO_PEOPLE).chain(WRITES_TO_MACHINES) {
        assert!(!may(&mut as_role("iam-mcp-gateway", false), call), "{call:?}");
    }
}

#[test]
fn the_operator_reads_and_makes_users_to_try_with() {
    let made: Fields =
        &[("UserName", "mine"), ("Path", "/try/"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "shop")];
    let mut operator = as_user("demo-operator");
    assert!(READS.iter().all(|call| may(&mut operator, call)));
    for (operation, fields) in [
        ("CreateUser", made),
        ("TagUser", &[("UserName", "mine"), made[2], made[3]]),
        ("UpdateUser", &[("UserName", "mine"), ("NewUserName", "yours")]),
        ("DeleteUser", &[("UserName", "yours")]),
    ] {
        operator.run_judged(operation, fields).unwrap();
    }
    for call in WRITES_TO_PEOPLE.iter().chain(WRITES_TO_MACHINES) {
        assert!(!may(&mut operator, call), "{call:?}");
    }
}

#[test]
fn keys_of_those_who_need_mfa_are_good_for_nothing_and_a_machines_for_everything() {
    for call in READS.iter().chain(WRITES_TO_PEOPLE) {
        assert!(!may(&mut as_user("carla.rossi"), call), "{call:?}");
        assert!(may(&mut as_user("svc-legacy-erp"), call), "{call:?}");
    }
}
