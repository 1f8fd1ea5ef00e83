//! How much callers may ask for: before the road, all that they send; on it, what they want changed.
//!
//! What one caller may ask for is counted for all replicas where they share state, what all callers may together for this
//! process alone, which it protects. A caller is whoever authentication says: people who take a session name of their choice
//! are as many callers as names, and share what all may.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use http::StatusCode;
use http::request::Parts;

use crate::authn::{Caller, Verified};
use crate::bucket::{Bucket, Rate};
use crate::clock::SharedClock;
use crate::config::Rates;
use crate::http::{Admit, Owner, Refusal};
use crate::shared_state::{Counted, SharedState, Taken};
use crate::shares::{Bounds, Full, Share, Shares};
use crate::tools::ToolError;

/// The code of writes that are too many.
const TOO_MANY_WRITES: &str = "TooManyWrites";

/// Tells of a caller whose request was refused.
type Tell = dyn Fn(&Parts, &Caller) + Send + Sync;

/// What limits callers.
pub struct Limits {
    state: Arc<dyn SharedState>,
    clock: SharedClock,
    /// The rates in force.
    rates: Box<dyn Fn() -> Rates + Send + Sync>,
    /// Is told of a caller whose request was refused.
    refused: Box<Tell>,
    /// Of all callers, at this process.
    requests: OfAll,
    writes: OfAll,
    writing: Arc<Shares<Owner>>,
}

/// A bucket that begins full.
#[derive(Debug, Default)]
struct OfAll(Mutex<Option<Bucket>>);

/// A place for a write, until it is dropped.
#[derive(Debug)]
pub struct WritePlace<'limits> {
    limits: &'limits Limits,
    owner: Owner,
    _share: Share<Owner>,
}

impl WritePlace<'_> {
    /// Counts the write: once it is known to be the caller's own and new, since somebody else can repeat what it signed.
    ///
    /// # Errors
    /// `TooManyWrites`, with when to call again.
    pub async fn count(&self) -> Result<(), ToolError> {
        let limits = self.limits;
        let rates = (limits.rates)();
        let rate = Rate {
            per_second: f64::from(rates.caller_writes_per_minute) / 60.0,
            most: f64::from(rates.caller_writes_burst),
        };
        if let Taken::After(wait) = limits.count(&Counted::Writes(self.owner.0), rate).await {
            return Err(too_many_writes("you make more writes than one caller may", Some(wait)));
        }
        let of_all = limits.writes.take(Rate::per_second(rates.writes_per_second), &limits.clock);
        of_all.map_err(|wait| {
            too_many_writes("all callers together make more writes than the gateway lets through", Some(wait))
        })
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Limits {
    /// Limits by the rates that `rates` says are in force, counted in `state`. Refused requests are told to `refused`.
    #[must_use]
    pub fn new(
        state: Arc<dyn SharedState>,
        clock: SharedClock,
        rates: impl Fn() -> Rates + Send + Sync + 'static,
        refused: impl Fn(&Parts, &Caller) + Send + Sync + 'static,
    ) -> Self {
        Self {
            state,
            clock,
            rates: Box::new(rates),
            refused: Box::new(refused),
            requests: OfAll::default(),
            writes: OfAll::default(),
            writing: Arc::default(),
        }
    }

    /// A place for a write.
    ///
    /// # Errors
    /// `TooManyWrites`, if as many are being made as may be at once.
    pub fn place(&self, caller: &Caller) -> Result<WritePlace<'_>, ToolError> {
        let rates = (self.rates)();
        let owner = Owner(caller.digest());
        let bounds =
            Bounds { of_all: as_usize(rates.concurrent_writes), of_one: as_usize(rates.caller_concurrent_writes) };
        let share = self.writing.take(owner, bounds).map_err(|full| match full {
            Full::OfOne => too_many_writes("as many of your writes are being made as you may have at once", None),
            Full::OfAll => too_many_writes("the gateway is making as many writes as it may at once", None),
        })?;
        Ok(WritePlace { limits: self, owner, _share: share })
    }

    /// Counts in what is shared; without it, replicas count by themselves, and it said so.
    async fn count(&self, counted: &Counted, rate: Rate) -> Taken {
        self.state.take(counted, rate).await.unwrap_or(Taken::Now)
    }

    async fn request(&self, head: &Parts) -> Result<(), Refusal> {
        let rates = (self.rates)();
        if let Some(owner) = head.extensions.get::<Owner>() {
            let rate = Rate {
                per_second: f64::from(rates.caller_requests_per_second),
                most: f64::from(rates.caller_requests_burst),
            };
            if let Taken::After(wait) = self.count(&Counted::Requests(owner.0), rate).await {
                let caller = head.extensions.get::<Arc<Verified>>().map(|verified| verified.caller());
                if let Some(caller) = caller {
                    (self.refused)(head, caller);
                }
                return Err(Refusal::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "caller_rate_limited",
                    "this caller sends more requests than one may; see limits.caller_requests_per_second",
                )
                .with_hint("wait as long as Retry-After says, and ask for more at once instead of more often")
                .with_retry_after(wait));
            }
        }
        self.requests.take(Rate::per_second(rates.requests_per_second), &self.clock).map_err(|wait| {
            Refusal::overloaded("all callers together send more requests than the gateway takes").with_retry_after(wait)
        })
    }
}

impl Admit for Limits {
    fn at_once(&self) -> usize {
        as_usize((self.rates)().caller_concurrent_requests)
    }

    fn admit<'a>(&'a self, head: &'a Parts) -> BoxFuture<'a, Result<(), Refusal>> {
        self.request(head).boxed()
    }
}

impl OfAll {
    fn take(&self, rate: Rate, clock: &SharedClock) -> Result<(), Duration> {
        let now = clock.now();
        let mut bucket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = bucket.get_or_insert_with(|| Bucket::full(rate, now)).take(rate, now);
        taken.map_err(|wait| Duration::from_secs_f64(wait.clamp(0.0, 3600.0)))
    }
}

fn as_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn too_many_writes(why: &str, wait: Option<Duration>) -> ToolError {
    let hint = match wait {
        // A second at least: an agent does not count in less.
        Some(wait) => format!("wait {} s, then call again", wait.as_secs() + 1),
        None => "wait for the answers of the writes that are under way, then call again".to_owned(),
    };
    ToolError::gateway(TOO_MANY_WRITES, format!("{why}; nothing was changed")).retryable().hint(hint)
}

#[cfg(test)]
mod tests;
