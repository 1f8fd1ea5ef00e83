//! Replicas that share a bucket, where disks die with their machines: who lives, and what one that died left unsettled.
//!
//! Each replica stores a heartbeat every minute: `[prefix/]AWSLogs/ACCOUNT/McpGateway/REGION/replicas/REPLICA.json`, which says
//! from which time on its objects may hold intents without an outcome. Nothing counts as stored before the first is, and who
//! can store none for three minutes forwards no writes. At its start, and every minute after it, a replica looks for heartbeats
//! that are five minutes older than its own, by the bucket's clock, reads those objects, and writes the outcomes that are
//! missing into its own journal: `OutcomeUnknown`, with what to look for in CloudTrail. A claim keeps two from doing so at once,
//! and is no secret: whoever can write the bucket can make one, so one that is held for long raises the alarm. A replica that
//! ends in order takes its heartbeat away.
//!
//! One that only cannot reach the bucket is taken for dead, too. It forwards no writes meanwhile, and the outcomes that it
//! holds reach the bucket later: an intent may then have two outcomes, of which the one that is not unknown counts.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use self::heart::{Heart, Progress};
use self::settling::Settling;
use super::layout::Layout;
use super::shelf::Shelf;
use crate::audit::journal::Journal;
use crate::audit::shipping::{Shipped, SinkError};
use crate::audit::signing::PublicKey;
use crate::clock::SharedClock;

mod heart;
mod heartbeat;
mod left;
mod settling;
#[cfg(test)]
mod tests;

/// How long the end of the process waits for what is under way here.
const GRACE: Duration = Duration::from_secs(5);

/// Hears the reason of a failure, or nothing when all went well.
pub type TellFailure = Box<dyn Fn(Option<&SinkError>) + Send + Sync>;

/// What tells whether it works.
pub struct TellReplicas {
    /// After each attempt to store this replica's heartbeat.
    pub heartbeat: TellFailure,
    /// After each look at what others left.
    pub settling: TellFailure,
}

impl fmt::Debug for TellReplicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TellReplicas").finish_non_exhaustive()
    }
}

/// Stores this replica's heartbeats, and settles what dead ones left, until it is ended.
#[derive(Debug)]
pub struct Replicas {
    journal: Journal,
    ending: Arc<Notify>,
    heart: JoinHandle<()>,
    settling: JoinHandle<()>,
}

/// What both of its tasks work with.
#[derive(Clone)]
struct Surroundings {
    journal: Journal,
    shelf: Arc<dyn Shelf>,
    layout: Layout,
    clock: SharedClock,
    /// How far the bucket has this replica's records.
    shipped: watch::Receiver<Shipped>,
    /// In a signed journal, whose records and heartbeats are believed.
    keys: Option<Arc<[PublicKey]>>,
}

impl Replicas {
    /// Begins, in tasks of its own. The journal hears from here when the first heartbeat is stored: a replica of which no other
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
        let keys: Option<Arc<[PublicKey]>> = journal.folder().believed_keys(former_keys).map(Arc::from);
        let (beats, has_begun) = watch::channel(false);
        let around = Surroundings { journal: journal.clone(), shelf, layout, clock, shipped, keys };
        let heart = Heart { around: around.clone(), tell: tell.heartbeat, beats, progress: Progress::default() };
        let settling = Settling { around, tell: tell.settling, recorded: HashMap::new() };
        Self {
            journal: journal.clone(),
            heart: tokio::spawn(heart.run(Arc::clone(&ending))),
            settling: tokio::spawn(settling.run(has_begun)),
            ending,
        }
    }

    /// Ends, within a grace. Where `all_is_shipped` and nothing is unsettled, nobody has to look for what this replica left, and
    /// its heartbeat is taken away. To be called when the journal is closed.
    pub async fn end(mut self, all_is_shipped: bool) {
        self.settling.abort();
        if !all_is_shipped || self.journal.reached().unsettled_since.is_some() {
            return self.heart.abort();
        }
        self.ending.notify_one();
        match timeout(GRACE, &mut self.heart).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the heartbeats of this replica broke off"),
            Err(_) => {
                self.heart.abort();
                tracing::warn!("the heartbeat of this replica is left: another will look for what it left");
            }
        }
    }
}
