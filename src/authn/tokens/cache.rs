//! The keys of issuers, kept between tokens.
//!
//! # States of an issuer's keys
//! | state | when | a token whose key is there | a token whose key is not |
//! |---|---|---|---|
//! | none | before the first answer | | waits for an answer |
//! | fresh | the last answer is less than 10 minutes old | is verified | waits for an answer |
//! | due | less than 20 minutes | is verified, and the issuer is asked meanwhile | waits for an answer |
//! | overdue | less than 6 hours | waits for an answer; if the last one failed, as if due | waits for an answer |
//! | gone | older | waits for an answer | waits for an answer |
//!
//! An answer makes the keys fresh, whatever they were, and only those that it holds are left. An attempt that fails leaves
//! them as they are. Whoever waits after that, and has no key, is refused: because the issuer has no such key if it answered,
//! because it does not answer else.
//!
//! # What bounds it
//! One attempt at a time is made for an issuer, however many wait for it, and none within 10 seconds of the last one's
//! beginning, whatever strangers write into `kid`; whoever comes in between is answered from what is known. An attempt takes
//! 5 seconds at most, so nobody waits for longer. It is a task of its own: whoever hangs up does not end it for others.
//! Issuers know nothing of each other: one that hangs holds up its own tokens only. Only issuers of the configuration are
//! ever asked, so the table has as many entries as those that were in force since the process began.
//!
//! Ages are durations of the running process (`tokio::time`), so a clock that is set does not keep old keys alive.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::fetch::{self, Fetch, FetchError, Source};
use super::keys::{KeySet, PublicKey};
use super::refusal::TokenRefusal;

/// How long keys are good without another look.
const FRESH: Duration = Duration::from_mins(10);
/// How long they are good while the issuer is asked.
const DUE: Duration = Duration::from_mins(20);
/// How long they are good while the issuer does not answer.
const OVERDUE: Duration = Duration::from_hours(6);
/// How far attempts are apart.
const APART: Duration = Duration::from_secs(10);
/// How long an attempt takes at most, discovery included.
pub(super) const LONGEST_FETCH: Duration = Duration::from_secs(5);

/// The keys of issuers.
#[derive(Debug)]
pub(super) struct KeyCache {
    fetch: Arc<dyn Fetch>,
    issuers: Mutex<HashMap<Source, Arc<Kept>>>,
}

/// The keys of one issuer.
#[derive(Debug)]
struct Kept {
    state: Mutex<State>,
    /// Counts ended attempts, for those who wait for one.
    ended: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    answer: Option<Answer>,
    /// When the last attempt began.
    tried: Option<Instant>,
    is_trying: bool,
    has_failed: bool,
}

#[derive(Debug)]
struct Answer {
    keys: KeySet,
    at: Instant,
}

/// What is known of a key at once.
enum Known {
    /// It is good.
    Good(Arc<PublicKey>),
    /// It is good, and its issuer should be asked meanwhile.
    Due(Arc<PublicKey>),
    /// It is good, and its issuer should be asked before.
    Overdue(Arc<PublicKey>),
    /// Not without asking.
    Not(TokenRefusal),
}

impl State {
    fn know(&self, id: &str, now: Instant) -> Known {
        let age = self.answer.as_ref().map(|answer| now.duration_since(answer.at));
        let key = self.answer.as_ref().and_then(|answer| answer.keys.get(id)).map(Arc::clone);
        match (key, age) {
            (Some(key), Some(age)) if age < FRESH => Known::Good(key),
            (Some(key), Some(age)) if age < DUE || (age < OVERDUE && self.has_failed) => Known::Due(key),
            (Some(key), Some(age)) if age < OVERDUE => Known::Overdue(key),
            (_, Some(age)) if age >= OVERDUE => Known::Not(TokenRefusal::KeysStale { retry_after: self.next(now) }),
            (_, Some(_)) if !self.has_failed => Known::Not(TokenRefusal::KeyUnknown),
            _ => Known::Not(TokenRefusal::IssuerUnavailable { retry_after: self.next(now) }),
        }
    }

