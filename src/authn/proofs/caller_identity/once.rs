//! A proof works once.
//!
//! The table is this process's own, and begins empty. Another replica that shares no state with this one, or a later process,
//! would take the same proof again within its 15 minutes; what it answers is sealed to the key that the proof names, so whoever repeats a proof of somebody
//! else's gets nothing that they could read.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::reasons::{self, Reason};
use super::request::MAX_SKEW;
use crate::expiring::Expiring;

/// How many proofs are remembered: those of half an hour at 100 a second. An entry has 40 bytes.
pub(super) const MOST: usize = 180_000;

/// The proofs that STS was asked about, each by the hash of its signature until its date is not accepted any more.
#[derive(Debug)]
pub(super) struct Once {
    most: usize,
    used: Mutex<Expiring<[u8; 32]>>,
}

impl Once {
    pub(super) fn new(most: usize) -> Self {
        Self { most, used: Mutex::default() }
    }

    /// Uses a proof up, if `allowed` lets it be used now; what that gave.
    ///
    /// A proof that STS will not be asked about is not used up, and can be shown again. A proof that is shown again asks
    /// `allowed` nothing: repeating one takes nothing from the others.
    pub(super) fn use_up<T>(
        &self,
        signature: &[u8; 32],
        signed_at: Timestamp,
        now: Timestamp,
        allowed: impl FnOnce() -> Result<T, Reason>,
    ) -> Result<T, Reason> {
        let entry = ((signed_at + MAX_SKEW).as_second(), Sha256::digest(signature).into());
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.forget_before(now.as_second(), drop);
        if used.contains(&entry) {
            return Err(reasons::USED);
        }
        // The clock was set back: whether it was used is not known any more.
        if used.may_be_forgotten(entry.0) {
            return Err(reasons::STALE);
        }
        if used.len() >= self.most {
            return Err(reasons::MEMORY_FULL);
        }
        let given = allowed()?;
        used.insert(entry.0, entry.1);
        Ok(given)
    }
}
