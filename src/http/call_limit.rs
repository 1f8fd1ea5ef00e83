//! How many calls are worked on at once, and for how long.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use super::address::ClientAddress;
use super::admit::{Admit, Owner};
use super::held::Held;
use super::metrics::Metrics;
use super::refusal::Refusal;
use super::settings::CallLimits;
use crate::shares::{Bounds, Full, Share, Shares};

/// The places there are.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    shares: Arc<Shares<Whose>>,
    admit: Arc<dyn Admit>,
    limits: CallLimits,
    metrics: Metrics,
}

/// Whose a place is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose {
    Caller(Owner),
    /// Of requests whose author is not known.
    Address(Option<IpAddr>),
}

impl Whose {
    fn of(head: &Parts) -> Self {
        let address = || head.extensions.get::<ClientAddress>().map(|client| client.address);
        head.extensions.get::<Owner>().map_or_else(|| Self::Address(address()), |owner| Self::Caller(*owner))
    }
}

impl Places {
    pub(crate) fn new(limits: CallLimits, admit: Arc<dyn Admit>, metrics: Metrics) -> Self {
        Self { shares: Arc::default(), admit, limits, metrics }
    }

    fn take(&self, head: &Parts) -> Result<CallPlace, Refusal> {
        let bounds = Bounds { of_all: self.limits.concurrent, of_one: self.admit.at_once() };
        match self.shares.take(Whose::of(head), bounds) {
            Ok(share) => Ok(CallPlace { _share: Arc::new(share) }),
            Err(Full::OfAll) => {
                self.metrics.shed("calls");
                Err(Refusal::overloaded("the gateway is working on as many calls as it can"))
            }
            Err(Full::OfOne) => {
                self.metrics.shed("caller");
                Err(Refusal::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "caller_too_busy",
                    "as many calls of this caller are being worked on as one may have at once",
                )
                .with_hint(
                    "wait for the answers of earlier calls before making more; see limits.caller_concurrent_requests",
                )
                .with_retry_after(Duration::from_secs(1)))
            }
        }
    }
}

/// A call's place among those that are worked on at once, in the request's extensions. It is free again when its last
/// clone is dropped: whoever works on a call beyond its reply, or beyond its client, keeps one until that work ends.
#[derive(Debug, Clone)]
pub struct CallPlace {
    _share: Arc<Share<Whose>>,
}

/// Gives a call its place until its reply has been sent, and for as long as anything that it left running holds a
/// [`CallPlace`]: otherwise a client that hangs up could begin any number of calls. A call that finds none is refused at
/// once: queued, it would be worked on when its client has long given up. Then the caller may have asked too often, which is
/// looked up with the place in hand, so that no more than those wait for the answer.
pub(crate) async fn limit(State(places): State<Places>, request: Request, next: Next) -> Response {
    let (mut head, body) = request.into_parts();
    let place = match places.take(&head) {
        Ok(place) => place,
        Err(refusal) => return refusal.into_response(),
    };
    if let Err(refusal) = places.admit.admit(&head).await {
        places.metrics.shed("rate");
        return refusal.into_response();
    }
    head.extensions.insert(place.clone());
    let request = Request::from_parts(head, body);
    match tokio::time::timeout(places.limits.deadline, next.run(request)).await {
        Ok(response) => response.map(|body| axum::body::Body::new(Held::new(body, place))),
        Err(_) => Refusal::new(
            StatusCode::GATEWAY_TIMEOUT,
            "call_timeout",
            format!(
                "the call was not answered within {} s; it may still take effect",
                places.limits.deadline.as_secs()
            ),
        )
        .with_hint("look for the call's outcome in the audit record before repeating it")
        .into_response(),
    }
}
