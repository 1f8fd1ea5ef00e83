//! The seam to authentication.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;

use super::body::Reservation;
use super::gate::Gate;
use super::refusal::Refusal;

/// Finds out who sent a request.
pub trait Authenticate: Send + Sync {
    /// Verifies `head` and `body`, which are as they came off the wire: the original URI, every header line, the raw
    /// bytes. On success the verified caller has been inserted into `head.extensions`.
    ///
    /// Runs on the connection's task, so it must compute and not wait.
    ///
    /// # Errors
    /// A [`Refusal`], usually 401 with a challenge, whose code says which rule was broken.
    fn authenticate(&self, head: &mut Parts, body: &Bytes) -> Result<(), Refusal>;
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
