//! Reading the files, several at once, and giving what matches in the order of the chain.

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
use super::lines::{Line, Lines};
use super::prefilter::Prefilter;
use super::sources::{Source, open_either};
use super::view::RecordView;
use super::{Summary, Unread};

/// How many bytes of found lines are given on at once.
const BATCH: usize = 64 * 1024;
/// How many such batches of one file may wait, before reading it waits too.
const WAITING: usize = 4;

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

/// What a reader of a file tells.
enum Told {
    Found(Found),
    Ended(Summary),
}

struct Job<'a> {
    source: &'a Source,
    to: SyncSender<Told>,
}

/// Gives every record of `sources` that is asked for to `each`, until that has enough. With a `limit`, the last so many.
pub(super) fn search(
    sources: &[Source],
    search: &Search,
    limit: Option<usize>,
    each: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Summary {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(sources.len());
    let stopped = AtomicBool::new(false);
    let (hand_out, jobs) = channel::<Job<'_>>();
    let jobs = Mutex::new(jobs);
    thread::scope(|scope| {
        // Moved in, so that the workers see its end when this is done.
        let hand_out = hand_out;
        for _ in 0..threads {
            scope.spawn(|| work(&jobs, search, limit, &stopped));
        }
        let summary = match limit {
            None => in_order(sources, &hand_out, threads, each),
            Some(limit) => newest(sources, &hand_out, threads, limit, each),
        };
        stopped.store(true, Ordering::Relaxed);
        summary
    })
}

fn in_order<'a>(
    sources: &'a [Source],
    hand_out: &Sender<Job<'a>>,
    threads: usize,
    each: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Summary {
    let mut summary = Summary::default();
    for told in Reading::of(sources.iter(), hand_out, threads).flatten() {
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

/// The newest files first: where they hold enough, the others need not be read.
fn newest<'a>(
    sources: &'a [Source],
    hand_out: &Sender<Job<'a>>,
    threads: usize,
    limit: usize,
    each: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Summary {
    let mut summary = Summary::default();
    let mut kept: VecDeque<Found> = VecDeque::new();
    let mut missing = limit;
    for told in Reading::of(sources.iter().rev(), hand_out, threads) {
        for told in told {
            match told {
                Told::Ended(ended) => summary.add(ended),
                Told::Found(mut found) => {
                    found.keep_last(missing);
                    missing -= found.len();
                    kept.push_front(found);
                }
            }
        }
        if missing == 0 {
            break;
        }
    }
    let _enough = kept.iter().flat_map(Found::lines).try_for_each(each);
    summary
}

/// Files that are being read: a few more than there are threads, so that none waits, and no more, so that what is found
/// ahead of its turn stays little.
struct Reading<'a, 'jobs, I> {
    left: I,
    hand_out: &'jobs Sender<Job<'a>>,
    under_way: VecDeque<Receiver<Told>>,
    most: usize,
}

impl<'a, 'jobs, I: Iterator<Item = &'a Source>> Reading<'a, 'jobs, I> {
    fn of(left: I, hand_out: &'jobs Sender<Job<'a>>, threads: usize) -> Self {
        Self { left, hand_out, under_way: VecDeque::new(), most: threads * 2 }
    }
}

impl<'a, I: Iterator<Item = &'a Source>> Iterator for Reading<'a, '_, I> {
    type Item = Receiver<Told>;

    fn next(&mut self) -> Option<Receiver<Told>> {
        while self.under_way.len() < self.most
            && let Some(source) = self.left.next()
        {
            let (to, from) = sync_channel(WAITING);
            self.hand_out.send(Job { source, to }).ok()?;
            self.under_way.push_back(from);
        }
        self.under_way.pop_front()
    }
}

fn work(jobs: &Mutex<Receiver<Job<'_>>>, search: &Search, limit: Option<usize>, stopped: &AtomicBool) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { source, to }) = job else { return };
        let mut summary = Summary { files: 1, ..Summary::default() };
        if let Err(error) = read(source, search, limit, stopped, &mut summary, &to) {
            summary.unread.push(Unread { path: source.path.clone(), error });
        }
        // Whoever has enough does not listen any more.
        let _enough = to.send(Told::Ended(summary));
    }
}

/// Reads a file to its end, or until nobody wants more of it.
fn read(
    source: &Source,
    search: &Search,
    limit: Option<usize>,
    stopped: &AtomicBool,
    summary: &mut Summary,
    to: &SyncSender<Told>,
) -> io::Result<()> {
    let mut lines = Lines::of(open_either(&source.path)?);
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
        match search.look(line, source.confirmed_through, &mut scratch) {
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
