//! Where a record has to be in a remote store before anyone acts on it, and what becomes of it when it cannot be there.

use super::*;

fn remote(options: &mut JournalOptions) {
    options.remote = true;
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
    let journal = folder.try_open(remote).await.unwrap();
    journal.acknowledge(&has(1));
    let waiting = tokio::spawn({
        let journal = journal.clone();
        async move { journal.intent(intent_of("a")).await }
    });
    settled().await;
    assert_eq!(folder.told(), ["segment start", "intent a"], "it is on the disk");
    assert!(!waiting.is_finished(), "and not there");
    journal.acknowledge(&has(2));
    let permit = waiting.await.unwrap().unwrap();
    let outcome = tokio::spawn({
        let journal = journal.clone();
        async move { journal.outcome(permit, record("outcome", "a")).await }
    });
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
    let journal = folder.try_open(remote).await.unwrap();
    journal.acknowledge(&has(1));
    let waiting = tokio::spawn({
        let journal = journal.clone();
        async move { journal.intent(intent_of("a")).await }
    });
    settled().await;
    journal.acknowledge(&fails(1));
    assert_eq!(reason(waiting.await.unwrap()), UnavailableReason::RemoteFailed);
    assert_eq!(reason(journal.intent(intent_of("b")).await), UnavailableReason::RemoteFailed);
    assert!(matches!(journal.state(), JournalState::NotRemote { .. }));
    journal.note(record("read", "c")).unwrap();
    settled().await;
    assert_eq!(folder.told(), ["segment start", "intent a", "not-forwarded a", "read c"]);
    journal.acknowledge(&has(4));
    settled().await;
    assert_eq!(journal.state(), JournalState::Available);
    let waiting = tokio::spawn({
        let journal = journal.clone();
        async move { journal.intent(intent_of("d")).await }
    });
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
    let journal = folder.try_open(remote).await.unwrap();
    journal.acknowledge(&has(10));
    let permit = journal.intent(intent_of("a")).await.unwrap();
    journal.acknowledge(&has(2));
    let outcome = tokio::spawn({
        let journal = journal.clone();
        async move { journal.outcome(permit, record("outcome", "a")).await }
    });
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
    let journal = folder.try_open(remote).await.unwrap();
    journal.acknowledge(&has(1));
    assert_eq!(reason(journal.intent(intent_of("a")).await), UnavailableReason::TimedOut);
    journal.acknowledge(&has(2));
    settled().await;
    assert_eq!(folder.told(), ["segment start", "intent a", "not-forwarded a"]);
    journal.close().await.unwrap();
}
