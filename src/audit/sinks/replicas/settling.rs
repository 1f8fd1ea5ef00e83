//! Finding replicas that died, and recording the outcomes that they left out. It may take long, and holds up no heartbeat.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::heartbeat::Heartbeat;
use super::left::Left;
use super::{Surroundings, TellFailure};
use crate::audit::shipping::SinkError;
use crate::audit::sinks::layout::{Layout, Replica};
use crate::audit::sinks::shelf::{Listed, Shelf};
use crate::audit::unsettled::unknown_outcome;

/// How often heartbeats are looked at.
const EVERY: Duration = Duration::from_secs(60);
/// How old a heartbeat is when its replica is taken for dead.
const DEAD_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// How old a claim is when whoever made it is taken for dead.
const CLAIM_FOR: SignedDuration = SignedDuration::from_mins(15);
/// How often one's own claim is made anew.
const RECLAIM: Duration = Duration::from_secs(5 * 60);
/// How old a heartbeat is when somebody's claim is no reason any more to be quiet about it.
const OVERDUE: SignedDuration = SignedDuration::from_mins(30);
/// How far the clock of a replica may have been set back while it wrote.
const SKEW: SignedDuration = SignedDuration::from_hours(1);
/// How much earlier than it was stored an object may be named, where nobody sets a clock.
const AROUND: SignedDuration = SignedDuration::from_mins(2);
/// How far ahead of this one's it may have been.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);
/// How far back objects are looked for.
const OLDEST: SignedDuration = SignedDuration::from_hours(31 * 24);
/// The seconds of a day in UTC.
const DAY: i64 = 24 * 60 * 60;
/// How many objects of one replica are looked at.
const MOST_OBJECTS: usize = 200_000;
/// How many heartbeats and claims are looked at.
const MOST_HEARTBEATS: usize = 10_000;
/// How often the bucket is asked before the whole is given up, and how long after a failure it is asked again.
const ATTEMPTS: u32 = 4;
const RETRY: Duration = Duration::from_secs(2);
/// How long outcomes that were found to be missing may take into the bucket; what takes longer is looked at again.
const STORED_WITHIN: Duration = Duration::from_secs(60);

/// Settles what dead replicas left.
pub(super) struct Settling {
    pub(super) around: Surroundings,
    pub(super) tell: TellFailure,
    /// Intents of dead replicas whose outcomes are in this journal, and whose heartbeats are still there.
    pub(super) recorded: HashMap<Replica, HashSet<Box<str>>>,
}

/// A replica that died.
struct Dead {
    replica: Replica,
    heartbeat: Listed,
    claims: Vec<Listed>,
    /// For how long its heartbeat has not been stored.
    age: SignedDuration,
    /// By the bucket's clock.
    now: Timestamp,
}

/// What keeps others from settling the same at once, as long as it is made anew.
struct Claim<'a> {
    key: &'a str,
    content: Vec<u8>,
    made: Instant,
}

