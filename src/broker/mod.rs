//! Stage two: from (caller, role mapping, reading or writing) to temporary credentials of the caller's own role.

pub mod cache;
pub mod own;
pub mod policy;
pub mod session;
pub mod sts;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;

use crate::authorize::{Authorized, Judged};
use crate::clock::SharedClock;
use crate::iam::AwsFailure;

pub use cache::{CacheSettings, SessionCache};
pub use session::{Purpose, Session, SessionShape};
pub use sts::Sts;

/// Gives callers their sessions.
#[derive(Debug)]
pub struct Broker {
    sts: Arc<dyn Sts>,
    cache: SessionCache,
    own_identity: OnceCell<String>,
}

impl Broker {
    /// A broker that asks `sts`.
    #[must_use]
    pub fn new(sts: Arc<dyn Sts>, settings: CacheSettings, clock: SharedClock) -> Self {
        Self { cache: SessionCache::new(Arc::clone(&sts), settings, clock), sts, own_identity: OnceCell::new() }
    }

    /// The caller's session for this purpose: cached, or assumed now.
    ///
    /// It takes what stage one let pass, so that no credential exists for a call that was refused.
    ///
    /// # Errors
    /// STS's refusal, or what kept the gateway from asking it.
    pub async fn session<T: Judged>(&self, call: &Authorized<T>, purpose: Purpose) -> Result<Arc<Session>, AwsFailure> {
        let facts = call.get().facts();
        self.cache.get(SessionShape::new(facts, purpose)).await
    }

    /// The gateway's own ARN, asked once: writes are judged only when it is known what must be protected.
    ///
    /// # Errors
    /// STS's refusal; it is asked again at the next call.
    pub async fn own_identity(&self) -> Result<&str, AwsFailure> {
        self.own_identity.get_or_try_init(|| self.sts.own_identity()).await.map(String::as_str)
    }
}

/// Sessions with less than this left are not given out: a call made with one could outlive it.
pub const LEAST_LEFT: Duration = Duration::from_secs(60);
