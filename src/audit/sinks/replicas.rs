//! Replicas that share a bucket, where disks die with their machines: who lives, and what one that died left unsettled.
//!
//! Each replica stores a heartbeat every minute: `[prefix/]AWSLogs/ACCOUNT/McpGateway/REGION/replicas/REPLICA.json`, which says
//! from which time on its objects may hold intents without an outcome. Nothing counts as stored before the first is. At its
//! start, and every minute after it, a replica looks for heartbeats that are five minutes older than its own, by the bucket's
//! clock, reads those objects, and writes the outcomes that are missing into its own journal: `OutcomeUnknown`, with what to look
//! for in CloudTrail. A claim keeps two from doing so at once. A replica that ends in order takes its heartbeat away.
//!
//! One that only cannot reach the bucket is taken for dead, too. It forwards no writes meanwhile, and the outcomes that it
//! holds reach the bucket later: an intent may then have two outcomes, of which the one that is not unknown counts.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use self::heartbeat::Heartbeat;
use self::left::Left;
use super::layout::{Layout, Replica};
use crate::audit::journal::{Journal, Reached};
use crate::audit::shipping::{Shipped, SinkError};
use crate::audit::signing::PublicKey;
use crate::audit::unsettled::unknown_outcome;
use crate::clock::SharedClock;

mod heartbeat;
mod left;

/// How often a heartbeat is stored, and others' are looked at.
const EVERY: Duration = Duration::from_secs(60);
/// How soon the first heartbeat is tried again, for which writes wait.
const FIRST_RETRY: Duration = Duration::from_secs(5);
/// How long after its last heartbeat a replica still writes: less than until others take it for dead.
const KNOWN_FOR: Duration = Duration::from_secs(3 * 60);
/// How long a replica may settle what others left before its own next heartbeat.
const SETTLE_WITHIN: Duration = Duration::from_secs(2 * 60);
/// How old a heartbeat is when its replica is taken for dead.
const DEAD_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// How old a claim is when whoever made it is taken for dead.
const CLAIM_FOR: SignedDuration = SignedDuration::from_mins(15);
/// How far the clock of the bucket may be from this one's.
const SKEW: SignedDuration = SignedDuration::from_mins(1);
/// How far back objects are looked for.
const OLDEST: SignedDuration = SignedDuration::from_hours(31 * 24);
/// The seconds of a day in UTC.
const DAY: i64 = 24 * 60 * 60;
/// How many objects of one replica are read.
const MOST_OBJECTS: usize = 100_000;
/// How long outcomes that were found to be missing may take into the bucket; what takes longer is looked at again.
const STORED_WITHIN: Duration = Duration::from_secs(60);
/// How long the end of the process waits for what is under way here.
const GRACE: Duration = Duration::from_secs(5);

/// Objects of a bucket.
pub trait Shelf: std::fmt::Debug + Send + Sync + 'static {
    /// The objects whose keys begin with `prefix` and come after `after`.
    fn list<'a>(&'a self, prefix: &'a str, after: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, SinkError>>;

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

/// What tells whether it works: the reason of a failure, or nothing when a round ended well.
pub type TellReplicas = Box<dyn Fn(Option<&SinkError>) + Send + Sync>;

