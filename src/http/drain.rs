//! How the end begins.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The order to end, shared by all who must obey it. Clones are the same order.
///
/// It goes through three states, never back:
/// - *serving*;
/// - *draining*, after [`Drain::begin`] (the first SIGTERM or SIGINT): `/readyz` fails, replies close their connections,
///   after [`ServerLimits::announce`](super::ServerLimits) nothing is accepted any more, and what is in flight gets
///   [`ServerLimits::grace`](super::ServerLimits) to finish;
/// - *forced*, after [`Drain::force`] (the second signal, or the end of the grace): connections are dropped, and
///   [tracked tasks](Drain::tasks) are told to give up. They get a moment to leave in order, in which a call whose change
///   was begun writes that its outcome is unknown; AWS may still carry that change out.
#[derive(Debug, Clone, Default)]
pub struct Drain {
    begun: CancellationToken,
    forced: CancellationToken,
    tasks: TaskTracker,
    /// How long it takes from the first to the last of these, if that is known.
    lasts: Option<Duration>,
    began: Arc<OnceLock<Instant>>,
}

/// What is kept of the time at the end, for the record of a call and for its reply.
const TO_LEAVE: Duration = Duration::from_secs(2);

impl Drain {
    /// An order not yet given.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One not yet given, that ends everything so long after it began.
    #[must_use]
    pub fn lasting(time: Duration) -> Self {
        Self { lasts: Some(time), ..Self::default() }
    }

    /// Asks everybody to finish.
    pub fn begin(&self) {
        self.began.get_or_init(Instant::now);
        self.begun.cancel();
    }

    /// Tells everybody to give up what they do; begins the drain if it has not begun.
    pub fn force(&self) {
        self.began.get_or_init(Instant::now);
        self.begun.cancel();
        self.forced.cancel();
    }

    /// Whether everybody was asked to finish.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    /// When what begins now has to be done, two seconds before everybody is told to give up; `None` while serving, and when it
    /// is not known how long the end takes.
    ///
    /// What began before the drain keeps its own deadline.
    #[must_use]
    pub fn last_moment(&self) -> Option<Instant> {
        Some(*self.began.get()? + self.lasts?.saturating_sub(TO_LEAVE))
    }

    /// Waits until everybody was asked to finish.
    pub async fn begun(&self) {
        self.begun.cancelled().await;
    }

    /// Waits for the [last moment](Self::last_moment); for ever where it is not known when that is.
    pub async fn last_moment_comes(&self) {
        self.begun().await;
        match self.last_moment() {
            Some(moment) => tokio::time::sleep_until(moment).await,
            None => std::future::pending().await,
        }
    }

    /// Waits until everybody was told to give up.
    pub async fn forced(&self) {
        self.forced.cancelled().await;
    }

    /// The tasks that [`serve`](super::serve) waits for within the grace period though no connection does (a call whose
    /// client hung up must still write its record), and for a moment more once they were told to give up.
    #[must_use]
    pub fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_last_moment_counts_from_the_first_order() {
        let drain = Drain::lasting(Duration::from_secs(25));
        assert_eq!(drain.last_moment(), None);
        let began = Instant::now();
        drain.begin();
        tokio::time::advance(Duration::from_secs(3)).await;
        drain.begin();
        drain.force();
        assert_eq!(drain.clone().last_moment(), Some(began + Duration::from_secs(23)));
        let unbounded = Drain::new();
        unbounded.begin();
        assert_eq!(unbounded.last_moment(), None);
    }
}
