//! How the end begins.

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
}

impl Drain {
    /// An order not yet given.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everybody to finish.
    pub fn begin(&self) {
        self.begun.cancel();
    }

    /// Tells everybody to give up what they do; begins the drain if it has not begun.
    pub fn force(&self) {
        self.begun.cancel();
        self.forced.cancel();
    }

    /// Whether everybody was asked to finish.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    /// Waits until everybody was asked to finish.
    pub async fn begun(&self) {
        self.begun.cancelled().await;
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
