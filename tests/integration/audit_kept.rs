//! A journal that went through everything that can happen to one: runs that ended, a sync that failed, files that were digested,
//! compressed and removed for their age, and a key that was rolled. Both verifiers find it whole, and agree on what was done to
//! it at random.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use data_encoding::HEXLOWER;
use flate2::read::MultiGzDecoder;
use iam_mcp_gateway::audit::{
    DiskStorage, Hash, Journal, JournalOptions, Keeper, KeepingOptions, Record, SegmentFile, SigningKey, Storage,
    Verdict, Witness, journal_files, verify,
};
use iam_mcp_gateway::clock::ManualClock;
use iam_mcp_gateway::random::SystemRandom;
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use crate::support::command::run;
use crate::support::dice::Dice;
use crate::support::gateway::TestGateway;
use crate::support::program::Program;
use crate::support::waiting::{eventually, now};

/// How many times the journal is opened, and from when on with the second key.
const RUNS: u8 = 10;
const ROLLED: u8 = 6;
/// How long passes between two runs, and how long files are kept.
const BETWEEN: SignedDuration = SignedDuration::from_hours(10 * 24);
const KEEP: SignedDuration = SignedDuration::from_hours(45 * 24);

/// The content of each file of a folder, by name.
type Folder = BTreeMap<String, Vec<u8>>;

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

/// The keys of the journal, as whoever keeps them elsewhere knows them.
fn both_keys() -> Vec<String> {
    [key(1), key(2)].iter().map(|key| key.public().to_string()).collect()
}

/// The disk, whose syncs fail as long as it is told.
#[derive(Debug, Clone, Default)]
struct Disk(Arc<AtomicBool>);

#[derive(Debug)]
struct FileOnDisk(Box<dyn SegmentFile>, Disk);

impl Storage for Disk {
    fn prepare(&self, directory: &Path) -> io::Result<()> {
        DiskStorage.prepare(directory)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        DiskStorage.list(directory)
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        DiskStorage.read(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn SegmentFile>> {
        Ok(Box::new(FileOnDisk(DiskStorage.create(path)?, self.clone())))
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        DiskStorage.truncate(path, length)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        DiskStorage.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        DiskStorage.remove(path)
    }
}

impl SegmentFile for FileOnDisk {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.1.0.load(Ordering::Relaxed) { Err(io::Error::other("an error of the device")) } else { self.0.sync() }
    }
}

fn record(n: u8) -> Record {
    let fields = json!({"stage": "read", "n": n, "text": "Größe \u{1f600}"});
    Record::from_fields(&fields).expect("short fields make a record")
}

/// The journal, as it writes and keeps itself.
async fn kept() -> Folder {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let (disk, clock) = (Disk::default(), ManualClock::at("2026-11-20T10:00:00Z".parse().expect("a time")));
    for run in 0..RUNS {
        clock.advance(BETWEEN);
        let signing_key = Some(Arc::new(key(if run < ROLLED { 1 } else { 2 })));
        let options = JournalOptions { signing_key, ..JournalOptions::new(folder.path()) };
        let journal = Journal::open(options, Arc::new(disk.clone()), clock.clone(), Arc::new(SystemRandom)).await;
        let journal = journal.expect("the folder is ours");
        journal.note_durably(record(run)).await.expect("the disk works");
        if run % 3 == 2 {
            disk.0.store(true, Ordering::Relaxed);
            journal.note_durably(record(100 + run)).await.expect_err("it cannot be made durable");
            let mut durable = journal.durable();
            let before = durable.borrow().sequence;
            disk.0.store(false, Ordering::Relaxed);
            durable.wait_for(|now| now.sequence > before).await.expect("it goes on in another file");
        }
        let (told, mut rounds) = mpsc::unbounded_channel();
        let keeping = KeepingOptions {
            compress: true,
            keep: Some(KEEP),
            former_keys: vec![key(1).public()],
            ..KeepingOptions::default()
        };
        let keeper = Keeper::begin(
            &journal,
            keeping,
            Box::new(move |failure| {
                assert!(failure.is_none(), "{failure:?}");
                let _ = told.send(());
            }),
        );
        rounds.recv().await.expect("it is told of each round");
        keeper.end().await;
        journal.close().await.expect("the disk works");
    }
    let files = fs::read_dir(folder.path()).expect("the folder is ours").map(|file| file.expect("it is there"));
    let files = files.map(|file| (file.file_name().to_string_lossy().into_owned(), file.path()));
    files
        .filter(|(name, _)| name.starts_with("journal-") || name.starts_with("digest-"))
        .map(|(name, path)| (name, fs::read(path).expect("the folder is ours")))
        .collect()
}

fn write(files: &Folder) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    for (name, content) in files {
        fs::write(folder.path().join(name), content).expect("the folder is ours");
    }
    folder
}

fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    MultiGzDecoder::new(packed).read_to_end(&mut content).ok().map(|_| content)
}

/// Does something to a file, or two; what it did, and whether the journal is as good as before.
fn tamper(dice: &mut Dice, files: &mut Folder) -> (&'static str, bool) {
    let names: Vec<String> = files.keys().cloned().collect();
    let name = names[dice.below(names.len())].clone();
    // What comes behind the newest digest, in the file that was written last, nothing vouches for when it is cut off.
    let is_open = name.ends_with(".jsonl");
    let good = files[&name].clone();
    match dice.below(5) {
        0 => {
            // The first ten bytes of a gzip say when and on what it was made.
            let from = if name.ends_with(".gz") { 10 } else { 0 };
            let at = from + dice.below(good.len() - from);
            let content = files.get_mut(&name).expect("it is there");
            content[at] ^= 1 << dice.below(8);
            let same = name.ends_with(".gz") && unpacked(content).is_some_and(|now| Some(now) == unpacked(&good));
            ("flip", same)
        }
        1 => {
            files.remove(&name);
            ("remove", false)
        }
        2 if !is_open => {
            let kept = dice.below(good.len());
            files.get_mut(&name).expect("it is there").truncate(kept);
            ("cut", false)
        }
        3 => {
            let other = names[dice.below(names.len())].clone();
            let (one, another) = (good, files[&other].clone());
            files.insert(name.clone(), another);
            files.insert(other.clone(), one);
            ("swap", name == other)
        }
        _ => {
            let Some(plain) = name.strip_suffix(".gz") else { return ("unpack", true) };
            files.remove(&name);
            files.insert(plain.to_owned(), unpacked(&good).expect("it was not touched"));
            ("unpack", true)
        }
    }
}

/// Whether the journal holds, and the file with the first bad record.
type Found = (bool, Option<String>);

fn found_here(folder: &Path, keys: &[String], anchor: &str) -> Found {
    let witness = Witness {
        public_keys: keys.iter().map(|key| key.parse().expect("it is a key")).collect(),
        anchors: vec![Hash::parse(anchor).expect("it is a hash")],
        ..Witness::default()
    };
    let report = verify(folder, &witness).expect("the folder can be read");
    (report.verdict != Verdict::Broken, report.first_bad.map(|bad| bad.file))
}

fn found_there(second: &mut Program, folder: &Path, keys: &[String], anchor: &str) -> Found {
    second.say(&json!({"folder": folder, "public_keys": keys, "anchors": [anchor]}));
    let told = second.hear();
    (told["verdict"] == "verified", told["firstBad"]["file"].as_str().map(ToOwned::to_owned))
}

/// The lines of the journal's files, compressed or not.
fn records(files: &Folder) -> Vec<Value> {
    let journals = files.iter().filter(|(name, _)| name.starts_with("journal-"));
    let texts = journals.map(|(name, content)| match name.ends_with(".gz") {
        true => unpacked(content).expect("it was not touched"),
        false => content.clone(),
    });
    let lines = texts.flat_map(|text| text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>());
    lines.filter_map(|line| serde_json::from_slice(&line).ok()).collect()
}

