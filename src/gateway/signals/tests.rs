use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::audit::query::query;
use crate::audit::{DiskStorage, JournalOptions, Record};
use crate::clock::{Clock, ManualClock};
use crate::config::Signals;
use crate::random::SystemRandom;

/// A journal and a watch on it.
struct Watched {
    journal: Journal,
    clock: Arc<ManualClock>,
    watch: SignalWatch,
    metrics: Metrics,
}

impl Watched {
    async fn open(folder: &Path, clock: &Arc<ManualClock>) -> Self {
        Self::reading(folder, folder, Signals::default(), clock).await
    }

    async fn reading(journal: &Path, read: &Path, signals: Signals, clock: &Arc<ManualClock>) -> Self {
        let options = JournalOptions { note_delay: Duration::from_millis(1), ..JournalOptions::new(journal) };
        let journal = Journal::open(options, Arc::new(DiskStorage), Arc::clone(clock) as _, Arc::new(SystemRandom))
            .await
            .unwrap();
        let audit = Audit { directory: read.to_owned(), signals, ..crate::tools::testing::configuration().audit };
        let metrics = Metrics::new();
        let watch = SignalWatch::new(&audit, &journal, &metrics, clock.now());
        Self { journal, clock: Arc::clone(clock), watch, metrics }
    }

    /// Writes that `name` met a protected resource, and returns when that is durable.
    async fn attempt(&mut self, name: &str) {
        let record = json!({"stage": "denied", "eventTime": format!("{:.3}", self.clock.now()), "eventID": name,
            "errorCode": "ProtectedResource", "additionalEventData": {"caller": {"kind": "keyring", "name": name},
            "tool": "delete_user", "decision": {"effect": "deny"}, "error": {"stage": "gateway"}}});
        let mut durable = self.journal.durable();
        let before = durable.borrow_and_update().sequence;
        self.journal.note(Record::from_fields(&record).unwrap()).unwrap();
        durable.wait_for(|head| head.sequence > before).await.unwrap();
    }

    fn look(&mut self) -> Vec<Signal> {
        let mut told = Vec::new();
        self.watch.look(&CancellationToken::new(), &mut |signal| told.push(signal.clone()));
        told
    }

    fn figure(&self, name: &str) -> String {
        figure(&self.metrics, name)
    }
}

fn figure(metrics: &Metrics, name: &str) -> String {
    let text = metrics.encode().unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("iam_mcp_gateway_{name} ")));
    line.unwrap_or_else(|| unreachable!("no {name}: {text}")).to_owned()
}

fn clock() -> Arc<ManualClock> {
    ManualClock::at("2026-11-20T12:00:00Z".parse().unwrap())
}

const TOLD: &str = "audit_signals_total{kind=\"protected-resource\"}";
const FAILURES: &str = "audit_signal_failures_total";

fn stored(folder: &Path) -> Vec<Signal> {
    let (mut detector, mut told) = (Detector::new(Signals::default().rules), Vec::new());
    let read = query(folder, &Filter::default(), None, &mut |line| {
        detector.read(&RecordView::of(line).unwrap(), &mut |signal| told.push(signal));
        ControlFlow::Continue(())
    });
    assert!(read.unwrap().unread.is_empty());
    told
}

#[tokio::test]
async fn what_is_new_is_told_as_it_is_told_of_the_stored_journal_and_what_is_old_is_only_learned() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let mut first = Watched::open(folder.path(), &clock).await;
    first.attempt("alice").await;
    first.attempt("alice").await;
    let mut told = first.look();
    assert_eq!(told, stored(folder.path()), "a burst is one signal");
    first.journal.close().await.unwrap();

    clock.advance(SignedDuration::from_mins(30));
    let mut second = Watched::open(folder.path(), &clock).await;
    assert_eq!(second.look(), []);
    second.attempt("alice").await;
    assert_eq!(second.look(), [], "it knows that this was told half an hour ago");
    second.attempt("bob").await;
    told.extend(second.look());
    clock.advance(SignedDuration::from_mins(30));
    second.attempt("carol").await;
    told.extend(second.look());
    let counts: Vec<(String, u64)> = told.iter().map(|signal| (signal.subject.to_string(), signal.count)).collect();
    let of = |name: &str, count| (format!("keyring:{name}"), count);
    assert_eq!(counts, [of("alice", 1), of("bob", 1), of("alice", 2), of("carol", 1)]);
    assert_eq!(told, stored(folder.path()));
    second.journal.close().await.unwrap();
}

#[tokio::test]
async fn the_end_is_read_before_it_ends() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let mut watched = Watched::open(folder.path(), &clock).await;
    assert_eq!(watched.figure(TOLD), "0");
    watched.attempt("alice").await;
    let end = CancellationToken::new();
    end.cancel();
    let Watched { journal, watch, metrics, .. } = watched;
    watch.run(end).await;
    assert_eq!((figure(&metrics, TOLD), figure(&metrics, FAILURES)), ("1".to_owned(), "0".to_owned()));
    journal.close().await.unwrap();
}

#[tokio::test]
async fn a_silenced_kind_is_neither_logged_nor_counted() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let signals = Signals { silenced: [Kind::ProtectedResource].into(), ..Signals::default() };
    let mut watched = Watched::reading(folder.path(), folder.path(), signals, &clock).await;
    watched.attempt("alice").await;
    let [signal] = &watched.look()[..] else { unreachable!("one attempt") };
    watched.watch.figures.tell(&watched.watch.silenced, signal);
    assert_eq!(watched.figure(TOLD), "0");
    watched.watch.figures.tell(&BTreeSet::new(), signal);
    assert_eq!(watched.figure(TOLD), "1");
    watched.journal.close().await.unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_read_is_counted_and_read_when_it_can_be() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let (written, read) = (folder.path().join("written"), folder.path().join("read"));
    let mut watched = Watched::reading(&written, &read, Signals::default(), &clock).await;
    watched.attempt("alice").await;
    assert_eq!(watched.look(), []);
    assert_eq!(watched.look(), []);
    assert_eq!((watched.figure(FAILURES), watched.watch.is_failing), ("2".to_owned(), true));
    std::os::unix::fs::symlink(&written, &read).unwrap();
    assert_eq!(watched.look().len(), 1);
    assert_eq!((watched.figure(FAILURES), watched.watch.is_failing), ("2".to_owned(), false));
    watched.journal.close().await.unwrap();
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_counted_and_left() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let mut watched = Watched::open(folder.path(), &clock).await;
    std::fs::write(folder.path().join("journal-0.jsonl.gz"), b"\x1f\x8b\x08").unwrap();
    watched.attempt("alice").await;
    assert_eq!(watched.look().len(), 1);
    assert_eq!(watched.look(), []);
    assert_eq!((watched.figure(FAILURES), watched.watch.is_failing), ("1".to_owned(), false));
    watched.journal.close().await.unwrap();
}

#[tokio::test]
async fn learning_is_left_when_the_gateway_ends() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let mut first = Watched::open(folder.path(), &clock).await;
    for _ in 0..3 {
        first.attempt("alice").await;
    }
    first.journal.close().await.unwrap();
    let mut second = Watched::open(folder.path(), &clock).await;
    let end = CancellationToken::new();
    end.cancel();
    second.watch.look(&end, &mut |signal| unreachable!("it is old: {signal:?}"));
    assert_eq!(second.watch.follower.as_ref().unwrap().summary().found, 1, "the first record is the last");
    second.journal.close().await.unwrap();
}
