//! Accounts that are written down, and what is reported of them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::posture::snapshot::{AccessKey, Credentials as Holds};
use crate::posture::testing::{Written, allow, arn, attached, document};
use crate::tools::Arguments;
use crate::tools::catalogue::CATALOGUE;

/// So many days before the accounts are looked at.
fn ago(days: i64) -> Timestamp {
    let now: Timestamp = crate::posture::testing::NOW.parse().unwrap();
    Timestamp::from_second(now.as_second() - days * 86_400).unwrap()
}

fn key(number: u8, active: bool, age: i64, used: Option<i64>) -> AccessKey {
    AccessKey { number, active, last_rotated: Some(ago(age)), last_used: used.map(ago), last_used_service: None }
}

/// An account with something of every kind to mend.
pub(super) fn account() -> Snapshot {
    let everything = json!([allow(&json!("*"), &json!("*"))]);
    let mut account = Written::default();
    let made = json!({"CreateDate": ago(500).to_string()});
    account.user("admin", &everything, made.clone());
    let keys = json!([allow(&json!("iam:CreateAccessKey"), &json!("*"))]);
    for name in ["ann", "bob"] {
        account.user(name, &keys, made.clone());
    }
    account.user("idle", &json!([]), made.clone());
    account.group("readers", &json!([allow(&json!("s3:Get*"), &json!("*"))]), json!({}));
    let two = json!([allow(&json!("s3:*"), &json!("*")), allow(&json!("ec2:DescribeRegions"), &json!("*"))]);
    account.policy("wide", &[two]);
    let mut of_role = attached(&["wide"]);
    of_role = json!({"AttachedManagedPolicies": of_role, "CreateDate": ago(500).to_string()});
    account.role("open", &json!("*"), &json!([]), of_role);
    let mut snapshot = account.read();
    let holds = |password, keys: Vec<AccessKey>| Some(Holds { password, access_keys: keys, ..Holds::default() });
    for user in &mut snapshot.users {
        user.credentials = match &*user.identity.name {
            "ann" => holds(true, vec![key(1, true, 400, Some(200)), key(2, false, 100, None)]),
            "bob" => holds(false, vec![key(1, true, 91, Some(2)), key(2, true, 5, None)]),
            "idle" => holds(false, vec![key(1, true, 200, None)]),
            _ => holds(false, Vec::new()),
        };
    }
    snapshot.root = holds(true, vec![key(1, true, 1000, None)]);
    snapshot
}

#[test]
fn every_analysis_is_heard_and_the_worst_comes_first() {
    let report = Report::of(&account(), &Thresholds::default());
    let codes: BTreeSet<&str> = report.findings.iter().map(|finding| finding.code).collect();
    for code in [
        "AdministratorAccess",
        "AnyoneCanAssume",
        "OldAccessKey",
        "PasswordWithoutMfa",
        "ReachesAdministrator",
        "RootAccessKey",
        "RootWithoutMfa",
        "ServiceWildcard",
        "TwoActiveAccessKeys",
        "UnusedAccessKey",
        "UnusedRole",
        "UnusedUser",
    ] {
        assert!(codes.contains(code), "{code} is not in {codes:?}");
    }
    assert!(report.findings.is_sorted_by_key(|finding| finding.severity));
    assert!(report.findings.iter().all(|finding| !finding.what.is_empty() && !finding.remedy.is_empty()));
}

#[test]
fn every_mend_is_a_call_that_its_tool_takes_and_changes_nothing_yet() {
    let report = Report::of(&account(), &Thresholds::default());
    let mut without = BTreeSet::new();
    for finding in &report.findings {
        let Some(mend) = &finding.mend else {
            without.insert(finding.code);
            continue;
        };
        let spec = CATALOGUE.find(mend.tool).unwrap_or_else(|| panic!("there is no tool {}", mend.tool)).spec;
        Arguments::check(spec, &mend.arguments).unwrap_or_else(|error| panic!("{}: {error}", finding.code));
        assert_eq!(mend.arguments.get("dry_run") == Some(&Value::Bool(true)), spec.effect.writes(), "{mend:?}");
    }
    // Those for which a person has to be there.
    assert_eq!(without, ["PasswordWithoutMfa", "RootAccessKey", "RootWithoutMfa"].into());
}

#[test]
fn a_statement_is_taken_away_and_no_other() {
    let report = Report::of(&account(), &Thresholds::default());
    let mend = |code: &str, name: &str| {
        let found = report.findings.iter().find(|finding| finding.code == code && &*finding.subject.name == name);
        found.unwrap_or_else(|| panic!("{code} of {name}")).mend.clone().unwrap()
    };
    let wide = mend("ServiceWildcard", "wide");
    let rest = document(&json!([allow(&json!("ec2:DescribeRegions"), &json!("*"))]));
    assert_eq!((wide.tool, &wide.arguments["policy_document"]), ("create_policy_version", &rest));
    let own = mend("AdministratorAccess", "admin");
    assert_eq!((own.tool, &own.arguments["policy_name"]), ("delete_user_policy", &json!("own")));
    let trust = mend("AnyoneCanAssume", "open");
    assert_eq!(trust.tool, "update_assume_role_policy");
    assert_eq!(trust.arguments["assume_role_policy_document"]["Statement"][0]["Effect"], "Deny");
    // One key need not be named; of two nobody knows which is meant.
    let of_idle = mend("UnusedAccessKey", "idle");
    assert_eq!((of_idle.tool, &of_idle.arguments["stage"]), ("rotate_access_key", &json!("deactivate")));
    assert_eq!(mend("OldAccessKey", "bob").tool, "list_access_keys");
}

