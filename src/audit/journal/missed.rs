//! What there could be no record of when it happened: told as soon as records are taken again.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::audit::record::Record;

/// How many records are kept at most. What is kept here is rare by itself, and the newest say what is in force.
pub(super) const MOST_KEPT: usize = 64;

/// What happened while the journal took no records.
#[derive(Debug, Default)]
pub(super) struct Missed {
    /// Reads that were answered.
    pub(super) reads: Option<Uncounted>,
    /// Records that were left out, for newer ones.
    pub(super) left_out: Option<Uncounted>,
    /// The newest records, in their order, and since when each waits.
    kept: VecDeque<(Timestamp, Record)>,
}

/// How often something happened of which there is no record, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Uncounted {
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
    pub(super) count: u64,
}

impl Uncounted {
    fn add(counted: &mut Option<Self>, now: Timestamp) {
        let counted = counted.get_or_insert(Self { since: now, until: now, count: 0 });
        counted.until = now;
        counted.count += 1;
    }
}

impl Missed {
    /// Counts a read.
    pub(super) fn count_read(&mut self, now: Timestamp) {
        Uncounted::add(&mut self.reads, now);
    }

    /// Keeps a record, and leaves out the oldest if there are too many.
    pub(super) fn keep(&mut self, record: Record, now: Timestamp) {
        self.kept.push_back((now, record));
        if self.kept.len() > MOST_KEPT
            && let Some((then, _)) = self.kept.pop_front()
        {
            Uncounted::add(&mut self.left_out, then);
        }
    }

    /// Whether a record is kept, behind which newer ones belong.
    pub(super) fn keeps(&self) -> bool {
        !self.kept.is_empty()
    }

    /// The records that are kept, in their order.
    pub(super) fn into_kept(self) -> impl Iterator<Item = Record> {
        self.kept.into_iter().map(|(_, record)| record)
    }
}
