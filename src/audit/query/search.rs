//! Reading the files in several threads, and giving what matches in the order of the chain.

use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use memchr::memmem::Finder;

use super::filter::Filter;
use super::found::Found;
use super::lines::Line;
use super::pieces::{PIECE, Piece, pieces};
use super::prefilter::Prefilter;
use super::sources::Source;
use super::view::RecordView;
use super::{Summary, Unread};

/// How many bytes of found lines are given on at once.
const BATCH: usize = 256 * 1024;
/// How many such batches of one piece may wait, before reading it waits too: all of a piece, and the word that it ended.
/// So only a compressed file, which cannot be cut, is ever waited for.
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

    /// As much as can be said of a line that is passed over: it is not cut off, and has the field that all records have.
    fn looks_like_a_record(&self, line: &[u8]) -> bool {
        matches!(line, [b'{', .., b'}']) && self.integrity.find(line).is_some()
    }
}

/// What a reader of a piece tells.
enum Told {
    Found(Found),
    Ended(Summary),
}

struct Job<'a> {
    piece: Piece<'a>,
    to: SyncSender<Told>,
}

/// Gives every record of `sources` that is asked for to `each`, until that has enough. With a `limit`, the last so many.
pub(super) fn search(
    sources: &[Source],
    search: &Search,
    limit: Option<usize>,
    each: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Summary {
    search_in_pieces(sources, search, limit, PIECE, each)
}

/// The same, of files that are cut into pieces of `size` bytes.
pub(super) fn search_in_pieces(
    sources: &[Source],
    search: &Search,
    limit: Option<usize>,
    size: u64,
    each: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Summary {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let stopped = AtomicBool::new(false);
    let (hand_out, jobs) = channel::<Job<'_>>();
    let jobs = Mutex::new(jobs);
    thread::scope(|scope| {
        // Moved in, so that the workers see its end when this is done.
        let hand_out = hand_out;
        for _ in 0..threads {
            scope.spawn(|| work(&jobs, search, limit, &stopped));
        }
        let all = sources.iter().flat_map(|source| pieces(source, size));
        let summary = match limit {
            None => in_order(Reading::of(all, &hand_out, threads), each),
            Some(limit) => newest(Reading::of(all.rev(), &hand_out, threads), limit, each),
        };
        stopped.store(true, Ordering::Relaxed);
        summary
    })
}

fn in_order(reading: impl Iterator<Item = Replies>, each: &mut dyn FnMut(&str) -> ControlFlow<()>) -> Summary {
    let mut summary = Summary::default();
    for told in reading.flat_map(|replies| replies.told) {
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
    reading: impl Iterator<Item = Replies>,
    limit: usize,
    each: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Summary {
    let mut summary = Summary::default();
    let mut kept: VecDeque<Found> = VecDeque::new();
    let mut missing = limit;
    for replies in reading {
        for told in replies.told {
            match told {
                Told::Ended(ended) => summary.add(ended),
                Told::Found(mut found) => {
                    found.keep_last(missing);
                    missing -= found.len();
                    if found.len() > 0 {
                        kept.push_front(found);
                    }
                }
            }
        }
        if missing == 0 && replies.is_first {
            break;
        }
    }
    let _enough = kept.iter().flat_map(Found::lines).try_for_each(each);
    summary
}

/// What comes of a piece.
struct Replies {
    told: Receiver<Told>,
    /// Whether the file begins with the piece. Where the newest come first, it is then the last of its file.
    is_first: bool,
}

/// Pieces that are being read: a few more than there are threads, so that none waits, and no more, so that what is found
/// ahead of its turn stays little.
struct Reading<'a, 'jobs, I> {
    left: I,
    hand_out: &'jobs Sender<Job<'a>>,
    under_way: VecDeque<Replies>,
    most: usize,
}

impl<'a, 'jobs, I: Iterator<Item = Piece<'a>>> Reading<'a, 'jobs, I> {
    fn of(left: I, hand_out: &'jobs Sender<Job<'a>>, threads: usize) -> Self {
        Self { left, hand_out, under_way: VecDeque::new(), most: threads * 2 }
    }
}

impl<'a, I: Iterator<Item = Piece<'a>>> Iterator for Reading<'a, '_, I> {
    type Item = Replies;

    fn next(&mut self) -> Option<Replies> {
        while self.under_way.len() < self.most
            && let Some(piece) = self.left.next()
        {
            let (to, told) = sync_channel(WAITING);
            self.under_way.push_back(Replies { told, is_first: piece.is_first });
            self.hand_out.send(Job { piece, to }).ok()?;
        }
        self.under_way.pop_front()
    }
}

fn work(jobs: &Mutex<Receiver<Job<'_>>>, search: &Search, limit: Option<usize>, stopped: &AtomicBool) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { piece, to }) = job else { return };
        let mut summary = Summary { files: usize::from(piece.is_first), ..Summary::default() };
        let path = &piece.source.path;
        if let Err(error) = read(&piece, search, limit, stopped, &mut summary, &to) {
            summary.unread.push(Unread { path: path.clone(), error });
        }
        // Whoever has enough does not listen any more.
        let _enough = to.send(Told::Ended(summary));
    }
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
