//! What is done with closed files, on a real folder; time is tokio's, paused, and a clock that is moved along with it.

use std::io::BufRead;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::audit::digest::{SignedDigest, digests_of};
use crate::audit::signing::SigningKey;
use crate::audit::storage::Storage;
use crate::audit::{DiskStorage, Intent, JournalOptions, Permit, Record, Verdict, VerifyReport, Witness, verify};
use crate::clock::ManualClock;
use crate::random::SystemRandom;

mod anchors;
mod changed;
mod compression;
mod digests;
mod disk;
mod kms;
mod retention;

/// The records of the journal in a folder.
fn records(folder: &Path) -> Vec<Value> {
    let names = crate::audit::journal_files(folder).unwrap();
    let lines = names.iter().flat_map(|name| crate::audit::open(&folder.join(name)).unwrap().lines());
    lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
}

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
        Self::begin_at(dir, Arc::new(DiskStorage), options, now).await
    }

    async fn begin_on(storage: Arc<dyn Storage>, options: KeepingOptions) -> Self {
        Self::begin_at(tempfile::tempdir().unwrap(), storage, options, "2026-11-20T10:00:00Z").await
    }

    async fn begin_at(dir: TempDir, storage: Arc<dyn Storage>, options: KeepingOptions, now: &str) -> Self {
        let journal = JournalOptions::new(dir.path());
        Self::begin_with(dir, journal, storage, options, now).await
    }

    async fn begin_with(
        dir: TempDir,
        journal: JournalOptions,
        storage: Arc<dyn Storage>,
        options: KeepingOptions,
        now: &str,
    ) -> Self {
        let clock = ManualClock::at(now.parse().unwrap());
        let settings = JournalOptions {
            signing_key: Some(key()),
            context: record(&json!({"gateway": "iam-mcp.example.internal", "configuration": "c-1"})),
            ..journal
        };
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

    /// The journal's records of this stage.
    fn records(&self, stage: &str) -> Vec<Value> {
        let mut found = records(self.path());
        found.retain(|record| record["stage"] == stage);
        found
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
