//! One process's own memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, ready};
use jiff::Timestamp;

use super::{Counted, Gone, Kind, Rate, SharedState, Single, Taken, Use};
use crate::bucket::Bucket;
use crate::clock::SharedClock;
use crate::expiring::Expiring;

/// How many buckets are kept; beyond that those that were asked least lately are forgotten.
pub(super) const MOST_BUCKETS: usize = 50_000;

/// How much is remembered of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacities {
    /// Of everybody.
    pub of_all: usize,
    /// Of one owner.
    pub of_one: usize,
}

/// What this process remembers.
///
/// Memory grows with use and is bounded: an entry of a kind without owners is 40 bytes in a B-tree at least half full, so no
/// more than about 100 bytes.
#[derive(Debug)]
pub struct Memory {
    clock: SharedClock,
    used: HashMap<Kind, Mutex<Remembered>>,
    buckets: Mutex<HashMap<Counted, (Bucket, Rate)>>,
}

/// What of one kind was used.
#[derive(Debug)]
pub(super) struct Remembered {
    capacities: Capacities,
    /// What was made before this may have been used by an earlier process.
    earliest: Option<Timestamp>,
    /// Each until the last second in which it could be used. For what has no owner, both follow from it.
    until: Expiring<[u8; 32]>,
    /// Whose each is that has an owner, or was used by an earlier process.
    owned: HashMap<[u8; 32], Option<[u8; 32]>>,
    pub(super) shares: HashMap<[u8; 32], usize>,
}

impl Memory {
    /// A memory that holds this much, and knows nothing yet.
    #[must_use]
    pub fn new(capacities: impl Fn(Kind) -> Capacities, clock: SharedClock) -> Self {
        let used = Kind::ALL.into_iter().map(|kind| (kind, Mutex::new(Remembered::new(capacities(kind))))).collect();
        Self { clock, used, buckets: Mutex::default() }
    }

    /// The same, which lets nothing of this kind be used that was made before `earliest`: an earlier process may have used it.
    #[must_use]
    pub fn since(mut self, kind: Kind, earliest: Timestamp) -> Self {
        if let Some(remembered) = self.used.get_mut(&kind) {
            remembered.get_mut().unwrap_or_else(PoisonError::into_inner).earliest = Some(earliest);
        }
        self
    }

    /// The time by which it forgets.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Remembers what an earlier process used.
    pub fn remember(&self, kind: Kind, id: [u8; 32], until: Timestamp) {
        let mut remembered = self.of(kind);
        if remembered.owned.insert(id, None).is_none() {
            remembered.until.insert(last_second(until), id);
        }
    }

    /// How many of this kind are remembered. Expired ones count until the next use.
    #[must_use]
    pub fn len(&self, kind: Kind) -> usize {
        self.of(kind).until.len()
    }

    /// Whether this process, or an earlier one that it knows of, used it; of what has no owner, only uses of earlier ones.
    #[must_use]
    pub fn has(&self, kind: Kind, id: &[u8; 32]) -> bool {
        self.of(kind).owned.contains_key(id)
    }

    /// Uses something up.
    pub fn try_use(&self, single: &Single) -> Use {
        let now = self.clock.now();
        self.of(single.kind).try_use(single, now)
    }

    /// Counts one more.
    pub fn count(&self, counted: &Counted, rate: Rate) -> Taken {
        let now = self.clock.now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_BUCKETS && !buckets.contains_key(counted) {
            make_room(&mut buckets, now);
        }
        if !buckets.contains_key(counted) {
            buckets.insert(counted.clone(), (Bucket::full(rate, now), rate));
        }
        let Some((bucket, last_rate)) = buckets.get_mut(counted) else { return Taken::Now };
        *last_rate = rate;
        match bucket.take(rate, now) {
            Ok(()) => Taken::Now,
            Err(wait) => Taken::After(Duration::from_secs_f64(wait.clamp(0.0, 3600.0))),
        }
    }

    /// How many buckets there are.
    #[cfg(test)]
    pub(super) fn buckets(&self) -> usize {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(super) fn of(&self, kind: Kind) -> std::sync::MutexGuard<'_, Remembered> {
        // Every kind is there from the beginning.
        self.used[&kind].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SharedState for Memory {
    fn use_up<'a>(&'a self, single: &'a Single) -> BoxFuture<'a, Result<Use, Gone>> {
        ready(Ok(self.try_use(single))).boxed()
    }

    fn was_used<'a>(&'a self, kind: Kind, id: &'a [u8; 32]) -> BoxFuture<'a, bool> {
        ready(self.has(kind, id)).boxed()
    }

    fn take<'a>(&'a self, counted: &'a Counted, rate: Rate) -> BoxFuture<'a, Result<Taken, Gone>> {
        ready(Ok(self.count(counted, rate))).boxed()
    }

    fn reaches_all_replicas(&self) -> bool {
        false
    }
}

impl Remembered {
    fn new(capacities: Capacities) -> Self {
        Self { capacities, earliest: None, until: Expiring::default(), owned: HashMap::new(), shares: HashMap::new() }
    }

    fn try_use(&mut self, single: &Single, now: Timestamp) -> Use {
        self.forget(now);
        let entry = (last_second(single.until), single.id);
        if self.owned.contains_key(&single.id) || self.until.contains(&entry) {
            return Use::Again;
        }
        if let Some(earliest) = self.earliest.filter(|earliest| single.made < *earliest) {
            return Use::MadeTooEarly { earliest };
        }
        if self.until.may_be_forgotten(entry.0) {
            return Use::Forgotten;
        }
        let share = single.owner.map_or(0, |owner| self.shares.get(&owner).copied().unwrap_or_default());
        if share >= self.capacities.of_one || self.until.len() >= self.capacities.of_all {
            return Use::Full;
        }
        if let Some(owner) = single.owner {
            self.shares.insert(owner, share + 1);
            self.owned.insert(single.id, Some(owner));
        }
        self.until.insert(entry.0, entry.1);
        Use::First
    }

    fn forget(&mut self, now: Timestamp) {
        let (owned, shares) = (&mut self.owned, &mut self.shares);
        self.until.forget_before(now.as_second(), |id| {
            let Some(owner) = owned.remove(&id).flatten() else { return };
            if let Some(share) = shares.get_mut(&owner) {
                *share -= 1;
                if *share == 0 {
                    shares.remove(&owner);
                }
            }
        });
    }
}

/// The last second in which what ends then could be used.
fn last_second(until: Timestamp) -> i64 {
    if until.subsec_nanosecond() == 0 { until.as_second() } else { until.as_second().saturating_add(1) }
}

/// Makes room: buckets that are full again say nothing. Where none is, those that were asked least lately go.
fn make_room(buckets: &mut HashMap<Counted, (Bucket, Rate)>, now: Timestamp) {
    buckets.retain(|_, (bucket, rate)| !bucket.is_full(*rate, now));
    if buckets.len() >= MOST_BUCKETS {
        let mut last: Vec<(Timestamp, Counted)> =
            buckets.iter().map(|(counted, (bucket, _))| (bucket.last_asked(), counted.clone())).collect();
        last.sort_unstable_by_key(|(asked, _)| *asked);
        for (_, counted) in last.iter().take(MOST_BUCKETS / 2) {
            buckets.remove(counted);
        }
    }
}
