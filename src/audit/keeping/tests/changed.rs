//! A folder that somebody else wrote to.

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
    forge(&kept, Some(&former), 900);
    kept.an_hour_with("b").await;
    assert_eq!(kept.told(), [""; 0]);
    assert!(kept.digests().last().unwrap().digest.number > 900);
    kept.end().await;
}

#[tokio::test(start_paused = true)]
async fn behind_the_last_number_there_is_no_digest() {
    let mut kept = Kept::begin(KeepingOptions::default()).await;
    kept.an_hour_with("a").await;
    forge(&kept, Some(&key()), 999_999_999_999);
    kept.an_hour_with("b").await;
    assert!(kept.told()[0].contains("its number is the last that there is"));
    kept.end().await;
}