    /// How long it is until the issuer may be asked again.
    fn next(&self, now: Instant) -> Duration {
        let since = self.tried.map_or(APART, |tried| now.duration_since(tried));
        APART.saturating_sub(since).max(Duration::from_secs(1))
    }

    fn may_try(&self, now: Instant) -> bool {
        !self.is_trying && self.tried.is_none_or(|tried| now.duration_since(tried) >= APART)
    }
}

impl KeyCache {
    pub(super) fn new(fetch: Arc<dyn Fetch>) -> Self {
        Self { fetch, issuers: Mutex::default() }
    }

    /// The key, if it is there and may be used. Nobody is asked.
    pub(super) fn kept(&self, source: &Source, id: &str) -> Result<Arc<PublicKey>, TokenRefusal> {
        match self.of(source).state().know(id, Instant::now()) {
            Known::Good(key) | Known::Due(key) | Known::Overdue(key) => Ok(key),
            Known::Not(refusal) => Err(refusal),
        }
    }

    /// Whether [`Self::key`] would do more than look.
    pub(super) fn is_settled(&self, source: &Source, id: &str) -> bool {
        let (kept, now) = (self.of(source), Instant::now());
        let state = kept.state();
        match state.know(id, now) {
            Known::Good(_) => true,
            Known::Due(_) | Known::Overdue(_) | Known::Not(_) => !state.is_trying && !state.may_try(now),
        }
    }

    /// The key; its issuer is asked where that is needed and may be done.
    pub(super) async fn key(&self, source: &Source, id: &str) -> Result<Arc<PublicKey>, TokenRefusal> {
        let kept = self.of(source);
        let mut ended = kept.ended.subscribe();
        let (known, waits) = {
            let (mut state, now) = (kept.state(), Instant::now());
            let known = state.know(id, now);
            let begins = !matches!(known, Known::Good(_)) && state.may_try(now);
            if begins {
                state.is_trying = true;
                state.tried = Some(now);
                self.ask(Arc::clone(&kept), source.clone());
            }
            let waits = state.is_trying && matches!(known, Known::Overdue(_) | Known::Not(_));
            (known, waits)
        };
        match known {
            Known::Good(key) | Known::Due(key) => return Ok(key),
            Known::Overdue(_) | Known::Not(_) => {}
        }
        if waits {
            // An attempt ends by itself; the sender lives as long as `kept`.
            let _ended = ended.changed().await;
        }
        self.kept(source, id)
    }

    fn of(&self, source: &Source) -> Arc<Kept> {
        let mut issuers = self.issuers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = issuers.get(source) {
            return Arc::clone(kept);
        }
        let kept = Arc::new(Kept { state: Mutex::default(), ended: watch::channel(0).0 });
        issuers.insert(source.clone(), Arc::clone(&kept));
        kept
    }

    fn ask(&self, kept: Arc<Kept>, source: Source) {
        let fetch = Arc::clone(&self.fetch);
        tokio::spawn(async move {
            let attempt = Attempt(kept);
            let answer = match timeout(LONGEST_FETCH, fetch::keys(&*fetch, &source)).await {
                Ok(answer) => answer,
                Err(_elapsed) => Err(FetchError::TooSlow),
            };
            if let Err(error) = &answer {
                tracing::warn!(issuer = %source.issuer, %error, "the keys of an issuer of tokens cannot be had");
            }
            attempt.0.state().end(answer, Instant::now());
        });
    }
}

impl Kept {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn end(&mut self, answer: Result<KeySet, FetchError>, now: Instant) {
        self.has_failed = answer.is_err();
        if let Ok(keys) = answer {
            self.answer = Some(Answer { keys, at: now });
        }
    }
}

/// An attempt under way. However it ends, the next one may begin and those who wait go on.
struct Attempt(Arc<Kept>);

impl Drop for Attempt {
    fn drop(&mut self) {
        self.0.state().is_trying = false;
        self.0.ended.send_modify(|ended| *ended += 1);
    }
}
