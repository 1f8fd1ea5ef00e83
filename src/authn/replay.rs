//! A signature writes only once.
//!
//! A verified request could be sent again by whoever saw it, for as long as its date is accepted. Reading twice does no
//! harm; before a write, its signature is looked up here, and remembered.
//!
//! What the table cannot know is what an earlier process of this gateway let pass, so writes signed before this process
//! started are refused. A client whose clock is ahead could have had a signature with a later date accepted earlier;
//! therefore writes are taken only up to [`MAX_AHEAD`] ahead of the server's clock, and only when their date is that much
//! later than the start. With both, a signature that an earlier process let write is never let write again, as long as
//! the two processes' clocks agree; the price is that the first two or three seconds of
//! a process are for reading.
//!
//! The table is this process's own: several replicas that write need shared state.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::verified::{Evidence, Verified};
use crate::clock::SharedClock;
use crate::expiring::Expiring;

/// How far the date of a write may be ahead of the server's clock: NTP keeps clocks well within a second.
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_secs(2);

/// Why a write is refused although its signature is genuine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayRefusal {
    /// A write with this signature was let pass before.
    #[error("this signed request was already used; sign it anew")]
    Replayed,
    /// It was signed before this process could have seen every use of it.
    #[error("the request was signed at {signed_at}; this server takes writes signed at {earliest} or later")]
    SignedBeforeStart {
        /// The date of the signature.
        signed_at: Timestamp,
        /// The earliest that is taken.
        earliest: Timestamp,
    },
    /// The client's clock is ahead by more than [`MAX_AHEAD`].
    #[error("the request was signed at {signed_at}, ahead of this server's time {now}; set the client's clock")]
    SignedAhead {
        /// The date of the signature.
        signed_at: Timestamp,
        /// The server's time.
        now: Timestamp,
    },
    /// Its date is so old that its use may have been forgotten.
    #[error("the request was signed at {signed_at}, which is too long ago to write; sign it anew")]
    SignatureExpired {
        /// The date of the signature.
        signed_at: Timestamp,
    },
    /// No more signatures can be remembered until others expire.
    #[error("too many writes within the lifetime of a signature; try again later")]
    TableFull,
}

impl ReplayRefusal {
    /// All the codes there are.
    pub const CODES: [&'static str; 5] =
        ["replayed", "signed_before_start", "signed_ahead", "signature_expired", "replay_table_full"];

    /// The stable code of this reason, for clients, records and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Replayed => "replayed",
            Self::SignedBeforeStart { .. } => "signed_before_start",
            Self::SignedAhead { .. } => "signed_ahead",
            Self::SignatureExpired { .. } => "signature_expired",
            Self::TableFull => "replay_table_full",
        }
    }
}

/// The signatures that have written.
///
/// Each is kept until its own date is too old to be verified. Memory grows with use and is bounded: an entry is 40
/// bytes in a B-tree at least half full, so no more than about 100 bytes each at any time (10 MB for a capacity of
/// 100,000).
#[derive(Debug)]
pub struct ReplayTable {
    capacity: usize,
    max_skew: SignedDuration,
    clock: SharedClock,
    earliest: Option<Timestamp>,
    /// Each until the last second in which verification would accept its date. Both follow from the signature, so looking
    /// for an entry is looking for the signature.
    seen: Mutex<Expiring<[u8; 32]>>,
}

impl ReplayTable {
    /// An empty table of a process that starts now. `max_skew` must be the verifier's; at most `capacity` signatures are
    /// remembered at a time.
    #[must_use]
    pub fn new(capacity: usize, max_skew: SignedDuration, clock: SharedClock) -> Self {
        // The first whole second after it: dates have no fractions, and an earlier process may have ended at this moment.
        let earliest = (clock.now() + MAX_AHEAD).as_second() + 1;
        let earliest = Timestamp::from_second(earliest).expect("the clock is not at the end of time");
        Self { earliest: Some(earliest), ..Self::with_no_earlier_process(capacity, max_skew, clock) }
    }

    /// An empty table of a process whose keys no earlier process has ever known, such as a demonstration that makes its
    /// keys when it starts: no signature can be older than the process, so none is refused for being too early.
    #[must_use]
    pub fn with_no_earlier_process(capacity: usize, max_skew: SignedDuration, clock: SharedClock) -> Self {
        Self { capacity, max_skew, clock, earliest: None, seen: Mutex::default() }
    }

    /// Lets a write pass, once. Call it last before the write is decided on: what is let pass is used up.
    ///
    /// A request with an access token has no signature that could be used up: whoever has the token can ask for the same
    /// again, or for anything else. That is why such requests write only where a mapping lets them.
    ///
    /// # Errors
    /// When the signature has written before, or the table cannot know that it has not.
    pub fn admit(&self, verified: &Verified) -> Result<(), ReplayRefusal> {
        let Evidence::Signature { signature, signed_at, .. } = *verified.evidence() else { return Ok(()) };
        let now = self.clock.now();
        if let Some(earliest) = self.earliest.filter(|earliest| signed_at < *earliest) {
            return Err(ReplayRefusal::SignedBeforeStart { signed_at, earliest });
        }
        // Without an earlier process, too: there may be a later one that knows the same keys.
        if signed_at > now + MAX_AHEAD {
            return Err(ReplayRefusal::SignedAhead { signed_at, now });
        }
        let expires = (signed_at + self.max_skew).as_second();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget_before(now.as_second(), drop);
        if seen.may_be_forgotten(expires) {
            return Err(ReplayRefusal::SignatureExpired { signed_at });
        }
        let entry = (expires, signature);
        if seen.contains(&entry) {
            return Err(ReplayRefusal::Replayed);
        }
        if seen.len() >= self.capacity {
            return Err(ReplayRefusal::TableFull);
        }
        seen.insert(entry.0, entry.1);
        Ok(())
    }

    /// How many signatures are remembered, for metrics. Expired ones count until the next write.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether none is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests;
