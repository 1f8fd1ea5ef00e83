//! Gateway credentials from an exchange, renewed before they expire.
//!
//! # States
//! *None*: whoever asks waits for an exchange. *Fresh*: they are given. *Due*, when less than a third of their lifetime, and
//! less than five minutes, is left: one asks for new ones and the others are given the old; if that fails, all are given the
//! old ones for as long as they are *usable*, and the next try is half a minute later. After that it is none again. In one
//! process one task at a time asks, and of all processes with the same cache one.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::Credentials;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep};

use super::cache::{Cache, Kept, Shape};
use super::exchange::{ExchangeError, Exchanges};
use super::keys::{Keys, NoKeys};
use crate::clock::SharedClock;

/// Credentials are renewed when at most so much is left.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// Credentials that end sooner are not given: a request that is signed with them may come too late.
const USABLE: SignedDuration = SignedDuration::from_secs(10);
/// How long a renewal may take whose credentials are still good.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long nothing is tried after a renewal failed.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// How often is looked whether another process is done.
const LOOK: Duration = Duration::from_millis(20);

/// Where credentials are kept. It is looked at when it is needed and not before.
#[derive(Debug, Clone)]
pub struct Place {
    /// The cache's folder.
    pub folder: PathBuf,
    /// What shapes the credentials.
    pub shape: Shape,
}

/// Keys from an exchange.
#[derive(Debug)]
pub struct ExchangedKeys {
    exchange: Box<dyn Exchanges>,
    cache: Option<Place>,
    timeout: Duration,
    clock: SharedClock,
    held: Mutex<Held>,
    /// Whoever has it asks.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Held {
    kept: Option<Arc<Kept>>,
    paused_until: Option<Timestamp>,
    /// What the gateway refused, wherever it is still kept.
    refused: Option<String>,
}

impl Held {
    fn is_refused(&self, kept: &Kept) -> bool {
        self.refused.as_ref() == Some(&kept.credentials.access_key_id)
    }
}

impl Kept {
    /// Nothing need be done about them.
    fn are_fresh(&self, now: Timestamp) -> bool {
        let lifetime = self.credentials.expires.duration_since(self.obtained);
        self.credentials.expires.duration_since(now) >= (lifetime / 3).min(AHEAD) && self.are_usable(now)
    }

    fn are_usable(&self, now: Timestamp) -> bool {
        self.credentials.expires.duration_since(now) >= USABLE
    }
}

impl ExchangedKeys {
    /// What `exchange` gives within `timeout`, kept in `cache` if there is one.
    #[must_use]
    pub fn new(exchange: Box<dyn Exchanges>, cache: Option<Place>, timeout: Duration, clock: SharedClock) -> Self {
        Self { exchange, cache, timeout, clock, held: Mutex::default(), asking: tokio::sync::Mutex::default() }
    }

    /// Credentials that are good now.
    ///
    /// # Errors
    /// When there are none, and none can be had.
    pub async fn credentials(&self) -> Result<Arc<Kept>, ExchangeError> {
        let asking = match self.usable() {
            Some(kept) if self.is_settled(&kept) => return Ok(kept),
            Some(kept) => match self.asking.try_lock() {
                Ok(asking) => asking,
                Err(_) => return Ok(kept),
            },
            None => self.asking.lock().await,
        };
        // Somebody else may have got new ones, or may have failed to, while this one waited.
        if let Some(kept) = self.usable().filter(|kept| self.is_settled(kept)) {
            return Ok(kept);
        }
        let renewed = self.renewed().await;
        drop(asking);
        let now = self.clock.now();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match renewed {
            Ok(kept) => {
                held.paused_until = (!kept.are_fresh(now)).then(|| now + PAUSE);
                held.kept = Some(Arc::clone(&kept));
                Ok(kept)
            }
            Err(error) => {
                held.paused_until = Some(now + PAUSE);
                held.kept.clone().filter(|kept| kept.are_usable(now) && !held.is_refused(kept)).ok_or(error)
            }
        }
    }

    /// What is held, if it is good for anything.
    fn usable(&self) -> Option<Arc<Kept>> {
        let now = self.clock.now();
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.kept.clone().filter(|kept| kept.are_usable(now) && !held.is_refused(kept))
    }

    /// What the cache has, if it is good for anything.
    fn cached(&self, cache: &Cache, now: Timestamp) -> Option<Arc<Kept>> {
        let kept = cache.read(now).filter(|kept| kept.are_usable(now))?;
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        (!held.is_refused(&kept)).then(|| Arc::new(kept))
    }

    /// Whether nothing need be done about these now, or nothing can.
    fn is_settled(&self, kept: &Kept) -> bool {
        let now = self.clock.now();
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        kept.are_fresh(now) || held.paused_until.is_some_and(|until| now < until)
    }

    /// Fresh ones: another process's, or new ones. Usable ones where no new ones can be had.
    async fn renewed(&self) -> Result<Arc<Kept>, ExchangeError> {
        let has_old = self.usable().is_some();
        let Some(place) = &self.cache else { return self.asked(has_old).await };
        let cache = Cache::open(&place.folder, &place.shape)?;
        let until = Instant::now() + self.timeout;
        loop {
            // First the lock, then the look: what is found then is what nobody is about to replace.
            let lock = cache.try_lock()?;
            let now = self.clock.now();
            let old = self.cached(&cache, now);
            match (lock, old) {
                (Some(_), Some(kept)) if kept.are_fresh(now) => return Ok(kept),
                (Some(_lock), Some(old)) => {
                    return Ok(self.asked(true).await.map_or(old, |new| kept_in(&cache, new)));
                }
                (Some(_lock), None) => return Ok(kept_in(&cache, self.asked(has_old).await?)),
                (None, Some(kept)) => return Ok(kept),
                (None, None) if has_old || Instant::now() >= until => return Err(ExchangeError::Busy(self.timeout)),
                (None, None) => sleep(LOOK).await,
            }
        }
    }

    /// New ones.
    async fn asked(&self, has_old: bool) -> Result<Arc<Kept>, ExchangeError> {
        let within = if has_old { self.timeout.min(PATIENCE) } else { self.timeout };
        let obtained = self.clock.now();
        let credentials = self.exchange.exchange(within).await?;
        let kept = Kept { credentials, obtained };
        if kept.are_usable(self.clock.now()) {
            Ok(Arc::new(kept))
        } else {
            Err(ExchangeError::Expired(kept.credentials.expires))
        }
    }
}

/// Keeps them for the next process. They are good if that fails, too.
fn kept_in(cache: &Cache, kept: Arc<Kept>) -> Arc<Kept> {
    if let Err(error) = cache.write(&kept) {
        tracing::warn!(%error, "credentials are not kept");
    }
    kept
}

impl Keys for ExchangedKeys {
    fn keys(&self) -> BoxFuture<'_, Result<Credentials, NoKeys>> {
        Box::pin(async move {
            let kept = self.credentials().await?;
            let given = &kept.credentials;
            Ok(Credentials::new(
                &given.access_key_id,
                given.secret_access_key.expose(),
                Some(given.session_token.expose().to_owned()),
                Some(given.expires.into()),
                "iam-mcp-gateway",
            ))
        })
    }

    fn refused(&self, access_key_id: &str) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.kept.as_ref().is_some_and(|kept| kept.credentials.access_key_id == access_key_id) {
            held.refused = Some(access_key_id.to_owned());
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
