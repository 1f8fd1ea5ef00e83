//! Numbers that look random and are the same for the same seed, so that a seed is all it takes to see a case again.

/// SplitMix64: <https://prng.di.unimi.it/splitmix64.c>.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a usize fits");
        usize::try_from(self.roll() % end).expect("below a usize")
    }

    /// True so often in a hundred times.
    pub(super) fn percent(&mut self, often: usize) -> bool {
        self.below(100) < often
    }

    pub(super) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// Some of the list, at least one and at most `most`, none twice if the list has none twice.
    pub(super) fn some<T: Clone>(&mut self, list: &[T], most: usize) -> Vec<T> {
        let count = 1 + self.below(most.min(list.len()));
        let first = self.below(list.len());
        let mut taken: Vec<usize> = vec![first];
        while taken.len() < count {
            let next = self.below(list.len());
            if !taken.contains(&next) {
                taken.push(next);
            }
        }
        taken.into_iter().map(|index| list[index].clone()).collect()
    }
}
