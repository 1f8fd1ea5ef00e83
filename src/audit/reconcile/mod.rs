//! The journal held against CloudTrail: what proves that the journal is complete, as the chain proves that it is whole.
//!
//! Two questions are answered. Has every event of a session that the gateway assumed a record that lists its request? Has
//! every write that AWS answered, by the journal, an event? Both sides are read two hours wider than what is compared, so
//! that what lies at the edge finds its counterpart, and what is too new on either side is not due, never missing.
//!
//! Requests are told by AWS's ids. What has none (an attempt without an answer, a write whose process ended) is told by
//! session, action, resource and time, and called probable.
//!
//! # Memory
//! Of the journal is kept what each request to AWS was, about 150 bytes of memory each; of CloudTrail only the events that
//! no record lists, about a KiB each. A log file is held while it is read, 256 MiB at most.

mod bucket;
mod compare;
mod event;
mod folder;
mod history;
mod id;
mod journal;
mod log_file;
mod names;
mod open;
mod range;
mod record;
mod report;
mod source;
mod sum;
#[cfg(test)]
mod tests;

pub mod aws;

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use self::compare::Comparison;
use self::journal::JournalSide;
use self::range::Due;
use super::query::QueryError;

pub(crate) use self::event::{EventView, short};

pub use self::bucket::{Bucket, LARGEST_OBJECT, Objects, Page};
pub use self::folder::Folder;
pub use self::history::{Found, History, LookUp, REACH};
pub use self::range::Range;
pub use self::report::{
    About, Contradiction, Counts, EventFound, Fate, JournalRead, OpenWrite, RecordFound, Report, SourceRead, Verdict,
    Why,
};
pub use self::source::{CloudTrail, Given, Take, Unread};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// The time that is compared.
    pub range: Range,
    /// The present.
    pub now: Timestamp,
    /// What is newer than so long before now is not due.
    pub settle: SignedDuration,
    /// Whether reads without an event are named, and count as missing.
    pub reads: bool,
    /// The names of the gateways, beside those that the journals tell.
    pub gateways: BTreeSet<String>,
}

/// The journals of a gateway's replicas, read.
#[derive(Debug)]
pub struct Journals {
    question: Question,
    side: JournalSide,
}

impl Journals {
    /// Reads the journals: folders, or single files. Blocks.
    ///
    /// # Errors
    /// When there is no journal at one of the paths. Files that cannot be read are in the report.
    pub fn read(question: Question, paths: &[PathBuf]) -> Result<Self, QueryError> {
        let mut side = JournalSide::default();
        for path in paths {
            side.read(path, &question.range.widened())?;
            side.read_headers(path);
        }
        side.gateways.extend(question.gateways.iter().cloned());
        Ok(Self { question, side })
    }

    /// The regions whose global services were asked, by the records: one for each partition.
    #[must_use]
    pub fn regions(&self) -> &BTreeSet<String> {
        &self.side.regions
    }

    /// The names of the gateways: those given, and those of the journals. Without any, the sessions that carry a gateway's
    /// stamp and stand in no record cannot be looked for.
    #[must_use]
    pub fn gateways(&self) -> &BTreeSet<String> {
        &self.side.gateways
    }

    /// Compares them with CloudTrail. The sources are read once, and again where a session came to light that events
    /// could have been of which were passed over.
    pub async fn compare(self, sources: &[Box<dyn CloudTrail>]) -> Report {
        let Self { question, side } = self;
        let range = question.range.widened();
        let gateways = side.gateways.clone();
        let due = Due::new(question.now, question.settle);
        let mut comparison = Comparison::new(range, &gateways, side, due);
        let mut read = pass(&mut comparison, &range, sources).await;
        while comparison.has_learned() {
            read = pass(&mut comparison, &range, sources).await;
        }
        let mut report = sum::up(comparison, &question);
        report.gateways = gateways;
        report.cloud_trail = read;
        report.judged(question.reads)
    }
}

async fn pass(comparison: &mut Comparison<'_>, range: &Range, sources: &[Box<dyn CloudTrail>]) -> Vec<SourceRead> {
    let mut read = Vec::new();
    for source in sources {
        let (mut events, mut odd) = (0, 0);
        let mut take = |json: &str, file: &str| match comparison.event(json, file) {
            true => events += 1,
            false => odd += 1,
        };
        let given = source.read(range, &mut take).await;
        read.push(SourceRead { name: source.name(), events, odd, given });
    }
    read
}
