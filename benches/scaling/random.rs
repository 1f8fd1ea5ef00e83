//! Random numbers that are the same everywhere: integers and the four operations, no function of the system's library.

/// A SplitMix64 generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Between 0 and 1, neither of them.
    fn unit(&mut self) -> f64 {
        let bits = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        (f64::from(bits) + 0.5) / 4_294_967_296.0
    }

    /// Some part of a whole.
    pub(crate) fn share(&mut self) -> f64 {
        self.unit()
    }

    /// One of `0..many`.
    pub(crate) fn below(&mut self, many: usize) -> usize {
        let many = u64::try_from(many).unwrap_or(u64::MAX);
        usize::try_from((u128::from(self.next()) * u128::from(many)) >> 64).unwrap_or(0)
    }

    /// Whether something happens that does in so many of a hundred cases.
    pub(crate) fn percent(&mut self, percent: f64) -> bool {
        self.unit() * 100.0 < percent
    }

    /// A time after which something happens that happens at any moment alike, this long on average.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * natural_logarithm(self.unit())
    }

    /// A time of service: half of the mean at least, and the rest as it comes.
    pub(crate) fn service(&mut self, mean: f64) -> f64 {
        mean / 2.0 + self.exponential(mean / 2.0)
    }
}

/// Of a number between 0 and 1, by the series of artanh; exact to more than is needed here.
fn natural_logarithm(number: f64) -> f64 {
    let (mut scaled, mut halvings) = (number, 0.0);
    while scaled < 0.75 {
        scaled *= 2.0;
        halvings += 1.0;
    }
    let part = (scaled - 1.0) / (scaled + 1.0);
    let square = part * part;
    let mut sum = 0.0;
    for odd in [13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
        sum = sum * square + 1.0 / odd;
    }
    2.0 * part * sum - halvings * std::f64::consts::LN_2
}
