//! What a replica makes of what others left, on a bucket in memory. Time is tokio's, paused, and a clock moved with it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use futures_util::FutureExt;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::audit::chain::{ChainHead, Hash};
use crate::audit::shipping::{Batch, Pace, Shipper, Sink};
use crate::audit::sinks::layout::object;
use crate::audit::{DiskStorage, Intent, JournalOptions, OUTCOME_UNKNOWN, Permit, Record, SigningKey, journal_files};
use crate::clock::{Clock, ManualClock};
use crate::random::SystemRandom;

/// A bucket in memory.
#[derive(Debug)]
struct Bucket {
    objects: Mutex<BTreeMap<String, (Vec<u8>, Timestamp)>>,
    clock: Arc<ManualClock>,
    /// How far its clock is before that of the replicas.
    ahead: SignedDuration,
    /// What a key contains that cannot be stored or removed.
    denied: Mutex<Option<&'static str>>,
}

impl Bucket {
    fn check(&self, key: &str) -> Result<(), SinkError> {
        let denied = self.denied.lock().unwrap().is_some_and(|denied| key.contains(denied));
        if denied { Err("AccessDenied".into()) } else { Ok(()) }
    }

    fn change(&self, contains: &str, change: impl Fn(&mut Vec<u8>)) {
        let mut objects = self.objects.lock().unwrap();
        let found = objects.iter_mut().find(|(key, _)| key.contains(contains)).unwrap();
        change(&mut found.1.0);
    }
}

impl Shelf for Bucket {
    fn list<'a>(&'a self, prefix: &'a str, after: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, SinkError>> {
        let objects = self.objects.lock().unwrap();
        let listed = objects.iter().filter(|(key, _)| key.starts_with(prefix) && key.as_str() > after);
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
        let allowed = self.check(key);
        let stored = !(only_if_absent && objects.contains_key(key));
        if stored && allowed.is_ok() {
            objects.insert(key.to_owned(), (content, self.clock.now() + self.ahead));
        }
        async move { allowed.map(|()| stored) }.boxed()
    }

    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), SinkError>> {
        let allowed = self.check(key);
        if allowed.is_ok() {
            self.objects.lock().unwrap().remove(key);
        }
        async move { allowed }.boxed()
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
    told: Arc<Mutex<Vec<String>>>,
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
        let dir = tempfile::tempdir().unwrap();
        let clock = bucket.clock.clone();
        let signing_key = signing_key.map(Arc::new);
        let options = JournalOptions { remote: true, signing_key, ..JournalOptions::new(dir.path()) };
        let journal =
            Journal::open(options, Arc::new(DiskStorage), clock.clone(), Arc::new(SystemRandom)).await.unwrap();
        let seconds = Duration::from_secs;
        let pace = Pace { gather: Duration::ZERO, grace: seconds(5), longest_retry: seconds(5) };
        let sink = Arc::new(Stored(bucket.clone(), layout(replica)));
        let acknowledged = journal.clone();
        let tell = Box::new(move |shipped: &Shipped| acknowledged.acknowledge(shipped));
        let shipper = Shipper::begin(&journal, sink, pace, tell);
        let told = Arc::<Mutex<Vec<String>>>::default();
        let heard = told.clone();
        let tell: TellReplicas =
            Box::new(move |failure| heard.lock().unwrap().extend(failure.map(ToString::to_string)));
        let (layout, former) = (layout(replica), [key(9).public()]);
        let replicas = Replicas::begin(&journal, bucket.clone(), layout, clock, shipper.shipped(), &former, tell);
        let one = Self { dir, journal, shipper, replicas, told };
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
    bucket_ahead(SignedDuration::ZERO)
}

