//! The reading calls that are under way, by what their clients call them: `notifications/cancelled` names one by its id.
//!
//! rmcp drops notifications that belong to no session, and there are none here. So they are heard before it gets them. An id is
//! unique for its client alone, and a caller can have several clients; so a call is taken for the one that is meant only where
//! caller, environment, address and User-Agent are the same too, and where no second such call is under way. It has to be
//! under way at this replica. Closing the connection of a call cancels it for certain, and it is what 2026-07-28 asks clients to
//! do.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use futures_util::future::{BoxFuture, Either, FutureExt};
use http::header::USER_AGENT;
use http::{Extensions, HeaderMap, HeaderValue, Request, Response};
use rmcp::model::RequestId as RpcId;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::http::{ClientAddress, Endpoint, Notification, Owner};

/// From where a call comes, or a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Whence {
    environment: Option<String>,
    address: Option<IpAddr>,
    user_agent: Option<HeaderValue>,
}

impl Whence {
    /// A request with these headers and extensions.
    pub(super) fn of(headers: &HeaderMap, extensions: &Extensions) -> Self {
        Self {
            environment: extensions.get::<Endpoint>().and_then(|endpoint| endpoint.environment.clone()),
            address: extensions.get::<ClientAddress>().map(|client| client.address),
            user_agent: headers.get(USER_AGENT).cloned(),
        }
    }
}

/// Who makes a call, and what its client calls it.
type Key = (Owner, RpcId);

#[derive(Debug)]
struct Entry {
    number: u64,
    whence: Whence,
    token: CancellationToken,
}

#[derive(Debug, Default)]
struct Calls {
    next: u64,
    by_key: HashMap<Key, Vec<Entry>>,
}

/// The calls that are under way. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct UnderWay(Arc<Mutex<Calls>>);

/// A call's place among them, until it is dropped.
#[derive(Debug)]
pub(super) struct Listed {
    under_way: UnderWay,
    key: Key,
    number: u64,
}

impl UnderWay {
    /// Lists a call that `token` ends.
    pub(super) fn list(&self, owner: Owner, id: RpcId, whence: Whence, token: CancellationToken) -> Listed {
        let key = (owner, id);
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = calls.next;
        calls.next += 1;
        calls.by_key.entry(key.clone()).or_default().push(Entry { number, whence, token });
        Listed { under_way: self.clone(), key, number }
    }

    /// Ends the call that is meant, if it can be told which one that is.
    fn cancel(&self, named: &Named) {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut meant = calls.by_key.get(&named.key).into_iter().flatten().filter(|call| call.whence == named.whence);
        if let (Some(call), None) = (meant.next(), meant.next()) {
            call.token.cancel();
        }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        let mut calls = self.under_way.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entries) = calls.by_key.get_mut(&self.key) {
            entries.retain(|entry| entry.number != self.number);
            if entries.is_empty() {
                calls.by_key.remove(&self.key);
            }
        }
    }
}

/// The call that a notification names.
struct Named {
    key: Key,
    whence: Whence,
}

#[derive(Deserialize)]
struct Message {
    method: String,
    params: Option<Params>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Params {
    request_id: Option<RpcId>,
}

impl Named {
    /// The call that a request cancels, if it is a notification that does so.
    fn by(request: &Request<Body>) -> Option<Self> {
        let Notification(message) = request.extensions().get()?;
        let message: Message = serde_json::from_slice(message).ok()?;
        let id = message.params?.request_id.filter(|_| message.method == "notifications/cancelled")?;
        let owner = *request.extensions().get::<Owner>()?;
        Some(Self { key: (owner, id), whence: Whence::of(request.headers(), request.extensions()) })
    }
}

/// A service of MCP, and beside it what hears the notifications that it drops.
#[derive(Debug, Clone)]
pub struct Hearing<S> {
    inner: S,
    under_way: UnderWay,
}

impl<S> Hearing<S> {
    /// Hears what comes to `inner`, and ends calls that are `under_way`.
    pub(super) fn new(inner: S, under_way: UnderWay) -> Self {
        Self { inner, under_way }
    }
}

impl<S, B> Service<Request<Body>> for Hearing<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible, Future: Send + 'static>,
{
    type Response = Response<B>;
    type Error = Infallible;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response<B>, Infallible>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let named = Named::by(&request);
        let answered = self.inner.call(request);
        let Some(named) = named else { return Either::Left(answered) };
        let under_way = self.under_way.clone();
        let heard = async move {
            let response = answered.await?;
            // One that MCP's own rules refuse cancels nothing.
            if response.status().is_success() {
                under_way.cancel(&named);
            }
            Ok(response)
        };
        Either::Right(heard.boxed())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::StatusCode;
    use tower::ServiceExt;

