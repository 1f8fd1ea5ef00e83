//! How often STS is asked, by all callers together: the exchange must not be what floods it.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::reasons::{self, Reason};

/// How many answers are waited for at once.
const AT_ONCE: usize = 16;

/// A bucket of as many tokens as a second has, into which they flow back evenly; and places to wait in.
#[derive(Debug)]
pub(super) struct Budget {
    places: Arc<Semaphore>,
    bucket: Mutex<Option<Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Timestamp,
}

/// The right to ask once; held until the answer is there.
#[derive(Debug)]
pub(super) struct Place {
    _held: OwnedSemaphorePermit,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), bucket: Mutex::default() }
    }

    /// Takes a place and a token.
    pub(super) fn take(&self, per_second: u32, now: Timestamp) -> Result<Place, Reason> {
        let held = Arc::clone(&self.places).try_acquire_owned().map_err(|_| reasons::BUSY)?;
        let most = f64::from(per_second);
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let Bucket { tokens, at } = bucket.unwrap_or(Bucket { tokens: most, at: now });
        // A clock that is set back gives nothing and takes nothing.
        let passed = now.duration_since(at).as_secs_f64().max(0.0);
        let tokens = (tokens + passed * most).min(most);
        let is_enough = tokens >= 1.0;
        *bucket = Some(Bucket { tokens: if is_enough { tokens - 1.0 } else { tokens }, at: now });
        if is_enough { Ok(Place { _held: held }) } else { Err(reasons::BUDGET_SPENT) }
    }
}
