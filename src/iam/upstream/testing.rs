//! What the tests of upstreams stand on: time that is tokio's, and what replicas share that fails as told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, pending, ready};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::clock::{Clock, SharedClock};
use crate::iam::entity::Account;
use crate::shared_state::{Capacities, Counted, Gone, Kind, Memory, Rate, SharedState, Single, Taken, Use};

/// A wall clock that goes as tokio's paused time does.
#[derive(Debug)]
pub(in crate::iam) struct Following {
    began: Instant,
    at: Timestamp,
}

impl Following {
    pub(in crate::iam) fn clock() -> SharedClock {
        Arc::new(Self { began: Instant::now(), at: "2026-11-27T12:00:00Z".parse().unwrap() })
    }
}

impl Clock for Following {
    fn now(&self) -> Timestamp {
        self.at + SignedDuration::try_from(self.began.elapsed()).unwrap()
    }
}

/// One process's own memory, for accounts' calls alone.
pub(super) fn memory(clock: &SharedClock) -> Arc<dyn SharedState> {
    Arc::new(Memory::new(|_| Capacities { of_all: 0, of_one: 0 }, Arc::clone(clock)))
}

/// What the replicas share, when it is of no use.
#[derive(Debug, Clone, Copy)]
pub(super) enum Useless {
    /// It says that it is gone.
    Gone,
    /// It never answers.
    Silent,
    /// Others take every token.
    Taken,
}

impl SharedState for Useless {
    fn use_up<'a>(&'a self, _single: &'a Single) -> BoxFuture<'a, Result<Use, Gone>> {
        ready(Err(Gone)).boxed()
    }

    fn was_used<'a>(&'a self, _kind: Kind, _id: &'a [u8; 32]) -> BoxFuture<'a, bool> {
        ready(false).boxed()
    }

    fn reaches_all_replicas(&self) -> bool {
        true
    }

    fn take<'a>(&'a self, _counted: &'a Counted, _rate: Rate) -> BoxFuture<'a, Result<Taken, Gone>> {
        match self {
            Self::Gone => ready(Err(Gone)).boxed(),
            Self::Silent => pending().boxed(),
            Self::Taken => ready(Ok(Taken::After(Duration::from_millis(100)))).boxed(),
        }
    }
}

/// What the replicas share, when it gives a token to everybody, if not in the same moment, and counts them.
#[derive(Debug, Default)]
pub(super) struct Useful(AtomicUsize);

impl Useful {
    /// How many tokens it gave.
    pub(super) fn turns(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl SharedState for Useful {
    fn use_up<'a>(&'a self, _single: &'a Single) -> BoxFuture<'a, Result<Use, Gone>> {
        ready(Err(Gone)).boxed()
    }

    fn was_used<'a>(&'a self, _kind: Kind, _id: &'a [u8; 32]) -> BoxFuture<'a, bool> {
        ready(false).boxed()
    }

    fn reaches_all_replicas(&self) -> bool {
        true
    }

    fn take<'a>(&'a self, _counted: &'a Counted, _rate: Rate) -> BoxFuture<'a, Result<Taken, Gone>> {
        async {
            // Others come meanwhile.
            tokio::task::yield_now().await;
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(Taken::Now)
        }
        .boxed()
    }
}

pub(super) fn account(id: &str) -> Account {
    Account { partition: "aws".parse().unwrap(), id: id.parse().unwrap() }
}
