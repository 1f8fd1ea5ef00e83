//! A map that holds so many entries and no more.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// A map of at most so many entries: where another would come, the one that was not asked for longest goes.
#[derive(Debug)]
pub(super) struct Bounded<K, V> {
    most: usize,
    /// Counts how often entries were asked for.
    turn: u64,
    entries: HashMap<K, (u64, V)>,
    /// Each entry by the turn at which it was last asked for.
    order: BTreeMap<u64, K>,
}

impl<K: Clone + Eq + Hash, V: Default> Bounded<K, V> {
    pub(super) fn of(most: usize) -> Self {
        Self { most: most.max(1), turn: 0, entries: HashMap::new(), order: BTreeMap::new() }
    }

    /// The entry of `key`, a new one if there is none.
    pub(super) fn entry(&mut self, key: &K) -> &mut V {
        self.turn += 1;
        match self.entries.get_mut(key) {
            Some((turn, _)) => {
                self.order.remove(turn);
                *turn = self.turn;
            }
            None => {
                if self.entries.len() >= self.most
                    && let Some((_, oldest)) = self.order.pop_first()
                {
                    self.entries.remove(&oldest);
                }
            }
        }
        self.order.insert(self.turn, key.clone());
        &mut self.entries.entry(key.clone()).or_insert_with(|| (self.turn, V::default())).1
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        assert_eq!(self.entries.len(), self.order.len());
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_that_was_not_asked_for_longest_goes() {
        let mut bounded = Bounded::<&str, u32>::of(2);
        for key in ["a", "b", "a", "c", "a"] {
            *bounded.entry(&key) += 1;
            assert!(bounded.len() <= 2);
        }
        assert_eq!(*bounded.entry(&"a"), 3, "it was asked for between the others");
        assert_eq!(*bounded.entry(&"b"), 0, "it went when the third came");
    }
}
