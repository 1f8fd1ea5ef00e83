//! What is done with closed files, on a real folder; time is tokio's, paused, and a clock that is moved along with it.

use std::io::Read;
use std::path::Path;
use std::sync::Mutex;

use aws_lc_rs::rand::SystemRandom as LcRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use data_encoding::BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::audit::digest::digests_of;
use crate::audit::storage::Storage;
use crate::audit::{
    DigestFault, DiskStorage, Fault, Intent, JournalOptions, KmsPublicKey, Permit, Record, Verdict, VerifyReport,
    Witness, verify,
};
use crate::clock::ManualClock;
use crate::random::SystemRandom;

struct Kept {
    dir: TempDir,
    clock: Arc<ManualClock>,
    journal: Journal,
    keeper: Option<Keeper>,
    failures: Arc<Mutex<Vec<String>>>,
}

fn key() -> Arc<SigningKey> {
    Arc::new(SigningKey::from_seed(&[7; 32]))
}

fn record(fields: &Value) -> Record {
    Record::from_fields(fields).unwrap()
}

impl Kept {
    async fn begin(options: KeepingOptions) -> Self {
        Self::begin_in(tempfile::tempdir().unwrap(), options, "2026-11-20T10:00:00Z").await
    }

    async fn begin_in(dir: TempDir, options: KeepingOptions, now: &str) -> Self {
        let clock = ManualClock::at(now.parse().unwrap());
        let settings = JournalOptions {
            signing_key: Some(key()),
            context: record(&json!({"gateway": "iam-mcp.example.internal", "configuration": "c-1"})),
            ..JournalOptions::new(dir.path())
        };
        let storage = Arc::new(DiskStorage);
        let journal = Journal::open(settings, storage, clock.clone(), Arc::new(SystemRandom)).await.unwrap();
        let failures = Arc::<Mutex<Vec<String>>>::default();
        let heard = failures.clone();
        let tell: Tell = Box::new(move |failure| {
            heard.lock().unwrap().extend(failure.map(ToString::to_string));
        });
        let keeper = Some(Keeper::begin(&journal, options, tell));
        let kept = Self { dir, clock, journal, keeper, failures };
        kept.minutes(0).await;
        kept
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Lets time pass, by the clock and for the tasks.
    async fn minutes(&self, minutes: u64) {
        self.clock.advance(SignedDuration::from_mins(i64::try_from(minutes).unwrap()));
        tokio::time::sleep(Duration::from_secs(minutes * 60 + 1)).await;
    }

    /// A record, and the hour after which its file is closed.
    async fn an_hour_with(&self, name: &str) {
        self.journal.note(record(&json!({"stage": "read", "name": name}))).unwrap();
        self.minutes(61).await;
    }

    async fn intent(&self, name: &str) -> Permit {
        let intent = Intent {
            record: record(&json!({"stage": "intent", "eventID": name})),
            if_lost: record(&json!({"stage": "outcome", "additionalEventData": {"intentEventID": name}})),
            if_not_forwarded: record(&json!({"stage": "outcome", "additionalEventData": {"intentEventID": name}})),
        };
        self.journal.intent(intent).await.unwrap()
    }

    fn names(&self) -> Vec<String> {
        let mut names = DiskStorage.list(self.path()).unwrap();
        names.retain(|name| name != "journal.lock");
        names.sort_unstable();
        names
    }

    fn digests(&self) -> Vec<SignedDigest> {
        let read = |name: &crate::audit::digest::DigestName| {
            SignedDigest::read(name, &std::fs::read(self.path().join(name.as_str())).unwrap()).unwrap()
        };
        digests_of(&self.names()).iter().map(read).collect()
    }

    /// Those that name files: an hour in which a file was closed may have one more, made just before.
    fn naming(&self) -> Vec<SignedDigest> {
        self.digests().into_iter().filter(|signed| !signed.digest.files.is_empty()).collect()
    }

    /// The first name that begins and ends so.
    fn name(&self, begins: &str, ends: &str) -> String {
        self.names().into_iter().find(|name| name.starts_with(begins) && name.ends_with(ends)).unwrap()
    }

    async fn end(&mut self) {
        self.keeper.take().unwrap().end().await;
        self.journal.clone().close().await.unwrap();
    }

    fn verify(&self, anchors: Vec<Hash>) -> VerifyReport {
        let witness = Witness { public_keys: vec![key().public()], anchors, ..Witness::default() };
        verify(self.path(), &witness).unwrap()
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.failures.lock().unwrap())
    }
}

fn is_whole(report: &VerifyReport) -> bool {
    report.verdict == Verdict::Verified && report.first_bad.is_none() && report.digests.first_bad.is_none()
}

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
    assert_eq!(first.digest.files[0].last.unwrap().sequence, 2);
    assert_eq!(second.digest.files[0].first_sequence, Some(3));
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
    assert!(digests.iter().all(|signed| signed.digest.files.is_empty() && signed.digest.head.sequence == 1));
    kept.end().await;
    assert!(is_whole(&kept.verify(vec![])));
}

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

