//! What the gate knows of the remote store, where that has to have records.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Failing, Gate, Shared};
use crate::audit::journal::state::UnavailableReason;
use crate::audit::shipping::Shipped;

/// What waits for the remote store.
#[derive(Debug, Default)]
pub(super) struct Awaiting {
    pub(super) records: usize,
    /// Since when the oldest record waits that the remote store has not.
    pub(super) since: Option<(Instant, Timestamp)>,
}

impl Gate {
    /// Why records cannot be had where they have to be, beyond the disk, and since when; `deadline` is how long one may wait.
    pub(super) fn why_not_remote(&self, deadline: Duration) -> Option<(Timestamp, &str)> {
        let failing = self.remote_failing.as_ref().or(self.unannounced.as_ref());
        let failing = failing.map(|failing| (failing.since, failing.message.as_str()));
        failing.or_else(|| self.forgotten()).or_else(|| self.awaiting.is_late(deadline))
    }

    /// Whether others cannot know that this replica lives: whatever it leaves from now on, nobody looks for.
    pub(super) fn is_forgotten(&self) -> bool {
        self.forgotten().is_some()
    }

    /// Others must have forgotten this replica by now, since nothing was heard of what tells them that it lives.
    fn forgotten(&self) -> Option<(Timestamp, &'static str)> {
        let (_, since) = self.announced_until.filter(|(until, _)| *until <= Instant::now())?;
        Some((since, "other replicas were not told for too long that this one lives"))
    }
}

impl Awaiting {
    /// A new record would wait in vain.
    fn is_late(&self, deadline: Duration) -> Option<(Timestamp, &'static str)> {
        let (_, since) = self.since.filter(|(since, _)| since.elapsed() >= deadline)?;
        Some((since, "the remote store does not answer in time"))
    }
}

impl Shared {
    /// The remote store has records, or does not take them.
    pub(in crate::audit::journal) fn acknowledge(&self, shipped: &Shipped) {
        let now = self.clock.now();
        {
            let mut gate = self.gate();
            gate.remote_failing = shipped.failure.clone().map(|message| {
                let since = gate.remote_failing.as_ref().map_or(now, |failing| failing.since);
                Failing { since, reason: UnavailableReason::RemoteFailed, message }
            });
            if let Some(until_announced) = &mut gate.until_announced {
                *until_announced = shipped.clone();
                self.remote.send_replace(Shipped { through: 0, ..shipped.clone() });
                return;
            }
        }
        self.remote.send_replace(shipped.clone());
    }

    /// From now on what the remote store has counts only when it was said once that others know of this replica.
    pub(in crate::audit::journal) fn await_announcement(&self) {
        self.gate().until_announced = Some(Shipped::default());
    }

    /// How far the remote store has the records, as that moves on.
    pub(in crate::audit::journal) fn remote(&self) -> watch::Receiver<Shipped> {
        self.remote.subscribe()
    }

    /// Other replicas know that this one lives, until then.
    pub(in crate::audit::journal) fn announced(&self, until: Instant) {
        let mut gate = self.gate();
        gate.unannounced = None;
        gate.announced_until = Some((until, self.clock.now()));
        if let Some(shipped) = gate.until_announced.take() {
            self.remote.send_replace(shipped);
        }
    }

    /// Other replicas cannot be told that this one lives: nobody would look for an intent that it leaves behind.
    pub(in crate::audit::journal) fn not_announced(&self, message: String) {
        let now = self.clock.now();
        let mut gate = self.gate();
        if gate.until_announced.is_some() {
            self.remote.send_replace(Shipped { failure: Some(message.clone()), ..Shipped::default() });
        }
        let since = gate.unannounced.as_ref().map_or(now, |failing| failing.since);
        gate.unannounced = Some(Failing { since, reason: UnavailableReason::RemoteFailed, message });
    }

    /// So many records wait for the remote store, the oldest that it has not since then.
    pub(in crate::audit::journal) fn await_remote(&self, records: usize, since: Option<Instant>) {
        let now = self.clock.now();
        let mut gate = self.gate();
        let known = gate.awaiting.since;
        let since = since.map(|since| known.filter(|known| known.0 == since).unwrap_or((since, now)));
        gate.awaiting = Awaiting { records, since };
    }
}
