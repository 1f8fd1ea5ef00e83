//! What an SDK's client makes of STS's answers.

use aws_sdk_sts::types::Tag;
use jiff::SignedDuration;

use super::fixture;
use crate::sandbox::door::testing::{Served, keys};

const OPEN: &str = "arn:aws:iam::123456789012:role/open";

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

fn session(answer: &aws_sdk_sts::operation::assume_role::AssumeRoleOutput) -> aws_credential_types::Credentials {
    let given = answer.credentials().unwrap();
    let token = given.session_token().to_owned();
    aws_credential_types::Credentials::new(given.access_key_id(), given.secret_access_key(), Some(token), None, "test")
}

#[tokio::test]
async fn a_chain_of_roles_keeps_its_tags_and_its_source_identity() {
    let served = Served::start(fixture::account()).await;
    let first = served
        .sts(keys("alice"))
        .assume_role()
        .role_arn(OPEN)
        .role_session_name("first")
        .source_identity("ann@example.com")
        .tags(tag("project", "apollo"))
        .tags(tag("stage", "one"))
        .transitive_tag_keys("project")
        .send()
        .await
        .unwrap();
    assert_eq!(first.source_identity(), Some("ann@example.com"));
    assert_eq!(first.credentials().unwrap().expiration().secs(), 1_772_370_000);
    assert_eq!((first.session_token_size(), first.session_token_utilization()), (Some(352), Some(9)));
    let user = first.assumed_role_user().unwrap();
    assert_eq!(user.arn(), "arn:aws:sts::123456789012:assumed-role/open/first");

    let sts = served.sts(session(&first));
    let second = sts.assume_role().role_arn(OPEN).role_session_name("second").send().await.unwrap();
    assert_eq!(second.source_identity(), Some("ann@example.com"));
    let state = served.sandbox.0.state();
    let held = &state.sessions.get(second.credentials().unwrap().access_key_id()).unwrap().role;
    assert_eq!(held.tags.iter().collect::<Vec<_>>(), [("project", "apollo")]);
    assert_eq!(held.transitive_tags().collect::<Vec<_>>(), [("project", "apollo")]);
}

#[tokio::test]
async fn a_tag_whose_key_is_alike_in_unicode_only_is_another_one() {
    let served = Served::start(fixture::account()).await;
    let first = served.sts(keys("alice")).assume_role().role_arn(OPEN).role_session_name("first");
    let first = first.tags(tag("key", "a")).tags(tag("\u{212a}ey", "b")).transitive_tag_keys("KEY");
    let sts = served.sts(session(&first.send().await.unwrap()));
    let second = sts.assume_role().role_arn(OPEN).role_session_name("second").send().await.unwrap();
    let state = served.sandbox.0.state();
    let held = &state.sessions.get(second.credentials().unwrap().access_key_id()).unwrap().role;
    assert_eq!(held.tags.iter().collect::<Vec<_>>(), [("key", "a")], "the one alone goes on");
}

#[tokio::test]
async fn a_session_is_known_by_its_arn_until_it_ends() {
    let served = Served::start(fixture::account()).await;
    let assumed = served.sts(keys("alice")).assume_role().role_arn(OPEN).role_session_name("me").send().await.unwrap();
    let sts = served.sts(session(&assumed));
    let who = sts.get_caller_identity().send().await.unwrap();
    assert_eq!(who.arn(), Some("arn:aws:sts::123456789012:assumed-role/open/me"));
    assert_eq!(who.user_id(), Some("AROAOPENAAAAAAAAAAAAA:me"));
    served.clock.advance(SignedDuration::from_hours(1));
    let over = sts.get_caller_identity().send().await.unwrap_err().into_service_error();
    assert_eq!(over.meta().code(), Some("ExpiredToken"));
}

#[tokio::test]
async fn policies_that_are_malformed_or_too_large_have_their_own_errors() {
    let served = Served::start(fixture::account()).await;
    let sts = served.sts(keys("alice"));
    let assume = || sts.assume_role().role_arn(OPEN).role_session_name("me");
    let malformed = assume().policy("{}").send().await.unwrap_err().into_service_error();
    assert!(malformed.is_malformed_policy_document_exception(), "{malformed:?}");

    let too_large = (0..50).fold(assume(), |call, index| call.tags(tag(&format!("key-{index}"), &"v".repeat(40))));
    let too_large = too_large.send().await.unwrap_err().into_service_error();
    assert!(too_large.is_packed_policy_too_large_exception(), "{too_large:?}");
    assert!(too_large.meta().message().unwrap().contains("% of allotted space"), "{too_large:?}");

    let too_many = (0..51).fold(assume(), |call, index| call.tags(tag(&format!("key-{index}"), "")));
    let too_many = too_many.send().await.unwrap_err().into_service_error();
    assert_eq!(too_many.meta().code(), Some("ValidationError"), "{too_many:?}");
    assert!(too_many.meta().message().unwrap().ends_with("Member must have length less than or equal to 50"));
}

#[tokio::test]
async fn a_caller_whom_no_policy_could_name_assumes_nothing() {
    let served = Served::start(fixture::account()).await;
    "///".clone_into(&mut served.sandbox.0.state().account.users.get_mut("alice").unwrap().path);
    let sts = served.sts(keys("alice"));
    let refused = sts.assume_role().role_arn(OPEN).role_session_name("me").send().await.unwrap_err();
    assert_eq!(
        refused.into_service_error().meta().message(),
        Some(&*format!(
            "User: arn:aws:iam::123456789012:user///alice is not authorized to perform: sts:AssumeRole on resource: {OPEN}"
        ))
    );
}
