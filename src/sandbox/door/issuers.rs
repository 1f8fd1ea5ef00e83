//! What the door answers without a signature: what the issuers publish, and OAuth's endpoints.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, LOCATION};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde_json::Value;

use super::{answer, form, read};
use crate::config::LoopbackUrl;
use crate::sandbox::oidc::{self, Refused};
use crate::sandbox::state::Shared;

type Asked = State<Arc<Shared>>;

/// Their routes. Other methods there, and everything else, are the services' own.
pub(super) fn routes() -> Router<Arc<Shared>> {
    let discovery = || get(oidc_discovery).fallback(answer);
    Router::new()
        .route("/tokens/{uuid}/.well-known/openid-configuration", get(outbound_discovery).fallback(answer))
        .route("/tokens/{uuid}/.well-known/jwks.json", get(outbound_keys).fallback(answer))
        .route("/oidc/.well-known/openid-configuration", discovery())
        // RFC 8414, section 3.1, has the issuer's path behind; so have clients that take it for OpenID, too.
        .route("/.well-known/oauth-authorization-server/oidc", discovery())
        .route("/.well-known/openid-configuration/oidc", discovery())
        .route("/oidc/jwks", get(oidc_keys).fallback(answer))
        .route("/oidc/register", post(register).fallback(answer))
        .route("/oidc/authorize", get(authorize).fallback(answer))
        .route("/oidc/token", post(token).fallback(answer))
}

async fn outbound_discovery(State(shared): Asked, Path(uuid): Path<String>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let document = shared.outbound.discovery().filter(|_| shared.outbound.is(&uuid));
    published(&head, document)
}

async fn outbound_keys(State(shared): Asked, Path(uuid): Path<String>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    published(&head, shared.outbound.is(&uuid).then(|| shared.outbound.keys.key_set()))
}

async fn oidc_discovery(State(shared): Asked, request: Request) -> Response {
    let (head, _) = request.into_parts();
    published(&head, shared.outbound.base().map(|base| oidc::discovery(&base)))
}

async fn oidc_keys(State(shared): Asked, request: Request) -> Response {
    let (head, _) = request.into_parts();
    published(&head, Some(shared.oidc.key_set()))
}

async fn register(State(shared): Asked, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let registered = match read(body).await {
        Err(_) => Err(Refused::request("the body is too large or does not arrive")),
        // A page of another origin cannot send it without asking first, and nobody answers that.
        Ok(_) if !is_json(&head) => Err(Refused::request("Content-Type must be application/json")),
        Ok(body) => for_this_machine(&head).and_then(|()| oidc::register(&shared, &body)),
    };
    told(StatusCode::CREATED, registered)
}

async fn authorize(State(shared): Asked, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let location = for_this_machine(&head).and_then(|()| {
        let base = shared.outbound.base().ok_or(Refused::request("the sandbox does not serve"))?;
        let query = head.uri.query().unwrap_or_default();
        let parameters = form::pairs(query.as_bytes())
            .map_err(|_| Refused::request("the query string cannot be read, or names a parameter twice"))?;
        oidc::authorize(&shared, &base, &parameters)
    });
    match location.map(|location| HeaderValue::from_str(&location)) {
        Ok(Ok(location)) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::FOUND;
            response.headers_mut().insert(LOCATION, location);
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Ok(Err(_)) => told(StatusCode::OK, Err(Refused::request("redirect_uri fits into no header"))),
        Err(refused) => told(StatusCode::OK, Err(refused)),
    }
}

async fn token(State(shared): Asked, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let answer = match read(body).await {
        Err(_) => Err(Refused::request("the body is too large or does not arrive")),
        Ok(body) => for_this_machine(&head).and_then(|()| {
            let base = shared.outbound.base().ok_or(Refused::request("the sandbox does not serve"))?;
            let parameters = form::read(&head, &body)
                .map_err(|_| Refused::request("the body is no form, or names a parameter twice"))?;
            oidc::token(&shared, &base, &parameters)
        }),
    };
    told(StatusCode::OK, answer)
}

fn published(head: &Parts, document: Option<Value>) -> Response {
    let missing = Refused { status: 404, ..Refused::request("there is no such issuer") };
    told(StatusCode::OK, for_this_machine(head).and_then(|()| document.ok_or(missing)))
}

/// Whether the request was meant for this machine: a name of the outside that leads here (DNS rebinding) is a web page's.
fn for_this_machine(head: &Parts) -> Result<(), Refused> {
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    match format!("http://{host}").parse::<LoopbackUrl>() {
        Ok(_) => Ok(()),
        Err(_) => Err(Refused { status: 421, ..Refused::request("Host is not this machine") }),
    }
}

fn is_json(head: &Parts) -> bool {
    let content_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn told(status: StatusCode, answer: Result<Value, Refused>) -> Response {
    let (status, body) = match answer {
        Ok(body) => (status, body),
        Err(refused) => (StatusCode::from_u16(refused.status).unwrap_or(StatusCode::BAD_REQUEST), refused.body()),
    };
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
