//! Who is next: of the classes the one that [`Shares`] names, in a class the callers in turn, for a caller in the order of
//! coming.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use super::shares::{CLASSES, Shares};

/// Those who wait, for one of `C` callers each.
#[derive(Debug)]
pub(super) struct Queue<C, W> {
    classes: [Turns<C, W>; CLASSES],
    shares: Shares,
    /// Names each one who waits.
    last: u64,
}

#[derive(Debug)]
struct Turns<C, W> {
    /// The callers of this class, whose turn is next at the front.
    order: VecDeque<C>,
    waiting: HashMap<C, VecDeque<(u64, W)>>,
}

impl<C: Clone + Eq + Hash, W> Default for Queue<C, W> {
    fn default() -> Self {
        let classes = std::array::from_fn(|_| Turns { order: VecDeque::new(), waiting: HashMap::new() });
        Self { classes, shares: Shares::default(), last: 0 }
    }
}

impl<C: Clone + Eq + Hash, W> Queue<C, W> {
    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.classes.iter().map(Turns::len).sum()
    }

    /// How many wait for this caller.
    pub(super) fn len_of(&self, caller: &C) -> usize {
        self.classes.iter().map(|turns| turns.len_of(caller)).sum()
    }

    /// How many would go before somebody who came now, if nobody came after them.
    pub(super) fn ahead(&self, class: usize, caller: &C) -> usize {
        let own = self.classes[class].len_of(caller);
        let beside = self.classes[class].waiting.iter().filter(|(other, _)| *other != caller);
        // Every other caller goes once in each round until this one's own turn.
        let beside: usize = beside.map(|(_, waiting)| waiting.len().min(own + 1)).sum();
        let waiting = std::array::from_fn(|class| self.classes[class].len());
        self.shares.turns_before(class, beside + own, waiting)
    }

    /// Somebody comes; the number that names them.
    pub(super) fn push(&mut self, class: usize, caller: C, waiter: W) -> u64 {
        self.last += 1;
        let turns = &mut self.classes[class];
        let waiting = turns.waiting.entry(caller.clone()).or_default();
        if waiting.is_empty() {
            turns.order.push_back(caller);
        }
        waiting.push_back((self.last, waiter));
        self.last
    }

    /// Who is next goes.
    pub(super) fn pop(&mut self) -> Option<W> {
        let waits = std::array::from_fn(|class| !self.classes[class].order.is_empty());
        let next = self.shares.next(waits)?;
        self.classes[next].pop()
    }

    /// Somebody leaves before their turn; nothing if they went already.
    pub(super) fn remove(&mut self, class: usize, caller: &C, number: u64) {
        let turns = &mut self.classes[class];
        let Some(waiting) = turns.waiting.get_mut(caller) else { return };
        waiting.retain(|(named, _)| *named != number);
        if waiting.is_empty() {
            turns.waiting.remove(caller);
            turns.order.retain(|other| other != caller);
        }
    }
}

impl<C: Clone + Eq + Hash, W> Turns<C, W> {
    fn len(&self) -> usize {
        self.waiting.values().map(VecDeque::len).sum()
    }

    fn len_of(&self, caller: &C) -> usize {
        self.waiting.get(caller).map_or(0, VecDeque::len)
    }

    fn pop(&mut self) -> Option<W> {
        let caller = self.order.pop_front()?;
        let waiting = self.waiting.get_mut(&caller)?;
        let next = waiting.pop_front().map(|(_, waiter)| waiter);
        if waiting.is_empty() {
            self.waiting.remove(&caller);
        } else {
            self.order.push_back(caller);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drained(queue: &mut Queue<&'static str, u32>) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn callers_take_turns_and_each_ones_calls_keep_their_order() {
        let mut queue = Queue::default();
        for (caller, call) in [("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5), ("b", 6)] {
            queue.push(1, caller, call);
        }
        assert_eq!((queue.len(), queue.len_of(&"a"), queue.len_of(&"d")), (6, 3, 0));
        assert_eq!(drained(&mut queue), [1, 4, 5, 2, 6, 3]);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn a_class_goes_before_the_next_one_but_does_not_starve_it() {
        let mut queue = Queue::default();
        for (class, caller, call) in [(2, "a", 1), (1, "b", 2), (0, "c", 3), (1, "a", 4)] {
            queue.push(class, caller, call);
        }
        assert_eq!(drained(&mut queue), [3, 2, 4, 1]);
        for call in 0..12 {
            queue.push(0, "c", call);
        }
        queue.push(1, "a", 100);
        queue.push(2, "b", 200);
        assert_eq!(drained(&mut queue), [0, 1, 2, 100, 3, 4, 5, 200, 6, 7, 8, 9, 10, 11]);
    }

    #[test]
    fn who_leaves_is_forgotten_and_keeps_no_turn() {
        let mut queue = Queue::default();
        let first = queue.push(1, "a", 1);
        queue.push(1, "b", 2);
        let third = queue.push(1, "b", 3);
        queue.remove(1, &"a", first);
        queue.remove(1, &"b", third);
        queue.remove(1, &"b", third);
        queue.push(1, "a", 4);
        assert_eq!(drained(&mut queue), [2, 4]);
        assert!(queue.classes.iter().all(|turns| turns.order.is_empty() && turns.waiting.is_empty()));
    }

    #[test]
    fn how_many_go_first_is_what_pop_does() {
        for (class, caller) in [(0, "c"), (0, "x"), (1, "a"), (1, "b"), (1, "x"), (2, "b"), (2, "x")] {
            let mut queue = Queue::default();
            for call in 1..=9 {
                queue.push(0, "c", call);
            }
            for (class, caller, call) in [(1, "a", 12), (1, "a", 13), (1, "a", 14), (1, "b", 15), (2, "b", 16)] {
                queue.push(class, caller, call);
            }
            let ahead = queue.ahead(class, &caller);
            queue.push(class, caller, 99);
            let position = drained(&mut queue).iter().position(|call| *call == 99).unwrap();
            // Whoever has had no turn in this round goes before those who come round again,
            assert!(position <= ahead, "class {class}, {caller}: {position} went first, not {ahead}");
            // and up to three changes before each of them.
            assert!(ahead - position <= 4, "class {class}, {caller}: {position} went first, not {ahead}");
        }
    }
}
