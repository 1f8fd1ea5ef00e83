//! Times in the past, told in days.

use jiff::{SignedDuration, Timestamp};

use super::seeded;

/// Makes times out of ages.
///
/// Everything in the account is told by its age, so that what is 200 days old today is so next year too.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ages {
    now: Timestamp,
}

impl Ages {
    /// Ages as of `now`.
    pub(super) fn at(now: Timestamp) -> Self {
        Self { now }
    }

    /// `days` whole days ago and up to eight hours more: people and machines do not all act at the same second, and
    /// `what` decides how much it is. IAM's times have whole seconds.
    pub(super) fn ago(self, days: u32, what: &str) -> Timestamp {
        let seconds = i64::from(days) * 86_400 + i64::from(300 + seeded::below(8 * 3600 - 300, what));
        let then = self.now.checked_sub(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::UNIX_EPOCH);
        Timestamp::from_second(then.as_second()).unwrap_or(then)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_at_least_its_days_and_less_than_one_more() {
        let now: Timestamp = "2026-11-20T12:00:00.75Z".parse().unwrap();
        for what in ["a", "b", "c", "d", "e", "f"] {
            let age = now.duration_since(Ages::at(now).ago(200, what));
            assert!((200 * 24..200 * 24 + 9).contains(&age.as_hours()), "{age:?}");
            assert_eq!(Ages::at(now).ago(0, what).subsec_nanosecond(), 0);
        }
    }

    #[test]
    fn a_clock_near_the_beginning_of_time_is_borne() {
        assert_eq!(Ages::at(Timestamp::MIN).ago(9, "a"), Timestamp::UNIX_EPOCH);
    }
}
