//! What a simulation showed.

use crate::waits::Waits;

/// What was counted as it happened.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) processor: Waits,
    pub(crate) valkey: Waits,
    pub(crate) disk: Waits,
    pub(crate) sts: Waits,
    pub(crate) iam: Waits,
    /// Of the gateway's own limits, at which nobody waits.
    pub(crate) limit: Waits,
    /// How long whole calls took.
    pub(crate) reads: Waits,
    pub(crate) writes: Waits,
    /// How long all of them took, together, in seconds.
    pub(crate) took: f64,
    /// AssumeRole.
    pub(crate) sessions: u64,
    /// GetCallerIdentity.
    pub(crate) exchanges: u64,
    pub(crate) records: u64,
    /// Requests that the gateway's limits refused.
    pub(crate) refused: u64,
    /// Calls that ended with an error of AWS's throttling.
    pub(crate) failed: u64,
}

/// The most there was at one replica.
#[derive(Debug, Default)]
pub(crate) struct Peaks {
    pub(crate) in_work: usize,
    pub(crate) connections: usize,
    /// Sessions that were used within a session's time.
    pub(crate) sessions: usize,
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Observed {
    pub(crate) seconds: f64,
    pub(crate) processor_busy: f64,
    pub(crate) valkey_busy: f64,
    /// Of the replica with most of them, as the next ones.
    pub(crate) syncs: u64,
    pub(crate) disk_busy: f64,
    pub(crate) requests: u64,
    pub(crate) admitted_writes: u64,
    pub(crate) iam: u64,
    pub(crate) iam_busiest: u64,
    pub(crate) iam_refused: u64,
    pub(crate) sts: u64,
    pub(crate) sts_refused: u64,
    pub(crate) tally: Tally,
    pub(crate) peaks: Peaks,
}

impl Observed {
    /// So many in a second.
    pub(crate) fn rate(&self, number: u64) -> f64 {
        as_f64(number) / self.seconds
    }
}

/// Counts are far below 2^53.
pub(crate) fn as_f64(number: u64) -> f64 {
    let (high, low) = (u32::try_from(number >> 32).unwrap_or(u32::MAX), number & u64::from(u32::MAX));
    f64::from(high) * 4_294_967_296.0 + f64::from(u32::try_from(low).unwrap_or(u32::MAX))
}
