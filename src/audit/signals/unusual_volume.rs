//! `unusual-volume`: a caller writes far more than it usually does.

use super::habit::Habit;
use super::moment::Moment;
use super::recent::Recent;
use super::rules::Rules;
use super::seen::Seen;
use super::told::Finding;

/// An hour, as the rule counts it.
const WINDOW: u32 = 60;

/// A known caller's writes of the last 60 minutes are more than `volume_least` and more than `volume_factor` times what
/// is usual for it. `writes` are counted also before the caller is known.
pub(super) fn find(
    seen: &Seen<'_>,
    now: Moment,
    (known, habit): (bool, &Habit),
    writes: &mut Recent,
    rules: &Rules,
) -> Option<Finding> {
    if !seen.is_write() {
        return None;
    }
    let count = writes.add(now, WINDOW, 1, seen.sequence);
    let usual = habit.usual(now);
    let most = u64::from(rules.volume_least).max(u64::from(rules.volume_factor) * u64::from(usual));
    (known && count > most).then(|| Finding {
        text: format!(
            "{count} writes within {WINDOW} minutes; the busiest hour of its usual day has {usual}, and up to {most} are \
             not told"
        ),
        count,
        records: writes.records(),
    })
}
