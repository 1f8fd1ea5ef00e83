use std::collections::VecDeque;
use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderMap, StatusCode, Uri};
use jiff::Timestamp;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{Hpke, HpkePublicKey};
use serde_json::json;

use super::*;
use crate::exchange::reply::{INFO, credential_process};
use crate::exchange::request::Proof;
use crate::secret::Secret;

/// Gateway credentials with secrets that can be searched for.
pub(in crate::client) fn credentials(id: &str, expires: Timestamp) -> GatewayCredentials {
    GatewayCredentials {
        access_key_id: id.to_owned(),
        secret_access_key: Secret::new(format!("the-secret-of-{id}")),
        session_token: Secret::new(format!("the-token-of-{id}")),
        expires,
    }
}

fn good() -> String {
    let expires = "2126-01-01T00:00:00Z".parse().unwrap();
    credential_process(&credentials("IMGTNEW", expires)).expose().to_owned()
}

/// How a gateway answers.
enum Answer {
    /// 200, sealed to the key that was sent.
    Sealed(String),
    /// 200, sealed to another key.
    SealedToAnother(String),
    /// As it stands, with a Retry-After.
    Plain(u16, String, Option<&'static str>),
    /// Never.
    Silence,
}

/// A gateway that answers as told, and keeps what it was asked.
#[derive(Clone)]
struct Gateway {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<(Uri, HeaderMap, Value)>>>,
}

impl Gateway {
    /// Its MCP URL.
    async fn start(answers: Vec<Answer>) -> (Self, String) {
        let gateway = Self { answers: Arc::new(Mutex::new(answers.into())), asked: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answering = gateway.clone();
        let answer = move |uri: Uri, headers: HeaderMap, body: Bytes| {
            let gateway = answering.clone();
            async move { gateway.answer(uri, headers, &body).await }
        };
        let router = Router::new().fallback(any(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (gateway, format!("http://{address}/mcp/dev"))
    }

    async fn answer(&self, uri: Uri, headers: HeaderMap, body: &[u8]) -> Response {
        let asked: Value = serde_json::from_slice(body).unwrap();
        let key = BASE64URL_NOPAD.decode(asked["public_key"].as_str().unwrap().as_bytes()).unwrap();
        self.asked.lock().unwrap().push((uri, headers, asked));
        let answer = self.answers.lock().unwrap().pop_front().expect("no more is asked than there are answers");
        match answer {
            Answer::Sealed(text) => sealed(&key, &text).into_response(),
            Answer::SealedToAnother(text) => sealed(OneTimeKey::new().public(), &text).into_response(),
            Answer::Plain(status, text, retry_after) => {
                let status = StatusCode::from_u16(status).unwrap();
                let headers: Vec<_> = retry_after.map(|wait| ("retry-after", wait)).into_iter().collect();
                let mut response = (status, text).into_response();
                headers.iter().for_each(|(name, value)| {
                    response.headers_mut().insert(*name, value.parse().unwrap());
                });
                response
            }
            Answer::Silence => std::future::pending().await,
        }
    }

    fn asked(&self) -> Vec<(Uri, HeaderMap, Value)> {
        self.asked.lock().unwrap().clone()
    }
}

fn sealed(key: &[u8], text: &str) -> String {
    let key = HpkePublicKey(key.to_vec());
    let (encapsulated, sealed) = DH_KEM_X25519_HKDF_SHA256_AES_256.seal(INFO, b"", text.as_bytes(), &key).unwrap();
    let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    json!({"sealed": encode(&sealed), "encapsulated_key": encode(&encapsulated.0)}).to_string()
}

fn refusal(code: &str) -> String {
    json!({"jsonrpc": "2.0", "id": null, "error": {
        "code": -32000, "message": "what is wrong", "data": {"code": code, "hint": "what to do"},
    }})
    .to_string()
}

/// A proof that names the key it was made for.
#[derive(Debug)]
struct Prover;

impl Prove for Prover {
    fn prove<'a>(&'a self, public_key: &'a [u8]) -> BoxFuture<'a, Result<Proof, NoKeys>> {
        let token = format!("the-proof-for-{}", BASE64URL_NOPAD.encode(public_key));
        Box::pin(async move { Ok(Proof::Token(Secret::new(token))) })
    }
}

async fn exchange(url: &str, within: Duration) -> Result<GatewayCredentials, ExchangeError> {
    Exchange::new(url, Arc::new(Prover)).unwrap().exchange(within).await
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_sealed_reply_gives_credentials() {
    let (gateway, url) = Gateway::start(vec![Answer::Sealed(good())]).await;
    let given = exchange(&url, LONG).await.unwrap();
    assert_eq!(given.access_key_id, "IMGTNEW");
    assert_eq!(given.session_token.expose(), "the-token-of-IMGTNEW");
    let [(uri, headers, body)] = &gateway.asked()[..] else { panic!("it is asked once") };
    assert_eq!(uri.path(), "/credentials/dev");
    assert_eq!(headers["content-type"], "application/json");
    assert!(!headers.contains_key("authorization"));
    let proof = format!("the-proof-for-{}", body["public_key"].as_str().unwrap());
    assert_eq!(body["token"], proof);
}

#[tokio::test]
async fn a_reply_that_is_not_sealed_to_the_key_is_refused() {
    let (_gateway, url) = Gateway::start(vec![Answer::Plain(200, good(), None), Answer::SealedToAnother(good())]).await;
    assert!(matches!(exchange(&url, LONG).await, Err(ExchangeError::NotSealed(NotSealed::Plain))));
    assert!(matches!(exchange(&url, LONG).await, Err(ExchangeError::NotSealed(NotSealed::Foreign))));
}

#[tokio::test]
async fn a_sealed_reply_that_holds_something_else_is_refused() {
    for text in ["", "{}", &good().replace("IMGT", "AKIA"), &good().replace("\"Version\":1", "\"Version\":2")] {
        let (_gateway, url) = Gateway::start(vec![Answer::Sealed(text.to_owned())]).await;
        assert!(matches!(exchange(&url, LONG).await, Err(ExchangeError::NoCredentials)), "{text}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_with_its_code_and_hint_and_not_tried_again() {
    for status in [400, 401, 403, 404, 500] {
        let (gateway, url) = Gateway::start(vec![Answer::Plain(status, refusal("proof_refused"), None)]).await;
        let error = exchange(&url, LONG).await.unwrap_err();
        let no_keys = NoKeys::from(error);
        assert_eq!(no_keys.message, "proof_refused: what is wrong", "{status}");
        assert_eq!(no_keys.hint.as_deref(), Some("what to do"));
        assert_eq!(gateway.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_proof_for_another_audience_says_which_option_names_it() {
    let (_gateway, url) = Gateway::start(vec![Answer::Plain(401, refusal("proof_audience"), None)]).await;
    let no_keys = NoKeys::from(exchange(&url, LONG).await.unwrap_err());
    assert_eq!(no_keys.message, "proof_audience: what is wrong");
    assert!(no_keys.hint.unwrap().contains("--audience"));
}

#[tokio::test]
async fn a_gateway_that_asks_for_patience_is_asked_again_with_a_new_proof() {
    let later = |status| Answer::Plain(status, refusal("later"), Some("0"));
    let (gateway, url) = Gateway::start(vec![later(503), later(429), Answer::Sealed(good())]).await;
    assert!(exchange(&url, LONG).await.is_ok());
    let proofs: std::collections::BTreeSet<String> =
        gateway.asked().iter().map(|(_, _, body)| body["token"].to_string()).collect();
    assert_eq!(proofs.len(), 3);
}

#[tokio::test]
async fn patience_ends_after_some_tries_or_when_the_time_is_too_short() {
    let later = |wait| Answer::Plain(503, refusal("sts_unavailable"), Some(wait));
    let (gateway, url) = Gateway::start((0..9).map(|_| later("0")).collect()).await;
    let refused = exchange(&url, LONG).await.unwrap_err();
    assert!(refused.to_string().contains("what is wrong"), "{refused}");
    assert_eq!(gateway.asked().len(), 3);
    for wait in ["61", "18446744073709551615"] {
        let (gateway, url) = Gateway::start(vec![later(wait)]).await;
        let refused = exchange(&url, LONG).await.unwrap_err();
        assert!(matches!(refused, ExchangeError::Gateway(ClientError::Refused { .. })), "{refused}");
        assert_eq!(gateway.asked().len(), 1, "what would come too late is not waited for");
    }
}

#[tokio::test]
async fn a_gateway_that_is_silent_gone_or_something_else_is_said_to_be() {
    let (_gateway, url) = Gateway::start(vec![Answer::Silence]).await;
    let error = exchange(&url, Duration::from_millis(50)).await.unwrap_err();
    assert!(error.to_string().contains("no answer in time"), "{error}");
    let error = exchange("http://127.0.0.1:9/mcp", LONG).await.unwrap_err();
    assert!(error.to_string().contains("cannot be reached"), "{error}");
    let page = "<html>not a gateway</html>";
    for status in [200, 301, 502, 503] {
        let (_gateway, url) = Gateway::start(vec![Answer::Plain(status, page.to_owned(), None)]).await;
        let error = exchange(&url, LONG).await.unwrap_err();
        assert!(!error.to_string().contains("html"), "{error}");
    }
    let (_gateway, url) = Gateway::start(vec![Answer::Plain(200, "x".repeat(LONGEST_REPLY + 1), None)]).await;
    let error = exchange(&url, LONG).await.unwrap_err();
    assert!(error.to_string().contains("too long"), "{error}");
}

#[tokio::test]
async fn what_a_gateway_says_cannot_steer_a_terminal() {
    let nasty = json!({"error": {"message": "a\u{1b}]0;x\u{7}", "data": {"code": "\u{1b}", "hint": "\u{202e}"}}});
    let (_gateway, url) = Gateway::start(vec![Answer::Plain(403, nasty.to_string(), None)]).await;
    let no_keys = NoKeys::from(exchange(&url, LONG).await.unwrap_err());
    assert!(!no_keys.to_string().contains(['\u{1b}', '\u{7}', '\u{202e}']), "{no_keys}");
}

#[test]
fn only_a_gateways_mcp_endpoint_has_an_exchange_beside_it() {
    for url in ["https://gateway.example/", "http://gateway.example/mcp", "gateway.example/mcp"] {
        assert!(Exchange::new(url, Arc::new(Prover)).is_err(), "{url}");
    }
    let exchange = Exchange::new("https://gateway.example/mcp/prod", Arc::new(Prover)).unwrap();
    assert_eq!(exchange.url().to_string(), "https://gateway.example/credentials/prod");
}
