//! Whether the journal takes records: shared between its callers and the writer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::JournalOptions;
use super::entry::Fate;
use super::missed::Missed;
use super::state::{JournalCounters, JournalState, Reached, UnavailableReason};
use crate::audit::chain::ChainHead;
use crate::audit::record::Record;
use crate::audit::shipping::Shipped;
use crate::clock::SharedClock;

use remote::Awaiting;

mod remote;
#[cfg(test)]
mod tests;

/// What asks to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    Intent,
    Note,
}

/// What became of a note that is not to be lost.
#[derive(Debug)]
pub(super) enum Admitted {
    /// It is let in.
    Now(Record),
    /// It is kept, because of this, or because others are.
    Later(Option<UnavailableReason>),
}

#[derive(Debug)]
pub(super) struct Shared {
    clock: SharedClock,
    capacity: usize,
    /// How long a record may wait.
    deadline: Duration,
    /// So many waiting records are company enough.
    crowd: usize,
    gate: Mutex<Gate>,
    /// Ends the writer's wait for more notes.
    urgent: Notify,
    /// The last record that is durable.
    durable: watch::Sender<ChainHead>,
    /// The name of the segment that is written.
    segment: watch::Sender<String>,
    /// How far the remote store has the records.
    remote: watch::Sender<Shipped>,
    /// What is durable on the disk.
    reached: Mutex<Reached>,
    records: AtomicU64,
    syncs: AtomicU64,
    failures: AtomicU64,
}

#[derive(Debug, Default)]
struct Gate {
    failing: Option<Failing>,
    held: usize,
    queued: usize,
    closed: bool,
    missed: Missed,
    /// The remote store fails, where records have to be there before a write is forwarded.
    remote_failing: Option<Failing>,
    /// Others cannot be told that this replica lives, where they have to know.
    unannounced: Option<Failing>,
    /// Until when others know it, and since when.
    announced_until: Option<(Instant, Timestamp)>,
    /// What waits for the remote store.
    awaiting: Awaiting,
    /// How far the remote store has the records, where that counts only from when others know that this replica lives.
    until_announced: Option<Shipped>,
}