/// Writes a digest as somebody would who has `key` or none: of today's files, but from long ago.
fn forge(kept: &Kept, key: Option<&SigningKey>, number: u64) -> std::path::PathBuf {
    let mut digest = kept.naming().remove(0).digest;
    (digest.number, digest.time) = (number, "2026-01-01T00:00:00Z".parse().unwrap());
    digest.signing_key = key.map(SigningKey::public);
    let name = crate::audit::digest::DigestName::new(digest.number, digest.time);
    let path = kept.path().join(name.as_str());
    std::fs::write(&path, digest.sign(key).to_bytes()).unwrap();
    path
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
async fn what_was_closed_by_an_earlier_process_is_named_at_the_next_start() {
    let mut kept = Kept::begin(KeepingOptions::default()).await;
    kept.an_hour_with("a").await;
    kept.journal.note(record(&json!({"stage": "read"}))).unwrap();
    kept.end().await;
    let Kept { dir, .. } = kept;
    let mut kept = Kept::begin_in(dir, KeepingOptions::default(), "2026-11-20T12:00:00Z").await;
    let last = kept.digests().pop().unwrap().digest;
    assert_eq!(last.files.len(), 1);
    assert_eq!(last.files[0].last.unwrap().sequence, 4);
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

#[derive(Debug)]
struct Kms {
    pair: EcdsaKeyPair,
    fails: AtomicBool,
}

impl DigestSigner for Kms {
    fn sign(&self, message: Vec<u8>) -> SigningFuture<'_> {
        Box::pin(async move {
            if self.fails.swap(false, Ordering::SeqCst) {
                return Err("KMS is not reached".into());
            }
            let signature = self.pair.sign(&LcRandom::new(), &message).unwrap();
            Ok(KmsSignature {
                key_id: "arn:aws:kms:us-east-1:111122223333:key/k".to_owned(),
                algorithm: KmsSignature::ALGORITHM.to_owned(),
                signature: BASE64.encode(signature.as_ref()),
            })
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_digest_waits_for_the_key_that_this_process_cannot_read() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let public =
        aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
    let kms_key: KmsPublicKey = BASE64.encode(public.as_ref()).parse().unwrap();
    let signer = Arc::new(Kms { pair, fails: AtomicBool::new(true) });
    let mut kept = Kept::begin(KeepingOptions { signer: Some(signer), ..KeepingOptions::default() }).await;
    kept.an_hour_with("a").await;
    assert_eq!(kept.told(), ["the digest could not be signed: KMS is not reached"]);
    kept.minutes(2).await;
    assert_eq!(kept.digests().len(), 1);
    kept.end().await;
    let with = |kms_key| verify(kept.path(), &Witness { kms_keys: vec![kms_key], ..Witness::default() }).unwrap();
    assert!(is_whole(&with(kms_key)));
    let other = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let other =
        aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(other.public_key()).unwrap();
    let report = with(BASE64.encode(other.as_ref()).parse().unwrap());
    assert_eq!(report.digests.first_bad.unwrap().fault, DigestFault::KmsDiffers);
}

#[tokio::test(start_paused = true)]
async fn where_kms_signs_it_vouches_for_the_record_of_what_goes() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let public =
        aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
    let witness = Witness { kms_keys: vec![BASE64.encode(public.as_ref()).parse().unwrap()], ..Witness::default() };
    let signer = Arc::new(Kms { pair, fails: AtomicBool::new(false) });
    let keep = Some(SignedDuration::from_hours(2));
    let mut kept = Kept::begin(KeepingOptions { keep, signer: Some(signer), ..KeepingOptions::default() }).await;
    let first = kept.name("journal", ".jsonl");
    for name in ["a", "b", "c", "d"] {
        kept.an_hour_with(name).await;
    }
    assert!(!kept.names().contains(&first), "{:?}", kept.names());
    kept.end().await;
    assert!(is_whole(&verify(kept.path(), &witness).unwrap()));
    // Without the digests behind the record, the journal's key alone has let the files go.
    let report = verify(kept.path(), &Witness::default()).unwrap();
    assert!(is_whole(&report));
    for name in digests_of(&kept.names()).iter().skip(1) {
        std::fs::remove_file(kept.path().join(name.as_str())).unwrap();
    }
    assert_eq!(verify(kept.path(), &witness).unwrap().verdict, Verdict::Broken);
}

/// A KMS that has been asked, and never answers.
#[derive(Debug, Default)]
struct Stalled(Arc<Notify>);

impl DigestSigner for Stalled {
    fn sign(&self, _message: Vec<u8>) -> SigningFuture<'_> {
        self.0.notify_one();
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_process_does_not_wait_for_a_signature() {
    let signer = Stalled::default();
    let asked = Arc::clone(&signer.0);
    let options = KeepingOptions { signer: Some(Arc::new(signer)), ..KeepingOptions::default() };
    let mut kept = Kept::begin(options).await;
    kept.an_hour_with("a").await;
    asked.notified().await;
    kept.end().await;
    assert_eq!((kept.digests(), kept.told()), (vec![], vec![]));
}
