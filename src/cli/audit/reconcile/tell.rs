//! The report for people.

use anstyle::Style;

use crate::audit::reconcile::{
    About, Contradiction, EventFound, Fate, OpenWrite, RecordFound, Report, SourceRead, Unread, Verdict, Why,
};
use crate::cli::out;
use crate::tools::text::visible;

/// Says it: what is missing, a line each, then what was compared, then the verdict.
pub(super) fn report(report: &Report) {
    for (title, lines) in sections(report) {
        if !lines.is_empty() {
            out::line(&out::styled(out::STRONG, title));
            // Names in events and records can be written by an attacker.
            lines.iter().for_each(|line| out::line(&format!("  {}", visible(line))));
        }
    }
    notes(report)
        .iter()
        .for_each(|note| out::line(&format!("{} {}", out::styled(out::CAUTION, "note:"), visible(note))));
    let (style, verdict) = verdict(report);
    out::line(&format!("{} {}", out::styled(style, &verdict), compared(report)));
}

fn sections(report: &Report) -> [(&'static str, Vec<String>); 9] {
    let unread = report.journals.iter().flat_map(|journal| &journal.unread);
    let unread = unread.chain(report.cloud_trail.iter().flat_map(|source| &source.given.unread));
    let events = |events: &[EventFound]| events.iter().map(event).collect();
    let records = |records: &[RecordFound]| records.iter().map(record).collect();
    [
        ("cannot be read:", unread.map(|Unread { name, error }| format!("{name}: {error}")).collect()),
        ("events without a record:", events(&report.events_without_record)),
        ("writes without an event:", records(&report.writes_without_event)),
        ("reads without an event:", records(&report.reads_without_event)),
        ("contradictions:", report.contradictions.iter().map(contradiction).collect()),
        ("writes whose end the journal does not know:", report.open_writes.iter().map(open_write).collect()),
        ("sessions assumed beside a call:", events(&report.sessions_beside)),
        ("events not due yet:", events(&report.events_not_due)),
        ("writes not due yet:", records(&report.writes_not_due)),
    ]
}

fn event(event: &EventFound) -> String {
    let mut words = vec![event.time.to_string(), event.action.clone(), or_dash(&event.resource), event.session.clone()];
    let mut put = |name: &str, text: Option<&String>| words.extend(text.map(|text| format!("{name} {text}")));
    put("request", event.request_id.as_ref());
    put("event", event.event_id.as_ref());
    put("from", event.source_ip_address.as_ref());
    put("key", event.access_key_id.as_ref());
    put("refused:", event.error_code.as_ref());
    put("in", Some(&event.file));
    words.join("  ")
}

fn record(record: &RecordFound) -> String {
    let RecordFound { time, action, resource, session, request_id, journal, sequence } = record;
    let resource = or_dash(resource);
    format!("{time}  {action}  {resource}  {session}  request {request_id}  record {sequence} in {journal}")
}

fn contradiction(found: &Contradiction) -> String {
    let about = match found.about {
        About::Action => "what was done",
        About::Session => "the session",
        About::Outcome => "whether it was done",
    };
    let Contradiction { recorded, seen, .. } = found;
    let record = record(&found.record);
    format!("{about}: the journal says {recorded}, CloudTrail {seen}: {record}, event in {}", found.event.file)
}

fn open_write(write: &OpenWrite) -> String {
    let why = match write.why {
        Why::NoOutcome => "no outcome",
        Why::OutcomeUnknown => "outcome unknown",
        Why::NoAnswer => "no answer",
    };
    let fate = match write.fate {
        Fate::ProbablyDone => "probably done",
        Fate::ProbablyRefused => "probably refused by AWS",
        Fate::NoSuchEvent => "not done, as far as CloudTrail knows: no such event",
        Fate::NotDueYet => "its event would not be due yet",
    };
    let event = write.event.as_ref().map(|found| format!(": {}", event(found))).unwrap_or_default();
    let OpenWrite { time, action, session, journal, sequence, .. } = write;
    let resource = or_dash(&write.resource);
    format!("{time}  {action}  {resource}  {session}  record {sequence} in {journal}  {why}: {fate}{event}")
}

fn or_dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

fn notes(report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |count: u64, text: &str| {
        if count > 0 {
            notes.push(format!("{count} {text}"));
        }
    };
    let of_journals = |count: fn(&crate::audit::reconcile::JournalRead) -> u64| report.journals.iter().map(count).sum();
    note(of_journals(|journal| journal.no_records), "line(s) of the journal are no records: `audit verify` says why");
    note(of_journals(|journal| journal.cut), "record(s) were too large when they were written, and list no requests");
    note(report.cloud_trail.iter().map(|source| source.odd).sum(), "thing(s) among CloudTrail's events are no events");
    if report.reads_without_event.is_empty() {
        let text =
            "read(s) have no event: does the trail keep reads? With --reads each is named, and counts as missing";
        note(report.reads_without_event_count, text);
    }
    note(report.reads_not_due_count, "read(s) whose event is not due yet");
    let text =
        "request(s) that AWS turned away (rate, server faults) have no event; CloudTrail does not keep all of these";
    note(report.turned_away_without_event, text);
    note(report.probable_reads, "event(s) are probably of reads that got no answer");
    let late = |found: &&RecordFound| report.newest_event.is_none_or(|newest| found.time > newest);
    let late = report.writes_without_event.iter().filter(late).count();
    if late > 0 {
        let newest = report.newest_event.map_or_else(|| "there is none".to_owned(), |newest| newest.to_string());
        notes.push(format!(
            "{late} write(s) without an event are newer than the newest event ({newest}): was the trail switched off? If \
             your copy of it ends there, give --to"
        ));
    }
    notes
}

fn verdict(report: &Report) -> (Style, String) {
    let missing = |count: usize, what: &str| (count > 0).then(|| format!("{count} {what}"));
    let said: Vec<String> = [
        missing(report.events_without_record.len(), "event(s) without a record"),
        missing(report.writes_without_event.len(), "write(s) without an event"),
        missing(report.reads_without_event.len(), "read(s) without an event"),
        missing(report.contradictions.len(), "contradiction(s)"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let said = if said.is_empty() { String::new() } else { format!(" {};", said.join(", ")) };
    match report.verdict {
        Verdict::Complete => (out::GOOD, "complete:".to_owned()),
        Verdict::NotDueYet => (out::CAUTION, "not due yet: nothing is missing of what is;".to_owned()),
        Verdict::Incomplete => (out::BAD, format!("incomplete:{said}")),
        Verdict::Unreadable => (out::BAD, format!("cannot be told: not everything could be read;{said}")),
    }
}

fn compared(report: &Report) -> String {
    let events: u64 = report.cloud_trail.iter().map(|source: &SourceRead| source.events).sum();
    let records: u64 = report.journals.iter().map(|journal| journal.records).sum();
    let from = report.from.map_or_else(|| "the beginning".to_owned(), |from| from.to_string());
    let (writes, reads, sessions) = (report.matched.writes, report.matched.reads, report.matched.sessions);
    format!(
        "{writes} write(s), {reads} read(s) and {sessions} session(s) stand on both sides, from {from} to {}; \
         {records} records and {events} events were read",
        report.to
    )
}