fn bucket_ahead(ahead: SignedDuration) -> Arc<Bucket> {
    let clock = ManualClock::at("2026-11-20T23:50:00Z".parse().unwrap());
    Arc::new(Bucket { objects: Mutex::default(), clock, ahead, denied: Mutex::default() })
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
    let claim = format!("{}{}.json.1.claim", layout(1).replicas(), layout(1).replica);
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

#[tokio::test(start_paused = true)]
async fn an_outcome_that_somebody_put_into_the_bucket_hides_no_intent() {
    for (signs, why) in [(None, "are missing"), (Some(key(8)), "no key of this gateway signed it")] {
        let bucket = bucket_with_one_left(Some(key(7))).await;
        let intent_key = {
            let objects = bucket.objects.lock().unwrap();
            objects
                .iter()
                .find(|(_, (content, _))| {
                    content.starts_with(b"\x1f") && lines_of(content).iter().any(|line| line["stage"] == "intent")
                })
                .unwrap()
                .0
                .clone()
        };
        let last = lines_of(&bucket.objects.lock().unwrap()[&intent_key].0).pop().unwrap();
        let head = ChainHead {
            sequence: last["integrity"]["sequence"].as_u64().unwrap(),
            hash: Hash::parse(last["integrity"]["hash"].as_str().unwrap()).unwrap(),
        };
        let outcome = json!({"stage": "outcome", "additionalEventData": {"intentEventID": "left"}});
        let mut line = Vec::new();
        let sealed = crate::audit::canonical::seal(&mut line, Record::from_fields(&outcome).unwrap().fields(), head);
        if let Some(key) = &signs {
            sealed.sign(&mut line, &key.sign(sealed.head.hash));
        }
        let batch = Batch { first: head.sequence + 1, last: head.sequence + 1, lines: line };
        bucket.put(&layout(1).key(&batch, bucket.clock.now()), object(&batch.lines).unwrap(), false).await.unwrap();
        let living = One::begin(&bucket, 2).await;
        pass(&bucket, 1).await;
        let told = living.told.lock().unwrap().clone();
        if signs.is_some() {
            assert!(told[0].contains(why) && told[0].contains("look for its writes in CloudTrail"), "{told:?}");
            assert!(heartbeats(&bucket) >= 2, "it is looked at again");
        } else {
            assert_eq!(living.unknown(), ["left"], "a record that no signature covers counts for nothing");
        }
    }
}

type Tamper = fn(&Bucket);

#[tokio::test(start_paused = true)]
async fn records_that_were_changed_removed_or_blown_up_settle_nothing_and_hold_up_nobody() {
    let tampers: [(Tamper, &str); 5] = [
        (
            |bucket| {
                bucket.change("-00000000000000000001.json.gz", |content| {
                    let lines = lines_of(content);
                    let text = serde_json::to_string(&lines[0]).unwrap().replace("\"start\"", "\"rotation\"");
                    *content = object(text.as_bytes()).unwrap();
                });
            },
            "the hash does not match",
        ),
        (|bucket| bucket.objects.lock().unwrap().retain(|key, _| !key.ends_with("0002.json.gz")), "are missing"),
        (|bucket| bucket.objects.lock().unwrap().retain(|key, _| !key.ends_with(".json.gz")), "are missing"),
        (
            |bucket| {
                bucket.change("0002.json.gz", |content| {
                    *content = object(&vec![b' '; 17 * 1024 * 1024]).unwrap();
                });
            },
            "more than any batch",
        ),
        (
            |bucket| {
                bucket.change(&format!("replicas/{}", layout(1).replica), |content| {
                    let text = String::from_utf8(content.clone()).unwrap();
                    *content = text.replace("\"settledBefore\":2", "\"settledBefore\":9").into_bytes();
                });
            },
            "no key of this gateway signed its heartbeat",
        ),
    ];
    for (tamper, why) in tampers {
        let bucket = bucket_with_one_left(Some(key(7))).await;
        tamper(&bucket);
        let other = One::begin(&bucket, 3).await;
        let left = other.intent("of another").await;
        other.dies(vec![left]);
        bucket.clock.advance(SignedDuration::from_mins(6));
        let living = One::begin(&bucket, 2).await;
        pass(&bucket, 1).await;
        let told = living.told.lock().unwrap().clone();
        assert!(told.first().is_some_and(|told| told.contains(why)), "{why}: {told:?}");
        assert_eq!(living.unknown(), ["of another"], "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_replica_with_a_former_key_or_none_left_is_settled_where_that_is_believed() {
    let bucket = bucket_with_one_left(Some(key(9))).await;
    assert_eq!(One::begin(&bucket, 2).await.unknown(), ["left"], "the key was rolled");
    let bucket = bucket_with_one_left(None).await;
    assert_eq!(One::begin_with(&bucket, 2, None).await.unknown(), ["left"], "nothing is signed");
    let bucket = bucket_with_one_left(None).await;
    let living = One::begin(&bucket, 2).await;
    assert!(living.unknown().is_empty() && living.told.lock().unwrap()[0].contains("no key of this gateway"));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_removed_is_settled_once_and_said_each_time() {
    let bucket = bucket_with_one_left(Some(key(7))).await;
    *bucket.denied.lock().unwrap() = Some("nothing yet");
    let living = One::begin(&bucket, 2).await;
    assert_eq!(living.unknown(), ["left"]);
    let bucket = bucket_with_one_left(Some(key(7))).await;
    *bucket.denied.lock().unwrap() = Some("01.json");
    let blocked = One::begin(&bucket, 2).await;
    pass(&bucket, 40).await;
    assert!(blocked.unknown().is_empty(), "without a claim nothing is done");
    *bucket.denied.lock().unwrap() = None;
    pass(&bucket, 2).await;
    assert_eq!(blocked.unknown(), ["left"]);
}

#[tokio::test(start_paused = true)]
async fn before_its_first_heartbeat_is_stored_a_replica_writes_nothing() {
    let bucket = bucket();
    *bucket.denied.lock().unwrap() = Some("/replicas/");
    let one = One::begin(&bucket, 1).await;
    let record = |fields: Value| Record::from_fields(&fields).unwrap();
    let intent = || Intent {
        record: record(json!({"stage": "intent", "eventID": "a"})),
        if_lost: record(json!({"stage": "outcome"})),
        if_not_forwarded: record(json!({"stage": "outcome"})),
    };
    let refused = one.journal.intent(intent()).await.unwrap_err();
    assert_eq!(refused.reason, crate::audit::UnavailableReason::RemoteFailed);
    assert_eq!(*one.told.lock().unwrap(), ["AccessDenied"]);
    *bucket.denied.lock().unwrap() = None;
    pass(&bucket, 1).await;
    drop(one.journal.intent(intent()).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn ages_are_told_by_the_buckets_clock_alone() {
    for ahead in [-20, 20] {
        let bucket = bucket_ahead(SignedDuration::from_mins(ahead));
        let (one, other) = (One::begin(&bucket, 1).await, One::begin(&bucket, 2).await);
        let under_way = one.intent("under way").await;
        pass(&bucket, 10).await;
        assert_eq!((other.unknown(), heartbeats(&bucket)), (vec![], 2), "both live");
        one.settle(under_way, "under way").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_claims_no_more_than_the_bucket_shows() {
    let bucket = bucket();
    let one = One::begin(&bucket, 1).await;
    pass(&bucket, 1).await;
    let permit = one.intent("a").await;
    *bucket.denied.lock().unwrap() = Some(".json.gz");
    let outcome = json!({"stage": "outcome", "additionalEventData": {"intentEventID": "a"}});
    assert!(one.journal.outcome(permit, Record::from_fields(&outcome).unwrap()).await.is_err(), "it is held");
    pass(&bucket, 3).await;
    one.dies(vec![]);
    *bucket.denied.lock().unwrap() = None;
    bucket.clock.advance(SignedDuration::from_mins(6));
    assert_eq!(One::begin(&bucket, 2).await.unknown(), ["a"], "its outcome died with the disk");
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_ends_with_a_write_under_way_leaves_its_heartbeat() {
    let bucket = bucket();
    let one = One::begin(&bucket, 1).await;
    let permit = one.intent("a").await;
    let One { replicas, .. } = one;
    replicas.end(true).await;
    assert_eq!(heartbeats(&bucket), 1);
    std::mem::forget(permit);
}

#[tokio::test(start_paused = true)]
async fn a_replica_whose_heartbeats_are_not_stored_any_more_stops_writing_before_it_is_taken_for_dead() {
    let bucket = bucket();
    let one = One::begin(&bucket, 1).await;
    let permit = one.intent("a").await;
    one.settle(permit, "a").await;
    *bucket.denied.lock().unwrap() = Some("/replicas/");
    pass(&bucket, 4).await;
    let record = |fields: Value| Record::from_fields(&fields).unwrap();
    let intent = Intent {
        record: record(json!({"stage": "intent", "eventID": "b"})),
        if_lost: record(json!({"stage": "outcome"})),
        if_not_forwarded: record(json!({"stage": "outcome"})),
    };
    let refused = one.journal.intent(intent).await.unwrap_err();
    assert_eq!(refused.reason, crate::audit::UnavailableReason::RemoteFailed);
    *bucket.denied.lock().unwrap() = None;
    pass(&bucket, 1).await;
    let permit = one.intent("c").await;
    one.settle(permit, "c").await;
}