#[test]
fn the_same_way_of_several_is_told_once() {
    let report = Report::of(&account(), &Thresholds::default());
    let escalations = &report.escalations;
    assert_eq!((escalations.principals, escalations.administrators, escalations.reaching), (5, 1, 2));
    let route = &escalations.routes[0];
    assert_eq!((escalations.routes.len(), route.count, route.conditional), (1, 2, false));
    let principals: Vec<&str> = route.principals.iter().map(|arn| &**arn).collect();
    assert_eq!(principals, [arn("user/ann"), arn("user/bob")]);
    let step = &route.steps[0];
    assert_eq!((&*step.to, step.needs[0].action), (arn("user/admin").as_str(), "iam:CreateAccessKey"));
    assert_eq!(step.needs[0].statement, allow(&json!("iam:CreateAccessKey"), &json!("*")));
    let finding = report.findings.iter().find(|finding| finding.code == "ReachesAdministrator").unwrap();
    assert_eq!(finding.mend.as_ref().unwrap().tool, "delete_user_policy");
    for name in ["ann", "bob"] {
        let identity = report.identities.iter().find(|identity| &*identity.name == name).unwrap();
        assert!(identity.escalates, "{identity:?}");
        let codes: Vec<&str> = identity.findings.iter().map(|place| report.findings[*place].code).collect();
        assert!(codes.contains(&"ReachesAdministrator"), "{codes:?}");
    }
}

#[test]
fn what_is_counted_adds_up() {
    let report = Report::of(&account(), &Thresholds::default());
    let counts = &report.counts;
    assert_eq!((counts.users, counts.roles, counts.groups, counts.policies), (4, 1, 1, 1));
    assert_eq!(counts.verdicts.values().sum::<usize>(), counts.users);
    assert_eq!(counts.confidences.iter().sum::<usize>(), counts.users);
    assert_eq!(counts.role_kinds["cross-account"], 1);
    let expected = Credentials {
        known_users: 4,
        active_keys: Ages([1, 0, 1, 1, 1]),
        inactive_keys: Ages([0, 0, 1, 0, 0]),
        never_used_keys: 3,
        passwords: 1,
        passwords_without_mfa: 1,
        root_keys: Some(1),
        root_mfa: Some(false),
    };
    assert_eq!(report.credentials, expected);
    assert_eq!(report.access.users.values().sum::<usize>(), 4);
}

#[test]
fn without_the_credential_report_nothing_is_said_of_credentials() {
    let mut snapshot = account();
    snapshot.root = None;
    snapshot.users.iter_mut().for_each(|user| user.credentials = None);
    let report = Report::of(&snapshot, &Thresholds::default()).without_credential_report("it was not to be had");
    for code in ["OldAccessKey", "PasswordWithoutMfa", "RootWithoutMfa", "UnusedAccessKey", "UnusedUser"] {
        assert!(report.findings.iter().all(|finding| finding.code != code), "{code}");
    }
    assert_eq!((report.credentials.known_users, report.credentials.root_keys), (0, None));
    assert!(page::of(&report).contains("it was not to be had"));
}

#[test]
fn what_only_a_service_of_aws_holds_and_what_only_bounds_is_left_alone() {
    let mut account = Written::default();
    let everything = json!([allow(&json!("*"), &json!("*"))]);
    account.policy("boundary", std::slice::from_ref(&everything));
    account.user("bob", &json!([]), json!({"PermissionsBoundary": {"PermissionsBoundaryArn": arn("policy/boundary")}}));
    account.role("linked", &json!("*"), &everything, json!({"Path": "/aws-service-role/support.amazonaws.com/"}));
    let report = Report::of(&account.read(), &Thresholds::default());
    let about = |finding: &&Finding| finding.code == "AdministratorAccess" || finding.code == "AnyoneCanAssume";
    assert_eq!(report.findings.iter().filter(about).count(), 0, "{:?}", report.findings);
}

#[test]
fn the_json_holds_everything_and_no_hidden_character() {
    let mut written = Written::default();
    written.user("bob", &json!([allow(&json!("*"), &json!("*"))]), json!({}));
    let mut snapshot = written.read();
    snapshot.users[0].identity.name = "b\u{202e}ob".into();
    let json = Report::of(&snapshot, &Thresholds::default()).json();
    assert!(!json.contains('\u{202e}'));
    let read: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["identities"][0]["name"], "b\u{202e}ob");
    assert_eq!(read["access"]["users"]["administrator"], 1);
    assert_eq!(read["findings"][0]["severity"], "critical");
}
