//! Where a record has to be in a remote store before anyone acts on it, and what becomes of it when it cannot be there.

use futures_util::future::join_all;

use super::*;
use crate::clock::Clock;

const FOR_LONG: Duration = Duration::from_secs(24 * 60 * 60);

/// The last record, and the oldest intent without an outcome.
fn how_far(journal: &Journal) -> (u64, Option<u64>) {
    let Reached { head, unsettled_since } = journal.reached();
    (head.sequence, unsettled_since)
}

fn remote(options: &mut JournalOptions) {
    options.remote = true;
}

/// A journal of a replica that others know of.
async fn opened(folder: &Folder) -> Journal {
    let journal = folder.try_open(remote).await.unwrap();
    journal.announced(Instant::now() + FOR_LONG);
    journal
}

fn has(through: u64) -> Shipped {
    Shipped { through, ..Shipped::default() }
}

fn fails(through: u64) -> Shipped {
    Shipped { through, failure: Some("it is gone".to_owned()), ..Shipped::default() }
}

/// Lets everything run that can without time passing.
async fn settled() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

#[tokio::test(start_paused = true)]
async fn an_intent_waits_until_the_remote_store_has_it() {
    let folder = Folder::new();
    let journal = opened(&folder).await;
    journal.acknowledge(&has(1));
    let waiting = spawn_intent(&journal, "a");
    settled().await;
    assert_eq!(folder.told(), ["segment start", "intent a"], "it is on the disk");
    assert!(!waiting.is_finished(), "and not there");
    journal.acknowledge(&has(2));
    let permit = waiting.await.unwrap().unwrap();
    let outcome = spawn_outcome(&journal, permit, "a");
    settled().await;
    assert!(!outcome.is_finished());
    journal.acknowledge(&has(3));
    outcome.await.unwrap().unwrap();
    journal.note(record("read", "b")).unwrap();
    journal.close().await.unwrap();
    folder.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn while_the_remote_store_fails_writes_are_refused_and_reads_go_on() {
    let folder = Folder::new();
    let journal = opened(&folder).await;
    journal.acknowledge(&has(1));
    let waiting = spawn_intent(&journal, "a");
    settled().await;
    journal.acknowledge(&fails(1));
    assert_eq!(reason(waiting.await.unwrap()), UnavailableReason::RemoteFailed);
    assert_eq!(reason(journal.intent(intent_of("b")).await), UnavailableReason::RemoteFailed);
    // That nothing was forwarded is an outcome, which the remote store does not take, either.
    settled().await;
    assert_eq!(journal.state(), JournalState::Holding { outcomes: 1 });
    assert_eq!(reason(journal.intent(intent_of("b")).await), UnavailableReason::RemoteFailed);
    journal.note(record("read", "c")).unwrap();
    settled().await;
    assert_eq!(folder.told(), ["segment start", "intent a", "not-forwarded a", "read c"]);
    journal.acknowledge(&has(4));
    settled().await;
    assert_eq!(journal.state(), JournalState::Available);
    let waiting = spawn_intent(&journal, "d");
    settled().await;
    journal.acknowledge(&has(5));
    drop(waiting.await.unwrap().unwrap());
    settled().await;
    journal.close().await.unwrap();
    assert_eq!(folder.told()[4..], ["intent d", "lost d"]);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_the_remote_store_does_not_take_is_held_until_it_does() {
    let folder = Folder::new();
    let journal = opened(&folder).await;
    journal.acknowledge(&has(10));
    let permit = journal.intent(intent_of("a")).await.unwrap();
    journal.acknowledge(&has(2));
    let outcome = spawn_outcome(&journal, permit, "a");
    settled().await;
    journal.acknowledge(&fails(2));
    let refused = outcome.await.unwrap().unwrap_err();
    assert_eq!((refused.reason, refused.held), (UnavailableReason::RemoteFailed, true));
    assert_eq!(journal.state(), JournalState::Holding { outcomes: 1 });
    journal.acknowledge(&has(3));
    settled().await;
    assert_eq!(journal.state(), JournalState::Available);
    assert_eq!(folder.told(), ["segment start", "intent a", "outcome a"], "it was on this disk all along");
    journal.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_remote_store_that_is_slow_refuses_within_the_deadline_and_the_record_says_so_later() {
    let folder = Folder::new();
    let journal = opened(&folder).await;
    journal.acknowledge(&has(1));
    assert_eq!(reason(journal.intent(intent_of("a")).await), UnavailableReason::TimedOut);
    journal.acknowledge(&has(2));
    settled().await;
    assert_eq!(folder.told(), ["segment start", "intent a", "not-forwarded a"]);
    journal.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_note_that_is_waited_for_needs_this_disk_alone() {
    let folder = Folder::new();
    let journal = opened(&folder).await;
    journal.acknowledge(&fails(1));
    journal.note_durably(record("read", "a")).await.unwrap();
    assert_eq!(how_far(&journal), (2, None));
    journal.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn intents_that_wait_when_the_journal_is_closed_are_recorded_as_not_forwarded() {
    let folder = Folder::new();
    let journal = opened(&folder).await;
    journal.acknowledge(&has(1));
    let waiting = spawn_intent(&journal, "a");
    let given_up = spawn_intent(&journal, "b");
    settled().await;
    given_up.abort();
    assert_eq!(how_far(&journal), (3, Some(2)));
    let watch = journal.clone();
    journal.close().await.unwrap();
    assert_eq!(reason(waiting.await.unwrap()), UnavailableReason::Closed);
    assert_eq!(folder.told()[1..], ["intent a", "intent b", "not-forwarded b", "not-forwarded a"]);
    assert_eq!(how_far(&watch), (5, None));
    folder.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_waits_when_the_journal_is_closed_is_on_the_disk() {
    let folder = Folder::new();
    let journal = opened(&folder).await;
    journal.acknowledge(&has(2));
    let permit = journal.intent(intent_of("a")).await.unwrap();
    let outcome = spawn_outcome(&journal, permit, "a");
    settled().await;
    journal.close().await.unwrap();
    assert_eq!(outcome.await.unwrap().unwrap_err(), AuditUnavailable { reason: UnavailableReason::Closed, held: true });
    assert_eq!(folder.told(), ["segment start", "intent a", "outcome a"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_counts_as_stored_before_other_replicas_know_of_this_one() {
    let folder = Folder::new();
    let journal = folder.try_open(remote).await.unwrap();
    journal.acknowledge(&has(10));
    let waiting = spawn_intent(&journal, "a");
    settled().await;
    assert!(!waiting.is_finished(), "the store has it, and nobody would look there");
    journal.note_durably(record("read", "b")).await.unwrap();
    journal.announced(Instant::now() + FOR_LONG);
    drop(waiting.await.unwrap().unwrap());
    settled().await;
    journal.close().await.unwrap();
    assert_eq!(folder.told(), ["segment start", "intent a", "read b", "lost a"]);
}

#[tokio::test(start_paused = true)]
async fn intents_are_refused_while_other_replicas_cannot_be_told_of_this_one() {
    let folder = Folder::new();
    let journal = folder.try_open(remote).await.unwrap();
    journal.acknowledge(&has(10));
    let waiting = spawn_intent(&journal, "a");
    settled().await;
    journal.not_announced("denied".to_owned());
    assert_eq!(reason(waiting.await.unwrap()), UnavailableReason::RemoteFailed);
    assert_eq!(reason(journal.intent(intent_of("b")).await), UnavailableReason::RemoteFailed);
    // What became of the first one is held as soon as it is written, since the store is not told of it either.
    let state = journal.state();
    assert!(matches!(state, JournalState::NotRemote { .. } | JournalState::Holding { .. }), "{state:?}");
    journal.announced(Instant::now() + FOR_LONG);
    for _ in 0..1_000 {
        if journal.state() == JournalState::Available {
            break;
        }
        journal.note_durably(record("read", "c")).await.unwrap();
    }
    drop(journal.intent(intent_of("d")).await.unwrap());
    journal.close().await.unwrap();
    let told = folder.told();
    assert_eq!(told[..2], ["segment start", "intent a"]);
    assert_eq!(told.iter().filter(|record| *record == "not-forwarded a").count(), 1, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn why_other_replicas_cannot_be_told_is_told() {
    let folder = Folder::new();
    let journal = folder.try_open(remote).await.unwrap();
    journal.acknowledge(&has(10));
    journal.not_announced("denied".to_owned());
    let JournalState::NotRemote { reason: why, .. } = journal.state() else { panic!("{:?}", journal.state()) };
    assert_eq!(why, "denied");
    journal.announced(Instant::now() + FOR_LONG);
    assert_eq!(journal.state(), JournalState::Available);
    journal.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_intent_whose_caller_has_gone_is_given_up_before_the_remote_store_answers() {
    let folder = Folder::new();
    let journal = opened(&folder).await;
    journal.acknowledge(&has(1));
    let gone = spawn_intent(&journal, "a");
    let waiting = spawn_intent(&journal, "b");
    settled().await;
    gone.abort();
    journal.note_durably(record("read", "c")).await.unwrap();
    settled().await;
    assert_eq!(folder.told()[1..], ["intent a", "intent b", "read c", "not-forwarded a"]);
    assert!(!waiting.is_finished(), "the other is not");
    journal.acknowledge(&has(5));
    drop(waiting.await.unwrap().unwrap());
    journal.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_more_intents_wait_for_the_remote_store_than_may_wait_at_all() {
    let folder = Folder::new();
    let journal = folder.try_open(|options| (options.remote, options.queue_capacity) = (true, 3)).await.unwrap();
    journal.announced(Instant::now() + FOR_LONG);
    journal.acknowledge(&has(1));
    let waiting: Vec<_> = ["a", "b", "c"].map(|name| spawn_intent(&journal, name)).into();
    settled().await;
    assert_eq!(reason(journal.intent(intent_of("d")).await), UnavailableReason::QueueFull);
    journal.note(record("read", "e")).unwrap();
    journal.acknowledge(&has(4));
    let permits = join_all(waiting).await;
    let waiting = spawn_intent(&journal, "f");
    settled().await;
    journal.acknowledge(&has(6));
    drop(waiting.await.unwrap().unwrap());
    drop(permits);
    journal.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_silent_remote_store_is_waited_for_once_and_then_intents_are_refused_at_once() {
    let folder = Folder::new();
    let journal = opened(&folder).await;
    journal.acknowledge(&has(1));
    let since = folder.clock.now();
    assert_eq!(reason(journal.intent(intent_of("a")).await), UnavailableReason::TimedOut);
    settled().await;
    assert_eq!(folder.told()[1..], ["intent a", "not-forwarded a"], "nobody waits for the store to say so");
    for _ in 0..100 {
        let before = Instant::now();
        assert_eq!(reason(journal.intent(intent_of("refused")).await), UnavailableReason::RemoteFailed);
        assert_eq!(before.elapsed(), Duration::ZERO);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let reason = "the remote store does not answer in time".to_owned();
    assert_eq!(journal.state(), JournalState::NotRemote { since, reason });
    journal.note(record("read", "b")).unwrap();
    assert_eq!(folder.told().len(), 3, "what was refused was not begun");
    // What stored the intent has not stored its outcome, which has waited for too long as well.
    journal.acknowledge(&has(2));
    settled().await;
    assert!(matches!(journal.state(), JournalState::NotRemote { .. }), "{:?}", journal.state());
    journal.acknowledge(&has(4));
    settled().await;
    assert_eq!(journal.state(), JournalState::Available);
    let waiting = spawn_intent(&journal, "c");
    settled().await;
    journal.acknowledge(&has(5));
    drop(waiting.await.unwrap().unwrap());
    journal.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_silent_remote_store_is_bounded_however_many_callers_come_and_go() {
    const CAPACITY: usize = 20;
    const BATCH: usize = 4;
    let folder = Folder::new();
    let change = |options: &mut JournalOptions| {
        (options.remote, options.queue_capacity, options.largest_batch) = (true, CAPACITY, BATCH);
    };
    let journal = folder.try_open(change).await.unwrap();
    journal.announced(Instant::now() + FOR_LONG);
    journal.acknowledge(&has(1));
    for _ in 0..60 {
        // Half of them hang up at once, so that their intents are given up while the store is not late yet.
        let (hang_up, wait): (Vec<_>, Vec<_>) =
            (0..10).map(|n| (n, spawn_intent(&journal, "a"))).partition(|(n, _)| n % 2 == 0);
        settled().await;
        hang_up.iter().for_each(|(_, caller)| caller.abort());
        drop(wait);
        tokio::time::sleep(Duration::from_millis(480)).await;
    }
    settled().await;
    let intents = folder.told().iter().filter(|told| *told == "intent a").count();
    assert!((CAPACITY..=CAPACITY + BATCH).contains(&intents), "{intents} intents were begun");
    assert_eq!(folder.told().iter().filter(|told| *told == "not-forwarded a").count(), intents);
    journal.close().await.unwrap();
    folder.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn intents_are_refused_when_others_have_heard_nothing_of_this_replica_for_too_long() {
    let folder = Folder::new();
    let journal = folder.try_open(remote).await.unwrap();
    journal.acknowledge(&has(9));
    journal.announced(Instant::now() + Duration::from_secs(180));
    drop(journal.intent(intent_of("a")).await.unwrap());
    tokio::time::sleep(Duration::from_secs(180)).await;
    assert_eq!(journal.intent(intent_of("b")).await.unwrap_err().reason, UnavailableReason::RemoteFailed);
    assert!(matches!(journal.state(), JournalState::NotRemote { .. }), "{:?}", journal.state());
    journal.note(record("read", "c")).unwrap();
    journal.announced(Instant::now() + Duration::from_secs(180));
    drop(journal.intent(intent_of("d")).await.unwrap());
    journal.close().await.unwrap();
}