/// Stores this replica's heartbeats, and settles what dead ones left, until it is ended.
#[derive(Debug)]
pub struct Replicas {
    journal: Journal,
    ending: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Replicas {
    /// Begins, in a task of its own. The journal hears from here when the first heartbeat is stored: a replica of which no other
    /// knows must not write. `former_keys` signed the journals before their present key.
    #[must_use]
    pub fn begin(
        journal: &Journal,
        shelf: Arc<dyn Shelf>,
        layout: Layout,
        clock: SharedClock,
        shipped: watch::Receiver<Shipped>,
        former_keys: &[PublicKey],
        tell: TellReplicas,
    ) -> Self {
        let ending = Arc::<Notify>::default();
        let watch = Watch {
            keys: journal.folder().believed_keys(former_keys),
            journal: journal.clone(),
            shelf,
            layout,
            clock,
            shipped,
            known_since: None,
            tell,
            beats: VecDeque::new(),
            settled: HashSet::new(),
        };
        let task = tokio::spawn(watch.run(Arc::clone(&ending)));
        Self { journal: journal.clone(), ending, task }
    }

    /// Ends, within a grace. Where `all_is_shipped` and nothing is unsettled, nobody has to look for what this replica left, and
    /// its heartbeat is taken away. To be called when the journal is closed.
    pub async fn end(mut self, all_is_shipped: bool) {
        if !all_is_shipped || self.journal.reached().unsettled_since.is_some() {
            return self.task.abort();
        }
        self.ending.notify_one();
        match timeout(GRACE, &mut self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the heartbeats of this replica broke off"),
            Err(_) => {
                self.task.abort();
                tracing::warn!("the heartbeat of this replica is left: another will look for what it left");
            }
        }
    }
}

/// How far this replica was at a moment.
#[derive(Debug, Clone, Copy)]
struct Beat {
    time: Timestamp,
    /// The last durable record.
    head: u64,
    /// Records before this one are settled by those up to the head.
    settled_before: u64,
}

struct Watch {
    journal: Journal,
    shelf: Arc<dyn Shelf>,
    layout: Layout,
    clock: SharedClock,
    shipped: watch::Receiver<Shipped>,
    /// When a heartbeat was stored last.
    known_since: Option<Instant>,
    tell: TellReplicas,
    /// In a signed journal, whose records and heartbeats are believed.
    keys: Option<Vec<PublicKey>>,
    /// Moments of this process: from the last before which everything is settled in the bucket.
    beats: VecDeque<Beat>,
    /// Intents of dead replicas whose outcomes are in this journal.
    settled: HashSet<Box<str>>,
}

impl Watch {
    async fn run(mut self, ending: Arc<Notify>) {
        loop {
            let round = async {
                let listed = self.beat().await?;
                self.known_since = Some(Instant::now());
                self.journal.announced(None);
                // Whoever settles others for long would be taken for dead.
                let settling = timeout(SETTLE_WITHIN, self.settle_the_dead(&listed)).await;
                settling.unwrap_or_else(|_| Err("settling what others left took too long".into()))
            };
            let ended = tokio::select! {
                ended = round => ended,
                () = ending.notified() => break,
            };
            if let Err(error) = &ended {
                tracing::error!(%error, "replicas do not look after each other as they should; it is tried again");
                if !self.is_known() {
                    self.journal.announced(Some(format!("no other replica knows of this one: {error}")));
                }
            }
            (self.tell)(ended.as_ref().err());
            tokio::select! {
                () = tokio::time::sleep(if self.is_known() { EVERY } else { FIRST_RETRY }) => {}
                () = ending.notified() => break,
            }
        }
        if let Err(error) = self.shelf.remove(&self.heartbeat_of(&self.layout.replica)).await {
            tracing::warn!(%error, "the heartbeat of this replica could not be taken away: another will look for what it left");
        }
    }

    /// Whether others see that this replica lives: no write is forwarded when they soon could take it for dead.
    fn is_known(&self) -> bool {
        self.known_since.is_some_and(|since| since.elapsed() < KNOWN_FOR)
    }

    /// Stores this replica's heartbeat; all there are.
    async fn beat(&mut self) -> Result<Vec<Listed>, SinkError> {
        let through = self.shipped.borrow().through;
        let Reached { head, unsettled_since } = self.journal.reached();
        let settled_before = unsettled_since.unwrap_or(head + 1);
        self.beats.push_back(Beat { time: self.clock.now(), head, settled_before });
        let prefix = self.layout.replicas();
        let own = self.heartbeat_of(&self.layout.replica);
        // What was settled here is settled for others when the bucket has the outcomes.
        let stored = self.beats.iter().rfind(|beat| beat.head <= through).copied();
        let settled_before = match stored {
            Some(beat) => beat.settled_before,
            // Of an earlier process its own heartbeat says how far it was; with none, it left nothing.
            None => {
                let listed = self.shelf.list(&prefix, "").await?;
                if listed.iter().any(|object| object.key == own) {
                    return Ok(listed);
                }
                through + 1
            }
        };
        // What is not settled was durable after the last of these, so it was stored later still.
        while self.beats.get(1).is_some_and(|beat| beat.head < settled_before) {
            self.beats.pop_front();
        }
        let from = self.beats.front().map_or_else(|| self.clock.now(), |beat| beat.time);
        let folder = self.journal.folder();
        let heartbeat = Heartbeat { from, settled_before, through };
        let content = heartbeat.to_bytes(&self.layout.replica, folder.signing_key.as_deref())?;
        self.shelf.put(&own, content, false).await?;
        self.shelf.list(&prefix, "").await
    }

