//! Which tokens were used: each once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::authn::Caller;
use crate::expiring::Expiring;

/// What makes a token one of its own, as records name it.
pub(super) type Id = [u8; 16];

/// How many used tokens of one caller are remembered until they expire, so that one caller leaves room for the others.
const OF_ONE_CALLER: usize = 1_000;
/// How many of all callers.
const OF_ALL: usize = 100_000;

/// What became of trying to use a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It is used now, for the first time.
    First,
    /// It was used before.
    Again,
    /// It expired so long ago that its use may have been forgotten.
    Forgotten,
    /// Nothing more can be remembered, of this caller or of anybody, so nothing more may be used.
    Full,
}

/// The tokens that were used: this process's memory, with what its journal tells of earlier ones.
#[derive(Debug, Default)]
pub(super) struct Used(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    until: Expiring<Id>,
    /// Whose each is; of an earlier process's, nobody's.
    owners: HashMap<Id, Option<Arc<Caller>>>,
    shares: HashMap<Arc<Caller>, usize>,
}

impl Used {
    /// Uses a token of this caller's up, which is remembered until it expires.
    pub(super) fn take(&self, token: Id, expires: Timestamp, now: Timestamp, caller: &Caller) -> Use {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.forget(now);
        let expires = last_second(expires);
        if used.owners.contains_key(&token) {
            return Use::Again;
        }
        if used.until.may_be_forgotten(expires) {
            return Use::Forgotten;
        }
        let share = used.shares.get(caller).copied().unwrap_or_default();
        if share >= OF_ONE_CALLER || used.until.len() >= OF_ALL {
            return Use::Full;
        }
        let owner =
            used.shares.get_key_value(caller).map_or_else(|| Arc::new(caller.clone()), |(own, _)| Arc::clone(own));
        used.shares.insert(Arc::clone(&owner), share + 1);
        used.owners.insert(token, Some(owner));
        used.until.insert(expires, token);
        Use::First
    }

    /// Remembers what an earlier process let be used.
    pub(super) fn remember(&self, token: Id, until: Timestamp) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if used.owners.insert(token, None).is_none() {
            used.until.insert(last_second(until), token);
        }
    }

    /// Whether the token was used.
    pub(super) fn has(&self, token: &Id) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).owners.contains_key(token)
    }
}

impl Remembered {
    fn forget(&mut self, now: Timestamp) {
        let (owners, shares) = (&mut self.owners, &mut self.shares);
        self.until.forget_before(now.as_second(), |token| {
            let Some(owner) = owners.remove(&token).flatten() else { return };
            if let Some(share) = shares.get_mut(&owner) {
                *share -= 1;
                if *share == 0 {
                    shares.remove(&owner);
                }
            }
        });
    }
}

/// The last second in which a token with this end could be taken.
fn last_second(expires: Timestamp) -> i64 {
    expires.as_second().saturating_add(1)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn caller(name: &str) -> Caller {
        Caller::keyring(name, None)
    }

    fn id(number: usize) -> Id {
        u128::try_from(number).unwrap().to_be_bytes()
    }

    fn noon() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn one_caller_leaves_room_for_the_others_and_gets_its_own_back() {
        let used = Used::default();
        let (alice, bob) = (caller("alice"), caller("bob"));
        let later = noon() + SignedDuration::from_secs(10);
        for number in 0..OF_ONE_CALLER {
            assert_eq!(used.take(id(number), later, noon(), &alice), Use::First);
        }
        assert_eq!(used.take(id(0), later, noon(), &alice), Use::Again);
        assert_eq!(used.take(id(5000), later, noon(), &alice), Use::Full);
        assert!(!used.has(&id(5000)), "what cannot be remembered is not used");
        assert_eq!(used.take(id(5000), later, noon(), &bob), Use::First);
        let after = later + SignedDuration::from_secs(2);
        assert_eq!(used.take(id(5001), after + SignedDuration::from_secs(10), after, &alice), Use::First);
        assert!(!used.has(&id(0)));
        assert_eq!(used.0.lock().unwrap().shares.len(), 1, "of whom nothing is remembered, nothing is kept");
    }

    #[test]
    fn a_token_is_remembered_to_its_last_moment_and_a_clock_that_goes_back_brings_none_back() {
        let used = Used::default();
        let alice = caller("alice");
        let expires = noon() + SignedDuration::from_millis(10_500);
        assert_eq!(used.take(id(1), expires, noon(), &alice), Use::First);
        assert_eq!(used.take(id(1), expires, noon() + SignedDuration::from_millis(10_499), &alice), Use::Again);
        let much_later = noon() + SignedDuration::from_secs(60);
        assert_eq!(used.take(id(2), much_later + SignedDuration::from_secs(60), much_later, &alice), Use::First);
        assert_eq!(used.take(id(1), expires, noon(), &alice), Use::Forgotten);
    }

    #[test]
    fn what_an_earlier_process_used_is_used_and_is_nobodys_share() {
        let used = Used::default();
        let later = noon() + SignedDuration::from_secs(10);
        (0..OF_ONE_CALLER).for_each(|number| used.remember(id(number), later));
        assert_eq!(used.take(id(7), later, noon(), &caller("alice")), Use::Again);
        assert_eq!(used.take(id(7000), later, noon(), &caller("alice")), Use::First);
    }
}
