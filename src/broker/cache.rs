//! Sessions by what shaped them: cached, assumed once for many waiting calls, refreshed ahead of their end.
//!
//! # States
//! A shape is *absent*, *in flight* (one AssumeRole runs; everybody who wants the shape waits for it), *fresh*, or
//! *ageing* (less than `refresh_ahead` left: it is still given out while one AssumeRole runs in the background).
//! A flight that succeeds makes the shape fresh. One that fails leaves no trace: those who waited for it get its
//! failure (they are calls of the same caller, for the shape holds the caller), the next call asks STS anew, and an
//! ageing session stays until less than [`LEAST_LEFT`] remains. Expired and least recently used shapes make room.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use jiff::{SignedDuration, Timestamp};

use super::LEAST_LEFT;
use super::session::{Session, SessionShape};
use super::sts::Sts;
use crate::clock::SharedClock;
use crate::iam::{AwsFailure, Sent};

/// How the cache keeps sessions.
#[derive(Debug, Clone)]
pub struct CacheSettings {
    /// A session with less than this left is refreshed in the background.
    pub refresh_ahead: Duration,
    /// How many sessions are kept.
    pub capacity: usize,
}

type Flight = Shared<BoxFuture<'static, Result<Arc<Session>, AwsFailure>>>;

#[derive(Debug, Default)]
struct Slot {
    session: Option<Arc<Session>>,
    flight: Option<Flight>,
    used: u64,
}

#[derive(Debug, Default)]
struct Slots {
    by_shape: HashMap<Arc<SessionShape>, Slot>,
    /// Counts up with every use: the least recently used slot has the smallest number.
    uses: u64,
}

/// The cache of sessions.
#[derive(Debug)]
pub struct SessionCache {
    sts: Arc<dyn Sts>,
    clock: SharedClock,
    settings: CacheSettings,
    slots: Arc<Mutex<Slots>>,
}

impl SessionCache {
    /// An empty cache in front of `sts`.
    #[must_use]
    pub fn new(sts: Arc<dyn Sts>, settings: CacheSettings, clock: SharedClock) -> Self {
        Self { sts, clock, settings, slots: Arc::default() }
    }

    /// A session of this shape: cached, or assumed now, together with everybody else who is waiting for it.
    ///
    /// # Errors
    /// The failure of the AssumeRole that this call waited for.
    pub async fn get(&self, shape: SessionShape) -> Result<Arc<Session>, AwsFailure> {
        let flight = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            slots.uses += 1;
            let uses = slots.uses;
            let now = self.clock.now();
            if let Some(slot) = slots.by_shape.get_mut(&shape) {
                slot.used = uses;
                let left = slot.session.as_ref().map(|session| left(session, now));
                match (&slot.session, left) {
                    (Some(session), Some(left)) if left > signed(LEAST_LEFT) => {
                        let session = Arc::clone(session);
                        if left <= signed(self.settings.refresh_ahead) && slot.flight.is_none() {
                            // Ageing: refreshed in the background, and this call does not wait for it.
                            slot.flight = Some(self.take_off(Arc::new(shape)));
                        }
                        return Ok(session);
                    }
                    _ => {}
                }
                match &slot.flight {
                    Some(flight) => flight.clone(),
                    None => slot.flight.insert(self.take_off(Arc::new(shape))).clone(),
                }
            } else {
                make_room(&mut slots, self.settings.capacity, now);
                let shape = Arc::new(shape);
                let flight = self.take_off(Arc::clone(&shape));
                slots.by_shape.insert(shape, Slot { session: None, flight: Some(flight.clone()), used: uses });
                flight
            }
        };
        flight.await
    }

    /// How many shapes are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).by_shape.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Starts one AssumeRole in a task of its own: a client that hangs up does not stop what others wait for.
    fn take_off(&self, shape: Arc<SessionShape>) -> Flight {
        let sts = Arc::clone(&self.sts);
        let slots = Arc::clone(&self.slots);
        let (crashed, crashed_slots) = (Arc::clone(&shape), Arc::clone(&self.slots));
        let task = tokio::spawn(async move {
            let landed = sts.assume(&shape).await.map(Arc::new);
            let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(slot) = slots.by_shape.get_mut(&shape) {
                slot.flight = None;
                match &landed {
                    Ok(session) => slot.session = Some(Arc::clone(session)),
                    Err(failure) => {
                        tracing::warn!(role = %shape.role_arn, code = %failure.code, "AssumeRole failed");
                        if slot.session.is_none() {
                            slots.by_shape.remove(&shape);
                        }
                    }
                }
            }
            landed
        });
        async move {
            task.await.unwrap_or_else(|_| {
                // The task has left no trace of its end: the next call must not wait for it.
                crashed_slots.lock().unwrap_or_else(PoisonError::into_inner).by_shape.remove(&crashed);
                Err(AwsFailure {
                    code: "InternalFailure".to_owned(),
                    message: "asking STS for the role's session broke off".to_owned(),
                    request_id: None,
                    action: "sts:AssumeRole",
                    resource: crashed.role_arn.clone(),
                    retryable: true,
                    sent: Sent::Unknown,
                })
            })
        }
        .boxed()
        .shared()
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

fn left(session: &Session, now: Timestamp) -> SignedDuration {
    session.expires.duration_since(now)
}

/// Makes room for one more: drops what has expired, else a sixteenth of all, the least recently used, so that a full cache is
/// not looked through for each newcomer; never what is in flight, whose number the gateway's limit on concurrent requests
/// bounds.
fn make_room(slots: &mut Slots, capacity: usize, now: Timestamp) {
    if slots.by_shape.len() < capacity {
        return;
    }
    slots.by_shape.retain(|_, slot| {
        slot.flight.is_some() || slot.session.as_ref().is_some_and(|session| left(session, now) > SignedDuration::ZERO)
    });
    if slots.by_shape.len() < capacity {
        return;
    }
    let idle = slots.by_shape.iter().filter(|(_, slot)| slot.flight.is_none());
    let mut idle: Vec<(u64, Arc<SessionShape>)> = idle.map(|(shape, slot)| (slot.used, Arc::clone(shape))).collect();
    let many = (capacity / 16).max(1);
    if idle.len() > many {
        idle.select_nth_unstable_by_key(many, |(used, _)| *used);
        idle.truncate(many);
    }
    for (_, oldest) in idle {
        slots.by_shape.remove(&oldest);
    }
}

#[cfg(test)]
mod tests;
