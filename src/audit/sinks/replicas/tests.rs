//! What a replica makes of what others left, on a bucket in memory. Time is tokio's, paused, and a clock moved with it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use futures_util::FutureExt;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::audit::shipping::{Batch, Pace, Shipper, Sink};
use crate::audit::sinks::layout::object;
use crate::audit::{DiskStorage, Intent, JournalOptions, OUTCOME_UNKNOWN, Permit, Record, journal_files};
use crate::clock::{Clock, ManualClock};
use crate::random::SystemRandom;

/// A bucket in memory.
#[derive(Debug)]
struct Bucket {
    objects: Mutex<BTreeMap<String, (Vec<u8>, Timestamp)>>,
    clock: Arc<ManualClock>,
}

impl Shelf for Bucket {
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, SinkError>> {
        let objects = self.objects.lock().unwrap();
        let listed = objects.iter().filter(|(key, _)| key.starts_with(prefix));
        let listed = listed.map(|(key, (_, stored))| Listed { key: key.clone(), stored: *stored }).collect();
        async move { Ok(listed) }.boxed()
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Vec<u8>, SinkError>> {
        let found = self.objects.lock().unwrap().get(key).map(|(content, _)| content.clone());
        async move { found.ok_or_else(|| "NoSuchKey".into()) }.boxed()
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        content: Vec<u8>,
        only_if_absent: bool,
    ) -> BoxFuture<'a, Result<bool, SinkError>> {
        let mut objects = self.objects.lock().unwrap();
        let stored = !(only_if_absent && objects.contains_key(key));
        if stored {
            objects.insert(key.to_owned(), (content, self.clock.now()));
        }
        async move { Ok(stored) }.boxed()
    }

    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), SinkError>> {
        self.objects.lock().unwrap().remove(key);
        async move { Ok(()) }.boxed()
    }
}

/// A sink that stores batches in the bucket, as S3's does.
#[derive(Debug)]
struct Stored(Arc<Bucket>, Layout);

impl Sink for Stored {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn ship<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Result<(), SinkError>> {
        async move {
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
        let dir = tempfile::tempdir().unwrap();
        let clock = bucket.clock.clone();
        let options = JournalOptions { remote: true, ..JournalOptions::new(dir.path()) };
        let journal =
            Journal::open(options, Arc::new(DiskStorage), clock.clone(), Arc::new(SystemRandom)).await.unwrap();
        let acknowledged = journal.clone();
        let seconds = Duration::from_secs;
        let pace = Pace { gather: Duration::ZERO, grace: seconds(5), longest_retry: seconds(5) };
        let sink = Arc::new(Stored(bucket.clone(), layout(replica)));
        let tell = Box::new(move |shipped: &crate::audit::Shipped| acknowledged.acknowledge(shipped));
        let shipper = Shipper::begin(&journal, sink, pace, tell);
        let replicas = Replicas::begin(&journal, bucket.clone(), layout(replica), clock);
        let one = Self { dir, journal, shipper, replicas };
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
        permits.into_iter().for_each(std::mem::forget);
        self.replicas.task.abort();
        std::mem::forget(self.shipper);
        std::mem::forget(self.journal);
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
    let clock = ManualClock::at("2026-11-20T23:50:00Z".parse().unwrap());
    Arc::new(Bucket { objects: Mutex::default(), clock })
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

#[tokio::test(start_paused = true)]
async fn what_a_dead_replica_left_is_settled_once_and_what_a_living_one_has_under_way_is_not() {
    let bucket = bucket();
    let (dying, living) = (One::begin(&bucket, 1).await, One::begin(&bucket, 2).await);
    let (settled, left) = (dying.intent("settled").await, dying.intent("left").await);
    dying.settle(settled, "settled").await;
    let under_way = living.intent("under way").await;
    pass(&bucket, 20).await;
    assert_eq!((living.unknown(), heartbeats(&bucket)), (vec![], 2), "both live, past midnight");
    let late = dying.intent("late").await;
    dying.dies(vec![left, late]);

    pass(&bucket, 4).await;
    let other = One::begin(&bucket, 3).await;
    assert!(living.unknown().is_empty() && other.unknown().is_empty(), "not dead for certain yet");
    pass(&bucket, 3).await;
    let mut unknown = [living.unknown(), other.unknown()].concat();
    unknown.sort();
    assert_eq!(unknown, ["late", "left"], "by one of the two");
    pass(&bucket, 10).await;
    assert_eq!([living.unknown(), other.unknown()].concat().len(), 2);
    assert_eq!(heartbeats(&bucket), 2);
    living.settle(under_way, "under way").await;
}

#[tokio::test(start_paused = true)]
async fn a_start_settles_what_a_replica_that_died_before_it_left() {
    let bucket = bucket();
    let dying = One::begin(&bucket, 1).await;
    let left = dying.intent("left").await;
    dying.dies(vec![left]);
    bucket.clock.advance(SignedDuration::from_hours(50));
    let starting = One::begin(&bucket, 2).await;
    assert_eq!(starting.unknown(), ["left"]);
    let names = journal_files(starting.dir.path()).unwrap();
    let text = std::fs::read_to_string(starting.dir.path().join(&names[0])).unwrap();
    let outcome: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(outcome["requestID"], "left");
    assert!(outcome["additionalEventData"]["lookFor"].is_object(), "what to look for is said: {outcome}");
}

#[tokio::test(start_paused = true)]
async fn a_claim_is_respected_until_whoever_made_it_is_dead_too() {
    let bucket = bucket();
    let dying = One::begin(&bucket, 1).await;
    let left = dying.intent("left").await;
    dying.dies(vec![left]);
    pass(&bucket, 6).await;
    let claim = format!("{}{}.json.claim", layout(1).replicas(), layout(1).replica);
    bucket.put(&claim, b"somebody".to_vec(), true).await.unwrap();
    let living = One::begin(&bucket, 2).await;
    pass(&bucket, 10).await;
    assert!(living.unknown().is_empty());
    pass(&bucket, 6).await;
    assert_eq!(living.unknown(), ["left"]);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_ends_in_order_leaves_nothing_to_look_for() {
    let bucket = bucket();
    let one = One::begin(&bucket, 1).await;
    let permit = one.intent("a").await;
    one.settle(permit, "a").await;
    let One { journal, shipper, replicas, .. } = one;
    journal.close().await.unwrap();
    let all_is_shipped = shipper.end().await;
    replicas.end(all_is_shipped).await;
    assert_eq!(heartbeats(&bucket), 0);
}

#[tokio::test(start_paused = true)]
async fn an_object_or_a_heartbeat_that_cannot_be_read_settles_nothing_and_is_tried_again() {
    let bucket = bucket();
    let dying = One::begin(&bucket, 1).await;
    let left = dying.intent("left").await;
    dying.dies(vec![left]);
    let (key, whole) = {
        let mut objects = bucket.objects.lock().unwrap();
        let (key, (content, _)) = objects.iter_mut().find(|(key, _)| key.ends_with(".json.gz")).unwrap();
        (key.clone(), std::mem::replace(content, b"no gzip".to_vec()))
    };
    bucket.clock.advance(SignedDuration::from_mins(6));
    let living = One::begin(&bucket, 2).await;
    assert_eq!((living.unknown(), heartbeats(&bucket)), (vec![], 2));
    bucket.objects.lock().unwrap().get_mut(&key).unwrap().0 = whole;
    pass(&bucket, 2).await;
    assert_eq!(living.unknown(), ["left"]);
}
