//! Where a record has to be in a remote store before anyone acts on it, and what becomes of it when it cannot be there.

use super::*;

fn remote(options: &mut JournalOptions) {
    options.remote = true;
}

/// A journal of a replica that others know of.
async fn opened(folder: &Folder) -> Journal {
    let journal = folder.try_open(remote).await.unwrap();
    journal.announced(None);
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
    assert_eq!(journal.reached(), Reached { head: 2, unsettled_since: None });
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
    assert_eq!(journal.reached(), Reached { head: 3, unsettled_since: Some(2) });
    let watch = journal.clone();
    journal.close().await.unwrap();
    assert_eq!(reason(waiting.await.unwrap()), UnavailableReason::Closed);
    assert_eq!(folder.told()[1..], ["intent a", "intent b", "not-forwarded a", "not-forwarded b"]);
    assert_eq!(watch.reached(), Reached { head: 5, unsettled_since: None });
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
    journal.announced(None);
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
    journal.announced(Some("denied".to_owned()));
    assert_eq!(reason(waiting.await.unwrap()), UnavailableReason::RemoteFailed);
    assert_eq!(reason(journal.intent(intent_of("b")).await), UnavailableReason::RemoteFailed);
    let JournalState::NotRemote { reason: why, .. } = journal.state() else { panic!("{:?}", journal.state()) };
    assert_eq!(why, "denied");
    journal.announced(None);
    assert_eq!(journal.state(), JournalState::Available);
    drop(journal.intent(intent_of("c")).await.unwrap());
    journal.close().await.unwrap();
    assert_eq!(folder.told()[..3], ["segment start", "intent a", "not-forwarded a"]);
}
