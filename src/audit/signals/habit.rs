//! When and how much a caller writes.

use std::collections::BTreeMap;

use super::moment::Moment;

const HOURS: usize = 24;

/// On which days of the history a caller was there, and how often it wrote in each of their hours, in UTC. What is judged
/// is the present day by the earlier ones: so nothing is usual because it happened today.
#[derive(Debug, Default)]
pub(super) struct Habit {
    days: BTreeMap<i64, [u32; HOURS]>,
}

impl Habit {
    /// The caller is there: days that are not within the `history` of so many days, which ends today, are forgotten.
    pub(super) fn begin(&mut self, now: Moment, history: u32) {
        let today = now.day();
        let within = today - i64::from(history) + 1..=today;
        self.days.retain(|day, _| within.contains(day));
        self.days.entry(today).or_default();
    }

    /// How many days ago the caller was first there.
    pub(super) fn age(&self, now: Moment) -> i64 {
        self.days.first_key_value().map_or(0, |(first, _)| now.day() - first)
    }

    /// The caller writes.
    pub(super) fn write(&mut self, now: Moment) {
        let count = &mut self.days.entry(now.day()).or_default()[now.hour()];
        *count = count.saturating_add(1);
    }

    /// On how many earlier days the caller wrote.
    pub(super) fn write_days(&self, now: Moment) -> usize {
        self.earlier(now).filter(|hours| busiest(hours) > 0).count()
    }

    /// Whether the caller wrote in this hour of an earlier day, or in the hour before or after it.
    pub(super) fn wrote_about(&self, now: Moment) -> bool {
        let hour = now.hour();
        let about = [(hour + HOURS - 1) % HOURS, hour, (hour + 1) % HOURS];
        self.earlier(now).any(|hours| about.iter().any(|hour| hours[*hour] > 0))
    }

    /// How many writes the busiest hour of its usual day has: of the earlier days on which it wrote, the median of their
    /// busiest hours (the lower of two), so that a caller has to overdo it on most days before that becomes usual. 0 if it
    /// never wrote.
    pub(super) fn usual(&self, now: Moment) -> u32 {
        let mut busiest: Vec<u32> = self.earlier(now).map(busiest).filter(|count| *count > 0).collect();
        busiest.sort_unstable();
        busiest.get(busiest.len().saturating_sub(1) / 2).copied().unwrap_or_default()
    }

    fn earlier(&self, now: Moment) -> impl Iterator<Item = &[u32; HOURS]> {
        self.days.range(..now.day()).map(|(_, hours)| hours)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.days.len()
    }
}

fn busiest(hours: &[u32; HOURS]) -> u32 {
    hours.iter().copied().max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::signals::moment::Flow;

    fn at(time: &str) -> Moment {
        Flow::default().follow(time.parse().unwrap())
    }

    fn written(times: &[(&str, u32)]) -> Habit {
        let mut habit = Habit::default();
        for (time, writes) in times {
            habit.begin(at(time), 10);
            (0..*writes).for_each(|_| habit.write(at(time)));
        }
        habit
    }

    #[test]
    fn what_is_usual_is_the_median_of_the_busiest_hours() {
        let days = [("2026-11-01T09:00:00Z", 3), ("2026-11-02T09:00:00Z", 90), ("2026-11-03T09:00:00Z", 5)];
        let judged = at("2026-11-05T09:00:00Z");
        assert_eq!(written(&days).usual(judged), 5);
        assert_eq!(written(&days[..2]).usual(judged), 3, "the lower of two");
        assert_eq!(written(&[("2026-11-01T09:00:00Z", 0)]).usual(judged), 0);
        assert_eq!(written(&days).usual(at("2026-11-03T23:00:00Z")), 3, "today does not count");
        let split = written(&[("2026-11-01T09:59:59Z", 2), ("2026-11-01T10:00:00Z", 3)]);
        assert_eq!((split.usual(judged), split.write_days(judged)), (3, 1));
    }

    #[test]
    fn neighbouring_hours_are_about_the_same_also_over_midnight() {
        let habit = written(&[("2026-11-01T23:30:00Z", 1)]);
        for (time, about) in [
            ("2026-11-02T22:00:00Z", true),
            ("2026-11-02T00:59:59Z", true),
            ("2026-11-02T01:00:00Z", false),
            ("2026-11-02T21:59:59Z", false),
            ("2026-11-01T23:40:00Z", false),
        ] {
            assert_eq!(habit.wrote_about(at(time)), about, "{time}");
        }
    }

    #[test]
    fn days_outside_the_history_are_forgotten() {
        let mut habit = written(&[("2026-11-01T09:00:00Z", 1), ("2026-11-02T09:00:00Z", 1)]);
        habit.begin(at("2026-11-10T09:00:00Z"), 10);
        assert_eq!((habit.age(at("2026-11-10T09:00:00Z")), habit.len()), (9, 3));
        habit.begin(at("2026-11-11T09:00:00Z"), 10);
        assert_eq!(habit.age(at("2026-11-11T09:00:00Z")), 9);
        habit.begin(at("2026-11-05T09:00:00Z"), 10);
        assert_eq!(habit.len(), 2, "days that a clock, since set back, had not reached are none");
    }
}
