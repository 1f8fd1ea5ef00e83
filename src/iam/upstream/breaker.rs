//! The circuit breaker of one upstream and account.
//!
//! # States
//! - *Closed*: attempts are sent. [`FAILURES`] failed ones without a good one between them open it.
//! - *Open*: nothing is sent for [`FIRST_OPEN`]. The next attempt after that is the probe.
//! - *Half-open*: the probe is under way, and nothing else is sent. A good end closes the breaker; a failed one opens it
//!   for twice as long as before, [`LONGEST_OPEN`] at most. A probe that nobody waits for any more says nothing: the next
//!   attempt is the probe.
//!
//! Only what was admitted in the state that lasts says anything: an attempt that was sent before the breaker opened and ends
//! after it neither opens nor closes it.
//!
//! # Recovery
//! A probe takes [`LONGEST_PROBE`] at most. At worst one begins just before the fault ends, fails, and is followed by
//! [`LONGEST_OPEN`]: then the first call is answered, 25 s after the fault's end. There is no jitter, because each replica
//! sends one probe, not a herd of them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use tokio::time::Instant;

use super::Upstream;

/// How many failed attempts in a row open the breaker.
pub const FAILURES: u32 = 5;
/// For how long it opens first.
pub const FIRST_OPEN: Duration = Duration::from_secs(2);
/// For how long it opens at most.
pub const LONGEST_OPEN: Duration = Duration::from_secs(15);
/// How long a probe may take.
pub const LONGEST_PROBE: Duration = Duration::from_secs(10);
/// When somebody who came while a probe was under way should try again.
const AFTER_PROBE: Duration = Duration::from_secs(1);

/// The breaker of one upstream and account.
#[derive(Debug)]
pub struct Breaker {
    upstream: Upstream,
    /// Whose calls these are, for the log.
    whose: String,
    /// One more while it is not closed.
    not_closed: Gauge,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: State,
    /// Counts the states, so that a late end can be told from one of the state that lasts.
    number: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed { failed: u32 },
    Open { until: Instant, period: Duration },
    HalfOpen { period: Duration },
}

/// An attempt that may be sent. Dropped without an end, it says nothing.
#[derive(Debug)]
#[must_use]
pub struct Admitted<'breaker> {
    breaker: &'breaker Breaker,
    number: u64,
    probe: bool,
}

impl Breaker {
    /// A closed one.
    #[must_use]
    pub fn new(upstream: Upstream, whose: String, not_closed: Gauge) -> Self {
        let inner = Mutex::new(Inner { state: State::Closed { failed: 0 }, number: 0 });
        Self { upstream, whose, not_closed, inner }
    }

    /// Whether an attempt would be admitted now.
    ///
    /// # Errors
    /// How long it will not be.
    pub fn check(&self) -> Result<(), Duration> {
        match self.lock().state {
            State::Open { until, .. } if Instant::now() < until => Err(until.duration_since(Instant::now())),
            State::HalfOpen { .. } => Err(AFTER_PROBE),
            State::Closed { .. } | State::Open { .. } => Ok(()),
        }
    }

    /// Admits an attempt, the probe if the time has come.
    ///
    /// # Errors
    /// How long none is admitted.
    pub fn admit(&self) -> Result<Admitted<'_>, Duration> {
        let mut inner = self.lock();
        let probe = match inner.state {
            State::Closed { .. } => false,
            State::Open { until, period } if Instant::now() >= until => {
                inner.turn_into(State::HalfOpen { period });
                true
            }
            State::Open { until, .. } => return Err(until.duration_since(Instant::now())),
            State::HalfOpen { .. } => return Err(AFTER_PROBE),
        };
        Ok(Admitted { breaker: self, number: inner.number, probe })
    }

    fn end(&self, number: u64, failed: bool) {
        let mut inner = self.lock();
        if inner.number != number {
            return;
        }
        match (inner.state, failed) {
            (State::Closed { failed }, true) if failed + 1 >= FAILURES => {
                self.not_closed.inc();
                tracing::warn!(
                    upstream = self.upstream.as_str(),
                    account = self.whose,
                    "AWS does not answer: calls are not sent for a while"
                );
                inner.turn_into(State::Open { until: Instant::now() + FIRST_OPEN, period: FIRST_OPEN });
            }
            // The number stays: this is the same state, further on.
            (State::Closed { failed }, true) => inner.state = State::Closed { failed: failed + 1 },
            (State::Closed { .. }, false) => inner.state = State::Closed { failed: 0 },
            (State::HalfOpen { .. }, false) => {
                self.not_closed.dec();
                tracing::info!(upstream = self.upstream.as_str(), account = self.whose, "AWS answers again");
                inner.turn_into(State::Closed { failed: 0 });
            }
            (State::HalfOpen { period }, true) => {
                let period = (period * 2).min(LONGEST_OPEN);
                inner.turn_into(State::Open { until: Instant::now() + period, period });
            }
            // Nothing is admitted while it is open.
            (State::Open { .. }, _) => {}
        }
    }

    fn abandon(&self, number: u64) {
        let mut inner = self.lock();
        if inner.number == number
            && let State::HalfOpen { period } = inner.state
        {
            inner.turn_into(State::Open { until: Instant::now(), period });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn turn_into(&mut self, state: State) {
        self.state = state;
        self.number += 1;
    }
}

impl Admitted<'_> {
    /// How long the attempt may take, where others may take `attempt`.
    #[must_use]
    pub fn limit(&self, attempt: Duration) -> Duration {
        if self.probe { attempt.min(LONGEST_PROBE) } else { attempt }
    }

    /// Tells how it ended: whether AWS failed, or was there.
    pub fn end(self, failed: bool) {
        self.breaker.end(self.number, failed);
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        // After an end the state is another one, or still closed, and this does nothing.
        if self.probe {
            self.breaker.abandon(self.number);
        }
    }
}

#[cfg(test)]
mod tests;