    use super::*;

    const ALICE: Owner = Owner([1; 32]);
    const CANCELS: &str = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}"#;

    fn whence(agent: &'static str) -> Whence {
        Whence {
            environment: None,
            address: Some([127, 0, 0, 1].into()),
            user_agent: Some(HeaderValue::from_static(agent)),
        }
    }

    fn list(under_way: &UnderWay, owner: Owner, id: i64, agent: &'static str) -> (Listed, CancellationToken) {
        let token = CancellationToken::new();
        (under_way.list(owner, RpcId::Number(id), whence(agent), token.clone()), token)
    }

    fn cancel(under_way: &UnderWay, owner: Owner, agent: &'static str) {
        under_way.cancel(&Named { key: (owner, RpcId::Number(7)), whence: whence(agent) });
    }

    #[test]
    fn the_call_that_is_meant_is_ended_and_no_other() {
        let under_way = UnderWay::default();
        let (_listed, meant) = list(&under_way, ALICE, 7, "a");
        let others = [
            list(&under_way, ALICE, 8, "a"),
            list(&under_way, ALICE, 7, "b"),
            list(&under_way, Owner([2; 32]), 7, "a"),
        ];
        cancel(&under_way, ALICE, "a");
        assert!(meant.is_cancelled());
        assert!(others.iter().all(|(_, token)| !token.is_cancelled()));
    }

    #[test]
    fn of_two_that_cannot_be_told_apart_neither_is_ended() {
        let under_way = UnderWay::default();
        let (first, _) = list(&under_way, ALICE, 7, "a");
        let (_second, left) = list(&under_way, ALICE, 7, "a");
        cancel(&under_way, ALICE, "a");
        assert!(!left.is_cancelled());
        drop(first);
        cancel(&under_way, ALICE, "a");
        assert!(left.is_cancelled(), "it is the only one now");
    }

    #[test]
    fn what_has_ended_is_not_kept() {
        let under_way = UnderWay::default();
        drop(list(&under_way, ALICE, 7, "a"));
        assert!(under_way.0.lock().unwrap().by_key.is_empty());
        cancel(&under_way, ALICE, "a");
    }

    fn request(message: &'static str, is_notification: bool) -> Request<Body> {
        let mut request = Request::new(Body::from(message));
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static("a"));
        request.extensions_mut().insert(ALICE);
        if is_notification {
            request.extensions_mut().insert(Notification(Bytes::from_static(message.as_bytes())));
        }
        request
    }

    /// Whether a call of the same client is ended by this message, which is answered so.
    async fn ends(message: &'static str, is_notification: bool, status: StatusCode) -> bool {
        let under_way = UnderWay::default();
        let token = CancellationToken::new();
        let same = Whence { address: None, ..whence("a") };
        let _listed = under_way.list(ALICE, RpcId::Number(7), same, token.clone());
        let answer = move |_| async move {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = status;
            Ok::<_, Infallible>(response)
        };
        let hearing = Hearing::new(tower::service_fn(answer), under_way.clone());
        let response = hearing.oneshot(request(message, is_notification)).await.unwrap();
        assert_eq!(response.status(), status);
        token.is_cancelled()
    }

    #[tokio::test]
    async fn only_a_notification_that_mcp_accepts_ends_a_call() {
        assert!(ends(CANCELS, true, StatusCode::ACCEPTED).await);
        assert!(!ends(CANCELS, true, StatusCode::BAD_REQUEST).await);
        assert!(!ends(CANCELS, false, StatusCode::OK).await, "a request that names a call");
        for other in [
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"requestId":7}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"7"}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#,
        ] {
            assert!(!ends(other, true, StatusCode::ACCEPTED).await, "{other}");
        }
    }
}
