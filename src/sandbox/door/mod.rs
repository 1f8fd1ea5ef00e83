//! The endpoint: one address for IAM and STS, in AWS's query protocol
//! (<https://docs.aws.amazon.com/IAM/latest/APIReference/programming.html>), and for CloudTrail, in JSON
//! (<https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>); and, beside it, what `issuers` answer.

mod authenticate;
pub(super) mod form;
mod issuers;
mod json;
mod refusal;
mod reply;
#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{self, Request};
use axum::response::Response;
use http::header::USER_AGENT;
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::call::Call;
use super::error::ServiceError;
use super::input::Fields;
use super::perform::perform;
use super::service::Service;
use super::state::Shared;
use super::trail::Attempt;
use crate::http::ConnectionInfo;
use crate::random::uuid;

/// The longest body: the largest policy document, with each of its characters percent-encoded, and as much again.
const MAX_BODY: usize = 1024 * 1024;

/// How long a body may take to arrive.
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// The endpoint of a sandbox.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    issuers::routes().fallback(answer).with_state(shared)
}

async fn answer(extract::State(shared): extract::State<Arc<Shared>>, request: Request) -> Response {
    let request_id = uuid(shared.random.as_ref());
    let (head, body) = request.into_parts();
    match read(body).await {
        Ok(body) => handle(&shared, &head, &body, &request_id),
        Err(error) => reply::failure(Speaks::of(&head), &error, &request_id, shared.clock.now()),
    }
}

async fn read(body: Body) -> Result<Bytes, ServiceError> {
    match tokio::time::timeout(BODY_DEADLINE, Limited::new(body, MAX_BODY).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(refusal::too_large()),
        Ok(Err(_)) => Err(refusal::malformed_query()),
        Err(_) => Err(refusal::too_slow()),
    }
}

/// Authenticates, performs and records one request.
///
/// What nobody is known to have sent is not recorded, as in CloudTrail.
fn handle(shared: &Shared, head: &Parts, body: &[u8], request_id: &str) -> Response {
    let now = shared.clock.now();
    let state = &mut *shared.state();
    let author = match authenticate::authenticate(state, head, body, now) {
        Ok(author) => author,
        Err(error) => return reply::failure(Speaks::of(head), &error, request_id, now),
    };
    let service = author.service;
    state.note_use(&author.identity, author.access_key_id, service, author.region, now);
    let (action, fields) = match taken_apart(service, head, body) {
        Ok(taken) => taken,
        Err(error) => return reply::failure(Speaks::by(service), &error, request_id, now),
    };
    let agent = head.headers.get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let call = Call {
        action: &action,
        fields: &fields,
        identity: &author.identity,
        now,
        random: shared.random.as_ref(),
        region: author.region,
        source_ip: source_ip(head),
        user_agent: agent.as_deref(),
    };
    let done = perform(state, &shared.trail, service, &call);
    shared.trail.record(&Attempt {
        account: state.account.id,
        service,
        access_key_id: author.access_key_id,
        call: &call,
        outcome: done.as_ref(),
        request_id,
    });
    match done {
        Ok(performed) => reply::success(service, &action, &performed.body, request_id, now),
        Err(error) => reply::failure(Speaks::by(service), &error, request_id, now),
    }
}

/// How a refusal is told.
#[derive(Debug, Clone, Copy)]
enum Speaks {
    /// In XML, and of which service, where that is known.
    Xml(Option<Service>),
    Json,
}

impl Speaks {
    /// To who asks, before it is known which service is asked.
    fn of(head: &Parts) -> Self {
        if json::is_spoken(&head.headers) { Self::Json } else { Self::Xml(None) }
    }

    fn by(service: Service) -> Self {
        if service.target().is_some() { Self::Json } else { Self::Xml(Some(service)) }
    }
}

/// The operation and its parameters, in the protocol of the service that the request is signed for.
fn taken_apart(service: Service, head: &Parts, body: &[u8]) -> Result<(String, Fields), ServiceError> {
    if let Some(target) = service.target() {
        let action = json::operation(head, target)?.to_owned();
        return Ok((action, Fields::new(json::read(body)?)));
    }
    let fields = Fields::new(form::read(head, body)?);
    Ok((action(&fields, head, service)?.to_owned(), fields))
}

/// The operation that is asked for, in the service and version that it is signed for.
fn action<'a>(fields: &'a Fields, head: &Parts, service: Service) -> Result<&'a str, ServiceError> {
    if head.uri.path() != "/" {
        return Err(refusal::unknown_operation());
    }
    let action = fields.get("Action").filter(|action| !action.is_empty()).ok_or_else(refusal::missing_action)?;
    match fields.get("Version") {
        Some(version) if version == service.version() => Ok(action),
        version => Err(super::perform::no_operation(action, version.unwrap_or("NO_VERSION_SPECIFIED"))),
    }
}

fn source_ip(head: &Parts) -> IpAddr {
    let info = head.extensions.get::<ConnectionInfo>();
    info.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.peer.ip().to_canonical())
}
