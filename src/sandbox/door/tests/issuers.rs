//! What is answered without a signature, and to whom.

use serde_json::Value;

use crate::sandbox::door::testing::{RawReply, Served, account};

fn json(reply: &RawReply) -> Value {
    serde_json::from_str(&reply.body).unwrap()
}

async fn get(served: &Served, path: &str) -> RawReply {
    served.unsigned(&format!("GET {path}"), "text/plain", "").send().await
}

#[tokio::test]
async fn each_issuer_publishes_its_keys_below_its_url() {
    let served = Served::start(account()).await;
    let base = format!("http://{}", served.address);
    for (issuer, algorithms) in [
        (served.sandbox.web_identity_issuer(served.address), &["RS256", "ES384"][..]),
        (served.sandbox.oidc_issuer(served.address), &["RS256", "ES256", "EdDSA"]),
    ] {
        let path = issuer.strip_prefix(&base).unwrap();
        let discovery = json(&get(&served, &format!("{path}/.well-known/openid-configuration")).await);
        assert_eq!(discovery["issuer"], *issuer);
        let keys = discovery["jwks_uri"].as_str().unwrap().strip_prefix(&base).unwrap();
        let keys = json(&get(&served, keys).await);
        let named: Vec<&str> =
            keys["keys"].as_array().unwrap().iter().map(|key| key["alg"].as_str().unwrap()).collect();
        assert_eq!(named, algorithms);
        assert!(keys["keys"].as_array().unwrap().iter().all(|key| key.get("d").is_none()), "{keys}");
    }
}

#[tokio::test]
async fn the_authorization_server_is_found_in_each_place_that_clients_look() {
    let served = Served::start(account()).await;
    let first = get(&served, "/oidc/.well-known/openid-configuration").await;
    for path in ["/.well-known/oauth-authorization-server/oidc", "/.well-known/openid-configuration/oidc"] {
        let reply = get(&served, path).await;
        assert_eq!((reply.status, &reply.body), (200, &first.body), "{path}");
    }
    assert_eq!(json(&first)["code_challenge_methods_supported"], serde_json::json!(["S256"]));
}

#[tokio::test]
async fn another_account_s_issuer_and_every_other_path_are_not_there() {
    let served = Served::start(account()).await;
    let other = "/tokens/11111111-1111-1111-1111-111111111111/.well-known/jwks.json";
    assert_eq!(get(&served, other).await.status, 404);
    for line in ["GET /oidc", "GET /tokens", "GET /oidc/unknown", "POST /oidc/jwks", "DELETE /oidc/token"] {
        let reply = served.unsigned(line, "text/plain", "").send().await;
        assert_eq!((reply.status, reply.text("Code")), (403, "MissingAuthenticationToken"), "{line}: {reply:?}");
    }
}

#[tokio::test]
async fn a_name_of_the_outside_that_leads_here_is_told_nothing() {
    let served = Served::start(account()).await;
    let port = served.address.port();
    for path in ["/oidc/jwks", "/oidc/.well-known/openid-configuration", "/oidc/authorize"] {
        let request = served.unsigned(&format!("GET {path}"), "text/plain", "");
        let reply = request.clone().changed("host", |_| Some(format!("rebound.example:{port}"))).send().await;
        assert_eq!(reply.status, 421, "{path}: {reply:?}");
        let reply = request.changed("host", |_| Some(format!("localhost:{port}"))).send().await;
        assert_ne!(reply.status, 421, "{path}: {reply:?}");
    }
    let registration =
        served.unsigned("POST /oidc/register", "text/plain", r#"{"redirect_uris":["http://localhost/"]}"#);
    assert_eq!(registration.send().await.status, 400, "what a web page may send without asking is no registration");
}
