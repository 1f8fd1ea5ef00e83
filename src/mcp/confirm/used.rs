//! Which tokens were used: each once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// How many used tokens are remembered until they expire.
const REMEMBERED: usize = 10_000;

/// What became of trying to use a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It is used now, for the first time.
    First,
    /// It was used before.
    Again,
    /// Nothing more can be remembered, so nothing more may be used.
    Full,
}

/// The tokens that were used, by what makes each of them one of its own; this process's memory alone.
#[derive(Debug, Default)]
pub(super) struct Used(Mutex<HashMap<String, Timestamp>>);

impl Used {
    /// Uses the token up, which is remembered until it expires.
    pub(super) fn take(&self, token: &str, expires: Timestamp, now: Timestamp) -> Use {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, expires| *expires > now);
        if used.contains_key(token) {
            return Use::Again;
        }
        if used.len() >= REMEMBERED {
            return Use::Full;
        }
        used.insert(token.to_owned(), expires);
        Use::First
    }

    /// Whether the token was used.
    pub(super) fn has(&self, token: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_remembered_is_not_used() {
        let used = Used::default();
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let later = now + jiff::SignedDuration::from_secs(1);
        for number in 0..REMEMBERED {
            assert_eq!(used.take(&number.to_string(), later, now), Use::First);
        }
        assert_eq!(used.take("0", later, now), Use::Again);
        assert_eq!(used.take("one more", later, now), Use::Full);
        assert!(!used.has("one more"));
        assert_eq!(used.take("one more", later + jiff::SignedDuration::from_secs(9), later), Use::First);
    }
}
