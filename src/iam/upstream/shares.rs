//! Which class of those who wait goes next: the more urgent one, as long as none waits for ever.

/// How many classes there are. Lower numbers are more urgent.
pub(super) const CLASSES: usize = 3;

/// Of how many turns in a row a class that waits gets one at least.
///
/// Changes that have begun go before calls that read, and those before scans; but of four turns a read that waits gets
/// one, and of eight a scan. So changes still get five of eight when all wait, and a caller's long plan costs others' reads
/// a few turns, not all of them.
const ONE_IN: [usize; CLASSES] = [1, 4, 8];

/// The turns that each class let pass while it waited.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shares {
    passed: [usize; CLASSES],
}

impl Shares {
    /// The class that goes next, of those in which somebody waits; `None` when nobody does.
    pub(super) fn next(&mut self, waits: [bool; CLASSES]) -> Option<usize> {
        let due = |class: &usize| waits[*class] && self.passed[*class] + 1 >= ONE_IN[*class];
        // The least urgent that is due: its turn comes seldom, and it has waited longest for it.
        let next = (0..CLASSES).rev().find(due).or_else(|| waits.iter().position(|waits| *waits))?;
        for (class, passed) in self.passed.iter_mut().enumerate() {
            *passed = if class == next || !waits[class] { 0 } else { *passed + 1 };
        }
        Some(next)
    }

    /// How many turns pass before that of whoever has `ahead` before them in their own class, when so many wait in each.
    pub(super) fn turns_before(mut self, class: usize, ahead: usize, mut waiting: [usize; CLASSES]) -> usize {
        waiting[class] = ahead + 1;
        let mut turns = 0;
        while waiting[class] > 0
            && let Some(next) = self.next(waiting.map(|waiting| waiting > 0))
        {
            waiting[next] -= 1;
            turns += 1;
        }
        turns - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(waits: [bool; CLASSES], count: usize) -> Vec<usize> {
        let mut shares = Shares::default();
        (0..count).map(|_| shares.next(waits).expect("somebody waits")).collect()
    }

    #[test]
    fn of_four_turns_a_read_gets_one_and_of_eight_a_scan() {
        let all = turns([true; CLASSES], 800);
        assert!(all.windows(4).all(|four| four.iter().filter(|class| **class == 0).count() <= 3));
        assert!(all.windows(5).all(|five| five.contains(&1)), "a scan's turn goes before a read's at most");
        assert!(all.windows(8).all(|eight| eight.contains(&2)));
        assert!(all.iter().filter(|class| **class == 0).count() >= 500, "changes get most");
        assert_eq!(turns([true, true, false], 8), [0, 0, 0, 1, 0, 0, 0, 1]);
        assert_eq!(turns([false, true, true], 8), [1, 1, 1, 1, 1, 1, 1, 2]);
        assert_eq!(turns([true, false, false], 8), [0; 8]);
    }

    #[test]
    fn who_waits_anew_has_let_nothing_pass() {
        let mut shares = Shares::default();
        for _ in 0..3 {
            shares.next([true, true, false]);
        }
        assert_eq!(shares.next([true, false, false]), Some(0));
        assert_eq!(shares.next([true, true, false]), Some(0));
        assert_eq!(shares.next([false; CLASSES]), None);
    }

    #[test]
    fn the_turns_before_somebody_are_those_that_next_gives() {
        for class in 0..CLASSES {
            for ahead in 0..20 {
                let (mut waiting, mut shares) = ([30, 30, 30], Shares::default());
                waiting[class] = ahead + 1;
                let expected = shares.turns_before(class, ahead, waiting);
                let mut gone = 0;
                while waiting[class] > 0 {
                    waiting[shares.next(waiting.map(|waiting| waiting > 0)).unwrap()] -= 1;
                    gone += 1;
                }
                assert_eq!(expected, gone - 1, "{class}, {ahead}");
            }
        }
    }
}
