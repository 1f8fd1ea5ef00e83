//! Writes whose records are durable here, and wait until a remote store has them, too.
//!
//! Only intents and outcomes wait: they are what is lost with a disk that dies with its machine. A note, also one whose caller
//! waits for the disk, asks nothing of the remote store, so reads go on while that fails.
//!
//! # How much waits
//! A remote store that is silent fails nothing, so what waits for it is bounded in itself. An intent is let in only while those
//! that wait for the writer and the records that wait here are fewer than [`JournalOptions::queue_capacity`], and while none has
//! waited here for longer than the durable deadline. An intent that is given up leaves one outcome in its place. So there are
//! never more records than `queue_capacity` and `largest_batch` (those being written meanwhile) together, and one outcome for
//! each permit that is out: as many as there are calls.
//!
//! [`JournalOptions::queue_capacity`]: super::JournalOptions::queue_capacity

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::entry::{Entry, Kind};
use super::gate::Shared;
use super::state::{AuditUnavailable, UnavailableReason};
use crate::audit::shipping::Shipped;

/// What waits for the remote store.
#[derive(Debug)]
pub(super) struct Remote {
    shared: Arc<Shared>,
    /// How far the remote store has the records.
    shipped: watch::Receiver<Shipped>,
    /// How long a caller waits for an intent.
    deadline: Duration,
    /// Groups of records that are durable here and not there, oldest first.
    awaiting: VecDeque<Group>,
}

/// Records that became durable here together. It stays while the remote store has them not, whether or not anybody waits: how
/// far that is behind says how long a new record would wait.
#[derive(Debug)]
struct Group {
    /// The end of the chain that the remote store has to have.
    through: u64,
    since: Instant,
    entries: Vec<Entry>,
}

/// What need not wait any more.
#[derive(Debug, Default)]
pub(super) struct Released {
    /// Records that the remote store has.
    pub(super) durable: Vec<Entry>,
    /// Outcomes of intents that were given up.
    pub(super) follow_ups: Vec<Entry>,
}

impl Remote {
    pub(super) fn new(shared: Arc<Shared>, deadline: Duration) -> Self {
        Self { shipped: shared.remote(), shared, deadline, awaiting: VecDeque::new() }
    }

    /// Takes in records that are durable here, the last of which is `through`; gives back those that need not wait.
    pub(super) fn take(&mut self, entries: Vec<Entry>, through: u64) -> Vec<Entry> {
        let (noted, awaited): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| matches!(entry.kind, Kind::Note { .. }));
        if !awaited.is_empty() {
            self.awaiting.push_back(Group { through, since: Instant::now(), entries: awaited });
        }
        noted
    }

    /// How many records wait.
    pub(super) fn len(&self) -> usize {
        self.awaiting.iter().map(|group| group.entries.len()).sum()
    }

    /// Since when the oldest record waits that the remote store has not.
    pub(super) fn since(&self) -> Option<Instant> {
        self.awaiting.front().map(|group| group.since)
    }

    /// Returns when the remote store has more or fails, or an intent has waited for too long; never while nothing waits.
    pub(super) async fn changed(&mut self) {
        let with_intents = |group: &&Group| group.entries.iter().any(is_intent);
        let late = self.awaiting.iter().find(with_intents).map(|group| group.since + self.deadline);
        let late = async {
            match late {
                Some(late) => sleep_until(late).await,
                None => std::future::pending().await,
            }
        };
        let acknowledged = async {
            if self.awaiting.is_empty() || self.shipped.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            () = acknowledged => {}
            () = late => {}
        }
    }

    /// What the remote store has, and intents that nobody waits for any more; while it fails, everything else is refused.
    pub(super) fn release(&mut self) -> Released {
        let mut released = Released::default();
        let Shipped { through, failure, .. } = self.shipped.borrow_and_update().clone();
        while let Some(group) = self.awaiting.pop_front_if(|group| group.through <= through) {
            released.durable.extend(group.entries);
        }
        released.follow_ups = match failure {
            Some(_) => self.give_up(UnavailableReason::RemoteFailed),
            None => self.give_up_late(),
        };
        released
    }

    /// Gives up what waits: nobody acts on an intent, which a record says; an outcome is held until the remote store has it.
    pub(super) fn give_up(&mut self, reason: UnavailableReason) -> Vec<Entry> {
        for entry in self.awaiting.iter_mut().flat_map(|group| &mut group.entries) {
            if let Kind::Outcome { reply, fate } = &mut entry.kind {
                self.shared.hold(fate);
                if let Some(reply) = reply.take() {
                    let _ = reply.send(Err(AuditUnavailable::holding(reason)));
                }
            }
        }
        self.give_up_intents(reason, |_, _| true)
    }

    /// Gives up intents whose callers have gone, or must have: else they would be kept for as long as the remote store is
    /// silent.
    fn give_up_late(&mut self) -> Vec<Entry> {
        let now = Instant::now();
        let deadline = self.deadline;
        let is_late = |entry: &Entry, since: Instant| entry.is_given_up() || since + deadline <= now;
        self.give_up_intents(UnavailableReason::TimedOut, is_late)
    }

    fn give_up_intents(&mut self, reason: UnavailableReason, which: impl Fn(&Entry, Instant) -> bool) -> Vec<Entry> {
        let mut follow_ups = Vec::new();
        for Group { since, entries, .. } in &mut self.awaiting {
            let given_up = entries.extract_if(.., |entry| is_intent(entry) && which(entry, *since));
            follow_ups.extend(given_up.filter_map(|entry| match entry.kind {
                Kind::Intent { reply, if_not_forwarded, .. } => {
                    let _ = reply.send(Err(reason.into()));
                    Some(Entry::unattended(if_not_forwarded))
                }
                _ => None,
            }));
        }
        follow_ups
    }
}

fn is_intent(entry: &Entry) -> bool {
    matches!(entry.kind, Kind::Intent { .. })
}
