//! What is remembered until a moment each.

use std::collections::BTreeSet;

/// Things that are remembered, each until the second in which it expires.
#[derive(Debug)]
pub(crate) struct Expiring<T> {
    /// Ordered by expiry, so that the expired stand in front.
    entries: BTreeSet<(i64, T)>,
    /// The latest expiry that was dropped. Anything that expires no later may have been here and forgotten; held apart
    /// from the clock, which can be set back.
    forgotten: Option<i64>,
}

impl<T> Default for Expiring<T> {
    fn default() -> Self {
        Self { entries: BTreeSet::new(), forgotten: None }
    }
}

impl<T: Ord> Expiring<T> {
    /// Drops what expired before the second `now`, and tells of each.
    pub(crate) fn forget_before(&mut self, now: i64, mut dropped: impl FnMut(T)) {
        while self.entries.first().is_some_and(|(expires, _)| *expires < now)
            && let Some((expires, thing)) = self.entries.pop_first()
        {
            self.forgotten = self.forgotten.max(Some(expires));
            dropped(thing);
        }
    }

    /// Whether what expires then may have been dropped already.
    pub(crate) fn may_be_forgotten(&self, expires: i64) -> bool {
        self.forgotten.is_some_and(|forgotten| expires <= forgotten)
    }

    /// Remembers it until then; `false` where it is remembered already.
    pub(crate) fn insert(&mut self, expires: i64, thing: T) -> bool {
        self.entries.insert((expires, thing))
    }

    pub(crate) fn contains(&self, entry: &(i64, T)) -> bool {
        self.entries.contains(entry)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_expired_is_dropped_in_its_order_and_what_may_have_been_is_known() {
        let mut things = Expiring::default();
        assert!(things.insert(30, "c") && things.insert(10, "a") && things.insert(20, "b"));
        assert!(!things.insert(10, "a") && things.contains(&(10, "a")));
        let mut dropped = Vec::new();
        things.forget_before(20, |thing| dropped.push(thing));
        assert_eq!((dropped, things.len()), (vec!["a"], 2), "the second of its expiry is still its own");
        assert!(things.may_be_forgotten(10) && !things.may_be_forgotten(11));
    }
}
