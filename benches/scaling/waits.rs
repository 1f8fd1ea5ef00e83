//! Waits, of which only their shares are kept.

/// What of a number's bits is looked at: the exponent, and 32 steps for each doubling. So a percentile is exact to three
/// percent, and the same on every machine.
const UNSEEN_BITS: u32 = 47;
/// The shortest wait that is told from none, in seconds.
const SHORTEST: f64 = 1e-6;

/// How often there were waits how long.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waits {
    counts: Vec<u64>,
    all: u64,
}

impl Waits {
    pub(crate) fn add(&mut self, seconds: f64) {
        let step = step(seconds);
        if self.counts.len() <= step {
            self.counts.resize(step + 1, 0);
        }
        self.counts[step] += 1;
        self.all += 1;
    }

    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.all
    }

    /// A wait, in seconds, that so many of a hundred did not exceed; 0 if there were none.
    pub(crate) fn percentile(&self, percent: u64) -> f64 {
        let wanted = (self.all * percent).div_ceil(100);
        let mut seen = 0;
        for (step, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                return length(step);
            }
        }
        0.0
    }
}

fn step(seconds: f64) -> usize {
    let beyond = (seconds.to_bits() >> UNSEEN_BITS).saturating_sub(SHORTEST.to_bits() >> UNSEEN_BITS);
    if seconds < SHORTEST { 0 } else { 1 + usize::try_from(beyond).unwrap_or(usize::MAX) }
}

fn length(step: usize) -> f64 {
    let steps = u64::try_from(step).unwrap_or(u64::MAX);
    if steps == 0 { 0.0 } else { f64::from_bits(((SHORTEST.to_bits() >> UNSEEN_BITS) + steps - 1) << UNSEEN_BITS) }
}
