//! An account's budget: who calls AWS for it waits here for a turn when AWS would not take all calls at once.
//!
//! A lane is *free* or *queued*. On a free one a call takes a token from what the replicas share and goes. When there is
//! none the call queues, and one task takes tokens for those who wait, in the order of `Queue`, until nobody does. Whoever
//! comes while others wait queues too. A call that is dropped leaves the queue.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::easing::Easing;
use super::figures::Figures;
use super::queue::Queue;
use super::rate::AccountRate;
use crate::authn::Caller;
use crate::bucket::{Bucket, Rate};
use crate::clock::SharedClock;
use crate::shared_state::{Counted, SharedState, Taken};

/// How many may wait for one account: more than AWS takes within [`super::LONGEST_WAIT`] would wait in vain.
pub const MOST_WAITING: usize = 256;
/// How many of them may be one caller's.
pub const MOST_WAITING_OF_ONE: usize = 64;
/// How long what replicas share may take to give a token, before this replica counts by itself.
const LONGEST_TAKE: Duration = Duration::from_millis(500);
/// How long the task that takes tokens sleeps at most: the rate may have grown meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// What a call is for. The more urgent go first, and each of the others has a share of the turns while it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A change that has begun: its plan should not stop half way.
    Change,
    /// A call that reads.
    Read,
    /// A call that has read much already.
    Scan,
}

impl Class {
    /// The label in figures.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Read => "read",
            Self::Scan => "scan",
        }
    }

    fn number(self) -> usize {
        match self {
            Self::Change => 0,
            Self::Read => 1,
            Self::Scan => 2,
        }
    }
}

/// Whose turn it is; calls that are nobody's are one caller's.
pub(super) type Who = Option<Arc<Caller>>;

/// The calls for one account.
pub struct Lane {
    counted: Counted,
    shared: Arc<dyn SharedState>,
    rate: AccountRate,
    clock: SharedClock,
    figures: Figures,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    queue: Queue<Who, oneshot::Sender<()>>,
    /// Whether a task takes tokens for those who wait.
    driven: bool,
    easing: Easing,
    /// This replica's own tokens, while nothing is known of the others'.
    own: Option<Bucket>,
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").field("counted", &self.counted).field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}

impl Lane {
    /// The lane of what is counted so, at this rate.
    #[must_use]
    pub fn new(
        counted: Counted,
        shared: Arc<dyn SharedState>,
        rate: AccountRate,
        clock: SharedClock,
        figures: Figures,
    ) -> Self {
        Self { counted, shared, rate, clock, figures, inner: Mutex::default() }
    }

    /// Waits for a turn, for `longest` at most.
    ///
    /// # Errors
    /// When no turn comes in time, at once where that can be foreseen: when there is likely to be one.
    pub async fn turn(self: &Arc<Self>, who: Who, class: Class, longest: Duration) -> Result<(), Duration> {
        if self.waiting() == 0 && matches!(self.take().await, Taken::Now) {
            return Ok(());
        }
        let began = Instant::now();
        let (place, turn) = self.queue_up(who, class, longest)?;
        let _waiting = self.figures.waiting(class);
        let came = timeout_at(began + longest, turn).await;
        self.figures.waited(began.elapsed());
        match came {
            Ok(Ok(())) => Ok(()),
            // The task that takes tokens is gone with the sender only if it broke off.
            Ok(Err(_)) | Err(_) => Err(place.expected()),
        }
    }

    /// AWS turned a call away for the account's rate.
    pub fn throttled(&self) {
        self.lock().easing.throttled(Instant::now());
    }

    /// How many wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.lock().queue.len()
    }

    fn queue_up(
        self: &Arc<Self>,
        who: Who,
        class: Class,
        longest: Duration,
    ) -> Result<(Place, oneshot::Receiver<()>), Duration> {
        let (number, turn) = {
            let mut inner = self.lock();
            let ahead = inner.queue.ahead(class.number(), &who);
            let expected = self.lasts(ahead + 1, inner.easing);
            let full = inner.queue.len() >= MOST_WAITING || inner.queue.len_of(&who) >= MOST_WAITING_OF_ONE;
            if full || expected > longest {
                return Err(expected);
            }
            let (gives, turn) = oneshot::channel();
            (inner.queue.push(class.number(), who.clone(), gives), turn)
        };
        let place = Place { lane: Arc::clone(self), who, class, number };
        if !std::mem::replace(&mut self.lock().driven, true) {
            tokio::spawn(Driving { lane: Arc::clone(self), done: false }.run());
        }
        Ok((place, turn))
    }

    /// How long it lasts until so many have had their turn.
    fn lasts(&self, turns: usize, easing: Easing) -> Duration {
        let per_second = self.rate.now().per_second * easing.part(Instant::now());
        let turns = u32::try_from(turns).unwrap_or(u32::MAX);
        Duration::try_from_secs_f64(f64::from(turns) / per_second).unwrap_or(Duration::MAX)
    }

    /// Takes a token, if there is one.
    async fn take(&self) -> Taken {
        let part = self.lock().easing.part(Instant::now());
        let whole = self.rate.now();
        let rate = Rate { per_second: whole.per_second * part, most: (whole.most * part).max(1.0) };
        if let Ok(Ok(taken)) = timeout(LONGEST_TAKE, self.shared.take(&self.counted, rate)).await {
            return taken;
        }
        let now = self.clock.now();
        let mut inner = self.lock();
        match inner.own.get_or_insert_with(|| Bucket::full(rate, now)).take(rate, now) {
            Ok(()) => Taken::Now,
            Err(wait) => Taken::After(Duration::try_from_secs_f64(wait).unwrap_or(LONGEST_SLEEP)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue, which is given up when it is dropped.
struct Place {
    lane: Arc<Lane>,
    who: Who,
    class: Class,
    number: u64,
}

impl Place {
    /// When there is likely to be a turn for somebody who comes anew.
    fn expected(&self) -> Duration {
        let inner = self.lane.lock();
        self.lane.lasts(inner.queue.ahead(self.class.number(), &self.who) + 1, inner.easing)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.lane.lock().queue.remove(self.class.number(), &self.who, self.number);
    }
}

/// The one task that takes tokens for those who wait. However it ends, the next who queues can start another.
struct Driving {
    lane: Arc<Lane>,
    done: bool,
}

impl Driving {
    async fn run(mut self) {
        loop {
            match self.lane.take().await {
                Taken::Now => self.give(),
                Taken::After(wait) => sleep(wait.min(LONGEST_SLEEP)).await,
            }
            let mut inner = self.lane.lock();
            if inner.queue.len() == 0 {
                // Under one lock with the look at the queue: who queues after it starts the next task.
                inner.driven = false;
                self.done = true;
                return;
            }
        }
    }

    /// Gives the turn to who is next and still waits.
    fn give(&self) {
        let mut inner = self.lane.lock();
        while let Some(next) = inner.queue.pop() {
            if next.send(()).is_ok() {
                return;
            }
        }
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        if !self.done {
            self.lane.lock().driven = false;
        }
    }
}

#[cfg(test)]
mod tests;
