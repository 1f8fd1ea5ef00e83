//! What the comparison says.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::range::Range;
use super::source::{Given, Unread};

/// The one word of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Everything has its counterpart.
    Complete,
    /// So has everything that is due; something is not due yet.
    NotDueYet,
    /// Something is missing, or the two sides contradict each other.
    Incomplete,
    /// A journal or a part of CloudTrail could not be read: what is missing may stand there, and nothing more can be said.
    Unreadable,
}

/// What the comparison says.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The one word.
    pub verdict: Verdict,
    /// What was compared: not before.
    #[serde(serialize_with = "maybe_moment")]
    pub from: Option<Timestamp>,
    /// Before.
    #[serde(serialize_with = "moment")]
    pub to: Timestamp,
    /// The newest event that CloudTrail gave.
    #[serde(serialize_with = "maybe_moment")]
    pub newest_event: Option<Timestamp>,
    /// The names of the gateways whose sessions were looked for.
    pub gateways: BTreeSet<String>,
    /// The journals.
    pub journals: Vec<JournalRead>,
    /// CloudTrail.
    pub cloud_trail: Vec<SourceRead>,
    /// Requests of the range that stand on both sides.
    pub matched: Counts,
    /// Attempts to read that got no answer and have an event that fits.
    pub probable_reads: u64,
    /// Events of the gateway's sessions that no record accounts for.
    pub events_without_record: Vec<EventFound>,
    /// Writes that AWS answered, by the journal, and that have no event.
    pub writes_without_event: Vec<RecordFound>,
    /// The same of reads, when they are asked for by name.
    pub reads_without_event: Vec<RecordFound>,
    /// How many of them there are, asked for or not.
    pub reads_without_event_count: u64,
    /// How many requests have no event that AWS turned away for their rate or with a fault of its own: CloudTrail does not
    /// keep all of these, so they are not missing.
    pub turned_away_without_event: u64,
    /// Requests on which the two sides contradict each other.
    pub contradictions: Vec<Contradiction>,
    /// Writes whose end the journal does not know, and what CloudTrail says of them.
    pub open_writes: Vec<OpenWrite>,
    /// Sessions that the gateway assumed for a call whose record does not list them: replaced ahead of their end, or there
    /// only after the call was over.
    pub sessions_beside: Vec<EventFound>,
    /// Events that are too new to have a record for certain.
    pub events_not_due: Vec<EventFound>,
    /// Writes whose event is not due yet.
    pub writes_not_due: Vec<RecordFound>,
    /// How many reads have an event that is not due yet.
    pub reads_not_due_count: u64,
}

/// A journal that was read, with two hours on both sides of the range.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalRead {
    /// Its folder or file.
    pub path: String,
    /// Records.
    pub records: u64,
    /// Records that were too large when they were written and do not list AWS's requests.
    pub cut: u64,
    /// Lines that are no records.
    pub no_records: u64,
    /// Lines of a failed write, that were never confirmed.
    pub unconfirmed: u64,
    /// Files that could not be read to their end.
    pub unread: Vec<Unread>,
}

/// A source of CloudTrail's events that was read.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceRead {
    /// Where the events come from.
    pub name: String,
    /// Events, of whomever.
    pub events: u64,
    /// What stood in the place of an event and is none.
    pub odd: u64,
    /// What was read of it.
    #[serde(flatten)]
    pub given: Given,
}

/// How many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Changes.
    pub writes: u64,
    /// Reads.
    pub reads: u64,
    /// AssumeRole.
    pub sessions: u64,
}

/// An event of CloudTrail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventFound {
    /// `eventTime`.
    #[serde(serialize_with = "moment")]
    pub time: Timestamp,
    /// As policies write it: `iam:CreateUser`.
    pub action: String,
    /// What it was about, where CloudTrail says.
    pub resource: String,
    /// The session that called; of AssumeRole by another than a session of the gateway, the session that it gave.
    pub session: String,
    /// AWS's id of the request.
    pub request_id: Option<String>,
    /// CloudTrail's id of the event.
    pub event_id: Option<String>,
    /// Why AWS did not do it.
    pub error_code: Option<String>,
    /// From where.
    pub source_ip_address: Option<String>,
    /// With which key.
    pub access_key_id: Option<String>,
    /// The account of the trail.
    pub account: String,
    /// The region.
    pub region: String,
    /// The file or service that has it.
    pub file: String,
}

