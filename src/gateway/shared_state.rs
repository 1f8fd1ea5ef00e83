//! Where this process remembers what was used, and whom it tells when the server that replicas share is lost.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::tokens::{earlier_uses, lifetimes};
use crate::audit::{Event, Journal, Stage};
use crate::authn::replay::earliest_after;
use crate::clock::SharedClock;
use crate::config::{Config, WhileUnavailable};
use crate::current::Current;
use crate::http::Alarm;
use crate::mcp::confirm;
use crate::mcp::road::InForce;
use crate::mcp::trail::Stationery;
use crate::random::uuid;
use crate::shared_state::{Capacities, Contact, Kind, Memory, Replicated, SharedState, Valkey};

/// How many proofs are remembered where replicas share them: those of half an hour at 100 a second.
const PROOFS: usize = 180_000;

/// What this process remembers, and shares.
pub(super) struct Remembering {
    pub(super) state: Arc<dyn SharedState>,
    /// Confirmation tokens from before are not taken: what was used of them is not known.
    pub(super) no_tokens_before: Option<Timestamp>,
    /// The server that replicas share, where there is one.
    pub(super) replicated: Option<Arc<Replicated>>,
}

/// What the process finds when it starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    /// Whether no earlier process knew any of the keys that requests are signed with.
    pub(super) keys_are_new: bool,
    /// Whether no earlier process could open this one's tokens.
    pub(super) tokens_are_own: bool,
}

/// Opens it; a server is reached, or known to be out of reach, when this returns.
pub(super) async fn open(config: &Config, found: Found, clock: &SharedClock) -> Remembering {
    let now = clock.now();
    let writes = usize::try_from(config.limits.replay_entries).unwrap_or(usize::MAX);
    let capacities = |kind| match kind {
        Kind::Write => Capacities { of_all: writes, of_one: writes },
        Kind::Token => confirm::CAPACITIES,
        Kind::Proof => Capacities { of_all: PROOFS, of_one: PROOFS },
    };
    let mut memory = Memory::new(capacities, Arc::clone(clock));
    if !found.keys_are_new {
        memory = memory.since(Kind::Write, earliest_after(now));
    }
    let earlier = match found.tokens_are_own {
        true => None,
        false => earlier_uses(config, now).await,
    };
    let are_unknown = earlier.is_none();
    match earlier {
        Some(uses) => confirm::remember(uses, &memory, lifetimes(config)),
        None => memory = memory.since(Kind::Token, now),
    }
    let Some(server) = &config.shared_state else {
        return Remembering { state: Arc::new(memory), no_tokens_before: are_unknown.then_some(now), replicated: None };
    };
    let gateway = config.gateway.name.as_str();
    let valkey = Valkey::new(server.clone(), gateway, Arc::clone(clock));
    let replicated = Arc::new(Replicated::new(valkey, memory, server.unavailable));
    replicated.reach().await;
    let state = Arc::clone(&replicated);
    // What the server remembers, it knows from when on; of tokens that are this process's own there were none before.
    Remembering { state, no_tokens_before: None, replicated: Some(replicated) }
}

/// Tells of lost and found contact: in the log, by the alarm, and in the audit journal.
pub(super) struct Teller {
    pub(super) alarm: Alarm,
    pub(super) journal: Journal,
    pub(super) stationery: Stationery,
    pub(super) in_force: Arc<Current<InForce>>,
    pub(super) unavailable: WhileUnavailable,
}

impl Teller {
    /// Keeps in contact, and tells, until the process ends.
    pub(super) async fn keep(self, replicated: Arc<Replicated>) {
        let mut contact = replicated.contact();
        let telling = async {
            let mut was_lost = false;
            loop {
                let now = contact.borrow_and_update().clone();
                self.tell(&now, &mut was_lost);
                if contact.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = Arc::clone(&replicated).keep() => {}
            () = telling => {}
        }
    }

    fn tell(&self, contact: &Contact, was_lost: &mut bool) {
        let consequence = match self.unavailable {
            WhileUnavailable::RefuseWrites => "writes are refused",
            WhileUnavailable::Local => "each replica knows its own alone, so a write could be replayed at another one",
        };
        match contact {
            Contact::Lost { reason } => {
                tracing::error!(reason, consequence, "the state that replicas share is out of reach");
                self.alarm.raise(format!("out of reach, {consequence}: {reason}"));
                // A reason that only changes is told to operators, and is no new record.
                if !*was_lost {
                    self.record("LoseSharedState", Some(reason));
                }
                *was_lost = true;
            }
            Contact::Reached { evicts } => {
                match evicts {
                    Some(policy) => {
                        let text = format!(
                            "the server forgets what was used when its memory is full (maxmemory-policy {policy}): a write could \
                             be replayed; set noeviction"
                        );
                        tracing::error!("{text}");
                        self.alarm.raise(text);
                    }
                    None => {
                        self.alarm.quiet();
                    }
                }
                if std::mem::take(was_lost) {
                    tracing::warn!("the state that replicas share is reached again");
                    self.record("ReachSharedState", None);
                }
            }
        }
    }

    fn record(&self, name: &'static str, reason: Option<&str>) {
        let in_force = self.in_force.get();
        let (now, id) = (self.stationery.clock.now(), uuid(&*self.stationery.random));
        let mut event = Event::new(in_force.config.gateway.name.as_str(), name, Stage::Reload, now, id);
        if let Some(reason) = reason {
            event.fail("SharedStateUnavailable", reason);
        }
        event.response_elements = json!({"refusesWrites": self.unavailable == WhileUnavailable::RefuseWrites});
        event.additional_event_data.insert("configuration".into(), in_force.config.digest.as_str().into());
        if let Err(failure) = self.journal.note_or_keep(event.into_record_cut()) {
            tracing::warn!(%failure, "the loss of the shared state could not be recorded");
        }
    }
}
