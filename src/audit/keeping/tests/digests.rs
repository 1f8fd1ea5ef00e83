//! What digests name, and what they prove.

use super::*;
use crate::audit::DigestFault;

#[tokio::test(start_paused = true)]
async fn a_closed_file_is_named_in_a_digest_that_follows_the_one_before() {
    let mut kept = Kept::begin(KeepingOptions::default()).await;
    kept.an_hour_with("a").await;
    kept.an_hour_with("b").await;
    let (all, naming) = (kept.digests(), kept.naming());
    assert!(all.iter().zip(1..).all(|(signed, number)| signed.digest.number == number));
    assert_eq!(all[0].digest.previous, None);
    let [first, second] = &naming[..] else { panic!("{:#?}", kept.names()) };
    assert_eq!(first.digest.files.len(), 1);
    assert_eq!(first.digest.files[0].last.unwrap().sequence, 3, "the header, `a`, and the record of the hour's digest");
    assert_eq!(second.digest.files[0].first_sequence, Some(4));
    assert_eq!(second.digest.made_by["configuration"], "c-1");
    let before = &all[usize::try_from(second.digest.number).unwrap() - 2];
    assert_eq!(second.digest.previous.as_ref().unwrap().signature, before.signature);

    let anchor = kept.keeper.as_ref().unwrap().anchor().borrow().clone().unwrap();
    let file = std::fs::read(kept.path().join(&anchor.file)).unwrap();
    assert_eq!(anchor.sha256, crate::audit::digest::file_hash(&file), "sha256sum prints the anchor");
    kept.end().await;
    let report = kept.verify(vec![anchor.sha256]);
    assert!(is_whole(&report), "{report:#?}");
    assert_eq!((report.digests.count, report.digests.anchored), (all.len(), Some(second.digest.head)));
    assert_eq!(kept.told(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_hour_in_which_no_file_was_closed_has_a_digest_too() {
    let mut kept = Kept::begin(KeepingOptions::default()).await;
    assert_eq!(kept.digests().len(), 0);
    kept.minutes(61).await;
    kept.minutes(60).await;
    let digests = kept.digests();
    assert_eq!(digests.len(), 2);
    assert!(digests.iter().all(|signed| signed.digest.files.is_empty()));
    let heads = digests.iter().map(|signed| signed.digest.head.sequence);
    assert!(heads.eq([1, 2]), "the second vouches for the record of the first");
    kept.end().await;
    assert!(is_whole(&kept.verify(vec![])));
}

#[tokio::test(start_paused = true)]
async fn what_was_closed_by_an_earlier_process_is_named_at_the_next_start() {
    let mut kept = Kept::begin(KeepingOptions::default()).await;
    kept.an_hour_with("a").await;
    kept.journal.note(record(&json!({"stage": "read"}))).unwrap();
    kept.end().await;
    let Kept { dir, .. } = kept;
    let mut kept = Kept::begin_in(dir, KeepingOptions::default(), "2026-11-20T12:00:00Z").await;
    let last = kept.digests().pop().unwrap().digest;
    assert_eq!(last.files.len(), 1);
    assert_eq!(last.files[0].last.unwrap().sequence, 6);
    kept.end().await;
    assert!(is_whole(&kept.verify(vec![])));
}

#[tokio::test(start_paused = true)]
async fn what_a_digest_vouches_for_cannot_be_cut_off_or_computed_anew() {
    let mut kept = Kept::begin(KeepingOptions::default()).await;
    kept.an_hour_with("a").await;
    kept.journal.note_durably(record(&json!({"stage": "read", "name": "b"}))).await.unwrap();
    kept.minutes(61).await;
    let anchor = kept.keeper.as_ref().unwrap().anchor().borrow().clone().unwrap().sha256;
    kept.end().await;
    let head = kept.verify(vec![anchor]).digests.through.unwrap();
    let journal: Vec<String> = kept.names().into_iter().filter(|name| name.starts_with("journal")).collect();

    let last = kept.path().join(journal.last().unwrap());
    let whole = std::fs::read(&last).unwrap();
    std::fs::remove_file(&last).unwrap();
    let before = kept.path().join(&journal[journal.len() - 2]);
    let text = std::fs::read_to_string(&before).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    std::fs::write(&before, lines[..lines.len() - 1].concat()).unwrap();
    let bad = kept.verify(vec![]).digests.first_bad.unwrap();
    assert!(matches!(bad.fault, DigestFault::FileDiffers { .. } | DigestFault::CutOff { .. }), "{bad:?}");
    std::fs::write(&before, &text).unwrap();
    std::fs::write(&last, whole).unwrap();
    assert!(is_whole(&kept.verify(vec![anchor])));

    // With its digests removed, only what was kept elsewhere shows that the end is missing.
    for name in kept.names().iter().filter(|name| name.starts_with("digest")) {
        std::fs::remove_file(kept.path().join(name)).unwrap();
    }
    assert!(is_whole(&kept.verify(vec![])));
    assert_eq!(kept.verify(vec![head.hash]).digests.anchored, Some(head), "a record's hash is an anchor as well");
    let report = kept.verify(vec![anchor]);
    assert_eq!(report.verdict, Verdict::Broken);
    assert_eq!(report.digests.first_bad.unwrap().fault, DigestFault::AnchorMissing { anchor });
}
