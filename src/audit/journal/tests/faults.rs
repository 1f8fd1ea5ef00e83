//! The disk fails: who is told what, what is kept, and how the journal heals.

use std::io::ErrorKind;

use super::faulty::Trouble;
use super::*;
use crate::clock::Clock;

/// An outcome that is held because its sync failed.
async fn hold_an_outcome(folder: &Folder, journal: &Journal) {
    let permit = journal.intent(intent_of("a")).await.unwrap();
    folder.disk.next(Trouble::SyncFails);
    let refused = journal.outcome(permit, record("outcome", "a")).await.unwrap_err();
    assert_eq!((refused.reason, refused.held), (UnavailableReason::DiskFailed, true));
    assert!(matches!(journal.state(), JournalState::Unavailable { .. }));
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_cannot_be_synced_is_held_until_it_is_durable_in_a_new_segment() {
    let folder = Folder::new();
    let journal = folder.open().await;
    hold_an_outcome(&folder, &journal).await;
    assert_eq!(reason(journal.intent(intent_of("b")).await), UnavailableReason::DiskFailed);
    assert_eq!(journal.counters().outcomes_held, 1);

    healed(&journal).await;
    let permit = journal.intent(intent_of("c")).await.unwrap();
    journal.outcome(permit, record("outcome", "c")).await.unwrap();
    journal.close().await.unwrap();
    let expected = [
        "segment start",
        "intent a",
        "outcome a", // unconfirmed: its sync failed
        "segment recovery",
        "outcome a",
        "intent c",
        "outcome c",
    ];
    assert_eq!(folder.told(), expected);

    let report = folder.verify();
    assert_eq!(report.verdict, Verdict::UnconfirmedTail, "{report:#?}");
    assert_eq!((report.files[0].records, report.files[0].unconfirmed), (2, 1));
    assert_eq!(report.files[1].verdict, Verdict::Verified);
    let header = &folder.lines(&folder.segments()[1])[0]["segment"];
    assert_eq!(header["lastDurable"]["sequence"], 2);
    assert_eq!(header["previousSegment"], json!(folder.segments()[0]));
}

#[tokio::test(start_paused = true)]
async fn the_writer_goes_on_trying_at_growing_distances() {
    let folder = Folder::new();
    let journal = folder.open().await;
    for _ in 0..8 {
        folder.disk.next(Trouble::SyncFails);
    }
    let begun = Instant::now();
    assert_eq!(reason(journal.intent(intent_of("a")).await), UnavailableReason::DiskFailed);
    assert_eq!(begun.elapsed(), Duration::ZERO, "a failure is told at once");
    assert!(matches!(journal.state(), JournalState::Unavailable { .. }));
    healed(&journal).await;
    // 0.1 + 0.2 + 0.4 + 0.8 + 1.6 + 3.2 + 5 + 5 seconds.
    let took = begun.elapsed().as_millis();
    assert!((16_300..16_350).contains(&took), "{took} ms");
    assert_eq!(journal.counters().failures, 8);
    assert_eq!(folder.segments().len(), 2, "segments that came to nothing were removed: {:?}", folder.segments());
    assert_eq!(folder.verify().verdict, Verdict::UnconfirmedTail);
}

#[tokio::test(start_paused = true)]
async fn each_fault_of_the_disk_refuses_the_intent_and_heals() {
    for trouble in [
        Trouble::WriteFails(ErrorKind::StorageFull),
        Trouble::WriteFails(ErrorKind::ReadOnlyFilesystem),
        Trouble::ShortWrite(0),
        Trouble::ShortWrite(40),
        Trouble::WritePanics,
        Trouble::SyncFails,
    ] {
        let name = format!("{trouble:?}");
        let folder = Folder::new();
        let journal = folder.open().await;
        journal.note(record("read", "kept")).unwrap();
        folder.disk.next(trouble);
        assert_eq!(reason(journal.intent(intent_of("refused")).await), UnavailableReason::DiskFailed, "{name}");
        assert_eq!(reason(journal.note(record("read", "refused"))), UnavailableReason::DiskFailed, "{name}");
        healed(&journal).await;
        let permit = journal.intent(intent_of("b")).await.unwrap();
        journal.outcome(permit, record("outcome", "b")).await.unwrap();
        journal.close().await.unwrap();
        let report = folder.verify();
        assert_ne!(report.verdict, Verdict::Broken, "{name}: {report:#?}");
        let last = folder.segments().pop().unwrap();
        let told: Vec<Value> = folder.lines(&last)[1..].iter().map(|line| line["name"].clone()).collect();
        assert_eq!(told, ["kept", "b", "b"], "{name}: an accepted note is never lost");
    }
}

#[tokio::test(start_paused = true)]
async fn a_folder_in_which_nothing_can_be_created_refuses_to_open() {
    let folder = Folder::new();
    folder.disk.next(Trouble::CreateFails(ErrorKind::ReadOnlyFilesystem));
    assert!(matches!(folder.try_open(|_| ()).await, Err(OpenError::Disk { .. })));
    folder.disk.next(Trouble::WriteFails(ErrorKind::StorageFull));
    assert!(matches!(folder.try_open(|_| ()).await, Err(OpenError::Disk { .. })));
    assert_eq!(folder.segments(), Vec::<String>::new());
    folder.open().await.close().await.unwrap();
    folder.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn a_segment_that_cannot_be_created_is_tried_again() {
    let folder = Folder::new();
    let journal = folder.open().await;
    folder.disk.next(Trouble::SyncFails);
    folder.disk.next(Trouble::CreateFails(ErrorKind::StorageFull));
    folder.disk.next(Trouble::WriteFails(ErrorKind::StorageFull));
    let _ = journal.intent(intent_of("a")).await;
    healed(&journal).await;
    assert_eq!((folder.disk.creates(), folder.segments().len()), (4, 2));
    assert_eq!(folder.verify().verdict, Verdict::UnconfirmedTail);
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_fails_repeats_nothing_that_was_durable_and_gives_no_permit_on_a_failing_disk() {
    let folder = Folder::new();
    let journal = folder.try_open(|options| options.largest_segment = 1).await.unwrap();
    journal.note(record("read", "before")).unwrap();
    folder.disk.next(Trouble::CreateFails(ErrorKind::StorageFull));
    // The note fills the first segment, and is made durable before the rotation for the intents fails.
    let (first, second) = tokio::join!(journal.intent(intent_of("a")), journal.intent(intent_of("b")));
    assert_eq!((reason(first), reason(second)), (UnavailableReason::DiskFailed, UnavailableReason::DiskFailed));
    healed(&journal).await;
    journal.close().await.unwrap();
    assert_eq!(folder.told(), ["segment start", "read before", "segment recovery"]);
    folder.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn an_intent_made_durable_just_before_the_disk_failed_gets_no_permit() {
    let folder = Folder::new();
    let journal = folder.try_open(|options| options.largest_segment = 1).await.unwrap();
    folder.disk.next(Trouble::CreateFails(ErrorKind::StorageFull));
    let (first, second) = tokio::join!(journal.intent(intent_of("a")), journal.intent(intent_of("b")));
    assert_eq!((reason(first), reason(second)), (UnavailableReason::DiskFailed, UnavailableReason::DiskFailed));
    healed(&journal).await;
    journal.close().await.unwrap();
    assert_eq!(folder.told(), ["segment start", "intent a", "segment recovery", "not-forwarded a"]);
    folder.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_hangs_holds_nobody_beyond_the_deadline() {
    let folder = Folder::new();
    let journal = folder.open().await;
    let permit = journal.intent(intent_of("a")).await.unwrap();
    let release = folder.disk.hang_next_sync();
    let callers = tokio::spawn({
        let journal = journal.clone();
        async move { tokio::join!(journal.intent(intent_of("b")), journal.outcome(permit, record("outcome", "a"))) }
    });
    folder.disk.is_hanging().await;
    tokio::time::advance(Duration::from_secs(5)).await;
    let (intent, outcome) = callers.await.unwrap();
    assert_eq!(reason(intent), UnavailableReason::TimedOut);
    assert_eq!(outcome.unwrap_err(), AuditUnavailable::holding(UnavailableReason::TimedOut));
    assert!(matches!(journal.state(), JournalState::Unavailable { .. }));
    assert_eq!(journal.counters().outcomes_held, 1);
    assert_eq!(reason(journal.intent(intent_of("c")).await), UnavailableReason::DiskStalled);
    assert_eq!(reason(journal.note(record("read", "c"))), UnavailableReason::DiskStalled);

    drop(release);
    healed(&journal).await;
    journal.close().await.unwrap();
    // The intent became durable after all: it is said that nothing was forwarded.
    assert_eq!(folder.told(), ["segment start", "intent a", "intent b", "outcome a", "not-forwarded b"]);
    folder.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn a_slow_disk_that_was_not_stalled_still_holds_the_outcome_of_a_caller_who_waited_too_long() {
    let folder = Folder::new();
    let journal = folder.open().await;
    let permit = journal.intent(intent_of("a")).await.unwrap();
    let first = folder.disk.hang_next_sync();
    let second = folder.disk.hang_next_sync();
    let slow = spawn_intent(&journal, "slow");
    folder.disk.is_hanging().await;
    let outcome = spawn_outcome(&journal, permit, "a");
    tokio::task::yield_now().await;
    tokio::time::advance(Duration::from_secs(3)).await;
    drop(first);
    let slow = slow.await.unwrap().unwrap();
    folder.disk.is_hanging().await;
    tokio::time::advance(Duration::from_secs(3)).await;
    assert_eq!(outcome.await.unwrap().unwrap_err(), AuditUnavailable::holding(UnavailableReason::TimedOut));
    assert_eq!(reason(journal.intent(intent_of("b")).await), UnavailableReason::Holding);
    journal.note(record("read", "the disk works")).unwrap();
    drop(second);
    healed(&journal).await;
    journal.outcome(slow, record("outcome", "slow")).await.unwrap();
    folder.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn an_intent_whose_caller_hung_up_during_the_sync_is_followed_by_not_forwarded() {
    let folder = Folder::new();
    let journal = folder.open().await;
    let release = folder.disk.hang_next_sync();
    let caller = spawn_intent(&journal, "a");
    folder.disk.is_hanging().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    drop(release);
    journal.close().await.unwrap();
    assert_eq!(folder.told(), ["segment start", "intent a", "not-forwarded a"]);
}

#[tokio::test(start_paused = true)]
async fn a_permit_that_was_sent_but_never_received_says_not_forwarded() {
    let folder = Folder::new();
    let journal = folder.open().await;
    let mut intent = Box::pin(journal.intent(intent_of("a")));
    assert!(futures_util::poll!(&mut intent).is_pending());
    while journal.counters().records < 1 {
        tokio::task::yield_now().await;
    }
    drop(intent);
    journal.close().await.unwrap();
    assert_eq!(folder.told(), ["segment start", "intent a", "not-forwarded a"]);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_sync_that_fails_in_the_end_is_a_failure() {
    let folder = Folder::new();
    let journal = folder.open().await;
    let release = folder.disk.hang_next_sync();
    folder.disk.next(Trouble::SyncFails);
    let first = spawn_intent(&journal, "a");
    folder.disk.is_hanging().await;
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(reason(first.await.unwrap()), UnavailableReason::TimedOut);
    let since = folder.clock.now();
    folder.clock.advance(jiff::SignedDuration::from_secs(60));
    let expected = JournalState::Unavailable { since, reason: "the disk does not answer".to_owned() };
    assert_eq!(journal.state(), expected);
    drop(release);
    // The intent is durable; its `if_not_forwarded` meets the failing sync, is held, and written after all.
    while journal.counters().failures == 0 {
        tokio::task::yield_now().await;
    }
    healed(&journal).await;
    journal.close().await.unwrap();
    let last = folder.segments().pop().unwrap();
    assert_eq!(folder.lines(&last)[1]["told"], "not-forwarded");
    assert_eq!(folder.verify().verdict, Verdict::UnconfirmedTail);
}

#[tokio::test(start_paused = true)]
async fn a_permit_dropped_while_the_disk_fails_is_held_too() {
    let folder = Folder::new();
    let journal = folder.open().await;
    let permit = journal.intent(intent_of("a")).await.unwrap();
    folder.disk.next(Trouble::SyncFails);
    assert!(journal.intent(intent_of("b")).await.is_err());
    drop(permit);
    while journal.counters().outcomes_held == 0 {
        tokio::task::yield_now().await;
    }
    healed(&journal).await;
    journal.close().await.unwrap();
    assert_eq!(folder.told().last().unwrap(), "lost a");
}

#[tokio::test(start_paused = true)]
async fn closing_on_a_failing_disk_says_what_is_held_and_the_writer_goes_on() {
    let folder = Folder::new();
    let journal = folder.open().await;
    let permit = journal.intent(intent_of("a")).await.unwrap();
    for _ in 0..8 {
        folder.disk.next(Trouble::SyncFails);
    }
    assert!(journal.outcome(permit, record("outcome", "a")).await.unwrap_err().held);
    let state = journal.clone();
    assert_eq!(journal.close().await.unwrap_err(), AuditUnavailable::holding(UnavailableReason::TimedOut));
    healed(&state).await;
    assert_eq!(folder.told().last().unwrap(), "outcome a");
}

#[tokio::test(start_paused = true)]
async fn a_start_after_a_crash_in_recovery_goes_on_from_what_verifies() {
    let folder = Folder::new();
    let journal = folder.open().await;
    hold_an_outcome(&folder, &journal).await;
    // The process dies here: the next start sees the folder as a copy of this moment.
    let crashed = Folder::new();
    for name in folder.segments() {
        std::fs::copy(folder.path().join(&name), crashed.path().join(&name)).unwrap();
    }
    crashed.open().await.close().await.unwrap();
    assert_eq!(crashed.told(), ["segment start", "intent a", "outcome a", "segment start"]);
    crashed.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn attempts_that_leave_no_file_use_up_no_names() {
    let folder = Folder::new();
    let journal = folder.open().await;
    folder.disk.next(Trouble::SyncFails);
    for _ in 0..5 {
        folder.disk.next(Trouble::CreateFails(ErrorKind::StorageFull));
        folder.disk.next(Trouble::WriteFails(ErrorKind::StorageFull));
    }
    // A file of the next name is there, and stays.
    folder.disk.next(Trouble::CreateFails(ErrorKind::AlreadyExists));
    assert_eq!(reason(journal.intent(intent_of("a")).await), UnavailableReason::DiskFailed);
    healed(&journal).await;
    journal.close().await.unwrap();
    let segments = folder.segments();
    assert_eq!(segments.len(), 2, "{segments:?}");
    assert!(segments[1].starts_with("journal-00000000000000000002-000001-"), "the second name: {segments:?}");
    assert_eq!(folder.disk.creates(), 13);
}
