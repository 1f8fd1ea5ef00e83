//! The seam to authentication.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::Request;
use http::request::Parts;

use super::body::Reservation;
use super::gate::Gate;
use super::refusal::Refusal;

/// Finds out who sent a request.
pub trait Authenticate: Send + Sync {
    /// What has to be there before this request can be authenticated, and is not; `None` if nothing. It ends in bounded time,
    /// whatever becomes of it, and believes nothing of what the head says.
    fn prepare(&self, head: &Parts) -> Option<BoxFuture<'static, ()>> {
        let _ = head;
        None
    }

    /// Verifies `head` and `body`, which are as they came off the wire: the original URI, every header line, the raw
    /// bytes. On success the verified caller has been inserted into `head.extensions`.
    ///
    /// Runs on the connection's task, so it must compute and not wait.
    ///
    /// # Errors
    /// A [`Refusal`], usually 401 with a challenge, whose code says which rule was broken.
    fn authenticate(&self, head: &mut Parts, body: &Bytes) -> Result<(), Refusal>;

    /// Whether the way in which a well-formed request was authenticated is good for what it asks for, as far as the client can
    /// mend that by authenticating in another way.
    ///
    /// # Errors
    /// A [`Refusal`] with a challenge that says how.
    fn suffices(&self, head: &Parts, body: &Bytes) -> Result<(), Refusal> {
        let _ = (head, body);
        Ok(())
    }
}

/// Waits until a request can be authenticated.
pub(crate) async fn prepare(
    State(authenticator): State<Arc<dyn Authenticate>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let (head, body) = request.into_parts();
    if let Some(preparation) = authenticator.prepare(&head) {
        preparation.await;
    }
    next.run(Request::from_parts(head, body)).await
}

/// Lets authenticated requests pass.
pub(crate) struct Authenticated(pub(crate) Arc<dyn Authenticate>);

impl Gate<Bytes> for Authenticated {
    fn check(&self, head: &mut Parts, body: &Bytes) -> Result<(), Refusal> {
        self.0.authenticate(head, body)?;
        // From here on the body counts against the limit of calls, no longer against that of strangers.
        head.extensions.remove::<Reservation>();
        Ok(())
    }
}

/// Lets requests pass that are authenticated well enough for what they ask for.
pub(crate) struct WellEnough(pub(crate) Arc<dyn Authenticate>);

impl Gate<Bytes> for WellEnough {
    fn check(&self, head: &mut Parts, body: &Bytes) -> Result<(), Refusal> {
        self.0.suffices(head, body)
    }
}
