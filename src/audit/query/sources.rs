//! Which files of a journal are read.

use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::filter::Filter;
use super::lines::{Line, Lines};
use crate::audit::files::{journal_files, open_either};
use crate::audit::segment::{Header, Reason};

/// How far the time of a record may lie from the times at which its file was begun and ended. A record has the time at
/// which it was made; a disk that hangs, or a clock that is set, parts that from the time at which it is written.
const SLACK: SignedDuration = SignedDuration::from_hours(24);

/// A file to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    /// The last record that was ever confirmed, where the next file says that not all of them were: what comes after it
    /// was written again there.
    pub(super) confirmed_through: Option<u64>,
}

/// The files of a journal, and how many there are whose time lies outside the range.
#[derive(Debug)]
pub(super) struct Sources {
    pub(super) files: Vec<Source>,
    pub(super) left_out: usize,
}

impl Sources {
    /// The files of the folder at `path`, in the order of the chain; or the one file that it is, whatever its time.
    pub(super) fn of(path: &Path, filter: &Filter) -> io::Result<Self> {
        if !path.metadata()?.is_dir() {
            let source = Source { path: path.to_owned(), confirmed_through: None };
            return Ok(Self { files: vec![source], left_out: 0 });
        }
        let names = journal_files(path)?;
        // A file that cannot be read says so when its lines are to be.
        let beginnings: Vec<Option<Beginning>> =
            names.iter().map(|name| Beginning::read(&path.join(name)).ok().flatten()).collect();
        let wanted = in_range(&beginnings, filter);
        let files: Vec<Source> = names
            .iter()
            .enumerate()
            .filter(|(index, _)| wanted[*index])
            .map(|(index, name)| Source {
                path: path.join(name),
                confirmed_through: confirmed_through(&beginnings, index),
            })
            .collect();
        Ok(Self { left_out: names.len() - files.len(), files })
    }
}

/// What the first line of a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Beginning {
    time: Option<Timestamp>,
    header: Header,
}

impl Beginning {
    /// None where the file does not begin with a header.
    fn read(path: &Path) -> io::Result<Option<Self>> {
        let mut lines = Lines::of(open_either(path)?);
        let Some(Line::Whole(line)) = lines.next()? else { return Ok(None) };
        let Ok(fields) = serde_json::from_slice::<Map<String, Value>>(line) else { return Ok(None) };
        let Some(header) = Header::of(&fields) else { return Ok(None) };
        let time = fields.get("eventTime").and_then(Value::as_str).and_then(|time| time.parse().ok());
        Ok(Some(Self { time, header }))
    }
}

/// Which files may hold records of the range: all, unless their headers tell a time that never goes back.
///
/// A file that was begun after a failure holds what was kept from before, however long that took, so its beginning says
/// nothing of the time of its records.
fn in_range(beginnings: &[Option<Beginning>], filter: &Filter) -> Vec<bool> {
    let times: Vec<Timestamp> =
        beginnings.iter().filter_map(|beginning| beginning.as_ref().and_then(|beginning| beginning.time)).collect();
    if times.len() < beginnings.len() || !times.is_sorted() {
        return vec![true; beginnings.len()];
    }
    let before = |time: Timestamp, bound: Timestamp| time.checked_add(SLACK).is_ok_and(|time| time < bound);
    let is_wanted = |(index, beginning): (usize, &Option<Beginning>)| {
        let recovers = beginning.as_ref().is_none_or(|beginning| beginning.header.reason == Reason::Recovery);
        let too_new = !recovers && filter.to.is_some_and(|to| before(to, times[index]));
        let ended = times.get(index + 1);
        let too_old = filter.from.zip(ended).is_some_and(|(from, ended)| before(*ended, from));
        !too_new && !too_old
    };
    beginnings.iter().enumerate().map(is_wanted).collect()
}

/// The last record of the file at `path` that was ever confirmed, where the file after it says that not all of them were.
pub(super) fn confirmed_before(path: &Path, next: &Path) -> Option<u64> {
    let beginnings = [path, next].map(|path| Beginning::read(path).ok().flatten());
    confirmed_through(&beginnings, 0)
}

/// A header that claims less than what came before this file is not believed; `audit verify` shows the contradiction.
fn confirmed_through(beginnings: &[Option<Beginning>], index: usize) -> Option<u64> {
    let own = &beginnings[index].as_ref()?.header;
    let next = &beginnings[index + 1..].iter().flatten().next()?.header;
    let last = next.last_durable.sequence;
    (next.reason == Reason::Recovery && last >= own.last_durable.sequence).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::chain::{ChainHead, Hash};

    fn beginning(time: &str, reason: Reason, sequence: u64) -> Option<Beginning> {
        let last_durable = ChainHead { sequence, hash: Hash::ZERO };
        let header = Header {
            reason,
            previous_segment: None,
            last_durable,
            torn: Vec::new(),
            unsettled_since: None,
            signing_key: None,
        };
        Some(Beginning { time: Some(time.parse().unwrap()), header })
    }

    fn wanted(beginnings: &[Option<Beginning>], from: &str, to: &str) -> Vec<bool> {
        let (from, to) = (Some(from.parse().unwrap()), Some(to.parse().unwrap()));
        in_range(beginnings, &Filter { from, to, ..Filter::default() })
    }

    #[test]
    fn files_of_other_times_are_left_out_with_a_day_to_spare() {
        let files = [
            beginning("2026-11-01T00:00:00Z", Reason::Start, 0),
            beginning("2026-11-05T00:00:00Z", Reason::Rotation, 10),
            beginning("2026-11-10T00:00:00Z", Reason::Rotation, 20),
        ];
        assert_eq!(wanted(&files, "2026-11-06T00:00:01Z", "2026-11-08T23:59:59Z"), [false, true, false]);
        assert_eq!(wanted(&files, "2026-11-06T00:00:00Z", "2026-11-09T00:00:00Z"), [true, true, true]);
        assert_eq!(wanted(&files, "2026-12-06T00:00:00Z", "2026-12-07T00:00:00Z"), [false, false, true]);
    }

    #[test]
    fn a_clock_that_went_back_a_missing_header_or_a_failure_leave_nothing_out() {
        let late = ("2026-10-01T00:00:00Z", "2026-10-02T00:00:00Z");
        let mut files = [
            beginning("2026-11-01T00:00:00Z", Reason::Start, 0),
            beginning("2026-11-10T00:00:00Z", Reason::Recovery, 20),
        ];
        assert_eq!(wanted(&files, late.0, late.1), [false, true]);
        files.swap(0, 1);
        assert_eq!(wanted(&files, late.0, late.1), [true, true]);
        files[0] = None;
        assert_eq!(wanted(&files, late.0, late.1), [true, true]);
    }

    #[test]
    fn what_a_failed_write_left_ends_where_the_next_header_says() {
        let time = "2026-11-01T00:00:00Z";
        let files = [beginning(time, Reason::Start, 5), None, beginning(time, Reason::Recovery, 9)];
        assert_eq!(confirmed_through(&files, 0), Some(9));
        let files = [beginning(time, Reason::Start, 10), beginning(time, Reason::Recovery, 9)];
        assert_eq!(confirmed_through(&files, 0), None, "it is not believed");
        let files = [beginning(time, Reason::Start, 5), beginning(time, Reason::Rotation, 9)];
        assert_eq!(confirmed_through(&files, 0), None);
    }
}
