//! The scenarios, written by the journal and its keeper themselves.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use iam_mcp_gateway::audit::{
    DigestSigner, Intent, Journal, JournalOptions, Keeper, KeepingOptions, Record, SigningKey, Witness,
};
use iam_mcp_gateway::clock::ManualClock;
use iam_mcp_gateway::random::SystemRandom;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::folder::{self, Files};
use crate::audit_digests::tampering::Kms;
use crate::support::disk::{Disk, State};

/// The seed of the key that signs; of the one that did before it was rolled.
pub(super) const PRESENT: u8 = 7;
pub(super) const FORMER: u8 = 8;

/// A journal, and what is known of it from elsewhere.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) files: Files,
    pub(super) witness: Witness,
    /// The same KMS keys as in `witness`, as KMS spells them.
    pub(super) kms_public_keys: Vec<String>,
}

pub(super) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

/// All of them.
pub(super) async fn all() -> Vec<Scenario> {
    let signed = |name, files, seeds: &[u8]| {
        let public_keys = seeds.iter().map(|seed| key(*seed).public()).collect();
        let witness = Witness { public_keys, ..Witness::default() };
        Scenario { name, files, witness, kms_public_keys: Vec::new() }
    };
    let kms = Arc::new(Kms::new());
    let mut by_kms = signed("removed, with KMS", removed(Some(PRESENT), Some(Arc::clone(&kms))).await, &[PRESENT]);
    by_kms.witness.kms_keys = vec![kms.public_key().parse().expect("it is a key")];
    by_kms.kms_public_keys = vec![kms.public_key()];
    vec![
        signed("compressed", compressed().await, &[PRESENT]),
        signed("removed", removed(Some(PRESENT), None).await, &[PRESENT]),
        signed("recovered", recovered().await, &[PRESENT]),
        signed("everything", everything().await, &[FORMER, PRESENT]),
        signed("unsigned", removed(None, None).await, &[]),
        by_kms,
    ]
}

/// Closed files are compressed.
async fn compressed() -> Files {
    let trial = Trial::new();
    let run = trial.run(Some(PRESENT), KeepingOptions { compress: true, ..KeepingOptions::default() }).await;
    run.hours(3).await;
    run.end().await;
    trial.files()
}

/// And files are removed for their age.
async fn removed(seed: Option<u8>, signer: Option<Arc<Kms>>) -> Files {
    let trial = Trial::new();
    let signer = signer.map(|kms| -> Arc<dyn DigestSigner> { kms });
    let keep = Some(SignedDuration::from_hours(2));
    let run = trial.run(seed, KeepingOptions { compress: true, keep, signer, ..KeepingOptions::default() }).await;
    run.hours(5).await;
    run.end().await;
    trial.files()
}

/// Two syncs failed.
async fn recovered() -> Files {
    let trial = Trial::new();
    let run = trial.run(Some(PRESENT), KeepingOptions::default()).await;
    run.hours(1).await;
    run.fail_a_sync().await;
    run.hours(1).await;
    run.fail_a_sync().await;
    run.end().await;
    trial.files()
}

/// Files compressed and removed, by another key than that which had signed them; a sync that failed, and a line that was cut
/// short.
pub(super) async fn everything() -> Files {
    let trial = Trial::new();
    let before = trial.run(Some(FORMER), KeepingOptions { compress: true, ..KeepingOptions::default() }).await;
    before.hours(3).await;
    before.fail_a_sync().await;
    before.hours(1).await;
    before.end().await;
    trial.tear_the_last_line();
    let former_keys = vec![key(FORMER).public()];
    let keep = Some(SignedDuration::from_hours(4));
    let options = KeepingOptions { compress: true, keep, former_keys, ..KeepingOptions::default() };
    let run = trial.run(Some(PRESENT), options).await;
    run.hours(2).await;
    run.end().await;
    trial.files()
}

/// A folder on which one journal after the other works.
struct Trial {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
}

impl Trial {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        Self { folder, clock: ManualClock::at("2026-11-20T10:00:00Z".parse().expect("it is a time")) }
    }

    async fn run(&self, seed: Option<u8>, options: KeepingOptions) -> Run {
        let signing_key = seed.map(|seed| Arc::new(key(seed)));
        let settings = JournalOptions { signing_key, ..JournalOptions::new(self.folder.path()) };
        let disk = Disk::default();
        let journal = Journal::open(settings, Arc::new(disk.clone()), self.clock.clone(), Arc::new(SystemRandom)).await;
        let journal = journal.expect("the folder is ours");
        let keeper = Keeper::begin(&journal, options, Box::new(|failure| assert!(failure.is_none(), "{failure:?}")));
        Run { clock: self.clock.clone(), disk, journal, keeper }
    }

    /// What a stop of the machine leaves.
    fn tear_the_last_line(&self) {
        let newest = folder::journal(&self.files()).pop().expect("there is one");
        let mut file = OpenOptions::new().append(true).open(self.folder.path().join(newest)).expect("it is ours");
        file.write_all(b"{\"stage\":\"re").expect("the disk works");
    }

    fn files(&self) -> Files {
        folder::read(self.folder.path())
    }
}

/// A journal at work.
struct Run {
    clock: Arc<ManualClock>,
    disk: Disk,
    journal: Journal,
    keeper: Keeper,
}

fn record(fields: &Value) -> Record {
    Record::from_fields(fields).expect("short fields make a record")
}

fn intent() -> Intent {
    let of = |stage: &str| record(&json!({"stage": stage, "text": "Größe \u{1f600}", "ratio": 0.25}));
    Intent { record: of("intent"), if_lost: of("lost"), if_not_forwarded: of("not") }
}

impl Run {
    /// Reads and a write, and the hour after which their file is closed.
    async fn hours(&self, count: usize) {
        for hour in 0..count {
            self.journal.note(record(&json!({"stage": "read", "n": hour}))).expect("the disk works");
            let permit = self.journal.intent(intent()).await.expect("the disk works");
            let outcome = record(&json!({"stage": "outcome"}));
            self.journal.outcome(permit, outcome).await.expect("the disk works");
            self.journal.note(record(&json!({"stage": "read", "n": hour}))).expect("the disk works");
            self.pass(Duration::from_secs(61 * 60)).await;
        }
    }

    /// Leaves a write at the end of a file that was never confirmed.
    async fn fail_a_sync(&self) {
        self.disk.set(State::FailsOnce);
        assert!(self.journal.intent(intent()).await.is_err(), "the sync fails");
        self.pass(Duration::from_secs(10)).await;
        self.journal.note_durably(record(&json!({"stage": "read"}))).await.expect("it goes on in another file");
    }

    /// By the clock and for the tasks.
    async fn pass(&self, time: Duration) {
        self.clock.advance(SignedDuration::try_from(time).expect("a short time"));
        tokio::time::sleep(time + Duration::from_secs(1)).await;
    }

    async fn end(self) {
        self.keeper.end().await;
        self.journal.close().await.expect("the disk works");
    }
}