impl Settling {
    /// Looks at the others every minute, from when this replica's own heartbeat is stored.
    pub(super) async fn run(mut self, mut beats: watch::Receiver<bool>) {
        if beats.wait_for(|has_begun| *has_begun).await.is_err() {
            return;
        }
        loop {
            let ended = self.round().await;
            if let Err(error) = &ended {
                tracing::error!(%error, "what other replicas left is not settled; it is tried again");
            }
            (self.tell)(ended.as_ref().err());
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Looks at every heartbeat once; the first failure, when all were looked at.
    async fn round(&mut self) -> Result<(), SinkError> {
        let mut looked_at = HashSet::new();
        let mut failed = None;
        // The list is read anew after each, since that may have taken hours.
        while let Some(dead) = self.dead().await?.into_iter().find(|dead| !looked_at.contains(&dead.replica)) {
            if let Err(error) = self.look_at(&dead).await {
                // At once: what comes behind it may take hours.
                (self.tell)(Some(&error));
                failed.get_or_insert(error);
            }
            looked_at.insert(dead.replica);
        }
        failed.map_or(Ok(()), Err)
    }

    /// The replicas that are dead by the bucket's clock, which this replica's own heartbeat shows.
    async fn dead(&self) -> Result<Vec<Dead>, SinkError> {
        let mut listed = Vec::new();
        let (prefix, mut after) = (self.around.layout.replicas(), String::new());
        loop {
            let page = asked_again(|| self.around.shelf.list(&prefix, &after)).await?;
            listed.extend(page.objects);
            match listed.last() {
                Some(last) if page.more => after.clone_from(&last.key),
                _ => break,
            }
            if listed.len() > MOST_HEARTBEATS {
                return Err(
                    format!("there are more than {MOST_HEARTBEATS} heartbeats and claims under {prefix}").into()
                );
            }
        }
        let own = self.around.layout.heartbeat(&self.around.layout.replica);
        let now = listed.iter().find(|object| object.key == own).map(|object| object.stored);
        let now = now.ok_or("this replica's heartbeat is not in the bucket's list, though it was stored")?;
        let dead = listed.iter().filter_map(|heartbeat| {
            let replica = self.around.layout.replica_of(&heartbeat.key)?;
            let age = now.duration_since(heartbeat.stored);
            let claims = listed.iter().filter(|claim| claim.key.starts_with(&heartbeat.key) && *claim != heartbeat);
            let (claims, heartbeat) = (claims.cloned().collect(), heartbeat.clone());
            (age >= DEAD_AFTER && replica != self.around.layout.replica).then_some(Dead {
                replica,
                heartbeat,
                claims,
                age,
                now,
            })
        });
        Ok(dead.collect())
    }

    async fn look_at(&mut self, dead: &Dead) -> Result<(), SinkError> {
        let (held, stale): (Vec<&Listed>, Vec<&Listed>) =
            dead.claims.iter().partition(|claim| dead.now.duration_since(claim.stored) < CLAIM_FOR);
        if let Some(held) = held.first() {
            if dead.age < OVERDUE {
                return Ok(());
            }
            let (replica, minutes, key) = (&dead.replica, dead.age.as_mins(), &held.key);
            return Err(format!(
                "what replica {replica} left is not settled {minutes} minutes after its last heartbeat; {key} says that \
                 another replica works on it: if none does, remove that"
            )
            .into());
        }
        for claim in stale {
            // One that stays holds nobody up: the next has another name.
            let _ = self.around.shelf.remove(&claim.key, None).await;
        }
        self.claim_and_settle(dead).await.map_err(|error| {
            let (replica, heartbeat) = (&dead.replica, &dead.heartbeat.key);
            SinkError::from(format!(
                "what replica {replica} left cannot be settled ({error}); look for its writes in CloudTrail, then remove \
                 {heartbeat}"
            ))
        })
    }

    async fn claim_and_settle(&mut self, dead: &Dead) -> Result<(), SinkError> {
        let heartbeat = &dead.heartbeat;
        let key = format!("{}.{}.claim", heartbeat.key, dead.now.as_second().div_euclid(CLAIM_FOR.as_secs()));
        let content = self.around.layout.replica.to_string().into_bytes();
        if !self.around.shelf.put(&key, content.clone(), true).await? {
            return Ok(());
        }
        let mut claim = Claim { key: &key, content, made: Instant::now() };
        let settled = match self.settle(dead, &mut claim).await {
            Ok(count) => self.settled(dead, count).await,
            Err(error) => Err(error),
        };
        let _ = self.around.shelf.remove(&key, None).await;
        settled
    }

    /// Everything that a dead replica left is settled: its heartbeat goes, unless it beats again.
    async fn settled(&mut self, dead: &Dead, writes: usize) -> Result<(), SinkError> {
        let (replica, heartbeat) = (&dead.replica, &dead.heartbeat);
        if self.around.shelf.remove(&heartbeat.key, Some(&heartbeat.tag)).await? {
            tracing::warn!(%replica, writes, "a replica died; what it left unsettled is recorded here");
        } else {
            tracing::warn!(%replica, writes, "a replica was taken for dead and lives; what it left unsettled is recorded here");
        }
        self.recorded.remove(replica);
        Ok(())
    }

    /// Records the outcomes that a dead replica left out; how many.
    async fn settle(&mut self, dead: &Dead, claim: &mut Claim<'_>) -> Result<usize, SinkError> {
        let replica = &dead.replica;
        let content = asked_again(|| self.around.shelf.get(&dead.heartbeat.key)).await?;
        let heartbeat = Heartbeat::read(&content, replica, self.around.keys.as_deref())?;
        let mut left = Left::of(heartbeat, self.around.keys.clone());
        for key in self.objects(replica, heartbeat, claim).await? {
            let content = asked_again(|| self.around.shelf.get(&key)).await?;
            let taken = tokio::task::spawn_blocking(move || left.take(&content).map(|()| left));
            left = taken.await?.map_err(|error| format!("{key}: {error}"))?;
            claim.renewed(&*self.around.shelf).await?;
        }
        let mut count = 0;
        let recorded = self.recorded.entry(replica.clone()).or_default();
        for intent in left.end()?.intents() {
            let id = intent.get("eventID").and_then(Value::as_str).unwrap_or_default();
            if recorded.contains(id) {
                continue;
            }
            let outcome = unknown_outcome(
                intent,
                self.around.journal.new_id(),
                self.around.clock.now(),
                &self.around.journal.context(),
            );
            self.around.journal.note_durably(outcome).await?;
            recorded.insert(id.into());
            count += 1;
            claim.renewed(&*self.around.shelf).await?;
        }
        self.stored_here().await?;
        Ok(count)
    }

    /// Waits until the bucket has what is on this disk: the disk may die before the outcomes that were just written are anywhere
    /// else.
    async fn stored_here(&self) -> Result<(), SinkError> {
        let head = self.around.journal.reached().head.sequence;
        let mut shipped = self.around.shipped.clone();
        match timeout(STORED_WITHIN, shipped.wait_for(|shipped| shipped.through >= head)).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err("the outcomes are in this journal, and not in the bucket yet".into()),
        }
    }

    /// The keys of the objects that can hold what the replica left, in the order of their records.
    async fn objects(
        &self,
        replica: &Replica,
        heartbeat: Heartbeat,
        claim: &mut Claim<'_>,
    ) -> Result<Vec<String>, SinkError> {
        let Heartbeat { from, settled_before, .. } = heartbeat;
        let now = self.around.clock.now();
        let earliest = from.checked_sub(SKEW).unwrap_or(from);
        if now.duration_since(from) > OLDEST {
            return Err(format!("it has writes without an outcome since {from}").into());
        }
        let latest = now.max(from);
        let latest = self.around.layout.day(latest.checked_add(AHEAD).unwrap_or(latest));
        let mut found: Vec<(u64, String)> = Vec::new();
        let mut day = earliest;
        loop {
            // Keys of a day sort by time, and `day` is the first moment of it that counts.
            let (prefix, mut after) = (self.around.layout.day(day), self.around.layout.from(day));
            loop {
                let page = asked_again(|| self.around.shelf.list(&prefix, &after)).await?;
                let Some(last) = page.objects.last() else { break };
                after.clone_from(&last.key);
                let keys = page.objects.into_iter().map(|object| object.key);
                found.extend(keys.filter_map(|key| Some((Layout::first_of(&key, replica)?, key))));
                if found.len() > MOST_OBJECTS {
                    return Err(format!("it has more than {MOST_OBJECTS} objects since {from}").into());
                }
                claim.renewed(&*self.around.shelf).await?;
                if !page.more {
                    break;
                }
            }
            if prefix >= latest {
                break;
            }
            day = Timestamp::from_second(day.as_second().div_euclid(DAY) * DAY + DAY)?;
        }
        found.sort_unstable();
        // What is not settled was stored since, whatever the number that an object begins with: one that came twice may hold more.
        // The replica's clock may have been set back meanwhile; of what is older by it the numbers say whether it counts.
        let since = self.around.layout.from(from.checked_sub(AROUND).unwrap_or(from));
        let begins = found.iter().map(|(first, _)| *first).rfind(|first| *first <= settled_before).unwrap_or(0);
        let counts = |(first, key): &(u64, String)| *key >= since || *first >= begins;
        Ok(found.into_iter().filter(counts).map(|(_, key)| key).collect())
    }
}

impl Claim<'_> {
    /// Makes it anew before others take it for given up.
    async fn renewed(&mut self, shelf: &dyn Shelf) -> Result<(), SinkError> {
        if self.made.elapsed() >= RECLAIM {
            asked_again(|| shelf.put(self.key, self.content.clone(), false)).await?;
            self.made = Instant::now();
        }
        Ok(())
    }
}

/// What the bucket answers: what was read of thousands of objects is not given up for one request that failed.
async fn asked_again<T, F>(mut ask: impl FnMut() -> F) -> Result<T, SinkError>
where
    F: Future<Output = Result<T, SinkError>>,
{
    let mut attempt = 1;
    loop {
        match ask().await {
            Err(_) if attempt < ATTEMPTS => tokio::time::sleep(RETRY * attempt).await,
            answered => return answered,
        }
        attempt += 1;
    }
}
