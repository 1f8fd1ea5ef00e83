//! Places that are shared fairly: nobody takes them all, and a newcomer finds one.
//!
//! An owner may have as many as its bound says, and never more than twice as many as are free. So one greedy owner alone leaves a
//! third to others, two of them a fifth, n of them one in 2n + 1 (the dynamic thresholds of shared switch buffers: Choudhury
//! and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998, with a factor of 2).

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// How many places there are. They may change from one asking to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// For everybody.
    pub of_all: usize,
    /// For one owner.
    pub of_one: usize,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// The owner has as many as it may.
    OfOne,
    /// There is none for anybody.
    OfAll,
}

/// The places that are taken.
#[derive(Debug)]
pub struct Shares<K>(Mutex<Taken<K>>);

#[derive(Debug)]
struct Taken<K> {
    all: usize,
    by: HashMap<K, usize>,
}

impl<K> Default for Shares<K> {
    fn default() -> Self {
        Self(Mutex::new(Taken { all: 0, by: HashMap::new() }))
    }
}

impl<K: Hash + Eq + Clone> Shares<K> {
    /// Takes a place, which is free again when it is dropped.
    ///
    /// # Errors
    /// Whose places are all taken.
    pub fn take(self: &Arc<Self>, owner: K, bounds: Bounds) -> Result<Share<K>, Full> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let free = bounds.of_all.saturating_sub(taken.all);
        if free == 0 {
            return Err(Full::OfAll);
        }
        let own = taken.by.get(&owner).copied().unwrap_or_default();
        if own >= bounds.of_one || own >= free.saturating_mul(2) {
            return Err(Full::OfOne);
        }
        taken.all += 1;
        *taken.by.entry(owner.clone()).or_default() += 1;
        drop(taken);
        Ok(Share { shares: Arc::clone(self), owner })
    }
}

/// A place that is taken.
#[derive(Debug)]
pub struct Share<K: Hash + Eq> {
    shares: Arc<Shares<K>>,
    owner: K,
}

impl<K: Hash + Eq> Drop for Share<K> {
    fn drop(&mut self) {
        let mut taken = self.shares.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        if let Some(own) = taken.by.get_mut(&self.owner) {
            *own -= 1;
            if *own == 0 {
                taken.by.remove(&self.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(shares: &Arc<Shares<&'static str>>, owner: &'static str, bounds: Bounds) -> Vec<Share<&'static str>> {
        std::iter::from_fn(|| shares.take(owner, bounds).ok()).collect()
    }

    #[test]
    fn however_many_are_greedy_a_newcomer_finds_a_place() {
        let bounds = Bounds { of_all: 256, of_one: 256 };
        let shares = Arc::new(Shares::default());
        let mut held = Vec::new();
        for (owner, expected) in [("a", 171), ("b", 57), ("c", 19), ("d", 6)] {
            let own = take(&shares, owner, bounds);
            assert_eq!(own.len(), expected, "{owner}");
            held.push(own);
        }
        assert!(shares.take("e", bounds).is_ok());
        assert_eq!(shares.take("a", bounds).err(), Some(Full::OfOne));
    }

    #[test]
    fn an_owner_has_no_more_than_its_own_and_gets_it_back() {
        let bounds = Bounds { of_all: 100, of_one: 3 };
        let shares = Arc::new(Shares::default());
        let mut held = take(&shares, "a", bounds);
        assert_eq!(held.len(), 3);
        assert_eq!(shares.take("a", bounds).err(), Some(Full::OfOne));
        assert!(shares.take("b", bounds).is_ok(), "and it is dropped at once");
        held.pop();
        assert_eq!(take(&shares, "a", bounds).len(), 1);
        drop(held);
        assert!(shares.0.lock().unwrap().by.is_empty(), "of whom nothing is held, nothing is kept");
        assert_eq!(shares.0.lock().unwrap().all, 0);
    }

    #[test]
    fn few_places_can_all_be_taken_and_then_there_is_none_for_anybody() {
        let shares = Arc::new(Shares::default());
        for of_all in [1, 2] {
            let bounds = Bounds { of_all, of_one: 10 };
            let held = take(&shares, "a", bounds);
            assert_eq!(held.len(), of_all);
            assert_eq!(shares.take("b", bounds).err(), Some(Full::OfAll));
        }
    }

    #[test]
    fn bounds_that_shrink_take_nothing_away_and_give_nothing_more() {
        let shares = Arc::new(Shares::default());
        let held = take(&shares, "a", Bounds { of_all: 10, of_one: 5 });
        let fewer = Bounds { of_all: 3, of_one: 3 };
        assert_eq!(shares.take("b", fewer).err(), Some(Full::OfAll));
        drop(held);
        assert!(shares.take("b", fewer).is_ok());
    }
}
