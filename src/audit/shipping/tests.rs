//! What a sink gets of a journal, whatever the sink and the journal's files go through. Time is tokio's, paused.

use std::io::Read;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::audit::{DiskStorage, JournalOptions, Keeper, KeepingOptions, Record, SigningKey, journal_files, open};
use crate::clock::ManualClock;
use crate::random::SystemRandom;

/// A sink that keeps what it gets, and fails or hangs when it is told to.
#[derive(Debug, Default)]
struct Kept {
    lines: Mutex<Vec<u8>>,
    batches: Mutex<Vec<(u64, u64)>>,
    fails: AtomicBool,
    hangs: AtomicBool,
}

impl Sink for Kept {
    fn name(&self) -> &'static str {
        "kept"
    }

    fn ship<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Result<(), SinkError>> {
        async move {
            if self.hangs.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            if self.fails.load(Ordering::SeqCst) {
                return Err("it is full".into());
            }
            self.lines.lock().unwrap().extend_from_slice(&batch.lines);
            self.batches.lock().unwrap().push((batch.first, batch.last));
            Ok(())
        }
        .boxed()
    }
}

impl Kept {
    fn sequences(&self) -> Vec<u64> {
        let lines = self.lines.lock().unwrap();
        let records = lines.split_inclusive(|byte| *byte == b'\n');
        records
            .map(|line| serde_json::from_slice::<Value>(line).unwrap()["integrity"]["sequence"].as_u64().unwrap())
            .collect()
    }
}

const AT_ONCE: Pace =
    Pace { gather: Duration::ZERO, grace: Duration::from_secs(5), longest_retry: Duration::from_secs(60) };

async fn opened(dir: &TempDir, largest_segment: u64) -> Journal {
    let options = JournalOptions { largest_segment, ..JournalOptions::new(dir.path()) };
    let clock = ManualClock::at("2026-11-20T10:00:00Z".parse().unwrap());
    Journal::open(options, Arc::new(DiskStorage), clock, Arc::new(SystemRandom)).await.unwrap()
}

fn note(journal: &Journal, n: usize) {
    let record = Record::from_fields(&json!({"stage": "read", "n": n})).unwrap();
    journal.note(record).unwrap();
}

fn shipper(journal: &Journal, sink: &Arc<Kept>, pace: Pace) -> (Shipper, Arc<Mutex<Vec<Shipped>>>) {
    let told = Arc::<Mutex<Vec<Shipped>>>::default();
    let heard = told.clone();
    let tell: TellShipped = Box::new(move |shipped| heard.lock().unwrap().push(shipped.clone()));
    (Shipper::begin(journal, sink.clone(), pace, tell), told)
}

/// Everything that the journal's files hold.
fn written(dir: &TempDir) -> Vec<u8> {
    let mut bytes = Vec::new();
    for name in journal_files(dir.path()).unwrap() {
        open(&dir.path().join(name)).unwrap().read_to_end(&mut bytes).unwrap();
    }
    bytes
}

