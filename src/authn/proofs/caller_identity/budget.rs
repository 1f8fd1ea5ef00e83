//! How often STS is asked, by all callers together: the exchange must not be what floods it.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::reasons::{self, Reason};
use crate::bucket::{Bucket, Rate};

/// How many answers are waited for at once.
const AT_ONCE: usize = 16;

/// A bucket of a second's asks, and places to wait in.
#[derive(Debug)]
pub(super) struct Budget {
    places: Arc<Semaphore>,
    bucket: Mutex<Option<Bucket>>,
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
        let rate = Rate::per_second(per_second);
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = bucket.get_or_insert_with(|| Bucket::full(rate, now)).take(rate, now);
        taken.map(|()| Place { _held: held }).map_err(|_| reasons::BUDGET_SPENT)
    }
}
