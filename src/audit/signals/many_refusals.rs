//! `many-refusals`: a caller, or an address, is refused again and again.

use super::moment::Moment;
use super::recent::Recent;
use super::rules::Rules;
use super::seen::Seen;
use super::told::Finding;

/// A caller has at least `refusals` refused calls within `refusal_minutes`.
pub(super) fn of_caller(seen: &Seen<'_>, now: Moment, refusals: &mut Recent, rules: &Rules) -> Option<Finding> {
    if !seen.is_refusal() {
        return None;
    }
    let count = refusals.add(now, rules.refusal_minutes, 1, seen.sequence);
    (count >= u64::from(rules.refusals)).then(|| {
        let window = rules.refusal_minutes;
        let text =
            format!("{count} refusals within {window} minutes; the last: {} was refused: {}", seen.tool(), seen.code());
        Finding { text, count, records: refusals.records() }
    })
}

/// A network has at least `address_refusals` refused authentications within `refusal_minutes`.
pub(super) fn of_network(seen: &Seen<'_>, now: Moment, refusals: &mut Recent, rules: &Rules) -> Option<Finding> {
    let count = refusals.add(now, rules.refusal_minutes, 1, seen.sequence);
    authentications(seen, count, rules.address_refusals, refusals, rules)
}

/// All networks together have at least `everywhere_refusals` within `refusal_minutes`: what none of many shows alone, and
/// what the journal only counts because there is too much of it.
pub(super) fn everywhere(seen: &Seen<'_>, now: Moment, refusals: &mut Recent, rules: &Rules) -> Option<Finding> {
    let count = refusals.add(now, rules.refusal_minutes, seen.refused_authentications(), seen.sequence);
    authentications(seen, count, rules.everywhere_refusals, refusals, rules)
}

fn authentications(seen: &Seen<'_>, count: u64, from: u32, refusals: &Recent, rules: &Rules) -> Option<Finding> {
    (count >= u64::from(from)).then(|| {
        let window = rules.refusal_minutes;
        let text = format!(
            "{count} refused authentications within {window} minutes; the last: {} from {}",
            seen.code(),
            seen.address()
        );
        Finding { text, count, records: refusals.records() }
    })
}
