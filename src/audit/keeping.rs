//! What becomes of a journal's files when they are closed: named in a digest, compressed, and removed when they are old.
//!
//! It works on the folder beside the writer, which tells the name of the segment that it writes: every file before that one
//! is closed and never changes again. Each step looks at the folder and does what is due, so one that failed, or was cut off
//! by the process's end, is done by the next round. Nothing of it delays a record.
//!
//! # The order of a round, and what a stop at each point leaves
//! 1. **Digest**: written under another name and renamed, so that there is a whole one or none.
//! 2. **Compress**: the compressed file is read back before the plain one is removed; where both lie there, the plain one
//!    counts.
//! 3. **Retain**: the record that says which files go is durable, and a digest vouches for it, before the first of them is
//!    removed. Removing begins with the oldest, so that what is left is always one whole chain that begins where a retention
//!    record says.
//!
//! A file in which a write without an outcome was begun is never removed, nor one that is not as its digest says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use self::closed::Closed;
use self::digests::{Due, Undigested};
use super::chain::{ChainHead, Hash};
use super::digest::{KmsSignature, SignedDigest};
use super::folder::DiskError;
use super::journal::Journal;
use super::shipping::Shipped;
use super::signing::{PublicKey, SigningKey, signed_digest};

mod closed;
mod compress;
mod digests;
mod retain;
#[cfg(test)]
mod tests;

pub(super) use retain::Retention;

/// How long after the last digest the next is made, whether or not files were closed.
const DIGEST_EVERY: Duration = Duration::from_secs(60 * 60);
/// How long after a round that failed the next is begun.
const RETRY: Duration = Duration::from_secs(60);

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
    /// The record of what is removed is none.
    #[error("the record of what is removed cannot be written: {0}")]
    NotRecordable(#[from] super::RecordError),
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
        let rounds = Rounds {
            closed: Arc::new(Closed::of(journal.folder(), &options.former_keys)),
            journal: journal.clone(),
            options,
            ending: Arc::clone(&ending),
            anchored,
            tell,
        };
        Self { ending, anchor, task: tokio::spawn(rounds.run()) }
    }

    /// The newest digest, as it changes; none until one was made or found.
    #[must_use]
    pub fn anchor(&self) -> watch::Receiver<Option<Anchor>> {
        self.anchor.clone()
    }

    /// Lets the file at hand be finished, and ends. To be called before the journal is closed.
    pub async fn end(self) {
        self.ending.asked.store(true, Ordering::Relaxed);
        self.ending.now.notify_one();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "keeping the audit journal's files broke off");
        }
    }
}

struct Rounds {
    closed: Arc<Closed>,
    journal: Journal,
    options: KeepingOptions,
    ending: Arc<Ending>,
    anchored: watch::Sender<Option<Anchor>>,
    tell: Tell,
}

impl Rounds {
    async fn run(self) {
        let mut segment = self.journal.segment();
        let mut next_digest = Instant::now() + DIGEST_EVERY;
        loop {
            let hour_is_over = next_digest <= Instant::now();
            segment.borrow_and_update();
            let retry = match self.round(hour_is_over).await {
                Err(KeepingError::Ending) => return,
                Err(error) => {
                    tracing::error!(%error, "the audit journal's closed files are not kept as they should be");
                    (self.tell)(Some(&error));
                    Some(Instant::now() + RETRY)
                }
                Ok(made_digest) => {
                    (self.tell)(None);
                    if made_digest {
                        next_digest = Instant::now() + DIGEST_EVERY;
                    }
                    None
                }
            };
            tokio::select! {
                () = self.ending.now.notified() => return,
                changed = segment.changed() => if changed.is_err() { return },
                () = tokio::time::sleep_until(retry.unwrap_or(next_digest)) => {}
            }
        }
    }

