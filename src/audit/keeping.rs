//! What becomes of a journal's files when they are closed: named in a digest, compressed, and removed when they are old.
//!
//! It works on the folder beside the writer, which tells the name of the segment that it writes: every file before that one
//! is closed and never changes again. Each step looks at the folder and does what is due, so one that failed, or was cut off
//! by the process's end, is done by the next round. Nothing of it delays a record.
//!
//! # The order of a round, and what a stop at each point leaves
//! 1. **Digest**: written under another name and renamed, so that there is a whole one or none. A record of it follows, which
//!    sinks take elsewhere; one that the journal does not take is written by a later round.
//! 2. **Compress**: the compressed file is read back before the plain one is removed; where both lie there, the plain one
//!    counts.
//! 3. **Retain**: the record that says which files go is durable, and a digest vouches for it, before the first of them is
//!    removed. Removing begins with the oldest, so that what is left is always one whole chain that begins where a retention
//!    record says.
//!
//! Before anything, the newest digest has to be the one that this process made or found last: one that vanished or was put
//! there by somebody else stops everything.
//!
//! These records are closed with a file, too. One with nothing else in it waits for the hour's digest: else each digest's record
//! would soon need another digest.
//!
//! A file in which a write without an outcome was begun is never removed, nor one that is not as its digest says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use self::rounds::Rounds;
use super::chain::{ChainHead, Hash};
use super::digest::KmsSignature;
use super::folder::DiskError;
use super::journal::Journal;
use super::shipping::Shipped;
use super::signing::PublicKey;

mod closed;
mod compress;
mod digests;
mod newest;
mod own;
mod retain;
mod rounds;
#[cfg(test)]
mod tests;

pub(super) use retain::Retention;

/// How long the end of the process waits for the file at hand.
const GRACE: Duration = Duration::from_secs(10);

/// What is done with closed files.
#[derive(Debug, Clone, Default)]
pub struct KeepingOptions {
    /// Whether they are compressed (gzip).
    pub compress: bool,
    /// How long after its end a file is kept; without it, for ever.
    pub keep: Option<SignedDuration>,
    /// Signs each digest as well, with a key that this process can use and not read.
    pub signer: Option<Arc<dyn DigestSigner>>,
    /// How far sinks came: what one of them does not have yet is kept.
    pub shipped: Vec<watch::Receiver<Shipped>>,
    /// The public halves of keys that signed the journal before its present one: their digests are believed, too.
    pub former_keys: Vec<PublicKey>,
}

/// Signs digests from elsewhere.
pub trait DigestSigner: std::fmt::Debug + Send + Sync + 'static {
    /// Signs `message`, the same bytes as the journal's key does: fewer than the 4,096 that KMS takes.
    fn sign(&self, message: Vec<u8>) -> SigningFuture<'_>;
}

/// A signature under way; an error says what to do.
pub type SigningFuture<'a> =
    std::pin::Pin<Box<dyn Future<Output = Result<KmsSignature, Box<dyn std::error::Error + Send + Sync>>> + Send + 'a>>;

/// The newest digest: what is anchored elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The digest file's name.
    pub file: String,
    /// Its number.
    pub number: u64,
    /// The SHA-256 of the file.
    pub sha256: Hash,
    /// The end of the chain that it vouches for.
    pub head: ChainHead,
}

/// Why a round did not end.
#[derive(Debug, thiserror::Error)]
pub enum KeepingError {
    /// The folder cannot be read or written.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A file is not as the journal wrote it: nothing of the folder is touched any more.
    #[error("{file} is not as it was written ({why}): run `audit verify`, and keep the folder as evidence")]
    Changed {
        /// The file.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The digest could not be signed from elsewhere.
    #[error("the digest could not be signed: {0}")]
    NotSigned(Box<dyn std::error::Error + Send + Sync>),
    /// The journal did not take the record that has to come first.
    #[error("the journal did not take the record of what is removed: {0}")]
    NotRecorded(#[from] super::AuditUnavailable),
    /// The journal did not take the record that makes the newest digest known elsewhere.
    #[error("the journal did not take the record of the newest digest: {0}")]
    NotAnchored(#[source] super::AuditUnavailable),
    /// What keeping has to record is no record.
    #[error("the record of a digest, or of what is removed, cannot be written: {0}")]
    NotRecordable(#[from] super::RecordError),
    /// A digest has a time that is yet to come: what it and later ones name does not grow old before.
    #[error(
        "{file} was made at {time} by a clock that was ahead: of the files that it and later digests name, none is removed \
         before {until}. If the clock is wrong now, set it right; if it was wrong then, wait, or begin a new folder"
    )]
    AheadOfClock {
        /// The digest that is furthest ahead.
        file: String,
        /// When it says that it was made.
        time: Timestamp,
        /// When the last of what waits for it is old enough.
        until: Timestamp,
    },
    /// The gateway made a mistake.
    #[error("keeping the journal's files broke off; records are taken all the same")]
    Panicked,
    /// The runtime ends.
    #[error("the process ends")]
    Ending,
}

/// What tells whether keeping works: the reason of a failure, or nothing when a round ended well.
pub type Tell = Box<dyn Fn(Option<&KeepingError>) + Send + Sync>;

/// Keeps a journal's folder until it is ended.
#[derive(Debug)]
pub struct Keeper {
    ending: Arc<Ending>,
    anchor: watch::Receiver<Option<Anchor>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Ending {
    asked: AtomicBool,
    now: Notify,
}

impl Ending {
    fn check(&self) -> Result<(), KeepingError> {
        if self.asked.load(Ordering::Relaxed) { Err(KeepingError::Ending) } else { Ok(()) }
    }
}

impl Keeper {
    /// Begins to keep the folder of `journal`, in a task of its own. `tell` hears of each round.
    #[must_use]
    pub fn begin(journal: &Journal, options: KeepingOptions, tell: Tell) -> Self {
        let ending = Arc::<Ending>::default();
        let (anchored, anchor) = watch::channel(None);
        let rounds = Rounds::of(journal, options, Arc::clone(&ending), anchored, tell);
        Self { ending, anchor, task: tokio::spawn(rounds.run()) }
    }

    /// The newest digest, as it changes; none until one was made or found.
    #[must_use]
    pub fn anchor(&self) -> watch::Receiver<Option<Anchor>> {
        self.anchor.clone()
    }

    /// Lets the file at hand be finished, within a grace, and ends. To be called before the journal is closed.
    pub async fn end(mut self) {
        self.ending.asked.store(true, Ordering::Relaxed);
        self.ending.now.notify_one();
        match timeout(GRACE, &mut self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "keeping the audit journal's files broke off"),
            // Whatever it stopped at, the next process does.
            Err(_) => {
                self.task.abort();
                tracing::error!(
                    "keeping the audit journal's files did not end in time, and is cut off; the next process goes on with it"
                );
            }
        }
    }
}

/// Between two files: whether the rest is left to the next process.
type Check<'a> = &'a dyn Fn() -> Result<(), KeepingError>;
