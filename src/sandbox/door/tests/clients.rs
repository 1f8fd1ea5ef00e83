//! What the ordinary clients of AWS get.

use crate::sandbox::door::testing::{Served, account, add_role, keys};

#[tokio::test]
async fn the_sdks_clients_are_served_under_one_address() {
    let served = Served::start(account()).await;
    let who = served.sts(keys("alice")).get_caller_identity().send().await.unwrap();
    assert_eq!(who.arn(), Some("arn:aws:iam::123456789012:user/alice"));
    assert_eq!(who.account(), Some("123456789012"));
    assert_eq!(who.user_id(), Some("AIDAALICEAAAAAAAAAAAA"));

    let iam = served.iam(keys("alice"));
    iam.create_user().user_name("bob <&>".replace([' ', '<', '&', '>'], "_")).send().await.unwrap();
    let users = iam.list_users().send().await.unwrap();
    let names: Vec<&str> = users.users().iter().map(aws_sdk_iam::types::User::user_name).collect();
    assert_eq!(names, ["alice", "bob____"]);
    let missing = iam.get_user().user_name("carol").send().await.unwrap_err().into_service_error();
    assert!(missing.is_no_such_entity_exception());
    assert_eq!(missing.meta().message(), Some("The user with name carol cannot be found."));
}

#[tokio::test]
async fn a_role_s_credentials_are_made_anew_before_they_end() {
    let mut account = account();
    add_role(&mut account, "task", "{}");
    let served = Served::start(account).await;
    let provider = served.sandbox.role_credentials("task");
    let sts = served.sts(provider.clone());
    let who = async || sts.get_caller_identity().send().await.unwrap().arn().unwrap().to_owned();
    let first = who().await;
    assert!(first.starts_with("arn:aws:sts::123456789012:assumed-role/task/"), "{first}");

    let id = async || {
        use aws_credential_types::provider::ProvideCredentials;
        provider.provide_credentials().await.unwrap().access_key_id().to_owned()
    };
    let before = id().await;
    assert_eq!(id().await, before);
    served.clock.advance(jiff::SignedDuration::from_mins(5 * 60 + 46));
    assert_ne!(id().await, before);
    served.clock.advance(jiff::SignedDuration::from_hours(24));
    assert_eq!(who().await, first);
}
