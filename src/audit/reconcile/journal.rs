//! The journal's side: every call of AWS that it knows of.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, BufRead, Read};
use std::ops::ControlFlow;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::id::Id;
use super::names::{Name, Names};
use super::open::{Asked, Open, Place};
use super::range::{CLOCKS, RECORDED, Range};
use super::record::{CallView, RecordView, is_read};
use super::report::JournalRead;
use super::source::Unread;
use crate::audit::files::{journal_files, open};
use crate::audit::query::{Filter, QueryError, query};
use crate::audit::scan::LONGEST_LINE;

/// What a request to AWS was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A change.
    Write,
    /// A read.
    Read,
    /// What STS was asked with the gateway's own credentials: an AssumeRole that gave a session, or was refused one.
    Session,
    /// A request that AWS turned away, of which CloudTrail need not have an event.
    TurnedAway,
}

/// A request that AWS answered, as a record lists it.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    pub(super) kind: Kind,
    pub(super) session: Name,
    pub(super) action: Name,
    pub(super) resource: Name,
    pub(super) account: Name,
    pub(super) region: Name,
    pub(super) status: Option<u16>,
    pub(super) place: Place,
    /// Whether CloudTrail has an event of it.
    pub(super) has_event: bool,
}

/// The journals, read.
#[derive(Debug, Default)]
pub(super) struct JournalSide {
    pub(super) names: Names,
    pub(super) answered: HashMap<Id, Answered>,
    pub(super) open: Open,
    /// The minutes in which records say that AWS was or could have been asked, by session.
    active: HashMap<Name, BTreeSet<i64>>,
    /// Sessions that the gateway assumed.
    pub(super) sessions: BTreeSet<String>,
    /// The gateways' names.
    pub(super) gateways: BTreeSet<String>,
    /// Where AWS was asked.
    pub(super) regions: BTreeSet<String>,
    pub(super) read: Vec<JournalRead>,
}

impl JournalSide {
    /// Reads the records of a range that is wider than the one compared.
    pub(super) fn read(&mut self, path: &Path, range: &Range) -> Result<(), QueryError> {
        let filter = Filter { from: range.from, to: Some(range.to), ..Filter::default() };
        let number = u16::try_from(self.read.len()).unwrap_or(u16::MAX);
        let mut cut = 0;
        let summary = query(path, &filter, None, &mut |line| {
            if let Some(record) = RecordView::of(line) {
                cut += u64::from(record.is_cut());
                self.record(&record, number);
            }
            ControlFlow::Continue(())
        })?;
        let unread = summary.unread.into_iter();
        self.read.push(JournalRead {
            path: path.display().to_string(),
            records: summary.found,
            cut,
            no_records: summary.no_records,
            unconfirmed: summary.unconfirmed,
            unread: unread
                .map(|unread| Unread { name: unread.path.display().to_string(), error: unread.error.to_string() })
                .collect(),
        });
        Ok(())
    }

    /// Takes the gateway's name from the header of each file of the journal, also of those outside the range: a gateway
    /// that did nothing in it is still known.
    pub(super) fn read_headers(&mut self, path: &Path) {
        let files = match journal_files(path) {
            Ok(names) => names.into_iter().map(|name| path.join(name)).collect(),
            Err(_) => vec![path.to_owned()],
        };
        // What cannot be read says so when its records are.
        self.gateways.extend(files.iter().filter_map(|file| gateway_in(file).ok().flatten()));
    }

    /// Takes what a record says of AWS's calls.
    fn record(&mut self, record: &RecordView<'_>, journal: u16) {
        let data = &record.data;
        if let Some(gateway) = data.gateway.get() {
            self.gateways.insert(gateway.to_owned());
        }
        let Some(time) = record.time.get().and_then(|time| time.parse::<Timestamp>().ok()) else { return };
        let Some(session) = record.session() else { return };
        self.sessions.extend(data.sessions.iter().filter_map(|session| session.arn.get()).map(str::to_owned));
        let region = record.region.get().unwrap_or_default();
        let asked = Asked {
            session: self.names.keep(&session),
            account: self.names.keep(record.account.get().unwrap_or_default()),
            region: self.names.keep(region),
            place: Place { journal, sequence: record.sequence(), time },
        };
        if data.decision.effect.is("allow") {
            self.regions.insert(region.to_owned());
            self.active.entry(asked.session).or_default().insert(minute(time));
        }
        if record.stage.is("intent") {
            self.open.begin(record, asked, &mut self.names);
        } else if record.stage.is("outcome") {
            self.open.end(record);
        }
        for assumed in &data.sessions {
            let arn = assumed.arn.get().unwrap_or_default();
            self.answered(assumed.request_id.get(), Kind::Session, "sts:AssumeRole", arn, None, asked);
        }
        for (at, call) in data.calls.iter().enumerate() {
            self.call(call, asked);
            // An intent lists what was read for its plan, and is no attempt at what it plans.
            self.open.attempt(record, at, call, asked, &mut self.names);
        }
        self.call(&data.error, asked);
    }

