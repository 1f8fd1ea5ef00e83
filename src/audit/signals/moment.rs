//! The time that the records tell.

use jiff::Timestamp;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How far a record may be dated back behind one that stands before it. Calls run side by side, and records wait for the
/// disk; what is dated back further comes from a clock that was set.
const DISORDER: i64 = HOUR;

/// A second of time, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(i64);

impl Moment {
    /// The number of its minute.
    pub(super) fn minute(self) -> i64 {
        self.0.div_euclid(MINUTE)
    }

    /// The number of its day.
    pub(super) fn day(self) -> i64 {
        self.0.div_euclid(DAY)
    }

    /// The hour of its day, 0 to 23.
    pub(super) fn hour(self) -> usize {
        usize::try_from(self.0.rem_euclid(DAY) / HOUR).expect("a day has 24 hours")
    }

    /// So many minutes later.
    pub(super) fn after_minutes(self, minutes: u32) -> Self {
        Self(self.0 + i64::from(minutes) * MINUTE)
    }
}

/// Follows the time of records in the order of the chain. It stands still while records are dated back a little, and
/// obeys a clock that was set.
#[derive(Debug, Default)]
pub(super) struct Flow(Option<Moment>);

impl Flow {
    /// The time at which a record with this `eventTime` counts.
    pub(super) fn follow(&mut self, time: Timestamp) -> Moment {
        let told = Moment(time.as_second());
        let now = self.0.filter(|now| told < *now && now.0 - told.0 <= DISORDER).unwrap_or(told);
        self.0 = Some(now);
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stands_still_for_what_is_dated_back_and_obeys_a_clock_that_was_set() {
        let mut flow = Flow::default();
        let mut follow = |time: &str| flow.follow(time.parse().unwrap());
        let noon = follow("2026-11-20T12:00:00Z");
        assert_eq!((noon.hour(), follow("2026-11-20T11:00:00Z")), (12, noon));
        assert_eq!(follow("2026-11-20T10:59:59Z").hour(), 10);
        assert_eq!(follow("2026-11-21T00:00:00Z").day(), noon.day() + 1);
        assert_eq!(follow("1969-12-31T23:59:59Z").hour(), 23);
        assert_eq!(follow("1969-12-31T23:59:59Z").day(), -1);
    }
}
