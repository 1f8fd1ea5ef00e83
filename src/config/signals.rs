//! `[audit.signals]`: what in the records somebody should look at, and what is told of it.

use std::collections::BTreeSet;

use super::section::Section;
use super::sink::Problem;
use crate::audit::signals::{Kind, Rules};

/// `[audit.signals]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signals {
    /// The numbers of the rules.
    pub rules: Rules,
    /// Kinds that the gateway neither logs nor counts; `audit signals` shows them all the same.
    pub silenced: BTreeSet<Kind>,
}

pub(super) fn read(section: &Section<'_>) -> Signals {
    let rules = Rules::default();
    let rules = Rules {
        history_days: section.integer(
            "history_days",
            2..=90,
            rules.history_days,
            "a caller's habit is kept in memory, an hour at a time, and read from the journal at each start",
        ),
        learning_days: section.integer(
            "learning_days",
            1..=60,
            rules.learning_days,
            "what a new caller does first is no habit yet; a week holds a weekend",
        ),
        habit_days: section.integer(
            "habit_days",
            1..=60,
            rules.habit_days,
            "a caller that wrote on few days has no hours of its own yet",
        ),
        volume_least: section.integer(
            "volume_least",
            1..=100_000,
            rules.volume_least,
            "few writes are told by no multiple of fewer",
        ),
        volume_factor: section.integer(
            "volume_factor",
            2..=1000,
            rules.volume_factor,
            "at the factor 1 half of all days would be told",
        ),
        refusals: section.integer(
            "refusals",
            2..=10_000,
            rules.refusals,
            "one refusal is no pattern; agents try a few ways before they give up",
        ),
        address_refusals: section.integer(
            "address_refusals",
            2..=10_000,
            rules.address_refusals,
            "one machine with a wrong key or clock tries again, too",
        ),
        everywhere_refusals: section.integer(
            "everywhere_refusals",
            2..=1_000_000,
            rules.everywhere_refusals,
            "what is on the internet is scanned every day",
        ),
        refusal_minutes: section.integer(
            "refusal_minutes",
            1..=60,
            rules.refusal_minutes,
            "each minute of the window is counted by itself, for each caller",
        ),
        quiet_minutes: section.integer(
            "quiet_minutes",
            1..=1440,
            rules.quiet_minutes,
            "what comes within it is counted and told at its end, so a day is late enough",
        ),
        callers: section.integer(
            "callers",
            10..=20_000,
            rules.callers,
            "at least as many as call within the history; each takes up to 20 KB",
        ),
    };
    for (key, days) in [("learning_days", rules.learning_days), ("habit_days", rules.habit_days)] {
        if days >= rules.history_days {
            let problem = format!("is {days}, and audit.signals.history_days is {}", rules.history_days);
            let remedy = "what is older than the history is forgotten: make the history longer than that";
            section.fault_at(key, Problem::conflict(problem).remedy(remedy));
        }
    }
    let choices = Kind::ALL.map(|kind| (kind.as_str(), kind));
    let silenced = section.optional("silenced").map(|item| item.list(|item| item.choice(&choices)));
    Signals { rules, silenced: silenced.unwrap_or_default().into_iter().collect() }
}
