//! Good tokens, and who they are of.

use data_encoding::BASE64URL_NOPAD;

use super::issuer::{KEYS, token};
use super::*;
use crate::authn::proofs::Proven;
use crate::authn::tokens::TokenRefusal;
use crate::authn::tokens::checked::Checked;
use crate::authn::tokens::jwt::Jwt;
use crate::authn::tokens::keys::KeySet;
use crate::authn::{CallerKind, Evidence, Narrowing, Verified};

async fn prove(claims: &Value) -> Proven {
    tokens(&servers()).prove(&token("rsa", claims), &config()).await.unwrap()
}

async fn bearer(claims: &Value, environment: Option<&str>) -> Result<Verified, &'static str> {
    let (tokens, config, token) = (tokens(&servers()), config(), token("p256", claims));
    if let Some(keys) = tokens.keys_for(&token, &config, environment) {
        keys.await;
    }
    tokens.bearer(&token, &config, environment).map_err(|refusal| refusal.code())
}

#[tokio::test]
async fn a_token_of_aws_is_of_the_role_with_its_path_and_the_person_behind_it() {
    let proven = prove(&of_aws()).await;
    let caller = &proven.caller;
    assert_eq!((caller.kind, caller.name.as_str()), (CallerKind::WebIdentity, "role/teams/Developer"));
    assert_eq!(caller.id(), format!("web-identity:{ACCOUNT}:role/teams/Developer"));
    assert_eq!(caller.person.as_deref(), Some("906713a1-2030-40ff-8b1c-000000000001"));
    assert_eq!(caller.subject.as_deref(), of_aws()["sub"].as_str());
    assert_eq!(caller.tags, BTreeMap::from([("team".to_owned(), "payments".to_owned())]));
    assert_eq!(proven.until, Some("2026-03-01T13:00:00Z".parse().unwrap()));
    assert_eq!(proven.details["tokenId"], "a-1");
}

#[tokio::test]
async fn without_an_identity_center_user_the_person_is_the_source_identity_where_it_is_enforced_else_nobody() {
    let mut claims = of_aws();
    let of_aws = claims[OF_AWS].as_object_mut().unwrap();
    of_aws.remove("identity_store_user_id");
    of_aws.remove("original_session_exp");
    let proven = prove(&claims).await;
    assert_eq!(proven.caller.person.as_deref(), Some("alice"));
    assert_eq!(proven.until, Some(noon() + jiff::SignedDuration::from_secs(295)));
    claims["sub"] = format!("arn:aws:iam::{ACCOUNT}:role/Any").into();
    assert_eq!(prove(&claims).await.caller.person, None, "whoever assumes this role chooses who to be");
    claims["sub"] = format!("arn:aws:iam::{ACCOUNT}:role/teams/Developer").into();
    claims[OF_AWS].as_object_mut().unwrap().remove("source_identity");
    assert_eq!(prove(&claims).await.caller.person, None);
    claims["sub"] = format!("arn:aws:iam::{ACCOUNT}:user/bob").into();
    let proven = prove(&claims).await;
    assert_eq!((proven.caller.name.as_str(), proven.caller.person), ("user/bob", None));
}

#[tokio::test]
async fn a_token_of_an_issuer_is_of_whom_its_templates_make_of_it() {
    let proven = prove(&of_ci()).await;
    assert_eq!(proven.caller.id(), "oidc:ci:ci/acme/app@refs/heads/main");
    assert_eq!(proven.caller.subject.as_deref(), of_ci()["sub"].as_str());
    assert_eq!(proven.caller.tags["repository"], "acme/app");
    assert_eq!(proven.until, Some(noon() + jiff::SignedDuration::from_secs(300)));
    assert_eq!(prove(&of_person()).await.caller.person.as_deref(), Some("alice@example.com"));
}

#[tokio::test]
async fn an_email_counts_wherever_it_is_used_if_it_is_verified() {
    let servers = servers();
    let keys = Answer::json(&key_set());
    servers.set("https://mail.example/keys", keys);
    let issuer = |uses: &str| {
        let more =
            "[[issuer]]\nname = \"mail\"\nurl = \"https://mail.example\"\nkeys_url = \"https://mail.example/keys\"";
        configured(&minimal_with("", &format!("{CONFIGURATION}{more}\n{uses}")))
    };
    let claims = |verified: Option<bool>| {
        let mut claims = of_ci();
        claims["iss"] = "https://mail.example".into();
        claims["email"] = "alice@example.com".into();
        claims["user"] = json!({"email": "alice@example.com"});
        claims["email_verified"] = verified.map_or(Value::Null, Value::from);
        if verified.is_none() {
            claims.as_object_mut().unwrap().remove("email_verified");
        }
        claims
    };
    for uses in [
        "caller = \"{email}\"",
        "caller = \"{/user/email}\"",
        "caller = \"{sub}\"\nperson = \"{email}\"",
        "caller = \"{sub}\"\ntags = { mail = \"email\" }",
        "caller = \"{sub}\"\nconditions = { email = \"*\" }",
        "caller = \"{sub}\"\nconditions = { \"/user/email\" = \"alice@example.com\" }",
    ] {
        let uses = uses.replace("\"*\"", "\"alice*\"").replace("{sub}", "{repository_owner}");
        let by_issuer = format!("{uses}\nemail_verified_by_issuer = true");
        for (uses, verified, is_believed) in [
            (&uses, Some(true), true),
            (&uses, Some(false), false),
            (&uses, None, false),
            (&by_issuer, None, true),
            (&by_issuer, Some(false), false),
        ] {
            let proven = tokens(&servers).prove(&token("rsa", &claims(verified)), &issuer(uses)).await;
            let code = proven.map(|_| ()).map_err(|refusal| refusal.code);
            let expected = if is_believed { Ok(()) } else { Err("token_email_unverified") };
            assert_eq!(code, expected, "{uses} {verified:?}");
        }
    }
}