    fn call(&mut self, call: &CallView<'_>, asked: Asked) {
        let action = call.action.get().unwrap_or_default();
        let kind = match action {
            action if action.starts_with("sts:") => Kind::Session,
            _ if call.was_turned_away() => Kind::TurnedAway,
            action if is_read(action) => Kind::Read,
            _ => Kind::Write,
        };
        let resource = call.resource.get().unwrap_or_default();
        self.answered(call.request_id.get(), kind, action, resource, call.status(), asked);
    }

    /// A request is listed by several records: by an intent and its outcome, and AssumeRole by every call that uses the
    /// session. The first one counts.
    fn answered(
        &mut self,
        request_id: Option<&str>,
        kind: Kind,
        action: &str,
        resource: &str,
        status: Option<u16>,
        asked: Asked,
    ) {
        let Some(request_id) = request_id else { return };
        let Asked { session, account, region, place } = asked;
        let names = &mut self.names;
        self.answered.entry(Id::of(request_id)).or_insert_with(|| Answered {
            kind,
            session,
            action: names.keep(action),
            resource: names.keep(resource),
            account,
            region,
            status,
            place,
            has_event: false,
        });
    }

    /// Whether a record tells of a call with this session around this time: then a session of the same name that no record
    /// lists was assumed for it, ahead of the end of the one before, or for a call that ended before it was there.
    pub(super) fn was_active(&mut self, session: &str, time: Timestamp) -> bool {
        let moved = |by: SignedDuration| time.checked_add(by).unwrap_or(time);
        let (first, last) = (minute(moved(-CLOCKS)), minute(moved(RECORDED + CLOCKS)));
        let session = self.names.keep(session);
        self.active.get(&session).is_some_and(|minutes| minutes.range(first..=last).next().is_some())
    }

    /// The names of the journals' paths, by number.
    pub(super) fn path(&self, number: u16) -> &str {
        self.read.get(usize::from(number)).map_or("", |read| &read.path)
    }
}

/// The gateway's name in the header of a file.
fn gateway_in(file: &Path) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    open(file)?.take(LONGEST_LINE as u64).read_until(b'\n', &mut line)?;
    let record = std::str::from_utf8(&line).ok().and_then(RecordView::of);
    Ok(record.filter(|record| record.stage.is("segment")).and_then(|record| record.gateway.get().map(str::to_owned)))
}

fn minute(time: Timestamp) -> i64 {
    time.as_second().div_euclid(60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_takes_as_much_memory_as_is_said() {
        assert!(size_of::<(Id, Answered)>() <= 88, "{}", size_of::<(Id, Answered)>());
    }

    #[test]
    fn a_gateway_is_known_by_the_headers_of_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, line: &str| std::fs::write(folder.path().join(name), format!("{line}\n")).unwrap();
        write("journal-1.jsonl", r#"{"stage":"segment","gateway":"old"}"#);
        write("journal-2.jsonl", r#"{"stage":"segment","gateway":"new"}"#);
        write("journal-3.jsonl", r#"{"stage":"read","gateway":"another's"}"#);
        write("journal-4.jsonl", "nonsense");
        write("journal-5.jsonl.gz", "nonsense");
        let mut side = JournalSide::default();
        side.read_headers(folder.path());
        assert_eq!(side.gateways, ["new", "old"].map(str::to_owned).into());
        let mut side = JournalSide::default();
        side.read_headers(&folder.path().join("journal-2.jsonl"));
        assert_eq!(side.gateways, ["new".to_owned()].into());
    }
}
