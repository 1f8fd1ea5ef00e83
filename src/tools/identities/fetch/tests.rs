//! Against an IAM in memory that has many pages.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::*;
use crate::clock::ManualClock;
use crate::iam::testing::Scripted;
use crate::policy::PolicyKind;
use crate::tools::identities::testing::{DETAILS, POLICY, account, page, summary, users, with_report};

#[tokio::test]
async fn a_hundred_identities_are_one_call() {
    let aws = account(100);
    let snapshot = snapshot(&aws.reader(declared(false)), false).await.unwrap();
    assert_eq!((snapshot.users.len(), snapshot.roles.len()), (100, 1));
    assert_eq!(aws.operations(), [DETAILS]);
}

#[tokio::test]
async fn they_are_two_calls_where_progress_is_told() {
    let aws = account(100)
        .answering("GetAccountSummary", [summary(&[("Users", 100), ("Groups", 1), ("Roles", 1), ("Policies", 1)])]);
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let reader =
        aws.reader(declared(false)).telling(move |done, total, items| heard.lock().unwrap().push((done, total, items)));
    snapshot(&reader, false).await.unwrap();
    assert_eq!(aws.operations(), ["GetAccountSummary", DETAILS]);
    assert_eq!(*told.lock().unwrap(), [(103, Some(103), ITEMS)]);
}

#[tokio::test]
async fn every_page_of_a_thousand_is_read_without_a_filter_and_told() {
    let aws = account(2500)
        .answering("GetAccountSummary", [summary(&[("Users", 2400), ("Groups", 1), ("Roles", 1), ("Policies", 1)])]);
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let reader = aws.reader(declared(false)).telling(move |done, total, _| heard.lock().unwrap().push((done, total)));
    let snapshot = snapshot(&reader, false).await.unwrap();
    assert_eq!(snapshot.users.len(), 2500);
    assert_eq!(&*snapshot.users[1234].identity.name, "user-1234", "in AWS's order");
    let asked: Vec<_> = aws.asked().into_iter().filter(|form| form["Action"] == DETAILS).collect();
    let markers: Vec<_> = asked.iter().map(|form| form.get("Marker").map(String::as_str)).collect();
    assert_eq!(markers, [None, Some("page-0"), Some("page-1")]);
    assert!(asked.iter().all(|form| form["MaxItems"] == "1000" && !form.keys().any(|key| key.starts_with("Filter"))));
    // Made since it was counted: the total is never less than what is done.
    assert_eq!(*told.lock().unwrap(), [(1000, Some(2403)), (2000, Some(2403)), (2503, Some(2503))]);
}

#[tokio::test]
async fn without_the_accounts_numbers_the_total_is_not_known() {
    for summary in [Err("AccessDenied"), summary(&[("Users", 3)])] {
        let aws = account(3).answering("GetAccountSummary", [summary]);
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let reader =
            aws.reader(declared(false)).telling(move |done, total, _| heard.lock().unwrap().push((done, total)));
        snapshot(&reader, false).await.unwrap();
        assert_eq!(*told.lock().unwrap(), [(6, None)]);
    }
}

#[tokio::test]
async fn what_aws_tells_of_each_is_kept_and_each_document_once() {
    let aws = account(2);
    let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let reader = aws.reader(declared(false)).with_clock(ManualClock::at(now));
    let snapshot = snapshot(&reader, false).await.unwrap();
    assert_eq!((snapshot.taken, snapshot.account.id.as_str()), (now, "123456789012"));
    let (user, group, role) = (&snapshot.users[0], &snapshot.groups[0], &snapshot.roles[0]);
    let identity = &user.identity;
    assert_eq!((&*identity.name, &*identity.id, &*identity.path), ("user-0", "AIDAuser-0", "/team/"));
    assert_eq!(&*identity.arn, "arn:aws:iam::123456789012:user/team/user-0");
    assert_eq!(identity.created, "2026-01-02T03:04:05Z".parse().ok());
    assert_eq!(identity.tag("type"), Some("service"));
    assert_eq!((&*user.groups[0], &*identity.attached[0]), ("crew", "arn:aws:iam::123456789012:policy/x"));
    assert!(Arc::ptr_eq(&identity.attached[0], identity.boundary.as_ref().unwrap()));
    assert!(user.credentials.is_none() && snapshot.root.is_none());
    let (name, own) = &identity.inline[0];
    assert_eq!((&**name, own.text()), ("own", POLICY), "it came URL-encoded");
    let policies = &snapshot.policies;
    assert_eq!((&*policies[0].default_version, policies[0].versions.len()), ("v2", 2));
    for same in [&snapshot.users[1].identity.inline[0].1, &group.identity.inline[0].1, policies[0].document().unwrap()]
    {
        assert!(Arc::ptr_eq(own, same));
    }
    assert_eq!(&*policies[1].name, "ReadOnlyAccess", "by its ARN, where AWS says no more");
    assert!(policies[1].is_aws_managed() && policies[1].document().is_none());
    assert_eq!(role.trust.document().unwrap().kind(), PolicyKind::Trust);
    assert_eq!(role.last_used, "2026-02-03T04:05:06Z".parse().ok());
    assert_eq!(&*role.instance_profiles[0], "app-profile");
}

#[tokio::test]
async fn the_report_tells_of_credentials_where_it_is_asked_for() {
    let aws = with_report(account(3), &["user-0", "user-2"]);
    let fetched = fetch(&aws.reader(declared(true)), true).await.unwrap();
    assert!(fetched.no_report.is_none());
    let users = &fetched.snapshot.users;
    assert!(users[0].credentials.as_ref().unwrap().has_active_key());
    assert!(users[1].credentials.is_none(), "made after the report");
    assert!(fetched.snapshot.root.unwrap().mfa);
    let mut operations = aws.operations();
    operations.sort();
    assert_eq!(operations, ["GenerateCredentialReport", DETAILS, "GetCredentialReport"]);
}

#[tokio::test]
async fn an_account_is_read_without_its_report_and_it_is_said_why() {
    let aws = account(1).answering("GenerateCredentialReport", [Err("AccessDenied")]);
    let refused = fetch(&aws.reader(declared(true)), true).await.unwrap();
    assert_eq!(refused.no_report.unwrap().code, "AccessDenied");
    assert!(refused.snapshot.users[0].credentials.is_none());
    // The endpoint policies did not let it be asked for.
    let undeclared = fetch(&account(1).reader(declared(false)), true).await.unwrap();
    assert_eq!(undeclared.no_report.unwrap().code, "UndeclaredAwsCall");
    assert!(declared(true).iter().filter(|call| call.is_optional()).count() == 3);
}

#[tokio::test]
async fn a_refusal_of_any_page_is_the_tools() {
    let pages = [page(&users(["a".to_owned()]), Some("next")), Err("AccessDenied")];
    let aws = Scripted::default().answering(DETAILS, pages);
    let error = snapshot(&aws.reader(declared(false)), false).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.action.as_deref()),
        ("AccessDenied", Some("iam:GetAccountAuthorizationDetails"))
    );
}

#[tokio::test]
async fn an_answer_without_names_is_none() {
    let nameless = "<RoleDetailList><member><Path>/</Path></member></RoleDetailList>";
    let aws = Scripted::default().answering(DETAILS, [page(nameless, None)]);
    let error = snapshot(&aws.reader(declared(false)), false).await.unwrap_err();
    assert_eq!(error.code, "AwsAnswerUnreadable");
}
