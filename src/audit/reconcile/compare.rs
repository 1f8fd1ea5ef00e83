//! The comparison: CloudTrail's events, one after another, held against what the journals say.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use super::event::{EventView, short};
use super::id::Id;
use super::journal::{Answered, JournalSide, Kind};
use super::names::Names;
use super::range::{Due, Range};
use super::report::{About, Contradiction, EventFound, RecordFound};

/// An event that no record lists.
#[derive(Debug)]
pub(super) struct Unlisted {
    pub(super) event: EventFound,
    /// The names of what it is about.
    pub(super) names: Vec<String>,
    /// Whether it is an AssumeRole with the gateway's stamp, by another than a session of the gateway.
    pub(super) is_stamped: bool,
}

/// What is known while events come. An event may come any number of times.
#[derive(Debug)]
pub(super) struct Comparison<'a> {
    /// Two hours wider than what is compared.
    range: Range,
    gateways: &'a BTreeSet<String>,
    pub(super) journal: JournalSide,
    /// The sessions of the gateways, and those that were assumed from them.
    sessions: HashSet<String>,
    /// Events that no record lists, by what is the same of an event that comes again.
    pub(super) unlisted: HashMap<String, Unlisted>,
    pub(super) contradictions: HashMap<String, Vec<Contradiction>>,
    pub(super) due: Due,
    /// Whether a session was found that earlier events could have been of.
    learned: bool,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(range: Range, gateways: &'a BTreeSet<String>, journal: JournalSide, due: Due) -> Self {
        let sessions = journal.sessions.iter().cloned().collect();
        let (unlisted, contradictions) = (HashMap::new(), HashMap::new());
        Self { range, gateways, journal, sessions, unlisted, contradictions, due, learned: false }
    }

    /// Whether a session was found since this was asked last: then the events have to be looked through again.
    pub(super) fn has_learned(&mut self) -> bool {
        std::mem::take(&mut self.learned)
    }

    /// Takes an event; whether it is one.
    pub(super) fn event(&mut self, json: &str, file: &str) -> bool {
        let Some(event) = EventView::of(json) else { return false };
        let Some(time) = event.time() else { return false };
        self.due.delivered(event.account(), event.region(), time);
        if self.range.contains(time) {
            self.compare(&event, time, file);
        }
        true
    }

    fn compare(&mut self, event: &EventView<'_>, time: Timestamp, file: &str) {
        let found = |session: &str| EventFound::of(event, time, session, file);
        let caller = event.identity.arn.get().unwrap_or_default();
        if let Some(request_id) = event.request_id.get()
            && let Some(answered) = self.journal.answered.get_mut(&Id::of(request_id))
        {
            answered.has_event = true;
            let differences = differences(answered, event, &self.journal.names);
            if !differences.is_empty() {
                let record = self.journal.found(&Id::of(request_id), &self.journal.answered[&Id::of(request_id)]);
                let contradictions = differences.into_iter().map(|(about, recorded, seen)| Contradiction {
                    about,
                    recorded,
                    seen,
                    record: record.clone(),
                    event: found(caller),
                });
                self.contradictions.insert(event.key(), contradictions.collect());
            }
            return;
        }
        let is_own = self.sessions.contains(caller);
        let is_stamped = event.stamped_by().is_some_and(|gateway| self.gateways.contains(gateway));
        if !is_own && !is_stamped {
            return;
        }
        let assumed = event.assumed();
        if event.error_code.get().is_none()
            && let Some(assumed) = &assumed
            && !self.sessions.contains(assumed)
        {
            self.sessions.insert(assumed.clone());
            self.learned = true;
        }
        let session = if is_own { caller } else { assumed.as_deref().unwrap_or_default() };
        let unlisted = Unlisted { event: found(session), names: event.names(), is_stamped: !is_own };
        self.unlisted.insert(event.key(), unlisted);
    }
}

/// In what the two sides differ, with what each of them says. What one of them does not say is no difference.
fn differences(answered: &Answered, event: &EventView<'_>, names: &Names) -> Vec<(About, String, String)> {
    let mut differences = Vec::new();
    let mut compare = |about, recorded: &str, seen: &str| {
        if !recorded.is_empty() && !seen.is_empty() && recorded != seen {
            differences.push((about, recorded.to_owned(), short(seen)));
        }
    };
    compare(About::Action, names.text(answered.action), &event.action());
    let session = match answered.kind {
        Kind::Session => event.answered_session(),
        Kind::Read | Kind::Write | Kind::TurnedAway => event.identity.arn.get(),
    };
    compare(About::Session, names.text(answered.session), session.unwrap_or_default());
    if let Some(status) = answered.status {
        let refused = |is_refused| if is_refused { "refused" } else { "done" };
        compare(About::Outcome, refused(status >= 400), refused(event.error_code.get().is_some()));
    }
    differences
}

impl EventFound {
    fn of(event: &EventView<'_>, time: Timestamp, session: &str, file: &str) -> Self {
        let kept = |text: Option<&str>| text.map(short);
        Self {
            time,
            action: event.action(),
            resource: event.resource(),
            session: short(session),
            request_id: kept(event.request_id.get()),
            event_id: kept(event.id()),
            error_code: kept(event.error_code.get()),
            source_ip_address: kept(event.source_ip.get()),
            access_key_id: kept(event.identity.access_key.get()),
            account: short(event.account()),
            region: short(event.region()),
            file: file.to_owned(),
        }
    }
}

impl JournalSide {
    /// A request, as reports show it.
    pub(super) fn found(&self, id: &Id, answered: &Answered) -> RecordFound {
        let text = |name| self.names.text(name).to_owned();
        RecordFound {
            time: answered.place.time,
            action: text(answered.action),
            resource: text(answered.resource),
            session: text(answered.session),
            request_id: id.to_string(),
            journal: self.path(answered.place.journal).to_owned(),
            sequence: answered.place.sequence,
        }
    }
}
