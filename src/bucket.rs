//! How often something may happen: a bucket of tokens that flow back evenly.

use jiff::Timestamp;

/// A bucket: each time takes a token out.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    tokens: f64,
    at: Timestamp,
}

/// How fast tokens flow back, and how many there are at most.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// How many flow back in a second.
    pub per_second: f64,
    /// How many the bucket holds.
    pub most: f64,
}

impl Rate {
    /// So many in a second, all of them at once at most.
    #[must_use]
    pub fn per_second(times: u32) -> Self {
        Self { per_second: f64::from(times), most: f64::from(times) }
    }

    /// So many in a minute, all of them at once at most.
    #[must_use]
    pub fn per_minute(times: u32) -> Self {
        Self { per_second: f64::from(times) / 60.0, most: f64::from(times) }
    }
}

impl Bucket {
    /// A full one.
    #[must_use]
    pub fn full(rate: Rate, now: Timestamp) -> Self {
        Self { tokens: rate.most, at: now }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// The seconds until there is one.
    pub fn take(&mut self, rate: Rate, now: Timestamp) -> Result<(), f64> {
        // Set back further than it takes to fill, nothing would flow for as long: it begins anew at what is left.
        if self.at.duration_since(now).as_secs_f64() > rate.most / rate.per_second {
            self.at = now;
        }
        self.tokens = self.at(rate, now);
        // A clock that is set back gives nothing, and what it gave before it does not give once more.
        self.at = self.at.max(now);
        if self.tokens < 1.0 {
            return Err((1.0 - self.tokens) / rate.per_second);
        }
        self.tokens -= 1.0;
        Ok(())
    }

    /// Whether it says nothing, because it is full again.
    #[must_use]
    pub fn is_full(&self, rate: Rate, now: Timestamp) -> bool {
        self.at(rate, now) >= rate.most
    }

    /// When the last token was taken, or asked for.
    #[must_use]
    pub fn last_asked(&self) -> Timestamp {
        self.at
    }

    fn at(&self, rate: Rate, now: Timestamp) -> f64 {
        let passed = now.duration_since(self.at).as_secs_f64().max(0.0);
        (self.tokens + passed * rate.per_second).min(rate.most)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn tokens_flow_back_with_the_time_and_a_clock_set_back_gives_none() {
        let start: Timestamp = "2026-11-27T12:00:00Z".parse().unwrap();
        let after = |millis| start + SignedDuration::from_millis(millis);
        let rate = Rate::per_second(2);
        let mut bucket = Bucket::full(rate, start);
        let mut take = |millis| bucket.take(rate, after(millis)).is_ok();
        assert!(take(0) && take(0) && !take(0));
        assert!(!take(400) && take(500) && !take(500));
        assert!(!take(-400) && !take(500), "what was given until then is not given again");
        assert!(take(1000) && !take(1000));
        let mut ahead = Bucket::full(rate, after(86_400_000));
        assert!(ahead.take(rate, after(0)).is_ok() && ahead.take(rate, after(0)).is_ok());
        assert!(ahead.take(rate, after(0)).is_err() && ahead.take(rate, after(500)).is_ok());
        assert!(bucket.is_full(rate, after(2000)) && !bucket.is_full(rate, after(1900)));
        let wait = bucket.take(rate, after(1000)).unwrap_err();
        assert!((wait - 0.5).abs() < 1e-9, "{wait}");
    }
}
