//! What must hold of the journal, on a real folder with a disk that fails on demand. Time is tokio's, paused: it moves
//! by itself only while nothing else can happen, and stands still while the disk works.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::*;
use crate::audit::{DiskStorage, OUTCOME_UNKNOWN, Shipped, SigningKey, Verdict, VerifyReport, Witness, verify};
use crate::clock::ManualClock;
use crate::random::SystemRandom;
use faulty::{Faulty, FaultyDisk};

mod faults;
mod faulty;
mod forgetful;
mod lifecycle;
mod missed;
mod model;
mod remote;
mod starts;

/// A record of the call `name`; `told` is its stage, or what kind of outcome it is.
fn record(told: &str, name: &str) -> Record {
    let fields = match told {
        "intent" => json!({"stage": told, "told": told, "name": name, "eventID": name}),
        "outcome" | "lost" | "not-forwarded" => {
            json!({"stage": "outcome", "told": told, "name": name, "additionalEventData": {"intentEventID": name}})
        }
        _ => json!({"stage": told, "told": told, "name": name}),
    };
    Record::from_fields(&fields).unwrap()
}

fn intent_of(name: &str) -> Intent {
    Intent {
        record: record("intent", name),
        if_lost: record("lost", name),
        if_not_forwarded: record("not-forwarded", name),
    }
}

/// A task that waits for an intent.
fn spawn_intent(journal: &Journal, name: &'static str) -> JoinHandle<Result<Permit, AuditUnavailable>> {
    let journal = journal.clone();
    tokio::spawn(async move { journal.intent(intent_of(name)).await })
}

/// A task that waits for an outcome.
fn spawn_outcome(
    journal: &Journal,
    permit: Permit,
    name: &'static str,
) -> JoinHandle<Result<Recorded, AuditUnavailable>> {
    let journal = journal.clone();
    tokio::spawn(async move { journal.outcome(permit, record("outcome", name)).await })
}

struct Folder {
    dir: TempDir,
    clock: Arc<ManualClock>,
    disk: Arc<Faulty>,
}

impl Folder {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            clock: ManualClock::at("2026-11-20T10:00:00Z".parse().unwrap()),
            disk: Faulty::new(),
        }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    async fn open(&self) -> Journal {
        self.try_open(|_| ()).await.unwrap()
    }

    async fn try_open(&self, change: impl FnOnce(&mut JournalOptions)) -> Result<Journal, OpenError> {
        let mut options = JournalOptions::new(self.path());
        change(&mut options);
        let storage = Arc::new(FaultyDisk(self.disk.clone()));
        Journal::open(options, storage, self.clock.clone(), Arc::new(SystemRandom)).await
    }

    fn segments(&self) -> Vec<String> {
        let mut names = DiskStorage.list(self.path()).unwrap();
        names.retain(|name| name.ends_with(".jsonl"));
        names.sort_unstable();
        names
    }

    fn lines(&self, segment: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path().join(segment)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// `told name` of each record in the folder, headers as `segment reason`, outcomes that a start found missing as
    /// `unknown name`.
    fn told(&self) -> Vec<String> {
        let lines = self.segments().into_iter().flat_map(|segment| self.lines(&segment));
        lines
            .map(|line| {
                let (told, what) = match line["stage"].as_str().unwrap() {
                    "segment" => ("segment", &line["segment"]["reason"]),
                    _ if line["errorCode"] == OUTCOME_UNKNOWN => ("unknown", &line["name"]),
                    _ => (line["told"].as_str().unwrap(), &line["name"]),
                };
                format!("{told} {}", what.as_str().unwrap())
            })
            .collect()
    }

    fn verify(&self) -> VerifyReport {
        verify(self.path(), &Witness::default()).unwrap()
    }

    fn assert_verified(&self) {
        let report = self.verify();
        assert_eq!(report.verdict, Verdict::Verified, "{report:#?}");
    }
}

/// Lets the writer's retries run until the journal is well again.
async fn healed(journal: &Journal) {
    while journal.state() != JournalState::Available {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn reason<T: std::fmt::Debug>(result: Result<T, AuditUnavailable>) -> UnavailableReason {
    result.unwrap_err().reason
}
