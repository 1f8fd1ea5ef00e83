//! What a start makes of writes that the run before left without an outcome, and when segments are closed.

use futures_util::future::join_all;
use tokio::runtime::{Builder, Runtime};

use super::faulty::Trouble;
use super::*;
use crate::audit::UnsettledWrites;

/// A run that ends as a killed process does: what is not durable is nowhere, and nobody settles the permits it had.
fn killed(folder: &Folder, change: fn(&mut JournalOptions), run: impl AsyncFnOnce(&Journal) -> Vec<Permit>) {
    let runtime = runtime();
    let (journal, permits) = runtime.block_on(async {
        let journal = folder.try_open(change).await.unwrap();
        let permits = run(&journal).await;
        (journal, permits)
    });
    drop(runtime);
    permits.into_iter().for_each(std::mem::forget);
    drop(journal);
}

/// Starts on the folder, and ends in order.
fn started(folder: &Folder, change: fn(&mut JournalOptions)) -> Result<(), OpenError> {
    runtime().block_on(async {
        folder.try_open(change).await?.close().await.unwrap();
        Ok(())
    })
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

fn default(_: &mut JournalOptions) {}

fn small(options: &mut JournalOptions) {
    options.largest_segment = 1;
}

#[test]
fn intents_without_an_outcome_get_one_at_the_next_start_and_no_other() {
    let folder = Folder::new();
    killed(&folder, default, async |journal| {
        let mut permits = join_all(["a", "b", "c"].map(|name| journal.intent(intent_of(name)))).await;
        let settled = permits.remove(1).unwrap();
        journal.outcome(settled, record("outcome", "b")).await.unwrap();
        permits.into_iter().map(Result::unwrap).collect()
    });
    assert_eq!(folder.verify().unsettled, UnsettledWrites { count: 2, since: Some(2) });

    started(&folder, default).unwrap();
    assert_eq!(folder.told()[5..], ["segment start", "unknown a", "unknown c"]);
    let lines = folder.lines(&folder.segments().pop().unwrap());
    assert_eq!(lines[0]["segment"]["unsettledSince"], 2);
    assert_eq!(lines[2]["additionalEventData"]["intentEventID"], "c");
    started(&folder, default).unwrap();
    assert_eq!(folder.told()[8..], ["segment start"], "what is settled stays settled");
    folder.assert_verified();
    assert_eq!(folder.verify().unsettled, UnsettledWrites::default());
}

#[test]
fn an_intent_in_a_file_long_closed_is_found_and_one_that_was_settled_meanwhile_is_not() {
    let folder = Folder::new();
    killed(&folder, small, async |journal| {
        let early = journal.intent(intent_of("early")).await.unwrap();
        let middle = journal.intent(intent_of("middle")).await.unwrap();
        for n in 0..3 {
            journal.note(record("read", &n.to_string())).unwrap();
        }
        journal.outcome(middle, record("outcome", "middle")).await.unwrap();
        vec![early]
    });
    assert_eq!(folder.segments().len(), 6);
    started(&folder, small).unwrap();
    assert_eq!(folder.told().last().unwrap(), "unknown early");
    assert_eq!(folder.told().iter().filter(|told| told.starts_with("unknown")).count(), 1);
    folder.assert_verified();
}

#[test]
fn a_folder_that_lacks_the_file_of_a_write_under_way_does_not_open() {
    let folder = Folder::new();
    killed(&folder, small, async |journal| {
        vec![journal.intent(intent_of("early")).await.unwrap(), journal.intent(intent_of("late")).await.unwrap()]
    });
    let first = folder.path().join(folder.segments().remove(0));
    let kept = std::fs::read(&first).unwrap();
    std::fs::remove_file(&first).unwrap();
    let refused = started(&folder, small).unwrap_err();
    assert!(matches!(refused, OpenError::MissingSegment { since: 2, .. }), "{refused}");
    std::fs::write(&first, String::from_utf8(kept.clone()).unwrap().replace("early", "other")).unwrap();
    let refused = started(&folder, small).unwrap_err();
    assert!(matches!(refused, OpenError::NotVerified(_)), "{refused}");
    std::fs::write(&first, kept).unwrap();
    started(&folder, small).unwrap();
    assert_eq!(folder.told()[4..], ["segment start", "unknown early", "segment rotation", "unknown late"]);
}

#[test]
fn an_intent_that_was_refused_for_a_failing_disk_is_not_taken_for_one_under_way() {
    let folder = Folder::new();
    killed(&folder, default, async |journal| {
        let permit = journal.intent(intent_of("forwarded")).await.unwrap();
        folder.disk.next(Trouble::SyncFails);
        assert_eq!(reason(journal.intent(intent_of("refused")).await), UnavailableReason::DiskFailed);
        healed(journal).await;
        vec![permit]
    });
    let last = folder.segments().pop().unwrap();
    assert_eq!(folder.lines(&last)[0]["segment"]["unsettledSince"], 2);
    started(&folder, default).unwrap();
    assert_eq!(folder.told()[3..], ["segment recovery", "segment start", "unknown forwarded"]);
}

#[tokio::test(start_paused = true)]
async fn a_segment_is_closed_when_it_is_old_enough_even_when_nothing_is_written() {
    let folder = Folder::new();
    let journal = folder.open().await;
    tokio::time::sleep(Duration::from_secs(3 * 60 * 60)).await;
    assert_eq!(folder.segments().len(), 1, "there is nothing in it");
    journal.note(record("read", "a")).unwrap();
    tokio::time::sleep(Duration::from_secs(59 * 60)).await;
    assert_eq!(folder.segments().len(), 1);
    tokio::time::sleep(Duration::from_secs(2 * 60)).await;
    assert_eq!(folder.told(), ["segment start", "read a", "segment rotation"]);
    tokio::time::sleep(Duration::from_secs(3 * 60 * 60)).await;
    let permit = journal.intent(intent_of("b")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(61 * 60)).await;
    journal.outcome(permit, record("outcome", "b")).await.unwrap();
    let told = folder.told();
    assert_eq!(told[3..], ["intent b", "segment rotation", "outcome b"]);
    let last = folder.segments().pop().unwrap();
    assert_eq!(folder.lines(&last)[0]["segment"]["unsettledSince"], 4);
    journal.close().await.unwrap();
    folder.assert_verified();
}
