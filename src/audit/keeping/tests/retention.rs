//! Files that are old enough go, and no others.

use super::disk::Disk;
use super::*;
use crate::audit::{DigestFault, Fault};

#[tokio::test(start_paused = true)]
async fn files_that_are_old_enough_go_and_the_chain_is_whole_from_there_on() {
    let keep = Some(SignedDuration::from_hours(24));
    let mut kept = Kept::begin(KeepingOptions { compress: true, keep, ..KeepingOptions::default() }).await;
    for name in ["a", "b", "c"] {
        kept.an_hour_with(name).await;
    }
    let first = kept.names().iter().filter(|name| name.starts_with("journal")).min().unwrap().clone();
    for _ in 0..24 {
        kept.minutes(60).await;
    }
    assert!(!kept.names().contains(&first), "{:?}", kept.names());
    kept.an_hour_with("d").await;
    kept.end().await;
    let report = kept.verify(vec![]);
    assert!(is_whole(&report), "{report:#?}");
    assert!(report.files[0].first_sequence > Some(1));
    assert!(kept.digests()[0].digest.number > 1, "digests go with their files");
    assert_eq!(kept.told(), [""; 0]);

    // Nobody else can let files go: the next one has no record that says so, and a digest that misses it.
    let next = kept.names().iter().filter(|name| name.starts_with("journal")).min().unwrap().clone();
    std::fs::remove_file(kept.path().join(&next)).unwrap();
    let report = kept.verify(vec![]);
    let bad = report.first_bad.unwrap();
    assert!(bad.line == 1 && matches!(bad.fault, Fault::MissingSegment { .. }), "{bad}");
    assert!(matches!(report.digests.first_bad.unwrap().fault, DigestFault::MissingFile { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_file_in_which_a_write_without_an_outcome_was_begun_does_not_go() {
    let keep = Some(SignedDuration::from_hours(1));
    let mut kept = Kept::begin(KeepingOptions { keep, ..KeepingOptions::default() }).await;
    kept.an_hour_with("a").await;
    let permit = kept.intent("b").await;
    for name in ["c", "d", "e", "f"] {
        kept.an_hour_with(name).await;
    }
    let first_of = |kept: &Kept| kept.verify(vec![]).files[0].first_sequence.unwrap();
    let of_intent = first_of(&kept);
    assert!(of_intent > 1, "the file before it went: {:?}", kept.names());
    let outcome = record(&json!({"stage": "outcome", "additionalEventData": {"intentEventID": "b"}}));
    kept.journal.outcome(permit, outcome).await.unwrap();
    for name in ["g", "h"] {
        kept.an_hour_with(name).await;
    }
    assert!(first_of(&kept) > of_intent);
    kept.end().await;
    assert!(is_whole(&kept.verify(vec![])));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_not_as_its_digest_says_does_not_go() {
    let keep = Some(SignedDuration::from_hours(2));
    let mut kept = Kept::begin(KeepingOptions { keep, ..KeepingOptions::default() }).await;
    kept.an_hour_with("a").await;
    let first = kept.path().join(kept.name("journal", ".jsonl"));
    let whole = std::fs::read(&first).unwrap();
    std::fs::write(&first, [&whole[..], b"more"].concat()).unwrap();
    for name in ["b", "c", "d"] {
        kept.an_hour_with(name).await;
    }
    assert!(kept.told()[0].contains("its digest knows another content"));
    assert!(first.exists());
    std::fs::write(&first, whole).unwrap();
    kept.minutes(2).await;
    assert!(!first.exists());
    kept.end().await;
    assert!(is_whole(&kept.verify(vec![])));
}

#[test]
fn a_retention_record_names_files_that_follow_each_other() {
    let file = |first: u64, last: u64| {
        let last = json!({"sequence": last, "hash": "0".repeat(64)});
        json!({"file": "f", "sha256": "0".repeat(64), "bytes": 1, "firstSequence": first, "last": last})
    };
    let nothing = json!({"file": "f", "sha256": "0".repeat(64), "bytes": 1, "firstSequence": null, "last": null});
    let read = |files: &[Value]| {
        let retention = json!({"olderThan": "2026-11-20T10:00:00Z", "files": files, "digests": []});
        Retention::of(record(&json!({"stage": "retention", "additionalEventData": {"retention": retention}})).fields())
    };
    assert!(read(&[file(1, 4), nothing, file(5, 9), file(10, 10)]).is_some());
    for files in [[file(1, 4), file(6, 9)], [file(5, 9), file(1, 4)], [file(1, 4), file(5, 4)]] {
        assert_eq!(read(&files), None, "{files:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retention_record_that_somebody_without_the_key_wrote_lets_nothing_go() {
    let mut kept = Kept::begin(KeepingOptions::default()).await;
    kept.an_hour_with("a").await;
    kept.an_hour_with("b").await;
    kept.end().await;
    let naming = kept.naming();
    let first = naming[0].digest.files[0].clone();
    let head = kept.verify(vec![]).head.unwrap();
    let retention = json!({"olderThan": "2026-11-20T10:00:00Z", "files": [first], "digests": []});
    let forged = record(&json!({"stage": "retention", "additionalEventData": {"retention": retention}}));
    let mut line = Vec::new();
    crate::audit::canonical::seal(&mut line, forged.fields(), head);
    let journal: Vec<String> = kept.names().into_iter().filter(|name| name.starts_with("journal")).collect();
    let last = kept.path().join(journal.last().unwrap());
    std::fs::write(&last, [std::fs::read(&last).unwrap(), line].concat()).unwrap();
    let Kept { dir, .. } = kept;
    // The next start goes on from the line, and its first signature covers it.
    let mut kept = Kept::begin_in(dir, KeepingOptions::default(), "2026-11-20T13:00:00Z").await;
    kept.end().await;
    assert!(is_whole(&kept.verify(vec![])), "a line more at the end of a file that was not signed to its end");
    std::fs::remove_file(kept.path().join(&journal[0])).unwrap();
    let report = kept.verify(vec![]);
    assert!(matches!(report.first_bad.unwrap().fault, Fault::MissingSegment { .. }));
    assert!(matches!(report.digests.first_bad.unwrap().fault, DigestFault::MissingFile { .. }));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_removed_yet_is_recorded_and_vouched_for_once() {
    let keep = Some(SignedDuration::from_mins(90));
    let disk = Arc::<Disk>::default();
    let mut kept = Kept::begin_on(disk.clone(), KeepingOptions { keep, ..KeepingOptions::default() }).await;
    let first = kept.name("journal", ".jsonl");
    kept.an_hour_with("a").await;
    kept.minutes(60).await;
    disk.removing_fails.store(true, Ordering::SeqCst);
    kept.minutes(65).await;
    let digests = kept.digests().len();
    kept.minutes(10).await;
    let told = kept.told();
    assert!(told.len() > 10 && told.iter().all(|told| told.contains("nothing can be removed")), "{told:?}");
    assert_eq!((kept.records("retention").len(), kept.digests().len()), (1, digests));
    disk.removing_fails.store(false, Ordering::SeqCst);
    kept.minutes(2).await;
    assert!(!kept.names().contains(&first));
    assert_eq!(kept.records("retention").len(), 1);
    kept.end().await;
    assert!(is_whole(&kept.verify(vec![])));
}

#[tokio::test(start_paused = true)]
async fn a_digest_of_a_clock_that_was_ahead_is_told_and_everything_else_goes_on() {
    let options =
        || KeepingOptions { compress: true, keep: Some(SignedDuration::from_hours(2)), ..KeepingOptions::default() };
    let dir = tempfile::tempdir().unwrap();
    let mut kept = Kept::begin_in(dir, options(), "2026-12-24T10:00:00Z").await;
    kept.an_hour_with("a").await;
    kept.end().await;
    let ahead = digests_of(&kept.names()).pop().unwrap().to_string();

    let mut kept = Kept::begin_in(kept.dir, options(), "2026-11-20T12:00:00Z").await;
    let first = kept.name("journal", ".gz");
    for name in ["b", "c", "d", "e"] {
        kept.an_hour_with(name).await;
    }
    let told = kept.told();
    assert!(told.iter().all(|told| told.starts_with(&ahead) && told.contains("before 2026-12-24T13:")), "{told:?}");
    assert!((4..20).contains(&told.len()), "not each minute: {}", told.len());
    let plain = kept.names().into_iter().filter(|name| name.ends_with(".jsonl"));
    assert_eq!(plain.count(), 1, "compressed all the same: {:?}", kept.names());
    assert!(kept.naming().len() > 4, "and named in digests");
    assert!(kept.names().contains(&first));

    kept.clock.advance(SignedDuration::from_hours(24 * 40));
    kept.minutes(61).await;
    assert!(!kept.names().contains(&first), "{:?}", kept.names());
    assert_eq!(kept.told(), [""; 0]);
    kept.end().await;
    assert!(is_whole(&kept.verify(vec![])));
}

#[tokio::test(start_paused = true)]
async fn a_digest_of_less_than_a_day_ahead_is_waited_for() {
    let options = || KeepingOptions { keep: Some(SignedDuration::from_hours(2)), ..KeepingOptions::default() };
    let dir = tempfile::tempdir().unwrap();
    let mut kept = Kept::begin_in(dir, options(), "2026-11-21T10:00:00Z").await;
    kept.an_hour_with("a").await;
    kept.end().await;
    let mut kept = Kept::begin_in(kept.dir, options(), "2026-11-20T12:00:00Z").await;
    kept.an_hour_with("b").await;
    assert_eq!(kept.told(), [""; 0]);
    kept.end().await;
}
