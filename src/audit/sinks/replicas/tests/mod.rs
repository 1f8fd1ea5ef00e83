//! What a replica makes of what others left, on a bucket in memory. Time is tokio's, paused, and a clock moved with it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::*;
use crate::audit::chain::Hash;
use crate::audit::shipping::{Batch, Pace, Shipper, Sink};
use crate::audit::sinks::layout::{Replica, object};
use crate::audit::sinks::shelf::{Listed, Page};
use crate::audit::{DiskStorage, Intent, JournalOptions, OUTCOME_UNKNOWN, Permit, Record, SigningKey, journal_files};
use crate::clock::{Clock, ManualClock};
use crate::random::SystemRandom;

mod heart;
mod settling;
mod trust;

/// How many objects a part of a list has: few, so that lists have several.
const PAGE: usize = 3;

/// A bucket in memory.
#[derive(Debug)]
struct Bucket {
    objects: Mutex<BTreeMap<String, (Vec<u8>, Timestamp)>>,
    clock: Arc<ManualClock>,
    /// How far its clock is before that of the replicas.
    ahead: SignedDuration,
    /// What a key contains that cannot be stored or removed.
    denied: Mutex<Option<&'static str>>,
    /// How often reading an object fails yet.
    failing_reads: Mutex<u32>,
    /// How long reading an object of records takes.
    slow: Mutex<Duration>,
}

impl Bucket {
    fn check(&self, key: &str) -> Result<(), SinkError> {
        let denied = self.denied.lock().unwrap().is_some_and(|denied| key.contains(denied));
        if denied { Err("AccessDenied".into()) } else { Ok(()) }
    }

    fn listed(&self, prefix: &str) -> Vec<Listed> {
        let objects = self.objects.lock().unwrap();
        let tag = |content: &[u8]| Hash::from_bytes(Sha256::digest(content).into()).to_string();
        let listed = objects.iter().filter(|(key, _)| key.starts_with(prefix));
        listed.map(|(key, (content, at))| Listed { key: key.clone(), stored: *at, tag: tag(content) }).collect()
    }

    fn change(&self, contains: &str, change: impl Fn(&mut Vec<u8>)) {
        let mut objects = self.objects.lock().unwrap();
        let found = objects.iter_mut().find(|(key, _)| key.contains(contains)).unwrap();
        change(&mut found.1.0);
    }
}

impl Shelf for Bucket {
    fn list<'a>(&'a self, prefix: &'a str, after: &'a str) -> BoxFuture<'a, Result<Page, SinkError>> {
        let mut objects = self.listed(prefix);
        objects.retain(|object| object.key.as_str() > after);
        let more = objects.len() > PAGE;
        objects.truncate(PAGE);
        async move { Ok(Page { objects, more }) }.boxed()
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Vec<u8>, SinkError>> {
        let found = self.objects.lock().unwrap().get(key).map(|(content, _)| content.clone());
        let takes = if key.ends_with(".gz") { *self.slow.lock().unwrap() } else { Duration::ZERO };
        let fails = {
            let mut failing = self.failing_reads.lock().unwrap();
            *failing = failing.saturating_sub(1);
            *failing > 0
        };
        async move {
            tokio::time::sleep(takes).await;
            if fails { Err("SlowDown".into()) } else { found.ok_or_else(|| "NoSuchKey".into()) }
        }
        .boxed()
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        content: Vec<u8>,
        only_if_absent: bool,
    ) -> BoxFuture<'a, Result<bool, SinkError>> {
        let mut objects = self.objects.lock().unwrap();
        let allowed = self.check(key);
        let stored = !(only_if_absent && objects.contains_key(key));
        if stored && allowed.is_ok() {
            objects.insert(key.to_owned(), (content, self.clock.now() + self.ahead));
        }
        async move { allowed.map(|()| stored) }.boxed()
    }

    fn remove<'a>(&'a self, key: &'a str, only: Option<&'a str>) -> BoxFuture<'a, Result<bool, SinkError>> {
        let listed = self.listed(key).into_iter().find(|object| object.key == key);
        let is_another = listed.is_some_and(|object| only.is_some_and(|only| only != object.tag));
        let allowed = self.check(key);
        if allowed.is_ok() && !is_another {
            self.objects.lock().unwrap().remove(key);
        }
        async move { allowed.map(|()| !is_another) }.boxed()
    }
}

/// A sink that stores batches in the bucket, as S3's does.
#[derive(Debug)]
struct Stored(Arc<Bucket>, Layout, Arc<AtomicBool>);

impl Sink for Stored {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn ship<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Result<(), SinkError>> {
        async move {
            if self.2.load(Ordering::Relaxed) {
                return Err("the process is gone".into());
            }
            self.0.put(&self.1.key(batch, self.0.clock.now()), object(&batch.lines)?, false).await?;
            Ok(())
        }
        .boxed()
    }
}

struct One {
    dir: TempDir,
    journal: Journal,
    shipper: Shipper,
    replicas: Replicas,
    told: Arc<Mutex<Vec<String>>>,
    gone: Arc<AtomicBool>,
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn layout(replica: u8) -> Layout {
    Layout {
        prefix: String::new(),
        account: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        replica: Replica::parse(&format!("00000000-0000-4000-8000-0000000000{replica:02}")).unwrap(),
    }
}

impl One {
    async fn begin(bucket: &Arc<Bucket>, replica: u8) -> Self {
        Self::begin_with(bucket, replica, Some(key(7))).await
    }

