//! What the journal gives for a record.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::entry::{Command, Entry};
use super::gate::Shared;
use super::state::{AuditUnavailable, UnavailableReason};
use crate::audit::record::Record;

/// Proof that an intent is durable: the only key to a writing call.
///
/// It is given once for each intent and cannot be copied or made otherwise. It ends in [`super::Journal::outcome`]; one
/// that is dropped instead (a panic, a lost task) has its intent's `if_lost` written as the outcome.
#[must_use = "a permit that is dropped writes the outcome `if_lost`"]
#[derive(Debug)]
pub struct Permit(Pending);

/// Proof that a record was taken, or that a read without one was counted: what a reply is made from.
#[derive(Debug)]
pub struct Recorded {
    _private: (),
}

impl Recorded {
    pub(super) fn new() -> Self {
        Self { _private: () }
    }
}

impl Permit {
    /// Ends the permit with `outcome`; returns the journal's state, to which the outcome's fate belongs.
    pub(super) fn settle(mut self, outcome: Entry) -> Result<Arc<Shared>, AuditUnavailable> {
        self.0.if_dropped = None;
        self.0.queue.send(Command::Write(Box::new(outcome))).map_err(|_| UnavailableReason::Closed)?;
        self.0.shared.urgent().notify_one();
        Ok(self.0.shared.clone())
    }
}

/// A permit on its way to the caller. Dropped there, the caller never saw it, and nothing was forwarded.
#[derive(Debug)]
pub(super) struct UnreceivedPermit {
    pending: Pending,
    if_lost: Record,
}

impl UnreceivedPermit {
    pub(super) fn new(
        queue: mpsc::UnboundedSender<Command>,
        shared: Arc<Shared>,
        if_lost: Record,
        if_not_forwarded: Record,
    ) -> Self {
        Self { pending: Pending { queue, shared, if_dropped: Some(if_not_forwarded) }, if_lost }
    }

    /// The permit, in the caller's hands.
    pub(super) fn received(mut self) -> Permit {
        self.pending.if_dropped = Some(self.if_lost);
        Permit(self.pending)
    }
}

/// Writes an outcome when it is dropped.
#[derive(Debug)]
struct Pending {
    queue: mpsc::UnboundedSender<Command>,
    shared: Arc<Shared>,
    if_dropped: Option<Record>,
}

impl Drop for Pending {
    fn drop(&mut self) {
        let Some(record) = self.if_dropped.take() else { return };
        if self.queue.send(Command::Write(Box::new(Entry::unattended(record)))).is_err() {
            tracing::error!("a permit outlived the audit journal: its intent has no outcome");
        }
    }
}
