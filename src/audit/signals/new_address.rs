//! `new-address`: a caller comes from a network from which it has not come.

use super::lately::Lately;
use super::moment::Moment;
use super::network::Network;
use super::rules::Rules;
use super::seen::Seen;
use super::told::Finding;

/// The networks that are remembered of a caller.
pub(super) type Networks = Lately<Network, 32>;

/// A known caller's request, whatever became of it, comes from a network (/24 of IPv4, /48 of IPv6) from which none came
/// within the history. `networks` are learned also before the caller is known.
pub(super) fn find(
    seen: &Seen<'_>,
    now: Moment,
    known: bool,
    networks: &mut Networks,
    rules: &Rules,
) -> Option<Finding> {
    let network = seen.network()?;
    let is_first = networks.is_first(network, now.day(), rules.history_days);
    (known && is_first).then(|| {
        let days = rules.history_days;
        let text = format!("{} from {}; none came from {network} within {days} days", seen.tool(), seen.address());
        Finding::of(seen, text)
    })
}
