//! What the journal tells: whether it takes records, why it took one not, what it counted.

use jiff::Timestamp;
use serde::Serialize;

use crate::audit::chain::ChainHead;

/// Whether the journal takes records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalState {
    /// Records are taken.
    Available,
    /// The disk does not take records, whether or not outcomes are held; the writer tries again by itself.
    Unavailable {
        /// Since when.
        since: Timestamp,
        /// What the disk said: for the operator, not for callers.
        reason: String,
    },
    /// Records are durable on the disk, and their remote copies cannot be made, or not in time: intents are refused until they
    /// can.
    NotRemote {
        /// Since when.
        since: Timestamp,
        /// What the remote store said: for the operator, not for callers.
        reason: String,
    },
    /// The disk takes records, and outcomes that callers were told are held are not durable yet: intents are refused until
    /// they are.
    Holding {
        /// How many.
        outcomes: usize,
    },
}

/// Why a record was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum UnavailableReason {
    /// The last write to the disk failed.
    #[error("the last write to the disk failed")]
    DiskFailed,
    /// The disk does not answer.
    #[error("the disk does not answer")]
    DiskStalled,
    /// The remote store did not take the last records, or not in time.
    #[error("the remote store did not take the last records")]
    RemoteFailed,
    /// The record was not durable within the durable deadline.
    #[error("the record was not durable in time")]
    TimedOut,
    /// Too many records wait to be written, or, where a remote store has to have them, for that.
    #[error("too many records wait to be written")]
    QueueFull,
    /// An earlier outcome is not durable yet.
    #[error("the outcome of an earlier call is not durable yet")]
    Holding,
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
}

/// A record could not be written as it must be. No audit, no writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the audit journal is not available: {reason}")]
pub struct AuditUnavailable {
    /// Why.
    pub reason: UnavailableReason,
    /// Whether the record is an outcome that the journal keeps, and writes as soon as it can.
    pub held: bool,
}

impl AuditUnavailable {
    /// The stable code of this error.
    pub const CODE: &'static str = "AuditUnavailable";

    pub(super) fn holding(reason: UnavailableReason) -> Self {
        Self { reason, held: true }
    }
}

impl From<UnavailableReason> for AuditUnavailable {
    fn from(reason: UnavailableReason) -> Self {
        Self { reason, held: false }
    }
}

/// What the journal counted since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JournalCounters {
    /// Records that became durable, segment headers aside.
    pub records: u64,
    /// Groups that were synced, each with one sync of the disk (and one more at a rotation).
    pub syncs: u64,
    /// Failed attempts to write or sync.
    pub failures: u64,
    /// Outcomes that are held now.
    pub outcomes_held: usize,
    /// Intents and notes that wait for the writer now.
    pub queued: usize,
}

/// What is durable on the disk, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audit) struct Reached {
    /// The last record.
    pub(in crate::audit) head: ChainHead,
    /// The record of the oldest intent without an outcome.
    pub(in crate::audit) unsettled_since: Option<u64>,
}

impl Default for Reached {
    fn default() -> Self {
        Self { head: ChainHead::START, unsettled_since: None }
    }
}