    /// Looks at every heartbeat; the first failure, when all were looked at.
    async fn settle_the_dead(&mut self, listed: &[Listed]) -> Result<(), SinkError> {
        let own = self.heartbeat_of(&self.layout.replica);
        let now = listed.iter().find(|object| object.key == own).map(|object| object.stored);
        let now = now.ok_or("this replica's heartbeat is not in the bucket's list, though it was stored")?;
        let mut failed = None;
        for object in listed {
            let Some(replica) = self.named(&object.key) else { continue };
            if replica == self.layout.replica || now.duration_since(object.stored) < DEAD_AFTER {
                continue;
            }
            let claims = listed.iter().filter(|claim| claim.key.starts_with(&object.key) && claim.key != object.key);
            let (held, stale): (Vec<_>, Vec<_>) =
                claims.partition(|claim| now.duration_since(claim.stored) < CLAIM_FOR);
            if !held.is_empty() {
                continue;
            }
            for claim in stale {
                // One that stays holds nobody up: the next has another name.
                let _ = self.shelf.remove(&claim.key).await;
            }
            if let Err(error) = self.claim_and_settle(&replica, &object.key, now).await {
                let heartbeat = &object.key;
                failed.get_or_insert_with(|| {
                    SinkError::from(format!(
                        "what replica {replica} left cannot be settled ({error}); look for its writes in CloudTrail, then \
                         remove {heartbeat}"
                    ))
                });
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn claim_and_settle(&mut self, replica: &Replica, heartbeat: &str, now: Timestamp) -> Result<(), SinkError> {
        let claim = format!("{heartbeat}.{}.claim", now.as_second().div_euclid(CLAIM_FOR.as_secs()));
        if !self.shelf.put(&claim, self.layout.replica.to_string().into_bytes(), true).await? {
            return Ok(());
        }
        let settled = match self.settle(replica, heartbeat).await {
            Ok(count) => {
                tracing::warn!(%replica, writes = count, "a replica died; what it left unsettled is recorded here");
                self.shelf.remove(heartbeat).await
            }
            Err(error) => Err(error),
        };
        let _ = self.shelf.remove(&claim).await;
        settled
    }

    /// Records the outcomes that a dead replica left out; how many.
    async fn settle(&mut self, replica: &Replica, heartbeat: &str) -> Result<usize, SinkError> {
        let heartbeat = Heartbeat::read(&self.shelf.get(heartbeat).await?, replica, self.keys.as_deref())?;
        let mut left = Left::of(heartbeat, self.keys.as_deref());
        for key in self.objects(replica, heartbeat.from).await? {
            let content = self.shelf.get(&key).await?;
            left.take(&content).map_err(|error| format!("{key}: {error}"))?;
        }
        let mut count = 0;
        for intent in left.end()?.intents() {
            let id = intent.get("eventID").and_then(Value::as_str).unwrap_or_default();
            if self.settled.contains(id) {
                continue;
            }
            let outcome = unknown_outcome(intent, self.journal.new_id(), self.clock.now(), self.journal.context());
            self.journal.note_durably(outcome).await?;
            self.settled.insert(id.into());
            count += 1;
        }
        self.stored_here().await?;
        Ok(count)
    }

    /// Waits until the bucket has what is on this disk: the disk may die before the outcomes that were just written are anywhere
    /// else.
    async fn stored_here(&self) -> Result<(), SinkError> {
        let head = self.journal.reached().head;
        let mut shipped = self.shipped.clone();
        match timeout(STORED_WITHIN, shipped.wait_for(|shipped| shipped.through >= head)).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err("the outcomes are in this journal, and not in the bucket yet".into()),
        }
    }

    /// The keys of the replica's objects since `from`, in the order of their records.
    async fn objects(&self, replica: &Replica, from: Timestamp) -> Result<Vec<String>, SinkError> {
        let now = self.clock.now();
        let earliest = from.checked_sub(SKEW).unwrap_or(from);
        if now.duration_since(earliest) > OLDEST {
            return Err(format!("it has writes without an outcome since {from}").into());
        }
        let theirs = format!("_{replica}-");
        let mut keys = Vec::new();
        let mut day = earliest;
        loop {
            // Keys of a day sort by time, and `day` is the first moment of it that counts.
            let objects = self.shelf.list(&self.layout.day(day), &self.layout.from(day)).await?;
            keys.extend(objects.into_iter().filter(|object| object.key.contains(&theirs)).map(|object| object.key));
            if keys.len() > MOST_OBJECTS {
                return Err(format!("it has more than {MOST_OBJECTS} objects since {from}").into());
            }
            if self.layout.day(day) >= self.layout.day(now) {
                break;
            }
            let midnight = day.as_second().div_euclid(DAY) * DAY + DAY;
            day = Timestamp::from_second(midnight)?;
        }
        // By their first record, which the key ends with.
        keys.sort_by(|a, b| a.rsplit('-').next().cmp(&b.rsplit('-').next()));
        Ok(keys)
    }

    fn heartbeat_of(&self, replica: &Replica) -> String {
        format!("{}{replica}.json", self.layout.replicas())
    }

    fn named(&self, key: &str) -> Option<Replica> {
        Replica::parse(key.strip_prefix(&self.layout.replicas())?.strip_suffix(".json")?)
    }
}

#[cfg(test)]
mod tests;