impl Gate {
    /// Why a record is not let in.
    fn check(&self, what: Admission, capacity: usize, deadline: Duration) -> Result<(), UnavailableReason> {
        if self.closed {
            return Err(UnavailableReason::Closed);
        }
        if let Some(failing) = &self.failing {
            return Err(failing.reason);
        }
        if what == Admission::Intent && self.why_not_remote(deadline).is_some() {
            return Err(UnavailableReason::RemoteFailed);
        }
        if what == Admission::Intent && self.held > 0 {
            return Err(UnavailableReason::Holding);
        }
        let awaiting = if what == Admission::Intent { self.awaiting.records } else { 0 };
        if self.queued + awaiting >= capacity {
            return Err(UnavailableReason::QueueFull);
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Failing {
    since: Timestamp,
    reason: UnavailableReason,
    message: String,
}

impl Shared {
    pub(super) fn new(clock: SharedClock, options: &JournalOptions) -> Self {
        let capacity = options.queue_capacity;
        Self {
            clock,
            capacity,
            deadline: options.durable_deadline,
            crowd: options.largest_batch.min(capacity / 2),
            gate: Mutex::default(),
            urgent: Notify::new(),
            durable: watch::Sender::new(ChainHead::START),
            segment: watch::Sender::new(String::new()),
            remote: watch::Sender::new(Shipped::default()),
            reached: Mutex::default(),
            records: AtomicU64::new(0),
            syncs: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        }
    }

    /// Lets a record into the queue, or says why not.
    pub(super) fn admit(&self, what: Admission) -> Result<(), UnavailableReason> {
        let mut gate = self.gate();
        gate.check(what, self.capacity, self.deadline)?;
        self.let_in(&mut gate);
        Ok(())
    }

    /// Lets a note into the queue, and gives it back; or keeps it until records are taken again, and says why.
    ///
    /// What is kept is taken up after the next group that becomes durable: a failing disk heals by one, and before a full queue
    /// there is one. So none is kept for longer than the trouble lasts.
    pub(super) fn admit_or_keep(&self, note: Record) -> Result<Admitted, UnavailableReason> {
        let now = self.clock.now();
        let mut gate = self.gate();
        match gate.check(Admission::Note, self.capacity, self.deadline) {
            Err(UnavailableReason::Closed) => Err(UnavailableReason::Closed),
            Ok(()) if !gate.missed.keeps() => {
                self.let_in(&mut gate);
                Ok(Admitted::Now(note))
            }
            // Else it would overtake those before it.
            kept => {
                gate.missed.keep(note, now);
                Ok(Admitted::Later(kept.err()))
            }
        }
    }

    fn let_in(&self, gate: &mut Gate) {
        gate.queued += 1;
        if gate.queued >= self.crowd {
            self.urgent.notify_one();
        }
    }

    /// Notified when the writer should not wait for more notes: somebody waits for durability, or the queue fills.
    pub(super) fn urgent(&self) -> &Notify {
        &self.urgent
    }

    /// The writer has taken an admitted record.
    pub(super) fn taken(&self) {
        self.gate().queued -= 1;
    }

    /// Whether a permit may be handed out now. An intent that was made durable just before the disk failed, or before an
    /// outcome came to be held, is refused as well.
    pub(super) fn check_permits(&self) -> Result<(), UnavailableReason> {
        let gate = self.gate();
        match &gate.failing {
            Some(failing) => Err(failing.reason),
            None if gate.held > 0 => Err(UnavailableReason::Holding),
            None if gate.is_forgotten() => Err(UnavailableReason::RemoteFailed),
            None => Ok(()),
        }
    }

    /// Counts an outcome as held, unless it is durable. Returns whether it is held.
    pub(super) fn hold(&self, fate: &Fate) -> bool {
        let mut gate = self.gate();
        match fate.0.load(Ordering::Relaxed) {
            Fate::WAITING => {
                fate.0.store(Fate::HELD, Ordering::Relaxed);
                gate.held += 1;
                true
            }
            fate => fate == Fate::HELD,
        }
    }

    /// An outcome is durable.
    pub(super) fn release(&self, fate: &Fate) {
        let mut gate = self.gate();
        if fate.0.swap(Fate::DURABLE, Ordering::Relaxed) == Fate::HELD {
            gate.held -= 1;
        }
    }

    /// Counts a read that is answered without a record, while the disk takes none.
    pub(super) fn serve_unrecorded(&self) -> Result<(), UnavailableReason> {
        let now = self.clock.now();
        let mut gate = self.gate();
        if gate.failing.is_none() {
            // It works again, or there is too much to be recorded, which is no reason to record less.
            return Err(UnavailableReason::QueueFull);
        }
        gate.missed.count_read(now);
        Ok(())
    }

    /// What happened while there could be no record of it, once there can be.
    pub(super) fn take_missed(&self) -> Missed {
        std::mem::take(&mut self.gate().missed)
    }

    /// The disk failed or does not answer. The time of the first trouble stays.
    pub(super) fn fail(&self, reason: UnavailableReason, message: String) {
        let now = self.clock.now();
        let mut gate = self.gate();
        let since = gate.failing.as_ref().map_or(now, |failing| failing.since);
        gate.failing = Some(Failing { since, reason, message });
    }

    /// The disk works. Returns since when it had not.
    pub(super) fn heal(&self) -> Option<Timestamp> {
        self.gate().failing.take().map(|failing| failing.since)
    }

    /// The last record that is durable, as it moves on.
    pub(super) fn durable(&self) -> &watch::Sender<ChainHead> {
        &self.durable
    }

    /// More is durable on the disk.
    pub(super) fn reached(&self, reached: Reached) {
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner) = reached;
    }

    /// What is durable on the disk.
    pub(super) fn how_far(&self) -> Reached {
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of the segment that is written: those before it are closed.
    pub(super) fn segment(&self) -> &watch::Sender<String> {
        &self.segment
    }

    pub(super) fn close(&self) {
        self.gate().closed = true;
    }

    pub(super) fn count(&self, records: usize, syncs: u64, failures: u64) {
        self.records.fetch_add(records as u64, Ordering::Relaxed);
        self.syncs.fetch_add(syncs, Ordering::Relaxed);
        self.failures.fetch_add(failures, Ordering::Relaxed);
    }

    pub(super) fn counters(&self) -> JournalCounters {
        let gate = self.gate();
        JournalCounters {
            records: self.records.load(Ordering::Relaxed),
            syncs: self.syncs.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            outcomes_held: gate.held,
            queued: gate.queued,
        }
    }

    pub(super) fn state(&self) -> JournalState {
        let gate = self.gate();
        match &gate.failing {
            Some(failing) => JournalState::Unavailable { since: failing.since, reason: failing.message.clone() },
            None if gate.held > 0 => JournalState::Holding { outcomes: gate.held },
            None => gate.why_not_remote(self.deadline).map_or(JournalState::Available, |(since, reason)| {
                JournalState::NotRemote { since, reason: reason.to_owned() }
            }),
        }
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        // Each change under the lock is complete in itself, so one that panicked left nothing half done.
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