#[tokio::test]
async fn every_algorithm_of_the_list_is_accepted_with_a_key_of_its_type() {
    for key in ["rsa", "p256", "p384", "ed25519"] {
        let proven = tokens(&servers()).prove(&token(key, &of_ci()), &config()).await;
        assert_eq!(proven.map(|proven| proven.details["keyId"].clone()), Ok(json!(key)));
    }
}

#[tokio::test]
async fn an_access_token_reads_unless_its_scopes_say_more() {
    let verified = bearer(&access_token(), None).await.unwrap();
    assert_eq!(verified.caller().id(), "oidc:idp:alice@example.com");
    assert_eq!(verified.environments(), ["dev"]);
    assert_eq!(verified.narrowing(), Narrowing::ReadingScope);
    assert_eq!(verified.presented().tokens[0], Some("p-1"));
    assert_eq!(verified.presented().issued, noon() - jiff::SignedDuration::from_secs(5));
    assert!(matches!(verified.evidence(), Evidence::Bearer { may_write: false, .. }));
    for (scopes, narrowing) in [
        (json!({"scope": "iam-mcp:write"}), Ok(Narrowing::UnsignedBody)),
        (json!({"scp": "a iam-mcp:write"}), Ok(Narrowing::UnsignedBody)),
        (json!({"scp": ["iam-mcp:read", "iam-mcp:write"]}), Ok(Narrowing::UnsignedBody)),
        (json!({"scp": ["iam-mcp:read"]}), Ok(Narrowing::ReadingScope)),
        (json!({"scope": "openid", "scp": ["iam-mcp:write"]}), Err("insufficient_scope")),
        (json!({"scope": "iam-mcp:writer iam-mcp:READ"}), Err("insufficient_scope")),
        (json!({"scope": ["iam-mcp:read"]}), Err("token_claim_invalid")),
        (json!({}), Err("insufficient_scope")),
    ] {
        let mut claims = access_token();
        claims.as_object_mut().unwrap().remove("scope");
        claims.as_object_mut().unwrap().extend(scopes.as_object().unwrap().clone());
        let given = bearer(&claims, None).await.map(|verified| verified.narrowing());
        assert_eq!(given, narrowing, "{scopes}");
    }
}

#[tokio::test]
async fn an_access_token_is_good_at_the_one_path_that_it_is_for() {
    let mut claims = access_token();
    assert_eq!(bearer(&claims, Some("dev")).await.unwrap_err(), "token_audience");
    claims["aud"] = format!("{RESOURCE}/dev").into();
    assert_eq!(bearer(&claims, Some("dev")).await.unwrap().environments(), ["dev"]);
    assert_eq!(bearer(&claims, None).await.unwrap_err(), "token_audience");
    assert_eq!(bearer(&claims, Some("prod")).await.unwrap_err(), "token_audience");
}

#[tokio::test]
async fn a_token_that_was_verified_is_known_again_and_no_other_is() {
    let clock = ManualClock::at(noon());
    let tokens = Tokens::new(servers(), Arc::<ManualClock>::clone(&clock));
    let (config, good) = (config(), token("p256", &access_token()));
    tokens.keys_for(&good, &config, None).unwrap().await;
    let code = |token: &str| tokens.bearer(token, &config, None).map(|_| ()).map_err(|refusal| refusal.code());
    assert_eq!((code(&good), code(&good)), (Ok(()), Ok(())));
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let mut bytes = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    bytes[0] ^= 1;
    let mut claims = access_token();
    claims["email"] = "mallory@example.com".into();
    let another = token("p256", &claims);
    let (another, _) = another.rsplit_once('.').unwrap();
    for forged in [format!("{signed}.{}", BASE64URL_NOPAD.encode(&bytes)), format!("{another}.{signature}")] {
        assert_eq!((code(&forged), code(&forged)), (Err("token_signature"), Err("token_signature")));
    }
    clock.advance(jiff::SignedDuration::from_hours(1));
    assert_eq!(code(&good), Err("token_expired"));
}

#[test]
fn a_token_is_known_under_the_key_that_signed_it_alone() {
    let keys = || KeySet::read(key_set().to_string().as_bytes()).unwrap();
    let (checked, text) = (Checked::default(), token("p256", &access_token()));
    let (jwt, sha256) = (Jwt::read(&text).unwrap(), [7; 32]);
    let (now, later) = (keys(), keys());
    checked.verify(&jwt, sha256, now.get("p256").unwrap()).unwrap();
    checked.verify(&jwt, sha256, later.get("p256").unwrap()).unwrap();
    let others = json!({"keys": [KEYS["other-p256"].jwk("p256")]});
    let others = KeySet::read(others.to_string().as_bytes()).unwrap();
    assert_eq!(checked.verify(&jwt, sha256, others.get("p256").unwrap()), Err(TokenRefusal::Signature));
}

#[test]
fn the_token_stands_in_no_debug_output() {
    let token = token("rsa", &of_ci());
    let shown = format!("{:?}", Jwt::read(&token).unwrap());
    assert_eq!(shown, "Jwt { algorithm: Rs256, .. }");
}