async fn tamper_and_look(times: u64) {
    let good = kept().await;
    let all = records(&good);
    let has = |is_so: &dyn Fn(&Value) -> bool| all.iter().any(is_so);
    assert!(has(&|record| record["segment"]["reason"] == "recovery"), "a sync failed");
    assert!(has(&|record| record["stage"] == "retention"), "files were removed");
    assert!(all[0]["integrity"]["sequence"].as_u64() > Some(1), "from the beginning");
    assert!(good.keys().any(|name| name.ends_with(".gz")), "closed files are compressed");
    let keys_named: std::collections::BTreeSet<&str> =
        all.iter().filter_map(|record| record["segment"]["signingKey"].as_str()).collect();
    assert_eq!(keys_named.len(), 2, "the key was rolled");

    let digests: Vec<&Vec<u8>> =
        good.iter().filter(|(name, _)| name.starts_with("digest-")).map(|(_, content)| content).collect();
    let anchor = HEXLOWER.encode(&Sha256::digest(digests.last().expect("there are digests")));
    let mut second = Program::python("verify_journal.py", &["--serve"], &[]);
    let whole = write(&good);
    let keys = both_keys();
    assert_eq!(found_here(whole.path(), &keys, &anchor), (true, None));
    assert_eq!(found_there(&mut second, whole.path(), &keys, &anchor), (true, None));
    for some in [&[][..], &keys[..1], &keys[1..]] {
        let (here, there) =
            (found_here(whole.path(), some, &anchor), found_there(&mut second, whole.path(), some, &anchor));
        assert!(!here.0 && here == there, "{some:?}: {here:?}, {there:?}");
    }
    let mut seen = BTreeMap::<_, u64>::new();
    for seed in 1..=times {
        let mut files = good.clone();
        let (how, is_as_good) = tamper(&mut Dice::new(seed), &mut files);
        let folder = write(&files);
        let found = found_here(folder.path(), &keys, &anchor);
        assert_eq!(found.0, is_as_good, "seed {seed}: {how}: {found:?}");
        assert_eq!(found_there(&mut second, folder.path(), &keys, &anchor), found, "seed {seed}: {how}");
        *seen.entry(how).or_default() += 1;
    }
    assert!(seen.len() == 5 && seen.values().all(|count| count * 20 > times), "{seen:?}");
    assert!(second.finish().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn both_verifiers_agree_on_a_journal_with_everything_in_it_and_on_what_is_done_to_it() {
    tamper_and_look(250).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: both verifiers look at all of them"]
async fn both_verifiers_agree_on_ten_thousand_tamperings_of_a_journal_with_everything_in_it() {
    tamper_and_look(10_000).await;
}

/// A journal of a run that ended this long ago, with the digest that names its file.
async fn old_journal(folder: &Path, ago: SignedDuration) {
    let clock = ManualClock::at(now() - ago);
    for _ in 0..2 {
        let journal =
            Journal::open(JournalOptions::new(folder), Arc::new(DiskStorage), clock.clone(), Arc::new(SystemRandom));
        let journal = journal.await.expect("the folder is ours");
        journal.note_durably(record(0)).await.expect("the disk works");
        let (told, mut rounds) = mpsc::unbounded_channel();
        let keeper = Keeper::begin(
            &journal,
            KeepingOptions::default(),
            Box::new(move |failure| {
                assert!(failure.is_none(), "{failure:?}");
                let _ = told.send(());
            }),
        );
        rounds.recv().await.expect("it is told of each round");
        keeper.end().await;
        journal.close().await.expect("the disk works");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_removes_what_is_older_than_it_is_told_to_keep() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let audit = folder.path().join("audit");
    old_journal(&audit, SignedDuration::from_hours(31 * 24)).await;
    let before = journal_files(&audit).expect("the folder is ours");
    assert_eq!(before.len(), 2);
    for days in ["32", "30"] {
        let prepared = TestGateway::without_aws().journal_in(audit.clone());
        let mut gateway = prepared.set("audit.keep_days", days).start();
        let left = |gateway: &TestGateway| {
            let retained = gateway.records("retention").len();
            let names = journal_files(&audit).expect("the folder is ours");
            let oldest = names.iter().position(|name| plain(name) == plain(&before[0]));
            (retained, names.len(), oldest)
        };
        let expected = if days == "30" { (1, 3, None) } else { (0, 3, Some(0)) };
        let is_compressed = || journal_files(&audit).is_ok_and(|names| names.iter().any(|name| name.ends_with(".gz")));
        eventually("closed files are kept as they should be", || {
            (is_compressed() && left(&gateway) == expected).then_some(())
        });
        gateway.stop();
        assert_eq!(left(&gateway), expected, "{days}");
        let verified = run(&["audit", "verify", audit.to_str().expect("temporary folders have plain names")]);
        assert_eq!(verified.code, 0, "{}", verified.said());
    }
}

fn plain(name: &str) -> &str {
    name.strip_suffix(".gz").unwrap_or(name)
}
