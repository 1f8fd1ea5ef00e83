//! That a burst is one signal and a count, and not thousands.
//!
//! # States
//! For a kind and whom it is about, nothing was told lately, or it is **quiet**: for so many minutes since something was.
//!
//! # Transitions
//! - Something is found, and it is not quiet: it is told, and the quiet time begins.
//! - Something is found while it is quiet: it is counted.
//! - The quiet time is over, by the time of whatever record comes next: if something was counted, one signal tells of all
//!   of it, and another quiet time begins; else nothing is remembered any more.

use std::collections::{BTreeSet, HashMap, VecDeque};

use jiff::Timestamp;

use super::kind::Kind;
use super::moment::Moment;
use super::recent::EVIDENCE;
use super::seen::Seen;
use super::signal::{Signal, Subject};

/// How many quiet times there are at once. Beyond, the one that ends first is ended before its time.
pub(super) const MOST: usize = 4096;

/// What a rule found in a record.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// What happened, in words.
    pub(super) text: String,
    /// How much of it.
    pub(super) count: u64,
    /// The records that show it.
    pub(super) records: Vec<u64>,
}

impl Finding {
    /// What this record alone shows.
    pub(super) fn of(seen: &Seen<'_>, text: String) -> Self {
        Self { text, count: 1, records: vec![seen.sequence] }
    }
}

type About = (Kind, Subject);

/// What was told lately.
#[derive(Debug)]
pub(super) struct Told {
    quiet_minutes: u32,
    most: usize,
    quiet: HashMap<About, Option<Counted>>,
    /// When each of them ends.
    ends: BTreeSet<(Moment, About)>,
}

/// What was found while it was quiet.
#[derive(Debug)]
struct Counted {
    count: u64,
    records: VecDeque<u64>,
    /// The last of it.
    text: String,
    time: Timestamp,
    event_id: String,
}

impl Told {
    pub(super) fn new(quiet_minutes: u32) -> Self {
        Self { quiet_minutes, most: MOST, quiet: HashMap::new(), ends: BTreeSet::new() }
    }

    /// Tells what was counted in the quiet times that are over.
    pub(super) fn advance(&mut self, now: Moment, tell: &mut dyn FnMut(Signal)) {
        while let Some((ends, _)) = self.ends.first()
            && *ends <= now
        {
            self.end(true, now, tell);
        }
        // Left over from a time that a clock, since set back, had not reached.
        let latest = now.after_minutes(self.quiet_minutes);
        while let Some((ends, _)) = self.ends.last()
            && *ends > latest
        {
            let Some((_, about)) = self.ends.pop_last() else { return };
            self.tell_counted(about, tell);
        }
    }

    /// Tells what a rule found, or counts it.
    pub(super) fn found(
        &mut self,
        now: Moment,
        about: About,
        finding: Finding,
        seen: &Seen<'_>,
        tell: &mut dyn FnMut(Signal),
    ) {
        if let Some(counted) = self.quiet.get_mut(&about) {
            *counted = Some(Counted::one_more(counted.take(), finding, seen));
            return;
        }
        if self.quiet.len() >= self.most {
            self.end(false, now, tell);
        }
        self.begin(now, about.clone());
        let (kind, subject) = about;
        let Finding { text, count, records } = finding;
        tell(Signal { kind, time: seen.time, subject, text, count, records, event_id: seen.event_id() });
    }

    /// Tells everything that is only counted yet.
    pub(super) fn finish(&mut self, tell: &mut dyn FnMut(Signal)) {
        while let Some((_, about)) = self.ends.pop_first() {
            self.tell_counted(about, tell);
        }
    }

    fn begin(&mut self, now: Moment, about: About) {
        let ends = now.after_minutes(self.quiet_minutes);
        self.ends.insert((ends, about.clone()));
        self.quiet.insert(about, None);
    }

    /// Ends the quiet time that ends first.
    fn end(&mut self, again: bool, now: Moment, tell: &mut dyn FnMut(Signal)) {
        let Some((_, about)) = self.ends.pop_first() else { return };
        if self.tell_counted(about.clone(), tell) && again {
            self.begin(now, about);
        }
    }

    /// Whether something was counted.
    fn tell_counted(&mut self, about: About, tell: &mut dyn FnMut(Signal)) -> bool {
        let Some(counted) = self.quiet.remove(&about).flatten() else { return false };
        let (kind, subject) = about;
        tell(Signal {
            kind,
            time: counted.time,
            subject,
            text: format!("{} more since this was last told; the last: {}", counted.count, counted.text),
            count: counted.count,
            records: counted.records.into(),
            event_id: counted.event_id,
        });
        true
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        assert_eq!(self.quiet.len(), self.ends.len());
        self.quiet.len()
    }
}

impl Counted {
    /// Each finding counts once here, whatever it stands for: a rule that counts itself has counted the earlier ones too.
    fn one_more(last: Option<Self>, finding: Finding, seen: &Seen<'_>) -> Self {
        let (count, mut records) = last.map_or((0, VecDeque::new()), |last| (last.count, last.records));
        if records.len() >= EVIDENCE {
            records.pop_front();
        }
        records.push_back(seen.sequence);
        let (text, time, event_id) = (finding.text, seen.time, seen.event_id());
        Self { count: u64::saturating_add(count, 1), records, text, time, event_id }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::audit::query::RecordView;
    use crate::audit::signals::moment::Flow;
    use crate::audit::signals::signal::CallerId;

    #[test]
    fn where_too_much_is_quiet_at_once_what_ends_first_is_ended_and_told() {
        let line = r#"{"eventTime":"2026-11-20T12:00:00.000Z","integrity":{"sequence":7}}"#;
        let record = RecordView::of(line).unwrap();
        let seen = Seen::of(&record).unwrap();
        let now = Flow::default().follow(seen.time);
        let mut told = Told { most: 2, ..Told::new(60) };
        let mut signals = Vec::new();
        for (minute, name) in (0..).zip(["a", "a", "b", "c", "c", "a"]) {
            let caller = CallerId { kind: "keyring".into(), name: name.into(), person: None };
            let about = (Kind::NewAddress, Subject::Caller(Arc::new(caller)));
            let finding = Finding::of(&seen, format!("in minute {minute}"));
            told.found(now.after_minutes(minute), about, finding, &seen, &mut |signal| signals.push(signal.text));
            assert!(told.len() <= 2);
        }
        assert_eq!(
            signals,
            [
                "in minute 0",
                "in minute 2",
                "1 more since this was last told; the last: in minute 1",
                "in minute 3",
                "in minute 5"
            ]
        );
    }
}
