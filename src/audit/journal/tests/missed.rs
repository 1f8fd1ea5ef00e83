//! What happens while the journal takes no records is told when it takes some again.

use std::io::ErrorKind;

use super::faulty::Trouble;
use super::*;
use crate::audit::journal::missed::MOST_KEPT;

/// Has the disk fail until the third attempt to recover.
async fn break_down(folder: &Folder, journal: &Journal) {
    folder.disk.next(Trouble::SyncFails);
    for _ in 0..3 {
        folder.disk.next(Trouble::CreateFails(ErrorKind::StorageFull));
    }
    assert_eq!(reason(journal.intent(intent_of("refused")).await), UnavailableReason::DiskFailed);
}

/// What the last segment tells after its header.
fn told_last(folder: &Folder) -> Vec<String> {
    let mut told = folder.told();
    told.split_off(told.iter().rposition(|told| told.starts_with("segment")).unwrap() + 1)
}

#[tokio::test(start_paused = true)]
async fn reads_that_are_answered_without_a_record_are_counted_and_told_when_there_can_be_one() {
    let folder = Folder::new();
    let context = json!({"gateway": "iam-mcp.test", "configuration": "c-1"});
    let context = Record::from_fields(&context).unwrap();
    let journal = folder.try_open(|options| options.context = context).await.unwrap();
    assert_eq!(reason(journal.serve_unrecorded()), UnavailableReason::QueueFull, "there can be a record");
    folder.disk.next(Trouble::SyncFails);
    for _ in 0..3 {
        folder.disk.next(Trouble::CreateFails(ErrorKind::StorageFull));
    }
    assert_eq!(reason(journal.intent(intent_of("a")).await), UnavailableReason::DiskFailed);
    folder.clock.advance(jiff::SignedDuration::from_secs(5));
    for _ in 0..3 {
        assert!(journal.note(record("read", "b")).is_err());
        journal.serve_unrecorded().unwrap();
    }
    healed(&journal).await;
    journal.close().await.unwrap();
    let lines = folder.lines(&folder.segments().pop().unwrap());
    assert_eq!((&lines[1]["stage"], lines.len()), (&json!("gap"), 2));
    let told = &lines[1]["additionalEventData"];
    assert_eq!((&told["unrecordedReads"], &told["since"]), (&json!(3), &json!("2026-11-20T10:00:05Z")));
    assert_eq!((&told["configuration"], &lines[1]["eventSource"]), (&json!("c-1"), &json!("iam-mcp.test")));
}

#[tokio::test(start_paused = true)]
async fn records_that_are_not_to_be_lost_are_written_in_their_order_when_the_disk_works_again() {
    let folder = Folder::new();
    let journal = folder.open().await;
    break_down(&folder, &journal).await;
    journal.note_or_keep(record("reload", "a")).unwrap();
    journal.note_or_keep(record("reload", "b")).unwrap();
    assert!(journal.note(record("read", "refused")).is_err());
    healed(&journal).await;
    journal.note_or_keep(record("reload", "c")).unwrap();
    journal.note(record("read", "d")).unwrap();
    journal.close().await.unwrap();
    assert_eq!(told_last(&folder), ["reload a", "reload b", "reload c", "read d"]);
}

#[tokio::test(start_paused = true)]
async fn of_too_many_records_the_newest_are_kept_and_the_others_counted() {
    let folder = Folder::new();
    let context = json!({"gateway": "iam-mcp.test", "configuration": "c-1"});
    let context = Record::from_fields(&context).unwrap();
    let journal = folder.try_open(|options| options.context = context).await.unwrap();
    break_down(&folder, &journal).await;
    journal.configured(Record::from_fields(&json!({"gateway": "iam-mcp.test", "configuration": "c-2"})).unwrap());
    for n in 0..MOST_KEPT + 3 {
        journal.note_or_keep(record("reload", &n.to_string())).unwrap();
        folder.clock.advance(jiff::SignedDuration::from_secs(1));
    }
    healed(&journal).await;
    journal.close().await.unwrap();
    let lines = folder.lines(&folder.segments().pop().unwrap());
    assert_eq!((&lines[1]["stage"], &lines[1]["eventName"]), (&json!("gap"), &json!("LeaveOutRecords")));
    let told = &lines[1]["additionalEventData"];
    assert_eq!((&told["leftOutRecords"], &told["configuration"]), (&json!(3), &json!("c-2")));
    assert_eq!((&told["since"], &told["until"]), (&json!("2026-11-20T10:00:00Z"), &json!("2026-11-20T10:00:02Z")));
    let names: Vec<&str> = lines[2..].iter().map(|line| line["name"].as_str().unwrap()).collect();
    let expected: Vec<String> = (3..MOST_KEPT + 3).map(|n| n.to_string()).collect();
    assert_eq!(names, expected);
}

#[tokio::test(start_paused = true)]
async fn what_was_kept_survives_a_disk_that_fails_again() {
    let folder = Folder::new();
    let journal = folder.open().await;
    break_down(&folder, &journal).await;
    journal.note_or_keep(record("reload", "a")).unwrap();
    healed(&journal).await;
    folder.disk.next(Trouble::SyncFails);
    tokio::time::sleep(Duration::from_secs(2)).await;
    healed(&journal).await;
    journal.close().await.unwrap();
    let recovered = folder.told().iter().filter(|told| *told == "segment recovery").count();
    assert_eq!(recovered, 2, "{:?}", folder.told());
    assert_eq!(told_last(&folder), ["reload a"]);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_delays_what_is_not_to_be_lost_and_keeps_its_order() {
    let folder = Folder::new();
    let journal = folder.try_open(|options| options.queue_capacity = 2).await.unwrap();
    journal.note(record("read", "1")).unwrap();
    journal.note(record("read", "2")).unwrap();
    journal.note_or_keep(record("reload", "a")).unwrap();
    journal.note_or_keep(record("reload", "b")).unwrap();
    while journal.counters().queued > 0 {
        tokio::task::yield_now().await;
    }
    journal.note_or_keep(record("reload", "c")).unwrap();
    journal.close().await.unwrap();
    assert_eq!(folder.told()[1..], ["read 1", "read 2", "reload a", "reload b", "reload c"]);
}

#[tokio::test(start_paused = true)]
async fn a_closed_journal_keeps_nothing() {
    let folder = Folder::new();
    let journal = folder.open().await;
    let other = journal.clone();
    journal.close().await.unwrap();
    assert_eq!(reason(other.note_or_keep(record("reload", "a"))), UnavailableReason::Closed);
}
