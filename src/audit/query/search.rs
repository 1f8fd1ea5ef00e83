//! Reading the files in several threads, and giving what matches in the order of the chain.

use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread;

use memchr::memmem::Finder;

use super::filter::Filter;
use super::found::Found;
use super::lines::Line;
use super::pieces::{PIECE, Piece, pieces};
use super::prefilter::Prefilter;
use super::sources::Source;
use super::view::RecordView;
use super::workers::{Hands, side_by_side};
use super::{Summary, Unread};

/// How many bytes of found lines are given on at once.
const BATCH: usize = 256 * 1024;
/// How many such batches of one piece may wait, before reading it waits too: all of a piece, and the word that it
/// ended. So only a file that is longer than one piece waits: a compressed one, which cannot be cut, or one that grew
/// since.
const WAITING: usize = 4 + 1;
const _: () = assert!((BATCH * (WAITING - 1)) as u64 == PIECE, "no piece waits");

/// What is looked for, in a form that is quick to compare.
#[derive(Debug)]
pub(super) struct Search {
    filter: Filter,
    prefilter: Prefilter,
    integrity: Finder<'static>,
}

/// What a line turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen<'a> {
    /// A record that is asked for.
    Asked(&'a str),
    /// Another one.
    Other,
    /// Nothing that the journal wrote.
    Foreign,
    /// A record that is asked for, which was never confirmed.
    Unconfirmed,
}

impl Search {
    pub(super) fn of(filter: &Filter) -> Self {
        Self { filter: filter.clone(), prefilter: Prefilter::of(filter), integrity: Finder::new("\"integrity\"") }
    }

    pub(super) fn look<'line>(
        &self,
        line: &'line [u8],
        confirmed_through: Option<u64>,
        scratch: &mut Vec<u8>,
    ) -> Seen<'line> {
        if !self.prefilter.may_match(line, scratch) {
            return if self.looks_like_a_record(line) { Seen::Other } else { Seen::Foreign };
        }
        let Ok(text) = std::str::from_utf8(line) else { return Seen::Foreign };
        let Some(record) = RecordView::of(text) else { return Seen::Foreign };
        if !self.filter.matches(&record) {
            return Seen::Other;
        }
        let confirmed = confirmed_through.is_none_or(|last| record.integrity.sequence.is_some_and(|own| own <= last));
        if confirmed { Seen::Asked(text) } else { Seen::Unconfirmed }
    }

    /// As much as can be said of a line that is passed over: it is not cut off, and has the field that all records
    /// have.
    fn looks_like_a_record(&self, line: &[u8]) -> bool {
        matches!(line, [b'{', .., b'}']) && self.integrity.find(line).is_some()
    }
}

/// What a reader of a piece tells.
enum Told {
    Found(Found),
    Ended(Summary),
}

/// Gives every record of `sources` that is asked for to `each`, until that has enough. With a `limit`, the last so
/// many.
///
/// # Errors
/// When no thread can be begun to read them.
pub(super) fn search(
    sources: &[Source],
    search: &Search,
    limit: Option<usize>,
    each: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> io::Result<Summary> {
    search_in_pieces(sources, search, limit, PIECE, each)
}

/// The same, of files that are cut into pieces of `size` bytes.
pub(super) fn search_in_pieces(
    sources: &[Source],
    search: &Search,
    limit: Option<usize>,
    size: u64,
    each: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> io::Result<Summary> {
    let hands = Hands { threads: thread::available_parallelism().map_or(1, usize::from), waiting: WAITING };
    let stopped = AtomicBool::new(false);
    let work = |piece, to: &_| tell(&piece, search, limit, &stopped, to);
    let all = sources.iter().flat_map(|source| pieces(source, size));
    match limit {
        None => side_by_side(hands, all, work, |told| {
            let summary = in_order(told, each);
            stopped.store(true, Ordering::Relaxed);
            summary
        }),
        Some(limit) => side_by_side(hands, all.rev(), work, |told| {
            let summary = newest(told, limit, each);
            stopped.store(true, Ordering::Relaxed);
            summary
        }),
    }
}

fn in_order(told: impl Iterator<Item = Receiver<Told>>, each: &mut dyn FnMut(&str) -> ControlFlow<()>) -> Summary {
    let mut summary = Summary::default();
    for told in told.flatten() {
        match told {
            Told::Ended(ended) => summary.add(ended),
            Told::Found(found) => {
                if found.lines().try_for_each(&mut *each).is_break() {
                    break;
                }
            }
        }
    }
    summary
}

/// The newest pieces first: where whole files hold enough, the others need not be read.
fn newest(
    told: impl Iterator<Item = Receiver<Told>>,
    limit: usize,
    each: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Summary {
    let mut summary = Summary::default();
    let mut kept: VecDeque<Found> = VecDeque::new();
    let mut missing = limit;
    for told in told {
        let mut is_whole = false;
        for told in told {
            match told {
                Told::Ended(ended) => {
                    // The piece that a file begins with counts it, and comes last of that file.
                    is_whole = ended.files > 0;
                    summary.add(ended);
                }
                Told::Found(mut found) => {
                    found.keep_last(missing);
                    missing -= found.len();
                    if found.len() > 0 {
                        kept.push_front(found);
                    }
                }
            }
        }
        if missing == 0 && is_whole {
            break;
        }
    }
    let _enough = kept.iter().flat_map(Found::lines).try_for_each(each);
    summary
}

/// Tells what is found in a piece, and at last what was looked at.
fn tell(piece: &Piece<'_>, search: &Search, limit: Option<usize>, stopped: &AtomicBool, to: &SyncSender<Told>) {
    let mut summary = Summary { files: usize::from(piece.is_first), ..Summary::default() };
    if let Err(error) = read(piece, search, limit, stopped, &mut summary, to) {
        summary.unread.push(Unread { path: piece.source.path.clone(), error });
    }
    // Whoever has enough does not listen any more.
    let _enough = to.send(Told::Ended(summary));
}

/// Reads a piece to its end, or until nobody wants more of it.
fn read(
    piece: &Piece<'_>,
    search: &Search,
    limit: Option<usize>,
    stopped: &AtomicBool,
    summary: &mut Summary,
    to: &SyncSender<Told>,
) -> io::Result<()> {
    let mut lines = piece.lines()?;
    let (mut found, mut scratch) = (Found::default(), Vec::new());
    let ended = loop {
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        };
        let Line::Whole(line) = line else {
            summary.no_records += 1;
            continue;
        };
        match search.look(line, piece.source.confirmed_through, &mut scratch) {
            Seen::Other => summary.records += 1,
            Seen::Foreign => summary.no_records += 1,
            Seen::Unconfirmed => summary.unconfirmed += 1,
            Seen::Asked(line) => {
                summary.records += 1;
                summary.found += 1;
                found.push(line);
                if let Some(limit) = limit {
                    found.bound(limit);
                } else if found.bytes() >= BATCH && to.send(Told::Found(std::mem::take(&mut found))).is_err() {
                    return Ok(());
                }
            }
        }
        if stopped.load(Ordering::Relaxed) {
            return Ok(());
        }
    };
    if lines.is_torn() {
        summary.no_records += 1;
    }
    if found.len() > 0 {
        let _enough = to.send(Told::Found(found));
    }
    ended
}
