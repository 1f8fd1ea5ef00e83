//! A folder that somebody else wrote to.

use std::path::PathBuf;

use super::disk::Disk;
use super::*;

#[tokio::test(start_paused = true)]
async fn a_digest_or_a_file_that_was_changed_stops_the_keeping_and_says_so() {
    let keep = Some(SignedDuration::from_hours(1));
    let mut kept = Kept::begin(KeepingOptions { keep, compress: true, ..KeepingOptions::default() }).await;
    kept.an_hour_with("a").await;
    let digest = kept.digests().pop().unwrap().digest;
    let digest = kept.path().join(kept.name(&format!("digest-{:012}", digest.number), ".json"));
    let whole = std::fs::read_to_string(&digest).unwrap();
    std::fs::write(&digest, whole.replace("\"bytes\":", "\"bytes\":1")).unwrap();
    let names = kept.names().len();
    kept.an_hour_with("b").await;
    kept.minutes(120).await;
    assert!(kept.told()[0].contains("is not as it was written (its signature does not match"), "what was done is told");
    assert_eq!(kept.names().len(), names + 1, "only the segment that is written is new");
    assert_eq!(kept.verify(vec![]).verdict, Verdict::Broken);

    // Put right, everything that was due is done.
    std::fs::write(&digest, whole).unwrap();
    kept.minutes(2).await;
    kept.end().await;
    assert!(is_whole(&kept.verify(vec![])));
}

