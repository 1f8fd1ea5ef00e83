//! Replicas that share a bucket, where disks die with their machines: who lives, and what one that died left unsettled.
//!
//! Each replica stores a heartbeat every minute: `[prefix/]AWSLogs/ACCOUNT/McpGateway/REGION/replicas/REPLICA.json`, which says
//! from which time on its objects may hold intents without an outcome. At its start, and every minute after it, a replica looks
//! for heartbeats that are older than five minutes, reads those objects, and writes the outcomes that are missing into its own
//! journal: `OutcomeUnknown`, with what to look for in CloudTrail. A claim keeps two from doing so at once. A replica that ends
//! in order takes its heartbeat away.
//!
//! One that only cannot reach the bucket is taken for dead, too. It forwards no writes meanwhile, and the outcomes that it
//! holds reach the bucket later: an intent may then have two outcomes, of which the one that is not unknown counts.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::layout::{Layout, Replica};
use crate::audit::journal::Journal;
use crate::audit::record::INTEGRITY;
use crate::audit::shipping::SinkError;
use crate::audit::unsettled::{Unsettled, unknown_outcome};
use crate::clock::SharedClock;

/// How often a heartbeat is stored, and others' are looked at.
const EVERY: Duration = Duration::from_secs(60);
/// How old a heartbeat is when its replica is taken for dead.
const DEAD_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// How old a claim is when whoever made it is taken for dead.
const CLAIM_FOR: SignedDuration = SignedDuration::from_mins(15);
/// How far the clock of the bucket may be from this one's.
const SKEW: SignedDuration = SignedDuration::from_mins(1);
/// The largest object that is read, decompressed: far above what a batch can be.
const LARGEST_OBJECT: u64 = 64 * 1024 * 1024;

/// Objects of a bucket.
pub trait Shelf: std::fmt::Debug + Send + Sync + 'static {
    /// The objects whose keys begin with `prefix`.
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, SinkError>>;

    /// An object's content.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Vec<u8>, SinkError>>;

    /// Stores an object; with `only_if_absent`, says whether there was none.
    fn put<'a>(
        &'a self,
        key: &'a str,
        content: Vec<u8>,
        only_if_absent: bool,
    ) -> BoxFuture<'a, Result<bool, SinkError>>;

    /// Removes an object, whether or not it is there.
    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), SinkError>>;
}

/// An object in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// When it was stored, by the bucket's clock.
    pub stored: Timestamp,
}

/// What a replica says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Heartbeat {
    /// Objects stored before hold no intent without an outcome.
    from: Timestamp,
    /// Nor do records before this one.
    settled_before: u64,
}

/// Stores this replica's heartbeats, and settles what dead ones left, until it is ended.
#[derive(Debug)]
pub struct Replicas {
    ending: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Replicas {
    /// Begins, in a task of its own.
    #[must_use]
    pub fn begin(journal: &Journal, shelf: Arc<dyn Shelf>, layout: Layout, clock: SharedClock) -> Self {
        let ending = Arc::<Notify>::default();
        let watch = Watch { journal: journal.clone(), shelf, layout, clock, beats: VecDeque::new() };
        Self { task: tokio::spawn(watch.run(Arc::clone(&ending))), ending }
    }

    /// Ends. Where `all_is_shipped`, nobody has to look for what this replica left, and its heartbeat is taken away. To be called
    /// when the journal is closed.
    pub async fn end(self, all_is_shipped: bool) {
        if !all_is_shipped {
            return self.task.abort();
        }
        self.ending.notify_one();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the heartbeats of this replica broke off");
        }
    }
}

struct Watch {
    journal: Journal,
    shelf: Arc<dyn Shelf>,
    layout: Layout,
    clock: SharedClock,
    /// When a heartbeat was stored, and the last durable record then.
    beats: VecDeque<(Timestamp, u64)>,
}

impl Watch {
    async fn run(mut self, ending: Arc<Notify>) {
        loop {
            if let Err(error) = self.beat().await {
                tracing::warn!(%error, "the heartbeat of this replica could not be stored");
            }
            if let Err(error) = self.settle_the_dead().await {
                tracing::warn!(%error, "what other replicas left could not be looked at; the next minute tries again");
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = ending.notified() => break,
            }
        }
        let own = self.heartbeat_of(&self.layout.replica);
        let removed = tokio::time::timeout(Duration::from_secs(5), self.shelf.remove(&own)).await;
        if !matches!(removed, Ok(Ok(()))) {
            tracing::warn!("the heartbeat of this replica could not be taken away: another will look for what it left");
        }
    }

