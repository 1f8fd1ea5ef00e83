//! What is left when everything was read, and what it means.

use std::collections::HashMap;

use jiff::Timestamp;

use super::compare::{Comparison, Unlisted};
use super::journal::{JournalSide, Kind};
use super::names::{Name, Names};
use super::open::{Fit, OpenCall, fit};
use super::range::Due;
use super::report::{EventFound, Fate, OpenWrite, Report};
use super::{Question, RecordFound};

/// The report, without its verdict.
pub(super) fn up(comparison: Comparison<'_>, question: &Question) -> Report {
    let Comparison { mut journal, unlisted, contradictions, due, .. } = comparison;
    let mut report = Report::of(&question.range);
    report.newest_event = due.newest();
    report.contradictions = contradictions.into_values().flatten().collect();
    report.contradictions.retain(|found| question.range.contains(found.event.time));
    report.contradictions.sort_by(|one, other| in_order(&one.event, &other.event));
    answered(&journal, &due, question, &mut report);

    let open = std::mem::take(&mut journal.open).left();
    let mut events: Vec<Unlisted> = unlisted.into_values().collect();
    events.sort_by(|one, other| in_order(&one.event, &other.event));
    let owners = owners(&open, &events, &mut journal.names);
    let mut taken: HashMap<usize, EventFound> = HashMap::new();
    for (unlisted, owner) in events.into_iter().zip(owners) {
        match owner {
            Some(owner) => drop(taken.insert(owner, unlisted.event)),
            None => unowned(unlisted, &mut journal, &due, question, &mut report),
        }
    }
    for (number, call) in open.into_iter().enumerate() {
        opened(&call, taken.remove(&number), &journal, &due, question, &mut report);
    }
    report.journals = journal.read;
    report
}

/// Requests that AWS answered, by the journal.
fn answered(journal: &JournalSide, due: &Due, question: &Question, report: &mut Report) {
    for (id, answered) in &journal.answered {
        let place = &answered.place;
        if !question.range.contains(place.time) {
            continue;
        }
        let is_due = || due.is_event_due(text(journal, answered.account), text(journal, answered.region), place.time);
        let found = || journal.found(id, answered);
        match (answered.kind, answered.has_event) {
            (Kind::Write, true) => report.matched.writes += 1,
            (Kind::Read, true) => report.matched.reads += 1,
            (Kind::Session, true) => report.matched.sessions += 1,
            // A record names the session that it used, whenever that was assumed and in whatever region.
            (Kind::Session, false) => {}
            (Kind::TurnedAway, has_event) => report.turned_away_without_event += u64::from(!has_event),
            (Kind::Write, false) if is_due() => report.writes_without_event.push(found()),
            (Kind::Write, false) => report.writes_not_due.push(found()),
            (Kind::Read, false) if is_due() => {
                report.reads_without_event_count += 1;
                if question.reads {
                    report.reads_without_event.push(found());
                }
            }
            (Kind::Read, false) => report.reads_not_due_count += 1,
        }
    }
    let place = |found: &RecordFound| (found.time, found.journal.clone(), found.sequence, found.request_id.clone());
    for found in [&mut report.writes_without_event, &mut report.reads_without_event, &mut report.writes_not_due] {
        found.sort_by_cached_key(place);
    }
}

/// An event that no record lists and that no open call explains.
fn unowned(unlisted: Unlisted, journal: &mut JournalSide, due: &Due, question: &Question, report: &mut Report) {
    let Unlisted { event, is_stamped, .. } = unlisted;
    if !question.range.contains(event.time) {
        return;
    }
    if is_stamped && journal.was_active(&event.session, event.time) {
        report.sessions_beside.push(event);
    } else if due.is_settled(event.time) {
        report.events_without_record.push(event);
    } else {
        report.events_not_due.push(event);
    }
}

/// A call whose end the journal does not know.
fn opened(
    call: &OpenCall,
    event: Option<EventFound>,
    journal: &JournalSide,
    due: &Due,
    question: &Question,
    report: &mut Report,
) {
    if !question.range.contains(call.place.time) {
        return;
    }
    if !call.is_write {
        report.probable_reads += u64::from(event.is_some());
        return;
    }
    let is_due = due.is_event_due(text(journal, call.account), text(journal, call.region), call.latest);
    let fate = match &event {
        Some(event) if event.error_code.is_some() => Fate::ProbablyRefused,
        Some(_) => Fate::ProbablyDone,
        None if is_due => Fate::NoSuchEvent,
        None => Fate::NotDueYet,
    };
    let kept = |name| text(journal, name).to_owned();
    report.open_writes.push(OpenWrite {
        time: call.place.time,
        action: kept(call.action),
        resource: kept(call.resource),
        session: kept(call.session),
        journal: journal.path(call.place.journal).to_owned(),
        sequence: call.place.sequence,
        why: call.why,
        fate,
        event,
    });
}

/// Which open call each event most probably belongs to: one of its session, action and time. First those that are about
/// the same entity, then those of which one side does not say; of several calls the one whose time ends first, so that no
/// call is left out for another that had more time.
fn owners(open: &[OpenCall], events: &[Unlisted], names: &mut Names) -> Vec<Option<usize>> {
    let mut of: HashMap<(Name, Name), Vec<usize>> = HashMap::new();
    for (number, call) in open.iter().enumerate() {
        of.entry((call.session, call.action)).or_default().push(number);
    }
    for calls in of.values_mut() {
        calls.sort_by_key(|number| open[*number].latest);
    }
    let mut owners = vec![None; events.len()];
    let mut is_taken = vec![false; open.len()];
    for wanted in [Fit::Same, Fit::Open] {
        for (owner, unlisted) in owners.iter_mut().zip(events).filter(|(owner, _)| owner.is_none()) {
            let key = (names.keep(&unlisted.event.session), names.keep(&unlisted.event.action));
            let candidates = of.get(&key).into_iter().flatten().copied();
            let found = candidates.into_iter().find(|number| {
                let call = &open[*number];
                !is_taken[*number]
                    && (call.earliest..=call.latest).contains(&unlisted.event.time)
                    && fit(names.text(call.resource), &unlisted.names) == wanted
            });
            if let Some(found) = found {
                is_taken[found] = true;
                *owner = Some(found);
            }
        }
    }
    owners
}

fn text(journal: &JournalSide, name: Name) -> &str {
    journal.names.text(name)
}

fn in_order(one: &EventFound, other: &EventFound) -> std::cmp::Ordering {
    let key = |event: &EventFound| -> (Timestamp, String, String) {
        (event.time, event.request_id.clone().unwrap_or_default(), event.event_id.clone().unwrap_or_default())
    };
    key(one).cmp(&key(other))
}
