//! Writes whose records are durable here, and wait until a remote store has them, too.
//!
//! Only intents and outcomes wait: they are what is lost with a disk that dies with its machine. A note, also one whose caller
//! waits for the disk, asks nothing of the remote store, so reads go on while that fails.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::watch;

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
    /// Records that are durable here and not there, with the end of the chain that has to be.
    awaiting: VecDeque<(u64, Vec<Entry>)>,
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
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shipped: shared.remote(), shared, awaiting: VecDeque::new() }
    }

    /// Takes in records that are durable here, the last of which is `through`; gives back those that need not wait.
    pub(super) fn take(&mut self, entries: Vec<Entry>, through: u64) -> Vec<Entry> {
        let (noted, awaited): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| matches!(entry.kind, Kind::Note { .. }));
        if !awaited.is_empty() {
            self.awaiting.push_back((through, awaited));
        }
        noted
    }

    /// Returns when the remote store has more or fails; never while nothing waits for it.
    pub(super) async fn changed(&mut self) {
        if self.awaiting.is_empty() || self.shipped.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// What the remote store has; while it fails, everything else is refused.
    pub(super) fn release(&mut self) -> Released {
        let mut released = Released::default();
        let Shipped { through, failure, .. } = self.shipped.borrow_and_update().clone();
        while let Some((_, entries)) = self.awaiting.pop_front_if(|(needed, _)| *needed <= through) {
            released.durable.extend(entries);
        }
        if failure.is_some() {
            released.follow_ups = self.give_up(UnavailableReason::RemoteFailed);
        }
        released
    }

    /// Gives up what waits: nobody acts on an intent, which a record says; an outcome is held until the remote store has it.
    pub(super) fn give_up(&mut self, reason: UnavailableReason) -> Vec<Entry> {
        let mut follow_ups = Vec::new();
        for (_, entries) in &mut self.awaiting {
            for mut entry in std::mem::take(entries) {
                match entry.kind {
                    Kind::Intent { reply, if_not_forwarded, .. } => {
                        let _ = reply.send(Err(reason.into()));
                        follow_ups.push(Entry::unattended(if_not_forwarded));
                    }
                    Kind::Outcome { ref mut reply, ref fate } => {
                        self.shared.hold(fate);
                        if let Some(reply) = reply.take() {
                            let _ = reply.send(Err(AuditUnavailable::holding(reason)));
                        }
                        entries.push(entry);
                    }
                    Kind::Note { .. } => {}
                }
            }
        }
        self.awaiting.retain(|(_, entries)| !entries.is_empty());
        follow_ups
    }
}
