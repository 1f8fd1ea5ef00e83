//! Closed files, compressed.

use std::io::Read;

use super::*;

#[tokio::test(start_paused = true)]
async fn digested_files_are_compressed_and_verify_as_before() {
    let mut kept = Kept::begin(KeepingOptions { compress: true, ..KeepingOptions::default() }).await;
    kept.an_hour_with("a").await;
    let compressed = kept.name("journal", ".jsonl.gz");
    assert!(compressed < kept.name("journal", ".jsonl"), "the one that is written is not: {:?}", kept.names());
    // A process that ended between the compressed file and the plain one's removal leaves both.
    let plain = kept.path().join(compressed.strip_suffix(".gz").unwrap());
    let mut text = Vec::new();
    crate::audit::open(&kept.path().join(&compressed)).unwrap().read_to_end(&mut text).unwrap();
    std::fs::write(&plain, text).unwrap();
    std::fs::write(kept.path().join(format!("{compressed}.part")), b"half").unwrap();
    kept.an_hour_with("b").await;
    assert!(!plain.exists() && kept.names().iter().all(|name| !name.ends_with(".part")), "{:?}", kept.names());
    kept.end().await;
    assert!(is_whole(&kept.verify(vec![])));
    assert_eq!(kept.told(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_compression_goes_with_its_file() {
    let keep = Some(SignedDuration::from_hours(2));
    let mut kept = Kept::begin(KeepingOptions { keep, ..KeepingOptions::default() }).await;
    kept.an_hour_with("a").await;
    let first = kept.name("journal", ".jsonl");
    std::fs::write(kept.path().join(format!("{first}.gz")), b"half").unwrap();
    for name in ["b", "c", "d"] {
        kept.an_hour_with(name).await;
    }
    assert!(kept.names().iter().all(|name| !name.starts_with(&first)), "{:?}", kept.names());
    kept.end().await;
    assert!(is_whole(&kept.verify(vec![])));
    assert_eq!(kept.told(), [""; 0]);
}
