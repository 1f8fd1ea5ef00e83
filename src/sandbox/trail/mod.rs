//! What CloudTrail would know: every authenticated call, performed or refused.
//!
//! Calls that nobody is known to have made (unsigned, signed wrongly) are not among them, as in CloudTrail.

mod attempt;
mod event;
mod parameters;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

pub(super) use attempt::Attempt;
pub use event::{Event, Resource, SessionAttributes, SessionContext, SessionIssuer, UserIdentity};

/// How many events are kept; the oldest go first.
const MOST: usize = 10_000;

/// The latest events of a sandbox. Clones are the same trail.
#[derive(Debug, Clone)]
pub struct Trail(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kept: Mutex<Kept>,
    /// How many events there have been.
    count: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Event>,
    /// How many events went before the first of those kept.
    gone: u64,
}

impl Default for Trail {
    fn default() -> Self {
        Self(Arc::new(Inner { kept: Mutex::default(), count: watch::Sender::new(0) }))
    }
}

impl Trail {
    /// The latest 10,000 events, from the oldest to the newest.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.0.kept().events.iter().cloned().collect()
    }

    /// The latest events that are wanted, newest first, of those before the event of this number, where one is given; and
    /// the number of the last of them, where there are more.
    pub(super) fn look_back(
        &self,
        before: Option<u64>,
        most: usize,
        wanted: impl Fn(&Event) -> bool,
    ) -> (Vec<Event>, Option<u64>) {
        let kept = self.0.kept();
        let numbers = (kept.gone..kept.gone + kept.events.len() as u64).rev();
        let (mut found, mut last) = (Vec::new(), None);
        for (number, event) in numbers.zip(kept.events.iter().rev()) {
            if before.is_some_and(|before| number >= before) || !wanted(event) {
                continue;
            }
            if found.len() == most {
                return (found, last);
            }
            found.push(event.clone());
            last = Some(number);
        }
        (found, None)
    }

    /// A reader of everything from here on.
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        let mut count = self.0.count.subscribe();
        let seen = *count.borrow_and_update();
        Subscription { trail: self.clone(), count, seen }
    }

    /// Records a call.
    pub(super) fn record(&self, attempt: &Attempt<'_>) {
        self.keep(attempt.event());
    }

    fn keep(&self, event: Event) {
        let mut kept = self.0.kept();
        if kept.events.len() == MOST {
            kept.events.pop_front();
            kept.gone += 1;
        }
        kept.events.push_back(event);
        // Under the lock: whoever is woken finds the event, and nobody counts it twice.
        self.0.count.send_modify(|count| *count += 1);
    }
}

impl Inner {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a trail as it grows.
#[derive(Debug)]
pub struct Subscription {
    trail: Trail,
    count: watch::Receiver<u64>,
    seen: u64,
}

impl Subscription {
    /// Waits for events that were not read yet, and gives all there are; a reader that falls 10,000 behind misses the
    /// oldest. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) -> Vec<Event> {
        let seen = self.seen;
        // The sender lives in this subscription's own trail, so the wait ends with an event and never with an error.
        let _ended = self.count.wait_for(|count| *count > seen).await.is_err();
        let kept = self.trail.0.kept();
        let unread = usize::try_from(self.seen.saturating_sub(kept.gone)).unwrap_or(usize::MAX);
        let events: Vec<Event> = kept.events.iter().skip(unread).cloned().collect();
        self.seen = kept.gone + kept.events.len() as u64;
        events
    }
}
