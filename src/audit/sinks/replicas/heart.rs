//! This replica's heartbeats: how far its records in the bucket are settled, for whoever has to settle the rest.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout};

use super::heartbeat::Heartbeat;
use super::{Surroundings, TellFailure};
use crate::audit::chain::ChainHead;
use crate::audit::journal::Reached;
use crate::audit::shipping::SinkError;

/// How often a heartbeat is stored.
const EVERY: Duration = Duration::from_secs(60);
/// How soon one that could not be stored is tried again: writes wait for it.
const RETRY: Duration = Duration::from_secs(5);
/// How long one request may take.
const WITHIN: Duration = Duration::from_secs(30);
/// How long after its last heartbeat a replica still writes: less than until others take it for dead.
const KNOWN_FOR: Duration = Duration::from_secs(3 * 60);

/// Stores the heartbeats of one replica.
pub(super) struct Heart {
    pub(super) around: Surroundings,
    pub(super) tell: TellFailure,
    /// Hears when the first is stored.
    pub(super) beats: watch::Sender<bool>,
    pub(super) progress: Progress,
}

/// How far this replica came.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Moments of this process: from the last before which everything is settled in the bucket.
    moments: VecDeque<Moment>,
    /// What an earlier process on the same folder said last; none within where there was none.
    earlier: Option<Option<Heartbeat>>,
}

/// How far this replica was at a moment.
#[derive(Debug, Clone, Copy)]
struct Moment {
    time: Timestamp,
    /// The last durable record.
    head: ChainHead,
    /// Records before this one are settled by those up to the head.
    settled_before: u64,
}

impl Heart {
    /// Beats until `ending`, and takes the heartbeat away then.
    pub(super) async fn run(mut self, ending: Arc<Notify>) {
        // When a heartbeat that is stored was begun.
        let mut known_since: Option<Instant> = None;
        loop {
            let begun = Instant::now();
            let beaten = tokio::select! {
                beaten = self.beat() => beaten,
                () = ending.notified() => break,
            };
            let pause = match &beaten {
                Ok(()) => {
                    known_since = Some(begun);
                    self.around.journal.announced(begun + KNOWN_FOR);
                    self.beats.send_replace(true);
                    EVERY
                }
                Err(error) => {
                    tracing::error!(%error, "this replica's heartbeat could not be stored; it is tried again");
                    if known_since.is_none_or(|since| since.elapsed() >= KNOWN_FOR) {
                        self.around.journal.not_announced(format!("no other replica knows of this one: {error}"));
                    }
                    RETRY
                }
            };
            (self.tell)(beaten.as_ref().err());
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = ending.notified() => break,
            }
        }
        if let Err(error) =
            self.around.shelf.remove(&self.around.layout.heartbeat(&self.around.layout.replica), None).await
        {
            tracing::warn!(%error, "the heartbeat of this replica could not be taken away: another will look for what it left");
        }
    }

    /// Stores a heartbeat.
    async fn beat(&mut self) -> Result<(), SinkError> {
        let Reached { head, unsettled_since } = self.around.journal.reached();
        let settled_before = unsettled_since.unwrap_or(head.sequence + 1);
        self.progress.moments.push_back(Moment { time: self.around.clock.now(), head, settled_before });
        let heartbeat = match self.stored() {
            Some(stored) => self.heartbeat(stored),
            // It goes on to be said what an earlier process said, as of now; one that said nothing left nothing.
            None => match answered(self.earlier()).await? {
                Some(earlier) => Heartbeat { time: self.around.clock.now(), ..earlier },
                None => {
                    let first = self.first_stored().await?;
                    self.heartbeat(first)
                }
            },
        };
        let replica = &self.around.layout.replica;
        let content = heartbeat.to_bytes(replica, self.around.journal.folder().signing_key.as_deref())?;
        answered(self.around.shelf.put(&self.around.layout.heartbeat(replica), content, false)).await?;
        Ok(())
    }

    /// The last moment that the bucket shows: what was settled here is settled for others when the bucket has the outcomes.
    fn stored(&self) -> Option<Moment> {
        let shipped = self.around.shipped.borrow().through;
        self.progress.moments.iter().rfind(|moment| moment.head.sequence <= shipped).copied()
    }

    /// The first moment of this process, when the bucket shows it: before, a heartbeat can say nothing.
    async fn first_stored(&mut self) -> Result<Moment, SinkError> {
        let first = *self.progress.moments.front().ok_or("there was no moment yet")?;
        let mut shipped = self.around.shipped.clone();
        let is_stored = shipped.wait_for(|shipped| shipped.through >= first.head.sequence);
        if let Ok(waited) = timeout(WITHIN, is_stored).await {
            return waited.map(|_| first).map_err(SinkError::from);
        }
        let records = first.head.sequence.saturating_sub(self.around.shipped.borrow().through);
        Err(format!("{records} records are still to be stored before others can be told of this replica").into())
    }

    fn heartbeat(&mut self, stored: Moment) -> Heartbeat {
        let Moment { head: through, settled_before, .. } = stored;
        let moments = &mut self.progress.moments;
        // What is not settled was durable after the last of these, so it was stored later still.
        while moments.get(1).is_some_and(|moment| moment.head.sequence < settled_before) {
            moments.pop_front();
        }
        let time = self.around.clock.now();
        let from = moments.front().map_or(time, |moment| moment.time);
        Heartbeat { time, from, settled_before, through, shipped: self.around.shipped.borrow().through }
    }

    /// The heartbeat that an earlier process on this folder left.
    async fn earlier(&mut self) -> Result<Option<Heartbeat>, SinkError> {
        if let Some(earlier) = self.progress.earlier {
            return Ok(earlier);
        }
        let replica = &self.around.layout.replica;
        let key = self.around.layout.heartbeat(replica);
        let is_there = self.around.shelf.list(&key, "").await?.objects.iter().any(|object| object.key == key);
        let earlier = match is_there {
            true => Some(Heartbeat::read(&self.around.shelf.get(&key).await?, replica, self.around.keys.as_deref())?),
            false => None,
        };
        self.progress.earlier = Some(earlier);
        Ok(earlier)
    }
}

/// What the bucket answers, where it does in time.
async fn answered<T>(asked: impl Future<Output = Result<T, SinkError>>) -> Result<T, SinkError> {
    timeout(WITHIN, asked).await.unwrap_or_else(|_| Err("the bucket does not answer".into()))
}
