//! Digests are known elsewhere: each has a record, which goes wherever records go.

use super::disk::Disk;
use super::*;

/// What the journal's records say of digests, without those that a failing disk made the journal write twice.
fn recorded(kept: &Kept) -> Vec<Value> {
    let mut recorded: Vec<Value> =
        kept.records("digest").iter().map(|record| record["additionalEventData"]["digest"].clone()).collect();
    recorded.dedup();
    recorded
}

/// What they have to say.
fn made(kept: &Kept) -> Vec<Value> {
    let names = digests_of(&kept.names());
    let bytes = |file: &str| std::fs::read(kept.path().join(file)).unwrap();
    let said = |(name, signed): (&crate::audit::digest::DigestName, SignedDigest)| {
        let sha256 = crate::audit::digest::file_hash(&bytes(name.as_str()));
        let through = signed.digest.head.sequence;
        json!({"file": name.as_str(), "number": signed.digest.number, "sha256": sha256, "through": through})
    };
    names.iter().zip(kept.digests()).map(said).collect()
}

#[tokio::test(start_paused = true)]
async fn each_digest_has_a_record_whose_hash_is_an_anchor() {
    let mut kept = Kept::begin(KeepingOptions::default()).await;
    for name in ["a", "b"] {
        kept.an_hour_with(name).await;
    }
    kept.end().await;
    let recorded = recorded(&kept);
    assert!(recorded.len() > 1);
    assert_eq!(recorded, made(&kept));
    let record = kept.records("digest").pop().unwrap();
    assert_eq!((&record["eventName"], &record["readOnly"]), (&json!("AnchorDigest"), &json!(true)));
    assert_eq!(record["eventSource"], "iam-mcp.example.internal");
    assert_eq!(record["additionalEventData"]["configuration"], "c-1");

    let last = recorded.last().unwrap();
    let anchor = Hash::parse(last["sha256"].as_str().unwrap()).unwrap();
    let report = kept.verify(vec![anchor]);
    assert!(is_whole(&report), "{report:#?}");
    assert_eq!(report.digests.anchored.unwrap().sequence, last["through"].as_u64().unwrap());
    assert_eq!(kept.told(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn records_of_digests_ask_for_no_other_digests() {
    let dir = tempfile::tempdir().unwrap();
    let journal = JournalOptions { oldest_segment: Duration::from_secs(5 * 60), ..JournalOptions::new(dir.path()) };
    let (options, now) = (KeepingOptions { compress: true, ..KeepingOptions::default() }, "2026-11-20T10:00:00Z");
    let mut kept = Kept::begin_with(dir, journal, Arc::new(DiskStorage), options, now).await;
    kept.minutes(5 * 60 + 30).await;
    assert_eq!(kept.digests().len(), 5, "one each hour");
    assert_eq!(recorded(&kept), made(&kept));
    assert_eq!(kept.naming().len(), 4, "files that were closed meanwhile are named by the next");
    kept.journal.note(record(&json!({"stage": "read"}))).unwrap();
    kept.minutes(6).await;
    assert_eq!(kept.digests().len(), 6, "what happened is named as soon as its file is closed");
    kept.end().await;
    assert!(is_whole(&kept.verify(vec![])));
}

#[tokio::test(start_paused = true)]
async fn a_digest_whose_record_is_not_taken_is_made_once_and_recorded_later() {
    let disk = Arc::<Disk>::default();
    let mut kept = Kept::begin_on(disk.clone(), KeepingOptions::default()).await;
    kept.minutes(58).await;
    disk.journal_fails.store(true, Ordering::SeqCst);
    kept.minutes(20).await;
    let told = kept.told();
    let is_said = |told: &String| told.starts_with("the journal did not take the record of the newest digest: ");
    assert!(told.len() > 10 && told.iter().all(is_said), "{told:?}");
    assert_eq!((kept.digests().len(), recorded(&kept).len()), (1, 0));
    disk.journal_fails.store(false, Ordering::SeqCst);
    kept.minutes(2).await;
    assert_eq!(recorded(&kept), made(&kept)[..1]);
    kept.told();
    kept.minutes(2).await;
    assert_eq!(kept.told(), [""; 0]);
    kept.end().await;
    assert!(is_whole(&kept.verify(vec![])));
}

#[tokio::test(start_paused = true)]
async fn the_digest_that_vouches_for_removals_is_recorded_before_they_begin() {
    let keep = Some(SignedDuration::from_mins(90));
    let disk = Arc::<Disk>::default();
    let mut kept = Kept::begin_on(disk.clone(), KeepingOptions { keep, ..KeepingOptions::default() }).await;
    kept.an_hour_with("a").await;
    kept.minutes(125).await;
    let before = disk.before_removals();
    let at = before.iter().position(|record| record["stage"] == "retention").unwrap();
    let behind: Vec<&Value> = before[at..].iter().filter(|record| record["stage"] == "digest").collect();
    let [recorded] = &behind[..] else { panic!("{before:#?}") };
    let through = &recorded["additionalEventData"]["digest"]["through"];
    assert!(through.as_u64() >= before[at]["integrity"]["sequence"].as_u64());
    kept.end().await;
}