/// A request to AWS, as the journal lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordFound {
    /// The record's time: of a read and of an outcome, after the request.
    #[serde(serialize_with = "moment")]
    pub time: Timestamp,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The session.
    pub session: String,
    /// AWS's id of the request.
    pub request_id: String,
    /// The journal's folder or file.
    pub journal: String,
    /// The record's number in its chain.
    pub sequence: u64,
}

/// A request on which the two sides contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Contradiction {
    /// What differs.
    pub about: About,
    /// What the journal says.
    pub recorded: String,
    /// What CloudTrail says.
    pub seen: String,
    /// The journal's side.
    pub record: RecordFound,
    /// CloudTrail's side.
    pub event: EventFound,
}

/// What two sides can differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum About {
    /// What was done.
    Action,
    /// By whom.
    Session,
    /// Whether AWS did it.
    Outcome,
}

/// A write whose end the journal does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenWrite {
    /// The record's time.
    #[serde(serialize_with = "moment")]
    pub time: Timestamp,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The session.
    pub session: String,
    /// The journal's folder or file.
    pub journal: String,
    /// The record's number in its chain.
    pub sequence: u64,
    /// Why its end is not known.
    pub why: Why,
    /// What CloudTrail says of it.
    pub fate: Fate,
    /// The event that is probably its own.
    pub event: Option<EventFound>,
}

/// Why the end of a write is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Why {
    /// The intent has no outcome: the process ended before.
    NoOutcome,
    /// The outcome says that it is not known, or not what AWS answered.
    OutcomeUnknown,
    /// AWS was asked, and no answer came, or none with an id.
    NoAnswer,
}

/// What CloudTrail says of such a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// There is an event that is most probably its own.
    ProbablyDone,
    /// So there is, and AWS refused it.
    ProbablyRefused,
    /// There is none, and it would be there.
    NoSuchEvent,
    /// There is none, and it may still come.
    NotDueYet,
}

impl Report {
    /// The verdict, by what stands in the report.
    pub(super) fn judged(mut self, reads: bool) -> Self {
        let unreadable = self.journals.iter().any(|journal| !journal.unread.is_empty())
            || self.cloud_trail.iter().any(|source| !source.given.unread.is_empty());
        let missing = !self.events_without_record.is_empty()
            || !self.writes_without_event.is_empty()
            || !self.contradictions.is_empty()
            || !self.reads_without_event.is_empty();
        let waiting = !self.events_not_due.is_empty()
            || !self.writes_not_due.is_empty()
            || (reads && self.reads_not_due_count > 0)
            || self.open_writes.iter().any(|write| write.fate == Fate::NotDueYet);
        self.verdict = match (unreadable, missing, waiting) {
            (true, ..) => Verdict::Unreadable,
            (_, true, _) => Verdict::Incomplete,
            (.., true) => Verdict::NotDueYet,
            _ => Verdict::Complete,
        };
        self
    }

    /// A report with nothing in it.
    pub(super) fn of(range: &Range) -> Self {
        Self {
            verdict: Verdict::Complete,
            from: range.from,
            to: range.to,
            newest_event: None,
            gateways: BTreeSet::new(),
            journals: Vec::new(),
            cloud_trail: Vec::new(),
            matched: Counts::default(),
            probable_reads: 0,
            events_without_record: Vec::new(),
            writes_without_event: Vec::new(),
            reads_without_event: Vec::new(),
            reads_without_event_count: 0,
            turned_away_without_event: 0,
            contradictions: Vec::new(),
            open_writes: Vec::new(),
            sessions_beside: Vec::new(),
            events_not_due: Vec::new(),
            writes_not_due: Vec::new(),
            reads_not_due_count: 0,
        }
    }
}

fn moment<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

fn maybe_moment<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}