#[tokio::test(start_paused = true)]
async fn a_sink_gets_every_record_once_and_as_it_stands_in_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let sink = Arc::<Kept>::default();
    let journal = opened(&dir, 2_000).await;
    let (shipper, told) = shipper(&journal, &sink, AT_ONCE);
    for n in 0..40 {
        note(&journal, n);
        if n % 7 == 0 {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }
    journal.close().await.unwrap();
    assert!(shipper.end().await);
    assert_eq!(*sink.lines.lock().unwrap(), written(&dir));
    assert!(sink.batches.lock().unwrap().len() > 3);
    let last = told.lock().unwrap().pop().unwrap();
    assert_eq!((last.lag, last.failure), (0, None));
    assert!(journal_files(dir.path()).unwrap().len() > 3, "of several files");
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_fails_delays_nobody_says_so_and_gets_everything_later() {
    let dir = tempfile::tempdir().unwrap();
    let sink = Arc::<Kept>::default();
    let journal = opened(&dir, 1 << 20).await;
    sink.fails.store(true, Ordering::SeqCst);
    let (shipper, told) = shipper(&journal, &sink, AT_ONCE);
    for n in 0..10 {
        note(&journal, n);
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    let failing = told.lock().unwrap().last().unwrap().clone();
    assert_eq!((failing.through, failing.lag, failing.failure.as_deref()), (0, 11, Some("it is full")));
    let attempts = told.lock().unwrap().len();
    assert!((4..=6).contains(&attempts), "at growing distances: {attempts}");
    sink.fails.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(sink.sequences(), (1..=11).collect::<Vec<_>>());
    assert_eq!(told.lock().unwrap().last().unwrap().failure, None);
    journal.close().await.unwrap();
    assert!(shipper.end().await);
}

#[tokio::test(start_paused = true)]
async fn the_next_process_goes_on_where_this_one_came_to() {
    let dir = tempfile::tempdir().unwrap();
    let sink = Arc::<Kept>::default();
    for round in 0..3 {
        let journal = opened(&dir, 1 << 20).await;
        let (shipper, _told) = shipper(&journal, &sink, AT_ONCE);
        note(&journal, round);
        journal.close().await.unwrap();
        assert!(shipper.end().await);
    }
    assert_eq!(sink.sequences(), (1..=6).collect::<Vec<_>>());
    // Without the note of it, all of it comes again: twice is better than not at all.
    std::fs::write(dir.path().join("sink-kept.cursor"), "no number").unwrap();
    let journal = opened(&dir, 1 << 20).await;
    let (shipper, _told) = shipper(&journal, &sink, AT_ONCE);
    journal.close().await.unwrap();
    assert!(shipper.end().await);
    assert_eq!(sink.sequences(), (1..=6).chain(1..=7).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_does_not_answer_holds_up_the_end_no_longer_than_the_grace() {
    let dir = tempfile::tempdir().unwrap();
    let sink = Arc::<Kept>::default();
    sink.hangs.store(true, Ordering::SeqCst);
    let journal = opened(&dir, 1 << 20).await;
    let (shipper, _told) = shipper(&journal, &sink, AT_ONCE);
    note(&journal, 0);
    tokio::time::sleep(Duration::from_secs(2)).await;
    journal.close().await.unwrap();
    let began = Instant::now();
    assert!(!shipper.end().await, "it does not have everything");
    assert_eq!(began.elapsed(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn records_are_gathered_as_long_as_the_pace_says_and_not_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let sink = Arc::<Kept>::default();
    let journal = opened(&dir, 1 << 20).await;
    let (shipper, _told) = shipper(&journal, &sink, Pace { gather: Duration::from_secs(60), ..AT_ONCE });
    for n in 0..30 {
        note(&journal, n);
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    assert_eq!(sink.batches.lock().unwrap().len(), 1);
    journal.close().await.unwrap();
    assert!(shipper.end().await);
    assert_eq!(sink.sequences().len(), 31);
    assert_eq!(sink.batches.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_a_sink_does_not_have_yet_is_kept_and_read_when_it_is_compressed() {
    let dir = tempfile::tempdir().unwrap();
    let sink = Arc::<Kept>::default();
    sink.fails.store(true, Ordering::SeqCst);
    let clock = ManualClock::at("2026-11-20T10:00:00Z".parse().unwrap());
    let options = JournalOptions::new(dir.path());
    let journal = Journal::open(options, Arc::new(DiskStorage), clock.clone(), Arc::new(SystemRandom)).await.unwrap();
    let (shipper, _told) = shipper(&journal, &sink, AT_ONCE);
    let keep = Some(jiff::SignedDuration::from_hours(1));
    let options =
        KeepingOptions { compress: true, keep, shipped: vec![shipper.shipped()], ..KeepingOptions::default() };
    let keeper = Keeper::begin(&journal, options, Box::new(|_| {}));
    for n in 0..4 {
        note(&journal, n);
        clock.advance(jiff::SignedDuration::from_mins(61));
        tokio::time::sleep(Duration::from_secs(61 * 60)).await;
    }
    let names = journal_files(dir.path()).unwrap();
    assert_eq!(names.len(), 5, "{names:?}");
    assert!(names[0].ends_with(".gz"));
    sink.fails.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let sequences = sink.sequences();
    assert_eq!(sequences, (1..=u64::try_from(sequences.len()).unwrap()).collect::<Vec<_>>());
    clock.advance(jiff::SignedDuration::from_mins(61));
    tokio::time::sleep(Duration::from_secs(61 * 60)).await;
    assert!(journal_files(dir.path()).unwrap().len() < 5, "now they may go");
    keeper.end().await;
    journal.close().await.unwrap();
    assert!(shipper.end().await);
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_a_signed_journal_ends_with_a_signed_record_where_one_comes_soon() {
    let dir = tempfile::tempdir().unwrap();
    let signing_key = Some(Arc::new(SigningKey::from_seed(&[7; 32])));
    let options = JournalOptions { signing_key, ..JournalOptions::new(dir.path()) };
    let clock = ManualClock::at("2026-11-20T10:00:00Z".parse().unwrap());
    let journal = Journal::open(options, Arc::new(DiskStorage), clock, Arc::new(SystemRandom)).await.unwrap();
    for group in 0..6 {
        for n in 0..4 {
            note(&journal, group * 4 + n);
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    let (open, durable) = (journal.segment().borrow().clone(), journal.durable().borrow().sequence);
    let mut cut = 0;
    for most in (100..3000).step_by(50) {
        let batch = Tail::of(journal.folder()).read(&open, 0, durable, most).unwrap();
        let last: Value =
            serde_json::from_slice(batch.lines.split_inclusive(|byte| *byte == b'\n').next_back().unwrap()).unwrap();
        let is_signed = last["integrity"].get("signature").is_some();
        assert!(is_signed || batch.lines.len() >= 2 * most, "{most}: {batch:?}");
        cut += usize::from(batch.last < durable && is_signed);
    }
    assert!(cut > 10, "{cut}");
}