#[tokio::test(start_paused = true)]
async fn in_a_signed_journal_a_digest_by_nobody_or_by_somebody_else_decides_nothing() {
    let other = SigningKey::from_seed(&[8; 32]);
    for key in [None, Some(&other)] {
        let keep = Some(SignedDuration::from_hours(24));
        let mut kept = Kept::begin(KeepingOptions { keep, ..KeepingOptions::default() }).await;
        kept.an_hour_with("a").await;
        let forged = forge(&kept, key, 900);
        let first = kept.name("journal", ".jsonl");
        kept.an_hour_with("b").await;
        let told = kept.told();
        assert!(told[0].contains("neither that of audit.signing_key nor one of audit.former_public_keys"), "{told:?}");
        assert!(kept.names().contains(&first), "nothing goes before its time");
        std::fs::remove_file(forged).unwrap();
        kept.minutes(2).await;
        kept.end().await;
        assert!(is_whole(&kept.verify(vec![])));
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_rolled_is_named_among_the_former_ones() {
    let former = SigningKey::from_seed(&[8; 32]);
    let options = || KeepingOptions { former_keys: vec![former.public()], ..KeepingOptions::default() };
    let mut kept = Kept::begin(options()).await;
    kept.an_hour_with("a").await;
    kept.end().await;
    forge(&kept, Some(&former), 900);
    let mut kept = Kept::begin_in(kept.dir, options(), "2026-11-20T12:00:00Z").await;
    kept.an_hour_with("b").await;
    assert_eq!(kept.told(), [""; 0]);
    assert!(kept.digests().last().unwrap().digest.number > 900);
    kept.end().await;
}

#[tokio::test(start_paused = true)]
async fn behind_the_last_number_there_is_no_digest() {
    let mut kept = Kept::begin(KeepingOptions::default()).await;
    kept.an_hour_with("a").await;
    kept.end().await;
    forge(&kept, Some(&key()), 999_999_999_999);
    let mut kept = Kept::begin_in(kept.dir, KeepingOptions::default(), "2026-11-20T12:00:00Z").await;
    kept.an_hour_with("b").await;
    assert!(kept.told()[0].contains("its number is the last that there is"));
    kept.end().await;
}

/// The newest digest's file.
fn newest(kept: &Kept) -> PathBuf {
    kept.path().join(digests_of(&kept.names()).pop().unwrap().as_str())
}

#[tokio::test(start_paused = true)]
async fn a_newest_digest_that_vanished_stops_the_keeping_until_it_is_back() {
    let options =
        || KeepingOptions { compress: true, keep: Some(SignedDuration::from_hours(1)), ..KeepingOptions::default() };
    for all in [false, true] {
        let mut kept = Kept::begin(options()).await;
        kept.an_hour_with("a").await;
        kept.an_hour_with("b").await;
        let last = newest(&kept);
        let digests = digests_of(&kept.names()).into_iter().map(|name| kept.path().join(name.as_str()));
        let taken: Vec<PathBuf> = digests.filter(|path| all || *path == last).collect();
        assert!(!all || taken.len() > 1);
        let taken: Vec<(PathBuf, Vec<u8>)> =
            taken.into_iter().map(|path| (path.clone(), std::fs::read(&path).unwrap())).collect();
        taken.iter().for_each(|(path, _)| std::fs::remove_file(path).unwrap());
        let (left, anchor) = (kept.names(), kept.keeper.as_ref().unwrap().anchor());
        let before = anchor.borrow().clone();
        kept.an_hour_with("c").await;
        kept.minutes(120).await;
        let name = last.file_name().unwrap().to_str().unwrap();
        let told = kept.told();
        assert!(
            told.iter().all(|told| told.starts_with(name) && told.contains("it was the newest digest, and ")),
            "{told:?}"
        );
        assert_eq!(told[0].contains("there is none now"), all, "{told:?}");
        let names = kept.names();
        assert!(left.iter().all(|name| names.contains(name)), "nothing was removed or compressed: {names:?}");
        assert_eq!(digests_of(&names), digests_of(&left), "and no digest made that would follow another");
        assert_eq!(*anchor.borrow(), before);

        taken.iter().for_each(|(path, content)| std::fs::write(path, content).unwrap());
        kept.minutes(2).await;
        assert!(newest(&kept) > last, "what was due is done");
        kept.end().await;
        let report = kept.verify(vec![]);
        assert!(is_whole(&report), "{report:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_digest_that_this_process_did_not_make_stops_the_keeping_whoever_signed_it() {
    let mut kept = Kept::begin(KeepingOptions::default()).await;
    kept.an_hour_with("a").await;
    let forged = forge(&kept, Some(&key()), 900);
    kept.an_hour_with("b").await;
    let told = kept.told();
    assert!(told[0].contains("it was the newest digest, and now digest-000000000900-"), "{told:?}");
    assert_eq!(newest(&kept), forged, "none follows it");
    std::fs::remove_file(forged).unwrap();

    let last = newest(&kept);
    let whole = std::fs::read(&last).unwrap();
    let signed = kept.digests().pop().unwrap();
    let mut other = signed.digest.clone();
    other.head.sequence += 1;
    std::fs::write(&last, other.sign(Some(&key())).to_bytes()).unwrap();
    kept.minutes(2).await;
    let told = kept.told();
    assert!(told.last().unwrap().contains("has another content now"), "{told:?}");
    std::fs::write(&last, whole).unwrap();
    kept.minutes(2).await;
    kept.end().await;
    assert!(is_whole(&kept.verify(vec![])));
}

#[tokio::test(start_paused = true)]
async fn a_digest_in_a_folder_that_had_none_is_none_of_this_process() {
    let mut kept = Kept::begin(KeepingOptions::default()).await;
    kept.an_hour_with("a").await;
    let made = newest(&kept);
    let content = std::fs::read(&made).unwrap();
    kept.end().await;
    let mut kept = Kept::begin(KeepingOptions::default()).await;
    std::fs::write(kept.path().join(made.file_name().unwrap()), content).unwrap();
    kept.an_hour_with("b").await;
    assert!(kept.told()[0].contains("there was no digest before it, and this process did not make it"));
    kept.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_digest_whose_writing_failed_at_its_end_is_known_when_it_lies_there() {
    let disk = Arc::<Disk>::default();
    let mut kept = Kept::begin_on(disk.clone(), KeepingOptions::default()).await;
    for name in ["a", "b"] {
        disk.digest_in_doubt.store(true, Ordering::SeqCst);
        kept.an_hour_with(name).await;
        assert!(kept.told().iter().all(|told| told.contains("the directory cannot be synced")));
        kept.minutes(2).await;
        assert_eq!(kept.told(), [""; 0]);
        let anchor = kept.keeper.as_ref().unwrap().anchor().borrow().clone().unwrap();
        assert_eq!(kept.path().join(&anchor.file), newest(&kept));
        let recorded = kept.records("digest").pop().unwrap();
        assert_eq!(recorded["additionalEventData"]["digest"]["sha256"], json!(anchor.sha256));
    }
    kept.end().await;
    assert!(is_whole(&kept.verify(vec![])));
}
