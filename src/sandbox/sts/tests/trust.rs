//! Whom a trust policy names is who that was when it was written, and not whoever has the name now.

use aws_credential_types::Credentials;

use super::fixture;
use crate::sandbox::door::testing::{Served, keys};

const TEMP: &str = "arn:aws:iam::123456789012:user/temp";
const RUNNER: &str = "arn:aws:iam::123456789012:role/runner";
const TARGET: &str = "arn:aws:iam::123456789012:role/target";

/// Trusts the principal, and names `temp` once more where no principal stands.
fn trusting(arn: &str) -> String {
    format!(
        r#"{{ "Version": "2012-10-17", "Statement": {{"Effect":"Allow", "Principal":{{"AWS":["{arn}", "999999999999"]}}, "Action":"sts:AssumeRole", "Condition":{{"StringNotEquals":{{"sts:ExternalId":"{TEMP}"}}}} }} }}"#
    )
}

/// An account that alice administers.
struct Play {
    served: Served,
    iam: aws_sdk_iam::Client,
}

impl Play {
    async fn start() -> Self {
        let served = Served::start(fixture::account()).await;
        let iam = served.iam(keys("alice"));
        Self { served, iam }
    }

    /// Makes user `temp`; gives its id and its key.
    async fn user(&self) -> (String, Credentials) {
        let made = self.iam.create_user().user_name("temp").send().await.unwrap();
        let key = self.iam.create_access_key().user_name("temp").send().await.unwrap().access_key.unwrap();
        let credentials = Credentials::new(key.access_key_id, key.secret_access_key, None, None, "test");
        (made.user.unwrap().user_id, credentials)
    }

    async fn delete_user(&self, credentials: &Credentials) {
        let id = credentials.access_key_id();
        self.iam.delete_access_key().user_name("temp").access_key_id(id).send().await.unwrap();
        self.iam.delete_user().user_name("temp").send().await.unwrap();
    }

    async fn role(&self, name: &str, trusted: &str) -> String {
        let role = self.iam.create_role().role_name(name).assume_role_policy_document(trusting(trusted));
        let made = role.send().await.unwrap().role.unwrap();
        assert_eq!(decoded(made.assume_role_policy_document()), trusting(trusted));
        made.role_id
    }

    /// A session of a role, or the code of why there is none.
    async fn assume(&self, by: &Credentials, role: &str) -> Result<Credentials, String> {
        let call = self.served.sts(by.clone()).assume_role().role_arn(role).role_session_name("me");
        match call.send().await {
            Ok(answer) => {
                let given = answer.credentials().unwrap();
                let token = Some(given.session_token().to_owned());
                Ok(Credentials::new(given.access_key_id(), given.secret_access_key(), token, None, "test"))
            }
            Err(error) => Err(error.into_service_error().meta().code().unwrap_or_default().to_owned()),
        }
    }

    /// What the role trusts, as each operation that tells a role tells it.
    async fn told(&self, name: &str) -> String {
        let get = self.iam.get_role().role_name(name).send().await.unwrap().role.unwrap();
        let list = self.iam.list_roles().send().await.unwrap().roles;
        let all = self.iam.get_account_authorization_details().send().await.unwrap().role_detail_list.unwrap();
        let listed = list.iter().find(|role| role.role_name == name).unwrap();
        let detail = all.iter().find(|role| role.role_name.as_deref() == Some(name)).unwrap();
        let told = decoded(get.assume_role_policy_document());
        assert_eq!(decoded(listed.assume_role_policy_document()), told);
        assert_eq!(decoded(detail.assume_role_policy_document()), told);
        told
    }
}

fn decoded(document: Option<&str>) -> String {
    percent_encoding::percent_decode_str(document.unwrap()).decode_utf8().unwrap().into_owned()
}

fn denied() -> Result<Credentials, String> {
    Err("AccessDenied".to_owned())
}

#[tokio::test]
async fn a_user_made_anew_is_not_the_one_who_was_trusted() {
    let play = Play::start().await;
    let (id, first) = play.user().await;
    play.role("target", TEMP).await;
    assert!(play.assume(&first, TARGET).await.is_ok());
    assert_eq!(play.told("target").await, trusting(TEMP));

    play.delete_user(&first).await;
    assert_eq!(play.told("target").await, trusting(&id), "of who is gone the id is told");
    let (_, second) = play.user().await;
    assert_eq!(play.assume(&second, TARGET).await, denied());
    assert_eq!(play.told("target").await, trusting(&id));

    let update = play.iam.update_assume_role_policy().role_name("target").policy_document(trusting(TEMP));
    update.send().await.unwrap();
    assert!(play.assume(&second, TARGET).await.is_ok());
    assert_eq!(play.told("target").await, trusting(TEMP));
}

#[tokio::test]
async fn a_user_stays_trusted_under_a_new_name_and_the_old_name_is_nobodys() {
    let play = Play::start().await;
    let (_, renamed) = play.user().await;
    play.role("target", TEMP).await;
    play.iam.update_user().user_name("temp").new_user_name("kept").new_path("/far/").send().await.unwrap();
    assert!(play.assume(&renamed, TARGET).await.is_ok());
    assert_eq!(play.told("target").await, trusting("arn:aws:iam::123456789012:user/far/kept"));
    let (_, other) = play.user().await;
    assert_eq!(play.assume(&other, TARGET).await, denied());
}

#[tokio::test]
async fn a_role_made_anew_is_not_the_one_that_was_trusted() {
    let play = Play::start().await;
    let id = play.role("runner", "arn:aws:iam::123456789012:user/alice").await;
    play.role("target", RUNNER).await;
    let session = play.assume(&keys("alice"), RUNNER).await.unwrap();
    assert!(play.assume(&session, TARGET).await.is_ok(), "sessions of a trusted role are trusted");
    assert_eq!(play.told("target").await, trusting(RUNNER));

    play.iam.delete_role().role_name("runner").send().await.unwrap();
    assert_eq!(play.told("target").await, trusting(&id));
    play.role("runner", "arn:aws:iam::123456789012:user/alice").await;
    let session = play.assume(&keys("alice"), RUNNER).await.unwrap();
    assert_eq!(play.assume(&session, TARGET).await, denied());
    assert_eq!(play.told("target").await, trusting(&id));
}

#[tokio::test]
async fn a_session_that_is_trusted_by_its_arn_is_left_as_it_was_written() {
    let play = Play::start().await;
    let arn = "arn:aws:sts::123456789012:assumed-role/open/me";
    play.role("target", arn).await;
    let open = play.assume(&keys("alice"), "arn:aws:iam::123456789012:role/open").await.unwrap();
    assert!(play.assume(&open, TARGET).await.is_ok());
    assert_eq!(play.told("target").await, trusting(arn));
}

#[tokio::test]
async fn a_policy_that_cannot_be_read_could_be_a_deny() {
    let readable = fixture::account();
    let mut account = fixture::account();
    let alice = account.users.get_mut("alice").expect("the account has her");
    alice.policies.inline.insert("spoilt".to_owned(), "{\"Statement\": [".to_owned());
    for (account, allowed) in [(readable, true), (account, false)] {
        let served = Served::start(account).await;
        let assumed = served.sts(keys("alice")).assume_role().role_session_name("session");
        let assumed = assumed.role_arn("arn:aws:iam::123456789012:role/open").send().await;
        assert_eq!(assumed.is_ok(), allowed);
    }
}
