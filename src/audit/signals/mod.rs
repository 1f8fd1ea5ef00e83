//! Signals: what the records of a journal say that somebody should look at.
//!
//! A [`Detector`] reads records in the order of the chain and tells [`Signal`]s. It is pure: its time is the records' own,
//! so that the gateway, which reads behind its own writer, and `audit signals`, which reads a stored journal, tell the
//! same. docs/audit-signals.md has the rules as people read them; each stands in a file of its own here, its numbers in
//! [`Rules`].
//!
//! # What is remembered
//! Everything is forgotten after `history_days`, so a detector that read the history of so many days knows what one that
//! read everything knows. A caller is judged by its habits once it is *known*: `learning_days` after the first day of the
//! history on which it was there. Until then its habits are learned, and nothing is told of them.
//!
//! # Memory is bounded
//! - At most `callers` callers are remembered. Only verified callers are, so that refused authentications, which anybody
//!   can make, put none out; where there are more, the one that was silent longest goes, and is new when it comes again.
//! - Of a caller: a count for each hour of the history, of each minute of the two windows, 32 networks and 64 tools.
//! - At most 1024 networks with refused authentications, apart from the callers; where there are more, the one that was
//!   silent longest goes. All networks together are counted beside, in one window.
//! - At most 4096 quiet times. Texts out of records are cut at 256 characters.

mod bounded;
mod first_destructive;
mod habit;
mod kind;
mod lately;
mod many_refusals;
mod moment;
mod network;
mod new_address;
mod protected_resource;
mod recent;
mod rules;
mod seen;
mod signal;
#[cfg(test)]
mod tests;
mod told;
mod unusual_hours;
mod unusual_volume;

use std::sync::Arc;

pub use self::kind::{Kind, Severity};
pub use self::network::Network;
pub use self::rules::Rules;
pub use self::signal::{CallerId, Signal, Subject};

use self::bounded::Bounded;
use self::first_destructive::Tools;
use self::habit::Habit;
use self::moment::{Flow, Moment};
use self::new_address::Networks;
use self::recent::Recent;
use self::seen::Seen;
use self::told::{Finding, Told};
use super::query::RecordView;

/// How many networks with refused authentications are remembered.
const NETWORKS: usize = 1024;

/// Finds signals in records that are given in the order of the chain.
#[derive(Debug)]
pub struct Detector {
    rules: Rules,
    flow: Flow,
    callers: Bounded<Arc<CallerId>, Known>,
    networks: Bounded<Network, Recent>,
    everywhere: Recent,
    told: Told,
}

/// What is remembered of a caller.
#[derive(Debug, Default)]
struct Known {
    habit: Habit,
    writes: Recent,
    refusals: Recent,
    tools: Tools,
    networks: Networks,
}

impl Detector {
    /// One that has read nothing yet.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            flow: Flow::default(),
            callers: Bounded::of(usize::try_from(rules.callers).unwrap_or(usize::MAX)),
            networks: Bounded::of(NETWORKS),
            everywhere: Recent::default(),
            told: Told::new(rules.quiet_minutes),
            rules,
        }
    }

    /// Reads the next record, and gives the signals that it leads to.
    pub fn read(&mut self, record: &RecordView<'_>, tell: &mut dyn FnMut(Signal)) {
        let Some(seen) = Seen::of(record) else { return };
        let now = self.flow.follow(seen.time);
        self.told.advance(now, tell);
        if let Some(caller) = seen.caller.clone() {
            for (kind, finding) in self.read_call(&seen, now, &caller) {
                self.told.found(now, (kind, Subject::Caller(Arc::clone(&caller))), finding, &seen, tell);
            }
        } else if seen.is_refused_authentication() {
            for (subject, finding) in self.read_authentication(&seen, now) {
                self.told.found(now, (Kind::ManyRefusals, subject), finding, &seen, tell);
            }
        }
    }

    /// Gives what was counted since it was last told, where no later record will: at the end of a stored journal.
    pub fn finish(&mut self, tell: &mut dyn FnMut(Signal)) {
        self.told.finish(tell);
    }

    fn read_call(
        &mut self,
        seen: &Seen<'_>,
        now: Moment,
        caller: &Arc<CallerId>,
    ) -> impl Iterator<Item = (Kind, Finding)> + use<> {
        let rules = &self.rules;
        let Known { habit, writes, refusals, tools, networks } = self.callers.entry(caller);
        habit.begin(now, rules.history_days);
        let known = habit.age(now) >= i64::from(rules.learning_days);
        let found = [
            (Kind::ProtectedResource, protected_resource::find(seen)),
            (Kind::UnusualHours, unusual_hours::find(seen, now, (known, habit), rules)),
            (Kind::UnusualVolume, unusual_volume::find(seen, now, (known, habit), writes, rules)),
            (Kind::ManyRefusals, many_refusals::of_caller(seen, now, refusals, rules)),
            (Kind::FirstDestructive, first_destructive::find(seen, now, known, tools, rules)),
            (Kind::NewAddress, new_address::find(seen, now, known, networks, rules)),
        ];
        if seen.is_write() {
            habit.write(now);
        }
        found.into_iter().filter_map(|(kind, finding)| Some((kind, finding?)))
    }

    fn read_authentication(
        &mut self,
        seen: &Seen<'_>,
        now: Moment,
    ) -> impl Iterator<Item = (Subject, Finding)> + use<> {
        let rules = &self.rules;
        let of_network = seen.network().and_then(|network| {
            let finding = many_refusals::of_network(seen, now, self.networks.entry(&network), rules)?;
            Some((Subject::Network(network), finding))
        });
        let everywhere = many_refusals::everywhere(seen, now, &mut self.everywhere, rules);
        of_network.into_iter().chain(everywhere.map(|finding| (Subject::Everywhere, finding)))
    }
}
