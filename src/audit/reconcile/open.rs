//! Calls of AWS whose end the journal does not know, and the events that could be theirs.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::names::{Name, Names};
use super::range::{CLOCKS, LONGEST_CALL};
use super::record::{CallView, RecordView, is_read};
use super::report::Why;

/// A call that AWS was asked, or was about to be asked, and of which no answer is known.
#[derive(Debug, Clone)]
pub(super) struct OpenCall {
    pub(super) session: Name,
    pub(super) action: Name,
    pub(super) resource: Name,
    pub(super) account: Name,
    pub(super) region: Name,
    /// When AWS could have acted.
    pub(super) earliest: Timestamp,
    pub(super) latest: Timestamp,
    pub(super) is_write: bool,
    pub(super) why: Why,
    pub(super) place: Place,
}

/// Where a record stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) journal: u16,
    pub(super) sequence: u64,
    pub(super) time: Timestamp,
}

/// What is the same of the calls of one record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) session: Name,
    pub(super) account: Name,
    pub(super) region: Name,
    pub(super) place: Place,
}

impl Asked {
    fn call(self, action: Name, resource: Name, is_write: bool, why: Why) -> OpenCall {
        let Self { session, account, region, place } = self;
        // An intent comes before its calls; what lists calls that were made comes after them.
        let (before, after) = match why {
            Why::NoAnswer => (LONGEST_CALL, SignedDuration::ZERO),
            Why::NoOutcome | Why::OutcomeUnknown => (SignedDuration::ZERO, LONGEST_CALL),
        };
        let moved = |by: SignedDuration| place.time.checked_add(by).unwrap_or(place.time);
        let (earliest, latest) = (moved(-before - CLOCKS), moved(after + CLOCKS));
        OpenCall { session, action, resource, account, region, earliest, latest, is_write, why, place }
    }
}

/// A write that was begun.
#[derive(Debug)]
struct Intent {
    asked: Asked,
    planned: Vec<(Name, Name)>,
    why: Why,
}

/// What is open while the journal is read.
#[derive(Debug, Default)]
pub(super) struct Open {
    intents: HashMap<String, Intent>,
    /// Attempts without an answer, by the intent (else the record) and their place in its list: an outcome lists again
    /// what its intent listed, and may know more of it.
    attempts: BTreeMap<(String, usize), OpenCall>,
}

impl Open {
    /// Notes an intent: it is open until its outcome comes.
    pub(super) fn begin(&mut self, record: &RecordView<'_>, asked: Asked, names: &mut Names) {
        let Some(id) = record.id.get() else { return };
        let planned = record.data.plan.calls.iter().map(|call| kept(call, names)).collect();
        self.intents.insert(id.to_owned(), Intent { asked, planned, why: Why::NoOutcome });
    }

    /// Notes what became of a write: an outcome that knows it closes the intent.
    pub(super) fn end(&mut self, record: &RecordView<'_>) {
        let Some(intent) = record.data.intent.get() else { return };
        if record.error_code.is("OutcomeUnknown") || record.is_cut() {
            if let Some(intent) = self.intents.get_mut(intent) {
                intent.why = Why::OutcomeUnknown;
            }
        } else {
            self.intents.remove(intent);
        }
    }

    /// Notes a call that a record lists at this place of its `awsCalls`.
    pub(super) fn attempt(
        &mut self,
        record: &RecordView<'_>,
        at: usize,
        call: &CallView<'_>,
        asked: Asked,
        names: &mut Names,
    ) {
        let Some(owner) = record.data.intent.get().or(record.id.get()) else { return };
        let (action, resource) = kept(call, names);
        // A call that was made is not only planned any more, whatever became of it.
        if let Some(intent) = self.intents.get_mut(owner)
            && let Some(planned) = intent.planned.iter().position(|planned| *planned == (action, resource))
        {
            intent.planned.remove(planned);
        }
        let key = (owner.to_owned(), at);
        if call.request_id.get().is_some() || call.was_not_sent() {
            self.attempts.remove(&key);
        } else {
            let is_write = !is_read(names.text(action));
            self.attempts.insert(key, asked.call(action, resource, is_write, Why::NoAnswer));
        }
    }

    /// What is still open at the end of the journal.
    pub(super) fn left(self) -> Vec<OpenCall> {
        let planned = self.intents.into_values().flat_map(|Intent { asked, planned, why }| {
            planned.into_iter().map(move |(action, resource)| asked.call(action, resource, true, why))
        });
        let mut left: Vec<OpenCall> = planned.chain(self.attempts.into_values()).collect();
        left.sort_by_key(|call| (call.place.time, call.place.journal, call.place.sequence));
        left
    }
}

fn kept(call: &CallView<'_>, names: &mut Names) -> (Name, Name) {
    let mut keep = |text: Option<&str>| names.keep(text.unwrap_or_default());
    (keep(call.action.get()), keep(call.resource.get()))
}

/// How well the names of an event's entity fit a resource, as records have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// It is the one.
    Same,
    /// Nothing is told of one of them.
    Open,
    /// It is another.
    Other,
}

/// Compares what a record says that a call is about with what the event names.
pub(super) fn fit(resource: &str, named: &[String]) -> Fit {
    // The last part of an ARN: `user/people/bob`, and `user/*bob` where the path is not known.
    let name = resource.rsplit('/').next().unwrap_or_default().trim_start_matches('*');
    if named.is_empty() || name.is_empty() {
        return Fit::Open;
    }
    // IAM does not tell names apart by letter case.
    let is_same = |own: &String| own.eq_ignore_ascii_case(resource) || last(own).eq_ignore_ascii_case(name);
    if named.iter().any(is_same) { Fit::Same } else { Fit::Other }
}

fn last(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_known_by_its_arn_or_its_name() {
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        for (resource, names, expected) in [
            ("arn:aws:iam::1:user/people/bob", &["Bob"][..], Fit::Same),
            ("arn:aws:iam::1:user/*bob", &["arn:x", "bob"], Fit::Same),
            ("arn:aws:iam::1:policy/p", &["arn:aws:iam::1:policy/p"], Fit::Same),
            ("arn:aws:iam::1:user/bob", &["alice"], Fit::Other),
            ("arn:aws:iam::1:user/bob", &[], Fit::Open),
            ("arn:aws:iam::1:user/*", &["alice"], Fit::Open),
            ("*", &["alice"], Fit::Open),
            ("", &["alice"], Fit::Open),
        ] {
            assert_eq!(fit(resource, &named(names)), expected, "{resource} {names:?}");
        }
    }
}