    async fn beat(&mut self) -> Result<(), SinkError> {
        // The head first: what became durable after it is not settled by what is seen next.
        let head = self.journal.durable().borrow().sequence;
        let settled_before = self.journal.unsettled_since().unwrap_or(head + 1);
        self.beats.push_back((self.clock.now(), head));
        // What is not settled was durable after the last of these, so it was stored later still.
        while self.beats.get(1).is_some_and(|(_, head)| *head < settled_before) {
            self.beats.pop_front();
        }
        let from = self.beats.front().map_or_else(|| self.clock.now(), |(time, _)| *time);
        let content = serde_json::to_vec(&Heartbeat { from, settled_before })?;
        self.shelf.put(&self.heartbeat_of(&self.layout.replica), content, false).await?;
        Ok(())
    }

    async fn settle_the_dead(&self) -> Result<(), SinkError> {
        let now = self.clock.now();
        let listed = self.shelf.list(&self.layout.replicas()).await?;
        for object in &listed {
            let Some(replica) = self.named(&object.key, ".json") else { continue };
            if replica == self.layout.replica || now.duration_since(object.stored) < DEAD_AFTER {
                continue;
            }
            let claim = format!("{}.claim", object.key);
            let stale = listed.iter().find(|other| other.key == claim);
            if stale.is_some_and(|claim| now.duration_since(claim.stored) >= CLAIM_FOR) {
                self.shelf.remove(&claim).await?;
            }
            if !self.shelf.put(&claim, self.layout.replica.to_string().into_bytes(), true).await? {
                continue;
            }
            let settled = self.settle(&replica, &object.key).await;
            if let Ok(count) = &settled {
                self.shelf.remove(&object.key).await?;
                tracing::warn!(%replica, writes = count, "a replica died; what it left unsettled is recorded here");
            }
            self.shelf.remove(&claim).await?;
            settled?;
        }
        Ok(())
    }

    /// Records the outcomes that a dead replica left out; how many.
    async fn settle(&self, replica: &Replica, heartbeat: &str) -> Result<usize, SinkError> {
        let Heartbeat { from, settled_before } = serde_json::from_slice(&self.shelf.get(heartbeat).await?)?;
        let earliest = from.checked_sub(SKEW).unwrap_or(from);
        let mut keys = Vec::new();
        let mut day = earliest;
        let now = self.clock.now();
        loop {
            let objects = self.shelf.list(&self.layout.day(day)).await?;
            let theirs = format!("_{replica}-");
            keys.extend(objects.into_iter().filter(|object| object.key.contains(&theirs) && object.stored >= earliest));
            if self.layout.day(day) == self.layout.day(now) {
                break;
            }
            day = day.checked_add(SignedDuration::from_hours(24)).map_or(now, |next| next.min(now));
        }
        // By their first record, which the key ends with.
        keys.sort_by(|a, b| a.key.rsplit('-').next().cmp(&b.key.rsplit('-').next()));
        let mut unsettled = Unsettled::default();
        for object in keys {
            let content = self.shelf.get(&object.key).await?;
            for (fields, sequence) in records(&content)? {
                if sequence >= settled_before {
                    unsettled.take(&fields, sequence);
                }
            }
        }
        let mut count = 0;
        for intent in unsettled.intents() {
            let outcome = unknown_outcome(intent, self.journal.new_id(), now, self.journal.context());
            self.journal.note_durably(outcome).await?;
            count += 1;
        }
        Ok(count)
    }

    fn heartbeat_of(&self, replica: &Replica) -> String {
        format!("{}{replica}.json", self.layout.replicas())
    }

    fn named(&self, key: &str, suffix: &str) -> Option<Replica> {
        Replica::parse(key.strip_prefix(&self.layout.replicas())?.strip_suffix(suffix)?)
    }
}

/// The records of an object, with their sequence numbers.
fn records(content: &[u8]) -> Result<impl Iterator<Item = (Map<String, Value>, u64)> + use<>, SinkError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Object {
        records: Vec<Map<String, Value>>,
    }
    let mut bytes = Vec::new();
    MultiGzDecoder::new(content).take(LARGEST_OBJECT).read_to_end(&mut bytes)?;
    let object: Object = serde_json::from_slice(&bytes)?;
    // A record without its place in their chain, so that what is made of it can have a place in this one.
    let placed = |mut fields: Map<String, Value>| {
        let sequence = fields.remove(INTEGRITY)?.get("sequence")?.as_u64()?;
        Some((fields, sequence))
    };
    Ok(object.records.into_iter().filter_map(placed))
}

#[cfg(test)]
mod tests;
