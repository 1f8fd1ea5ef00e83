//! How many calls are worked on at once, and for how long.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::held::Held;
use super::metrics::Metrics;
use super::refusal::Refusal;
use super::settings::CallLimits;

/// The places there are.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    semaphore: Arc<Semaphore>,
    limits: CallLimits,
    metrics: Metrics,
}

impl Places {
    pub(crate) fn new(limits: CallLimits, metrics: Metrics) -> Self {
        let semaphore = Arc::new(Semaphore::new(limits.concurrent.min(Semaphore::MAX_PERMITS)));
        Self { semaphore, limits, metrics }
    }
}

/// A call's place among those that are worked on at once, in the request's extensions. It is free again when its last
/// clone is dropped: whoever works on a call beyond its reply, or beyond its client, keeps one until that work ends.
#[derive(Debug, Clone)]
pub struct CallPlace {
    _permit: Arc<OwnedSemaphorePermit>,
}

/// Gives a call its place until its reply has been sent, and for as long as anything that it left running holds a
/// [`CallPlace`]: otherwise a client that hangs up could begin any number of calls. A call that finds none is refused at
/// once: queued, it would be worked on when its client has long given up.
pub(crate) async fn limit(State(places): State<Places>, mut request: Request, next: Next) -> Response {
    let Ok(permit) = places.semaphore.clone().try_acquire_owned() else {
        places.metrics.shed("calls");
        return Refusal::overloaded("the gateway is working on as many calls as it can").into_response();
    };
    let place = CallPlace { _permit: Arc::new(permit) };
    request.extensions_mut().insert(place.clone());
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