    /// Does what is due; whether a digest was made.
    async fn round(&self, hour_is_over: bool) -> Result<bool, KeepingError> {
        let open = self.journal.segment().borrow().clone();
        let made = self.digest(&open, hour_is_over).await?;
        if self.options.compress {
            let open = open.clone();
            self.blocking(move |closed, check| compress::closed_files(closed, &open, check)).await?;
        }
        let Some(keep) = self.options.keep else { return Ok(made) };
        let shipped = self.options.shipped.iter().map(|sink| sink.borrow().through).min().unwrap_or(u64::MAX);
        let open_then = open.clone();
        let old =
            self.blocking(move |closed, check| retain::old_files(closed, &open_then, keep, shipped, check)).await?;
        let Some(old) = old else { return Ok(made) };
        self.journal.note_durably(old.record(self.closed.folder(), &self.journal)?).await?;
        // What is anchored elsewhere, or signed by a key that nobody can take, vouches for that record as well.
        self.digest(&open, true).await?;
        tracing::info!(files = old.count(), "audit journal files older than audit.keep_days are removed");
        self.blocking(move |closed, check| old.remove(closed.folder(), check)).await?;
        Ok(true)
    }

    /// Writes the digests that are due; whether any was. `open` was the file that is written, a moment ago or now.
    async fn digest(&self, open: &str, even_without_files: bool) -> Result<bool, KeepingError> {
        let mut made_one = false;
        loop {
            // Before the folder is looked at: what is durable now is in it, and what is closed now stays closed.
            let head = *self.journal.durable().borrow();
            let open = open.to_owned();
            let Due { undigested, last, more } =
                self.blocking(move |closed, check| digests::due(closed, &open, head, check)).await?;
            if self.anchored.borrow().is_none() {
                self.anchored.send_replace(last);
            }
            if undigested.files.is_empty() && (made_one || !even_without_files) {
                return Ok(made_one);
            }
            self.make(undigested).await?;
            made_one = true;
            if !more {
                return Ok(true);
            }
        }
    }

    async fn make(&self, undigested: Undigested) -> Result<(), KeepingError> {
        let signed = self.signed(undigested).await?;
        let anchor = self.blocking(move |closed, _| digests::write(closed.folder(), &signed)).await?;
        // The anchor in the log: where logs are kept elsewhere, whoever can write the folder cannot take it back.
        tracing::info!(
            target: "iam_mcp_gateway::audit::anchor",
            digest = anchor.number,
            sha256 = %anchor.sha256,
            through = anchor.head.sequence,
            "audit digest; keep its SHA-256, and give it to `audit verify --anchor`"
        );
        self.anchored.send_replace(Some(anchor));
        Ok(())
    }

    async fn signed(&self, undigested: Undigested) -> Result<SignedDigest, KeepingError> {
        let folder = self.closed.folder();
        let key = folder.signing_key.as_deref();
        let context = folder.context.fields().clone();
        let digest = undigested.into_digest(folder.clock.now(), context, key.map(SigningKey::public));
        let hash = digest.hash();
        let mut signed = digest.sign(key);
        if let Some(signer) = &self.options.signer {
            let signature = tokio::select! {
                signature = signer.sign(signed_digest(hash)) => signature.map_err(KeepingError::NotSigned)?,
                // The next process makes this digest; the end of this one does not wait for somebody elsewhere.
                () = self.ending.now.notified() => return Err(KeepingError::Ending),
            };
            signed.kms = Some(signature);
        }
        Ok(signed)
    }

    /// Works on the closed files where it may block. `check` is to be asked between two of them.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Closed, Check<'_>) -> Result<T, KeepingError> + Send + 'static,
    ) -> Result<T, KeepingError> {
        let (closed, ending) = (Arc::clone(&self.closed), Arc::clone(&self.ending));
        tokio::task::spawn_blocking(move || work(&closed, &|| ending.check()))
            .await
            .unwrap_or_else(|error| Err(if error.is_panic() { KeepingError::Panicked } else { KeepingError::Ending }))
    }
}

/// Between two files: whether the rest is left to the next process.
type Check<'a> = &'a dyn Fn() -> Result<(), KeepingError>;
