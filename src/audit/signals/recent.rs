//! What happened within the last minutes.

use std::collections::VecDeque;

use super::moment::Moment;

/// The most records that are named as evidence.
pub(super) const EVIDENCE: usize = 10;

/// How often something happened in each of the last minutes. A window of so many minutes is the present one, as far as it
/// has come, and those before it: so it takes memory for its minutes, and none for what happens in them.
#[derive(Debug, Default)]
pub(super) struct Recent {
    minutes: VecDeque<(i64, u64)>,
    /// The last records, each with its minute.
    records: VecDeque<(i64, u64)>,
}

impl Recent {
    /// Notes that `record` tells of something that happened so many `times`; how often it did within the window.
    pub(super) fn add(&mut self, now: Moment, window: u32, times: u64, record: u64) -> u64 {
        let minute = now.minute();
        let within = minute - i64::from(window) + 1..=minute;
        self.minutes.retain(|(minute, _)| within.contains(minute));
        self.records.retain(|(minute, _)| within.contains(minute));
        match self.minutes.back_mut() {
            Some((last, count)) if *last == minute => *count = count.saturating_add(times),
            _ => self.minutes.push_back((minute, times)),
        }
        if self.records.len() >= EVIDENCE {
            self.records.pop_front();
        }
        self.records.push_back((minute, record));
        self.minutes.iter().fold(0, |total: u64, (_, count)| total.saturating_add(*count))
    }

    /// The last records of the window, at most [`EVIDENCE`].
    pub(super) fn records(&self) -> Vec<u64> {
        self.records.iter().map(|(_, record)| *record).collect()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.minutes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::signals::moment::Flow;

    fn at(time: &str) -> Moment {
        Flow::default().follow(time.parse().unwrap())
    }

    #[test]
    fn a_window_is_the_present_minute_and_those_before_it() {
        let mut recent = Recent::default();
        assert_eq!(recent.add(at("2026-11-20T12:00:59Z"), 10, 1, 1), 1);
        assert_eq!(recent.add(at("2026-11-20T12:09:59Z"), 10, 2, 2), 3);
        assert_eq!(recent.records(), [1, 2]);
        assert_eq!(recent.add(at("2026-11-20T12:10:00Z"), 10, 1, 3), 3, "the first minute is outside");
        assert_eq!(recent.records(), [2, 3]);
        assert_eq!(recent.add(at("2026-11-20T11:00:00Z"), 10, 1, 4), 1, "after a clock was set back");
    }

    #[test]
    fn memory_depends_on_the_minutes_and_not_on_what_happens() {
        let mut recent = Recent::default();
        let start = at("2026-11-20T12:00:00Z");
        for record in 0..10_000 {
            let minute = u32::try_from(record / 50).unwrap();
            recent.add(start.after_minutes(minute), 10, u64::MAX, record);
            assert!(recent.len() <= 10 && recent.records().len() <= EVIDENCE);
        }
        assert_eq!(recent.records(), (9_990..10_000).collect::<Vec<_>>());
    }
}
