//! Numbers that look random, the same ones from the same seed.

/// Marsaglia's xorshift.
pub(crate) struct Dice(u64);

impl Dice {
    /// From a seed, which may be small.
    pub(crate) fn new(seed: u64) -> Self {
        // All zeros would stay so.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).max(1))
    }

    /// The next number, below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("below a usize")
    }
}
