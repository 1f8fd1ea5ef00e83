//! The circuit breaker of one upstream and account.
//!
//! # States
//! - *Closed*: attempts are sent. [`FAILURES`] failed ones without a good one between them open it, if they were not all
//!   of one caller.
//! - *Open*: nothing is sent for [`FIRST_OPEN`]. The next attempt after that is the probe.
//! - *Half-open*: the probe is under way, and nothing else is sent. A good end closes the breaker; a failed one opens it
//!   for twice as long as before, [`LONGEST_OPEN`] at most. A probe that nobody waits for any more says nothing: the next
//!   attempt is the probe.
//!
//! Only what was admitted in the state that lasts says anything: an attempt that was sent before the breaker opened and ends
//! after it neither opens nor closes it.
//!
//! # One caller
//! Some operations take too long however well AWS is, and one caller may repeat such a one for ever. A breaker is there for
//! the sake of others, so it takes two callers to open it: different operations are not enough, since a caller can choose
//! two of these, too. One caller alone never opens it; its attempts are bounded by their deadlines and its own limits. Attempts
//! that are nobody's (AssumeRole, and the gateway's own) are chosen by no caller, and count as different ones.
//!
//! Nor does one caller keep it open: whoever failed last may probe only [`OTHERS_AHEAD`] after everybody else may.
//!
//! # Recovery
//! A probe takes [`LONGEST_PROBE`] at most. At worst one begins just before the fault ends, fails, and is followed by
//! [`LONGEST_OPEN`]: then the first call is answered, 25 s after the fault's end, if it need not wait for the account's
//! turn. There is no jitter, because each replica sends one probe, not a herd of them.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Upstream;
use super::lane::Who;

/// How many failed attempts in a row open the breaker.
pub const FAILURES: u32 = 5;
/// For how long it opens first.
pub const FIRST_OPEN: Duration = Duration::from_secs(2);
/// For how long it opens at most.
pub const LONGEST_OPEN: Duration = Duration::from_secs(15);
/// How much earlier than whoever failed last others may probe.
pub const OTHERS_AHEAD: Duration = Duration::from_millis(500);
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
    /// The state is another one.
    turned: Notify,
}

#[derive(Debug)]
struct Inner {
    state: State,
    /// Counts the states, so that a late end can be told from one of the state that lasts.
    number: u64,
    /// Whose attempt failed last.
    last_failed: Who,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// So many failed in a row, and whether they were of several callers.
    Closed {
        failed: u32,
        several: bool,
    },
    Open {
        until: Instant,
        period: Duration,
    },
    HalfOpen {
        period: Duration,
    },
}

/// An attempt that may be sent. Dropped without an end, it says nothing.
#[derive(Debug)]
#[must_use]
pub struct Admitted<'breaker> {
    breaker: &'breaker Breaker,
    number: u64,
    who: Who,
    probe: bool,
}

const CLOSED: State = State::Closed { failed: 0, several: false };

impl Breaker {
    /// A closed one.
    #[must_use]
    pub fn new(upstream: Upstream, whose: String, not_closed: Gauge) -> Self {
        let inner = Mutex::new(Inner { state: CLOSED, number: 0, last_failed: None });
        Self { upstream, whose, not_closed, inner, turned: Notify::new() }
    }

    /// Whether an attempt of this caller would be admitted now.
    ///
    /// # Errors
    /// How long it will not be.
    pub fn check(&self, who: &Who) -> Result<(), Duration> {
        self.lock().check(who)
    }

    /// Admits an attempt of this caller, the probe if the time has come.
    ///
    /// # Errors
    /// How long none is admitted.
    pub fn admit(&self, who: &Who) -> Result<Admitted<'_>, Duration> {
        let mut inner = self.lock();
        inner.check(who)?;
        let probe = match inner.state {
            State::Open { period, .. } => {
                self.turn(&mut inner, State::HalfOpen { period });
                true
            }
            State::Closed { .. } | State::HalfOpen { .. } => false,
        };
        Ok(Admitted { breaker: self, number: inner.number, who: who.clone(), probe })
    }

    fn end(&self, number: u64, who: &Who, failed: bool) {
        let mut inner = self.lock();
        if inner.number != number {
            return;
        }
        let another = who.is_none() || inner.last_failed != *who;
        if failed {
            inner.last_failed.clone_from(who);
        }
        match (inner.state, failed) {
            (State::Closed { failed, several }, true) => {
                let several = several || who.is_none() || (failed > 0 && another);
                let failed = failed.saturating_add(1);
                if failed < FAILURES || !several {
                    // The number stays: this is the same state, further on.
                    inner.state = State::Closed { failed, several };
                    return;
                }
                self.not_closed.inc();
                tracing::warn!(
                    upstream = self.upstream.as_str(),
                    account = self.whose,
                    "AWS does not answer: calls are not sent for a while"
                );
                self.turn(&mut inner, State::Open { until: Instant::now() + FIRST_OPEN, period: FIRST_OPEN });
            }
            (State::Closed { .. }, false) => inner.state = CLOSED,
            (State::HalfOpen { .. }, false) => {
                self.not_closed.dec();
                tracing::info!(upstream = self.upstream.as_str(), account = self.whose, "AWS answers again");
                self.turn(&mut inner, CLOSED);
            }
            (State::HalfOpen { period }, true) => {
                let period = (period * 2).min(LONGEST_OPEN);
                self.turn(&mut inner, State::Open { until: Instant::now() + period, period });
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
            self.turn(&mut inner, State::Open { until: Instant::now(), period });
        }
    }

    fn turn(&self, inner: &mut Inner, state: State) {
        inner.state = state;
        inner.number += 1;
        self.turned.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn check(&self, who: &Who) -> Result<(), Duration> {
        match self.state {
            State::Closed { .. } => Ok(()),
            State::HalfOpen { .. } => Err(AFTER_PROBE),
            State::Open { until, .. } => {
                let ahead = match self.last_failed.is_some() && self.last_failed != *who {
                    true => OTHERS_AHEAD,
                    false => Duration::ZERO,
                };
                match until.saturating_duration_since(Instant::now()).saturating_sub(ahead) {
                    Duration::ZERO => Ok(()),
                    wait => Err(wait),
                }
            }
        }
    }
}

impl Admitted<'_> {
    /// How long the attempt may take, where others may take `attempt`.
    #[must_use]
    pub fn limit(&self, attempt: Duration) -> Duration {
        if self.probe { attempt.min(LONGEST_PROBE) } else { attempt }
    }

    /// Waits until the state in which it was admitted is over, so that it should not be sent any more: when to come back.
    pub async fn overtaken(&self) -> Duration {
        loop {
            let mut turned = pin!(self.breaker.turned.notified());
            // Before the look at the state: no turn is missed between them.
            turned.as_mut().enable();
            if self.breaker.lock().number != self.number {
                return self.breaker.check(&self.who).err().unwrap_or_default();
            }
            turned.await;
        }
    }

    /// Tells how it ended: whether AWS failed, or was there.
    pub fn end(self, failed: bool) {
        self.breaker.end(self.number, &self.who, failed);
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