    async fn begin_with(bucket: &Arc<Bucket>, replica: u8, signing_key: Option<SigningKey>) -> Self {
        Self::begin_in(tempfile::tempdir().unwrap(), bucket, replica, signing_key).await
    }

    /// Begins on this folder.
    async fn begin_in(dir: TempDir, bucket: &Arc<Bucket>, replica: u8, signing_key: Option<SigningKey>) -> Self {
        let clock = bucket.clock.clone();
        let signing_key = signing_key.map(Arc::new);
        let options = JournalOptions { remote: true, signing_key, ..JournalOptions::new(dir.path()) };
        let journal =
            Journal::open(options, Arc::new(DiskStorage), clock.clone(), Arc::new(SystemRandom)).await.unwrap();
        let seconds = Duration::from_secs;
        let pace = Pace { gather: Duration::ZERO, grace: seconds(5), longest_retry: seconds(5) };
        let gone = Arc::<AtomicBool>::default();
        let sink = Arc::new(Stored(bucket.clone(), layout(replica), gone.clone()));
        let acknowledged = journal.clone();
        let tell = Box::new(move |shipped: &Shipped| acknowledged.acknowledge(shipped));
        let shipper = Shipper::begin(&journal, sink, pace, tell);
        let told = Arc::<Mutex<Vec<String>>>::default();
        let hears = || -> TellFailure {
            let heard = told.clone();
            Box::new(move |failure| heard.lock().unwrap().extend(failure.map(ToString::to_string)))
        };
        let tell = TellReplicas { heartbeat: hears(), settling: hears() };
        let (layout, former) = (layout(replica), [key(9).public()]);
        let replicas = Replicas::begin(&journal, bucket.clone(), layout, clock, shipper.shipped(), &former, tell);
        let one = Self { dir, journal, shipper, replicas, told, gone };
        pass(bucket, 0).await;
        one
    }

    async fn intent(&self, name: &str) -> Permit {
        let record = |fields: Value| Record::from_fields(&fields).unwrap();
        let outcome = json!({"stage": "outcome", "additionalEventData": {"intentEventID": name}});
        let intent = Intent {
            record: record(json!({"stage": "intent", "eventID": name, "requestID": name})),
            if_lost: record(outcome.clone()),
            if_not_forwarded: record(outcome),
        };
        self.journal.intent(intent).await.unwrap()
    }

    async fn settle(&self, permit: Permit, name: &str) {
        let outcome = json!({"stage": "outcome", "additionalEventData": {"intentEventID": name}});
        self.journal.outcome(permit, Record::from_fields(&outcome).unwrap()).await.unwrap();
    }

    /// The machine is gone, with its disk and everything that was under way.
    fn dies(self, permits: Vec<Permit>) {
        drop(self.killed(permits));
    }

    /// The process is gone, and everything that was under way; its folder, as another process can have it.
    fn killed(self, permits: Vec<Permit>) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(self.dir.path()).unwrap() {
            let entry = entry.unwrap();
            match std::fs::copy(entry.path(), folder.path().join(entry.file_name())) {
                // A file on its way to its name, which has arrived there meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                copied => drop(copied.unwrap()),
            }
        }
        permits.into_iter().for_each(std::mem::forget);
        self.gone.store(true, Ordering::Relaxed);
        self.replicas.heart.abort();
        self.replicas.settling.abort();
        std::mem::forget(self.shipper);
        std::mem::forget(self.journal);
        folder
    }

    /// The ids of intents whose outcome it says is unknown.
    fn unknown(&self) -> Vec<String> {
        let names = journal_files(self.dir.path()).unwrap();
        let text: String =
            names.iter().map(|name| std::fs::read_to_string(self.dir.path().join(name)).unwrap()).collect();
        let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let unknown = records.filter(|record| record["errorCode"] == OUTCOME_UNKNOWN);
        unknown.map(|record| record["additionalEventData"]["intentEventID"].as_str().unwrap().to_owned()).collect()
    }
}

fn bucket() -> Arc<Bucket> {
    bucket_ahead(SignedDuration::ZERO)
}

fn bucket_ahead(ahead: SignedDuration) -> Arc<Bucket> {
    let clock = ManualClock::at("2026-11-20T23:50:00Z".parse().unwrap());
    Arc::new(Bucket {
        objects: Mutex::default(),
        clock,
        ahead,
        denied: Mutex::default(),
        failing_reads: Mutex::default(),
        slow: Mutex::default(),
    })
}

/// A bucket in which replica 1 died and left the write `left`.
async fn bucket_with_one_left(signing_key: Option<SigningKey>) -> Arc<Bucket> {
    let bucket = bucket();
    let dying = One::begin_with(&bucket, 1, signing_key).await;
    let left = dying.intent("left").await;
    pass(&bucket, 2).await;
    dying.dies(vec![left]);
    bucket.clock.advance(SignedDuration::from_mins(6));
    bucket
}

fn lines_of(content: &[u8]) -> Vec<Value> {
    let read: Value = serde_json::from_reader(flate2::read::GzDecoder::new(content)).unwrap();
    read["Records"].as_array().unwrap().clone()
}

async fn pass(bucket: &Bucket, minutes: u32) {
    for _ in 0..minutes {
        bucket.clock.advance(SignedDuration::from_mins(1));
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
}

fn heartbeats(bucket: &Bucket) -> usize {
    bucket.objects.lock().unwrap().keys().filter(|key| key.contains("/replicas/")).count()
}
