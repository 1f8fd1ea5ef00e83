//! `unusual-hours`: a caller writes at an hour at which it has not written.

use super::habit::Habit;
use super::moment::Moment;
use super::rules::Rules;
use super::seen::Seen;
use super::told::Finding;

/// A known caller writes, has written on at least `habit_days` earlier days of the history, and on none of them in this
/// hour of the day (UTC) or in the hour before or after it.
pub(super) fn find(seen: &Seen<'_>, now: Moment, (known, habit): (bool, &Habit), rules: &Rules) -> Option<Finding> {
    let days = habit.write_days(now);
    if !known || !seen.is_write() || days < rules.habit_days as usize || habit.wrote_about(now) {
        return None;
    }
    let hour = now.hour();
    Some(Finding::of(
        seen,
        format!(
            "{} in the hour from {hour:02}:00 UTC; on {days} earlier days with writes it never wrote within an hour of that",
            seen.tool()
        ),
    ))
}
