//! `first-destructive`: a caller uses a destructive tool that it has not used.

use super::lately::Lately;
use super::moment::Moment;
use super::rules::Rules;
use super::seen::Seen;
use super::told::Finding;

/// The tools that are remembered of a caller: there are fewer destructive ones.
pub(super) type Tools = Lately<String, 64>;

/// A known caller does what a destructive tool does, or tries and is refused, for the first time within the history. Dry
/// runs, and plans that wait for a confirmation, change nothing and are no use. `tools` are learned also before the caller
/// is known.
pub(super) fn find(seen: &Seen<'_>, now: Moment, known: bool, tools: &mut Tools, rules: &Rules) -> Option<Finding> {
    if !seen.is_write() && !seen.is_refusal() {
        return None;
    }
    let tool = seen.destructive_tool()?;
    let is_first = tools.is_first(tool.clone(), now.day(), rules.history_days);
    (known && is_first).then(|| {
        let how = if seen.is_refusal() { format!("was refused: {}", seen.code()) } else { "is being done".to_owned() };
        let days = rules.history_days;
        Finding::of(
            seen,
            format!("{tool} {how}; it is destructive, and its first use by this caller within {days} days"),
        )
    })
}
