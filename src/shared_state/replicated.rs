//! What replicas agree on over a server, and what holds while it is out of reach.
//!
//! # States
//! *Reached*: the server decides. What it lets be used is remembered here, too. *Lost*, as soon as it does not answer one
//! question in order: nothing more is asked, and the configured choice holds. It is connected to again until that succeeds;
//! what was used here in the meantime is told first.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::watch;
use tokio::time::sleep;

use super::valkey::{AT_ONCE, Connected, Found, Unreachable, Valkey};
use super::{Counted, Gone, Kind, Memory, Rate, SharedState, Single, Taken, Use};
use crate::config::WhileUnavailable;

/// How often a server that answers is asked whether it does, so that one that is gone is missed by nobody's call.
const EVERY: Duration = Duration::from_secs(1);
/// How long after it was lost, or not reached, it is tried again.
const AGAIN: Duration = Duration::from_millis(500);

/// Whether the server is reached, for whoever tells operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contact {
    /// It answers; the policy, if it may forget what it was told when its memory is full.
    Reached {
        /// Its `maxmemory-policy`.
        evicts: Option<String>,
    },
    /// It does not.
    Lost {
        /// Why, in words for operators.
        reason: String,
    },
}

/// A server, and this process's own memory.
#[derive(Debug)]
pub struct Replicated {
    server: Valkey,
    memory: Memory,
    unavailable: WhileUnavailable,
    /// What was used while the server was out of reach.
    untold: Mutex<Vec<Single>>,
    contact: watch::Sender<Contact>,
}

impl Replicated {
    /// One that was not reached yet.
    #[must_use]
    pub fn new(server: Valkey, memory: Memory, unavailable: WhileUnavailable) -> Self {
        let (contact, _) = watch::channel(Contact::Lost { reason: "it was not asked yet".to_owned() });
        Self { server, memory, unavailable, untold: Mutex::default(), contact }
    }

    /// Whether the server is reached, from now on.
    #[must_use]
    pub fn contact(&self) -> watch::Receiver<Contact> {
        self.contact.subscribe()
    }

    /// Tries to reach the server once.
    pub async fn reach(&self) {
        let contact = match self.connected().await {
            Ok(found) => Contact::Reached { evicts: found.evicts },
            Err(Unreachable(reason)) => Contact::Lost { reason },
        };
        self.tell(contact);
    }

    async fn connected(&self) -> Result<Found, Unreachable> {
        let (connected, found) = self.server.connect().await?;
        // Before anybody is answered by the server again.
        self.tell_untold(&connected).await?;
        self.server.put_to_use(connected);
        self.tell_the_rest().await;
        Ok(found)
    }

    /// Tells what was used just when the server was reached again.
    async fn tell_the_rest(&self) {
        if let Some(connected) = self.server.connection() {
            // If this fails, so does the next question, and reaching the server again begins with it.
            let _told_later = self.tell_untold(&connected).await;
        }
    }

    /// Tells some after the other; each is forgotten once it was told, so that a caller that is dropped loses none.
    async fn tell_untold(&self, connected: &Connected) -> Result<(), Unreachable> {
        loop {
            let some: Vec<Single> = self.untold().iter().take(AT_ONCE).cloned().collect();
            if some.is_empty() {
                return Ok(());
            }
            self.server.remember(connected, &some).await?;
            let told: HashSet<(Kind, [u8; 32])> = some.iter().map(|single| (single.kind, single.id)).collect();
            self.untold().retain(|single| !told.contains(&(single.kind, single.id)));
        }
    }

    fn untold(&self) -> MutexGuard<'_, Vec<Single>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what has to be told, which is no more than the memory holds: what has expired needs not be.
    fn keep_untold(&self, single: Single) {
        let mut untold = self.untold();
        untold.push(single);
        if untold.len().is_power_of_two() {
            let now = self.memory.now();
            untold.retain(|single| single.until >= now);
        }
    }

    /// Keeps in contact for as long as it is polled.
    pub async fn keep(self: Arc<Self>) {
        loop {
            let watched = async {
                loop {
                    sleep(EVERY).await;
                    self.server.ping().await;
                }
            };
            let reason = tokio::select! {
                reason = self.server.lost() => reason,
                () = watched => unreachable!("it goes on for ever"),
            };
            if matches!(*self.contact.borrow(), Contact::Reached { .. }) {
                self.tell(Contact::Lost { reason });
            }
            // Before each try, so that a server which is lost as soon as it is reached is not asked all the time.
            sleep(AGAIN).await;
            self.reach().await;
        }
    }

    fn tell(&self, contact: Contact) {
        self.contact.send_if_modified(|told| {
            let differs = *told != contact;
            *told = contact;
            differs
        });
    }

    async fn try_use(&self, single: &Single) -> Result<Use, Gone> {
        let local = self.memory.try_use(single);
        if matches!(local, Use::Again | Use::Full) {
            return Ok(local);
        }
        match (self.server.use_up(single).await, self.unavailable) {
            (Ok(shared), _) => Ok(shared),
            (Err(Gone), WhileUnavailable::RefuseWrites) => Err(Gone),
            (Err(Gone), WhileUnavailable::Local) => {
                if local == Use::First {
                    self.keep_untold(single.clone());
                    self.tell_the_rest().await;
                }
                Ok(local)
            }
        }
    }
}

impl SharedState for Replicated {
    fn use_up<'a>(&'a self, single: &'a Single) -> BoxFuture<'a, Result<Use, Gone>> {
        self.try_use(single).boxed()
    }

    fn was_used<'a>(&'a self, kind: Kind, id: &'a [u8; 32]) -> BoxFuture<'a, bool> {
        async move { self.memory.has(kind, id) || self.server.was_used(kind, id).await }.boxed()
    }

    fn take<'a>(&'a self, counted: &'a Counted, rate: Rate) -> BoxFuture<'a, Result<Taken, Gone>> {
        async move {
            // What this replica alone would refuse, the server is not asked about.
            match self.memory.count(counted, rate) {
                Taken::Now => Ok(self.server.take(counted, rate).await.unwrap_or(Taken::Now)),
                wait @ Taken::After(_) => Ok(wait),
            }
        }
        .boxed()
    }

    fn reaches_all_replicas(&self) -> bool {
        true
    }

    fn vouches(&self) -> bool {
        self.unavailable == WhileUnavailable::Local || self.server.connection().is_some()
    }
}
