//! How an account's rate reacts to AWS's throttling: halved, down to an eighth, and back within half a minute.

use std::time::Duration;

use tokio::time::Instant;

/// The least part of the configured rate.
pub(super) const LEAST: f64 = 1.0 / 8.0;
/// From the least part back to the whole.
pub(super) const RECOVERY: Duration = Duration::from_secs(28);
/// Throttling answers this close to each other are one: many calls are under way when AWS begins to throttle.
pub(super) const ONE_EVENT: Duration = Duration::from_secs(1);

/// What part of the rate is used.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Easing(Option<(f64, Instant)>);

impl Easing {
    /// The part at this time, from [`LEAST`] to 1.
    pub(super) fn part(self, now: Instant) -> f64 {
        let Some((part, since)) = self.0 else { return 1.0 };
        let regained = now.duration_since(since).as_secs_f64() / RECOVERY.as_secs_f64();
        (part + (1.0 - LEAST) * regained).min(1.0)
    }

    /// AWS throttled a call.
    pub(super) fn throttled(&mut self, now: Instant) {
        if self.0.is_none_or(|(_, since)| now.duration_since(since) >= ONE_EVENT) {
            self.0 = Some(((self.part(now) / 2.0).max(LEAST), now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_halved_once_a_second_down_to_an_eighth_and_is_whole_again_within_half_a_minute() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut easing = Easing::default();
        assert!((easing.part(at(0)) - 1.0).abs() < f64::EPSILON);
        easing.throttled(at(0));
        easing.throttled(at(999));
        assert!((easing.part(at(0)) - 0.5).abs() < 1e-9, "one event halves once");
        for second in 1..10 {
            easing.throttled(at(second * 1000));
        }
        let last = at(9000);
        assert!((easing.part(last) - LEAST).abs() < 1e-9, "no less than an eighth");
        assert!(easing.part(last + Duration::from_secs(27)) < 1.0);
        assert!((easing.part(last + RECOVERY) - 1.0).abs() < 1e-9);
        assert!((easing.part(last + RECOVERY * 5) - 1.0).abs() < f64::EPSILON, "and never more");
    }
}
