//! GetWebIdentityToken, as the SDK sees it and as whoever verifies the token does.

use aws_credential_types::Credentials;
use aws_sdk_sts::operation::get_web_identity_token::builders::GetWebIdentityTokenFluentBuilder as Asking;
use aws_sdk_sts::types::Tag;
use serde_json::{Value, json};

use crate::sandbox::account::{Account, Tags};
use crate::sandbox::door::testing::{Provider, Served, add_role, add_user, keys};
use crate::sandbox::jwt::tests::verified;

const NAMESPACE: &str = "https://sts.amazonaws.com/";
const ROLE: &str = "arn:aws:iam::123456789012:role/ops/reader";

fn policy(statements: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// `ada` and the role `reader` may ask for every token; `tim` for RS256 and five minutes at most, for one audience and
/// without tags; `ned` for none.
fn account() -> Account {
    let mut account = crate::sandbox::door::testing::account();
    account.outbound_federation = true;
    let all = policy(&json!([{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]));
    let ada = add_user(&mut account, "ada");
    ada.policies.inline.insert("all".into(), all.clone());
    ada.tags = Tags::from_iter([("team", "ops")]);
    let limited = policy(&json!([{
        "Effect": "Allow",
        "Action": "sts:GetWebIdentityToken",
        "Resource": "arn:aws:sts::123456789012:self",
        "Condition": {
            "ForAllValues:StringEquals": {"sts:IdentityTokenAudience": ["iam-mcp.demo"]},
            "NumericLessThanEquals": {"sts:DurationSeconds": "300"},
            "StringEquals": {"sts:SigningAlgorithm": "RS256"},
        },
    }]));
    add_user(&mut account, "tim").policies.inline.insert("limited".into(), limited);
    add_user(&mut account, "ned");
    let trust = policy(&json!([{
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
    }]));
    let trust = account.trust_kept(&trust);
    let role = add_role(&mut account, "reader", &trust);
    role.path = "/ops/".into();
    role.policies.inline.insert("all".into(), all);
    account
}

fn ask(served: &Served, by: impl Into<Provider>) -> Asking {
    served.sts(by).get_web_identity_token().audience("iam-mcp.demo").signing_algorithm("RS256")
}

fn verify(served: &Served, token: &str) -> Value {
    verified(token, &served.sandbox.0.outbound.keys.key_set()).expect("a published key signed it")
}

async fn claims(served: &Served, asking: Asking) -> Value {
    verify(served, asking.send().await.unwrap().web_identity_token().unwrap())
}

async fn code(asking: Asking) -> String {
    let refused = asking.send().await.unwrap_err().into_service_error();
    refused.meta().code().unwrap().to_owned()
}

#[tokio::test]
async fn a_user_s_token_says_who_it_is_for_five_minutes() {
    let served = Served::start(account()).await;
    let answer = ask(&served, keys("ada")).send().await.unwrap();
    assert_eq!(answer.expiration().unwrap().secs(), 1_772_366_700);
    let claims = verify(&served, answer.web_identity_token().unwrap());
    let jti = claims["jti"].as_str().unwrap();
    assert_eq!(
        claims,
        json!({
            "iss": served.sandbox.web_identity_issuer(served.address),
            "aud": "iam-mcp.demo",
            "sub": "arn:aws:iam::123456789012:user/ada",
            "iat": 1_772_366_400,
            "exp": 1_772_366_700,
            "jti": jti,
            NAMESPACE: {
                "aws_account": "123456789012",
                "source_region": "eu-central-1",
                "principal_id": "arn:aws:iam::123456789012:user/ada",
                "principal_tags": {"team": "ops"},
            },
        })
    );
}

#[tokio::test]
async fn what_is_asked_for_is_in_the_token_and_the_algorithm_is_the_one_asked_for() {
    let served = Served::start(account()).await;
    let tag = Tag::builder().key("job").value("7").build().unwrap();
    let asking = ask(&served, keys("ada")).audience("other").duration_seconds(3600).signing_algorithm("ES384");
    let claims = claims(&served, asking.tags(tag)).await;
    assert_eq!(claims["aud"], json!(["iam-mcp.demo", "other"]));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);
    assert_eq!(claims[NAMESPACE]["request_tags"], json!({"job": "7"}));
}

#[tokio::test]
async fn a_session_s_token_names_its_role_its_source_identity_and_its_end() {
    let served = Served::start(account()).await;
    let assume = served.sts(keys("ada")).assume_role().role_arn(ROLE).role_session_name("chosen");
    let assumed = assume.source_identity("ada@example.com").send().await.unwrap();
    let given = assumed.credentials().unwrap();
    let token = Some(given.session_token().to_owned());
    let session = Credentials::new(given.access_key_id(), given.secret_access_key(), token, None, "test");
    let claims = claims(&served, ask(&served, session.clone())).await;
    assert_eq!(claims["sub"], ROLE, "with the role's path, without the session's name");
    let own = &claims[NAMESPACE];
    assert_eq!(own["source_identity"], "ada@example.com");
    assert_eq!(own["original_session_exp"], "2026-03-01T13:00:00Z");
    assert!(own.get("identity_store_user_id").is_none());

    served.clock.advance(jiff::SignedDuration::from_mins(56));
    let too_long = ask(&served, session).send().await.unwrap_err().into_service_error();
    assert!(too_long.is_session_duration_escalation_exception(), "{too_long:?}");
}

#[tokio::test]
async fn an_identity_center_session_names_its_user() {
    let served = Served::start(account()).await;
    let id = "94482488-3041-7055-0b2f-1b9f2c2f3c1a";
    let session = served.sandbox.identity_center_credentials("reader", "ada@example.com", id).unwrap();
    assert_eq!(claims(&served, ask(&served, session)).await[NAMESPACE]["identity_store_user_id"], id);
    assert!(served.sandbox.identity_center_credentials("nobody", "ada", id).is_none());
}

#[tokio::test]
async fn the_caller_s_policies_decide_by_audience_duration_algorithm_and_tags() {
    let served = Served::start(account()).await;
    let tag = || Tag::builder().key("job").value("7").build().unwrap();
    ask(&served, keys("tim")).send().await.unwrap();
    for (refused, why) in [
        (ask(&served, keys("tim")).audience("other"), "another audience"),
        (ask(&served, keys("tim")).duration_seconds(301), "too long"),
        (ask(&served, keys("tim")).signing_algorithm("ES384"), "another algorithm"),
        (ask(&served, keys("tim")).tags(tag()), "tags"),
        (ask(&served, keys("ned")), "no policy"),
    ] {
        assert_eq!(code(refused).await, "AccessDenied", "{why}");
    }
    let refused = ask(&served, keys("ned")).send().await.unwrap_err().into_service_error();
    assert_eq!(
        refused.meta().message(),
        Some(
            "User: arn:aws:iam::123456789012:user/ned is not authorized to perform: sts:GetWebIdentityToken on \
             resource: arn:aws:sts::123456789012:self because no identity-based policy allows the \
             sts:GetWebIdentityToken action"
        )
    );
    let (id, secret) = served.sandbox.root_keys();
    let root = Credentials::new(id, secret.expose(), None, None, "test");
    assert_eq!(code(ask(&served, root)).await, "AccessDenied");
}

#[tokio::test]
async fn parameters_are_held_to_their_bounds() {
    let served = Served::start(account()).await;
    let bare = || served.sts(keys("ada")).get_web_identity_token();
    let tag = |key: &str| Tag::builder().key(key).value("v").build().unwrap();
    let of = |count: usize| (0..count).fold(ask(&served, keys("ada")), |ask, i| ask.tags(tag(&format!("k{i}"))));
    for (bad, code_of_it) in [
        (bare().signing_algorithm("RS256"), "ValidationError"),
        (bare().audience("a"), "ValidationError"),
        (bare().audience("a").signing_algorithm("HS256"), "ValidationError"),
        ((0..10).fold(ask(&served, keys("ada")), |ask, _| ask.audience("a")), "ValidationError"),
        (ask(&served, keys("ada")).audience(""), "ValidationError"),
        (ask(&served, keys("ada")).duration_seconds(59), "ValidationError"),
        (ask(&served, keys("ada")).duration_seconds(3601), "ValidationError"),
        (of(51), "ValidationError"),
        (ask(&served, keys("ada")).tags(tag("a")).tags(tag("A")), "InvalidParameterValue"),
    ] {
        let shown = format!("{bad:?}");
        assert_eq!(code(bad).await, code_of_it, "{shown}");
    }
    of(50).send().await.unwrap();
}

#[tokio::test]
async fn an_account_that_has_not_switched_it_on_gives_no_tokens() {
    let served = Served::start(account()).await;
    served.sandbox.0.state().account.outbound_federation = false;
    let refused = ask(&served, keys("ada")).send().await.unwrap_err().into_service_error();
    assert!(refused.is_outbound_web_identity_federation_disabled_exception(), "{refused:?}");
    let events = served.sandbox.trail().events();
    let event = serde_json::to_value(events.last().unwrap()).unwrap();
    assert_eq!(event["errorCode"], "OutboundWebIdentityFederationDisabledException");
}

#[tokio::test]
async fn the_trail_tells_the_request_and_nothing_of_the_token() {
    let served = Served::start(account()).await;
    let answer = ask(&served, keys("ada")).send().await.unwrap();
    let events = served.sandbox.trail().events();
    let event = serde_json::to_value(events.last().unwrap()).unwrap();
    assert_eq!(event["eventName"], "GetWebIdentityToken");
    assert_eq!(event["requestParameters"]["audience"], json!(["iam-mcp.demo"]));
    assert!(!event.to_string().contains(answer.web_identity_token().unwrap().rsplit('.').next().unwrap()));
}
