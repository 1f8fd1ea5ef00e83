//! The journal: records go in, and come back durable.
//!
//! One task, the writer, takes all records that are queued, writes them in one go and syncs once for all of them (group
//! commit). It hands the blocking work to a thread that may block, so a disk that hangs holds up nothing else, and it
//! waits with `tokio::time`. While one group is on its way to the disk, the next gathers.
//!
//! # States
//! - **Available**: records are taken.
//! - **Unavailable**: the last write or sync failed, or one has not come back within the durable deadline. Nothing new is
//!   taken. An intent that was under way is refused; a note that was accepted is kept and written later.
//! - **Holding**: an outcome could not be made durable, and its caller was told so ([`AuditUnavailable::held`]). The
//!   journal keeps it. Every intent is refused until all held outcomes are durable: what AWS was made to do comes before
//!   anything new. Notes are taken as soon as the disk answers; until then the journal is said to be Unavailable.
//! - **Not remote**, where a remote store has to have records: it fails, or others cannot be told of this replica, or a record
//!   has waited for the store for longer than the durable deadline. Intents are refused at once; notes are taken. It ends when
//!   the store has what waits ([`remote`] says how much that can be).
//!
//! # Transitions, and the way back
//! - Available -> Unavailable: a write, a sync, or the creation of a segment fails, or exceeds the deadline.
//! - Any -> Holding: at such a failure an outcome was waiting, or its caller waited longer than the deadline, or the
//!   permit was dropped and its record could not be written.
//! - Back: after a *failure* the file is never written again, since what the disk holds of it is unknown. The writer waits
//!   (100 ms, doubling up to 5 s), begins a new segment whose header (`reason: "recovery"`) goes on from the last record
//!   known durable, and writes to it whatever is kept: held outcomes and accepted notes, in their order. When that is
//!   durable the journal is Available; if it fails, the writer waits again. A sync that *hangs* is waited for; when it
//!   returns, it has succeeded or failed, and the above applies. No restart is needed.
//! - A segment that was begun but whose header never became durable is removed: it holds nothing that was confirmed, and
//!   a full disk would otherwise be littered with one at every attempt. One that cannot be removed is left, and verifies
//!   as unconfirmed.
//!
//! # Promises
//! - An intent and its outcome: after [`Journal::intent`] the intent is on the disk. The permit leads to exactly one
//!   outcome: the one given to [`Journal::outcome`], `if_lost` when the permit is dropped, or `if_not_forwarded` when
//!   nobody was there to receive the permit. The process's end is the exception: an intent without an outcome is what the
//!   next start finds then.
//! - A note is written in its order with everything else, and synced within the delay bound.
//! - Where there can be no record now of what is done all the same, there is one later: of reads that are answered, how many
//!   there were ([`Journal::serve_unrecorded`]); of reloads, each of the newest ([`Journal::note_or_keep`]).
//! - No caller waits longer than the durable deadline, even if the disk hangs for ever.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};

use super::chain::ChainHead;
use super::folder::Folder;
use super::lock::DirectoryLock;
use super::record::Record;
use super::recover::{OpenError, find_end};
use super::shipping::Shipped;
use super::signing::SigningKey;
use super::storage::Storage;
use crate::clock::SharedClock;
use crate::current::Current;
use crate::random::{SharedRandom, uuid};
use committer::Committer;
use entry::{Command, Entry, Fate, Kind};
use gate::{Admission, Admitted, Shared};
use writer::Writer;

mod committer;
mod entry;
mod gate;
mod missed;
mod permit;
mod remote;
mod state;
#[cfg(test)]
mod tests;
mod writer;

pub use permit::{Permit, Recorded};
pub(super) use state::Reached;
pub use state::{AuditUnavailable, JournalCounters, JournalState, UnavailableReason};

/// How a journal is kept.
#[derive(Debug, Clone)]
pub struct JournalOptions {
    /// The folder; created if it is missing. One writer at a time.
    pub directory: PathBuf,
    /// How many intents and notes may wait for the writer, and of intents also how many records for the remote store. Outcomes
    /// are never refused: there are no more of them than permits.
    pub queue_capacity: usize,
    /// How many records are written at once, and how many may be written before they are synced.
    pub largest_batch: usize,
    /// How long a caller waits for the disk.
    pub durable_deadline: Duration,
    /// How long an accepted note may wait until it is synced.
    pub note_delay: Duration,
    /// How many bytes a segment holds before the next is begun. A single larger record gets a segment of its own.
    pub largest_segment: u64,
    /// How long after its first record a segment is closed and the next begun.
    pub oldest_segment: Duration,
    /// Whether the record of a write counts as durable only when a remote store has it, too: where the disk dies with the process's
    /// machine. Somebody has to ship the records there and [`Journal::acknowledge`] them, and to tell other replicas of this
    /// one ([`Journal::announced`]).
    pub remote: bool,
    /// The key that signs the journal; without one, whoever can write the folder can compute the chain anew.
    pub signing_key: Option<Arc<SigningKey>>,
    /// Fields of every segment's header, such as the gateway's name, version and configuration digest; until others are
    /// [`Journal::configured`].
    pub context: Record,
}

impl JournalOptions {
    /// The defaults: 4096 waiting records, 1024 at once, 5 s for the disk, notes synced within 1 s, segments of
    /// 64 MiB and an hour.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            queue_capacity: 4096,
            largest_batch: 1024,
            durable_deadline: Duration::from_secs(5),
            note_delay: Duration::from_secs(1),
            largest_segment: 64 * 1024 * 1024,
            oldest_segment: Duration::from_secs(60 * 60),
            remote: false,
            signing_key: None,
            context: Record::default(),
        }
    }
}

/// What is to be done, and what is written if its end is not heard of.
#[derive(Debug)]
pub struct Intent {
    /// What is about to be done.
    pub record: Record,
    /// The outcome when the [`Permit`] is dropped: the call may or may not have reached AWS.
    pub if_lost: Record,
    /// The outcome when the intent became durable but nobody received the [`Permit`]: nothing was forwarded.
    pub if_not_forwarded: Record,
}

/// The journal of a folder. Clones write to the same one.
#[derive(Debug, Clone)]
pub struct Journal {
    queue: mpsc::UnboundedSender<Command>,
    shared: Arc<Shared>,
    durable_deadline: Duration,
    folder: Arc<Folder>,
    random: SharedRandom,
    _last: Arc<LastHandle>,
}

/// Ends the writer's wait for more notes when there is nobody left to write any.
#[derive(Debug)]
struct LastHandle(Arc<Shared>);

impl Drop for LastHandle {
    fn drop(&mut self) {
        self.0.urgent().notify_one();
    }
}

impl Journal {
    /// Opens the journal in `options.directory`: takes the folder's lock, finds the end of the chain, and begins a
    /// segment. Must be called in a tokio runtime, in which the writer then runs; [`Journal::close`] ends it.
    ///
    /// # Errors
    /// When another process has the folder, its last segment does not verify, or the disk fails.
    pub async fn open(
        options: JournalOptions,
        storage: Arc<dyn Storage>,
        clock: SharedClock,
        random: SharedRandom,
    ) -> Result<Self, OpenError> {
        let (queue, commands) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared::new(clock.clone(), &options));
        if options.remote {
            shared.await_announcement();
        }
        let durable_deadline = options.durable_deadline;
        let directory = options.directory.clone();
        let context = Arc::new(Current::new(options.context.clone()));
        let folder = Arc::new(Folder {
            directory: options.directory.clone(),
            storage: Arc::clone(&storage),
            clock: Arc::clone(&clock),
            signing_key: options.signing_key.clone(),
            context: Arc::clone(&context),
        });
        let ids = Arc::clone(&random);
        let opened = tokio::task::spawn_blocking(move || {
            let failed = |doing| OpenError::disk(&options.directory, doing);
            storage.prepare(&options.directory).map_err(failed("the folder cannot be created"))?;
            let lock = DirectoryLock::take(&options.directory)
                .map_err(failed("its lock file cannot be opened"))?
                .ok_or_else(|| OpenError::Locked(options.directory.clone()))?;
            let found = find_end(&options.directory, &*storage)?;
            let committer = Committer::start(&options, context, storage, clock, random, found)
                .map_err(failed("its first segment cannot be written"))?;
            Ok((options, committer, lock))
        });
        let stopped = |error| OpenError::disk(&directory, "opening was stopped")(std::io::Error::other(error));
        let (options, committer, lock) = opened.await.map_err(stopped)??;
        shared.durable().send_replace(committer.durable());
        let writer = Writer::new(&options, commands, queue.downgrade(), shared.clone(), committer, lock);
        tokio::spawn(writer.run());
        let last = Arc::new(LastHandle(shared.clone()));
        Ok(Self { queue, shared, durable_deadline, folder, random: ids, _last: last })
    }

    /// Writes an intent; returns the permit to act on it once the record is on the disk.
    ///
    /// Dropping the future gives up the intent: if it becomes durable all the same, `if_not_forwarded` follows it.
    ///
    /// # Errors
    /// When the record is not durable within the deadline, or the journal is not available, or holds outcomes.
    pub async fn intent(&self, intent: Intent) -> Result<Permit, AuditUnavailable> {
        self.shared.admit(Admission::Intent)?;
        let (reply, durable) = oneshot::channel();
        let Intent { record, if_lost, if_not_forwarded } = intent;
        self.send(Entry::new(record, Kind::Intent { reply, if_lost, if_not_forwarded }))?;
        self.shared.urgent().notify_one();
        let permit = match timeout(self.durable_deadline, durable).await {
            Ok(Ok(answer)) => answer?,
            Ok(Err(_)) => return Err(UnavailableReason::Closed.into()),
            Err(_) => return Err(UnavailableReason::TimedOut.into()),
        };
        self.shared.check_permits()?;
        Ok(permit.received())
    }

    /// Writes the outcome of what the permit allowed; returns once it is on the disk. It goes to the journal that gave
    /// the permit.
    ///
    /// # Errors
    /// When the record is not durable within the deadline. It is then held, and written as soon as the disk lets it
    /// ([`AuditUnavailable::held`]), unless the journal was closed.
    pub async fn outcome(&self, permit: Permit, record: Record) -> Result<Recorded, AuditUnavailable> {
        let (reply, durable) = oneshot::channel();
        let fate = Fate::new();
        let shared = permit.settle(Entry::new(record, Kind::Outcome { reply: Some(reply), fate: fate.clone() }))?;
        match timeout(self.durable_deadline, durable).await {
            Ok(Ok(answer)) => answer.map(|()| Recorded::new()),
            Ok(Err(_)) => Err(UnavailableReason::Closed.into()),
            Err(_) if shared.hold(&fate) => Err(AuditUnavailable::holding(UnavailableReason::TimedOut)),
            Err(_) => Ok(Recorded::new()),
        }
    }

    /// Takes a record that need not be durable at once: a read, a refusal, a dry run. Never waits: the record
    /// keeps its place in the order, and is synced within the delay bound.
    ///
    /// # Errors
    /// When the journal is not available, or too many records wait.
    pub fn note(&self, record: Record) -> Result<Recorded, AuditUnavailable> {
        self.shared.admit(Admission::Note)?;
        self.send(Entry::note(record))?;
        Ok(Recorded::new())
    }

    /// Takes a record of what cannot be refused for want of one, as [`Journal::note`] does: a reload. While records are not
    /// taken, the newest 64 are kept and written as soon as they are, before any that are taken then; one more record says how
    /// many were left out. What is still kept when the process ends is lost.
    ///
    /// # Errors
    /// When the journal is closed.
    pub fn note_or_keep(&self, record: Record) -> Result<(), AuditUnavailable> {
        match self.shared.admit_or_keep(record)? {
            Admitted::Now(record) => self.send(Entry::note(record)),
            Admitted::Later(reason) => {
                let reason = reason.map(tracing::field::display);
                tracing::warn!(reason, "a record cannot be written to the audit journal now; it is kept until it can");
                Ok(())
            }
        }
    }

    /// Takes a record as [`Journal::note`] does; returns once it is on this disk, whether or not a remote store has it.
    ///
    /// # Errors
    /// As [`Journal::note`], or when the record is not durable within the deadline. One that was taken is then kept, and
    /// written as soon as the disk lets it.
    pub async fn note_durably(&self, record: Record) -> Result<Recorded, AuditUnavailable> {
        self.shared.admit(Admission::Note)?;
        let (reply, durable) = oneshot::channel();
        self.send(Entry::new(record, Kind::Note { accepted: Instant::now(), reply: Some(reply) }))?;
        self.shared.urgent().notify_one();
        match timeout(self.durable_deadline, durable).await {
            Ok(Ok(answer)) => answer.map(|()| Recorded::new()),
            Ok(Err(_)) => Err(UnavailableReason::Closed.into()),
            Err(_) => Err(UnavailableReason::TimedOut.into()),
        }
    }

    /// What a reply to a read is made from when there can be no record of it, and the operators let such reads be answered. It
    /// is counted, and a record says how many there were as soon as there can be one.
    ///
    /// # Errors
    /// When the disk does not fail: the record can then be written, or is refused for another reason.
    pub fn serve_unrecorded(&self) -> Result<Recorded, AuditUnavailable> {
        self.shared.serve_unrecorded()?;
        Ok(Recorded::new())
    }

    /// Says how far the remote store has the records, where [`JournalOptions::remote`] waits for it.
    pub fn acknowledge(&self, shipped: &Shipped) {
        self.shared.acknowledge(shipped);
    }

    /// Says until when other replicas see that this one lives. Where [`JournalOptions::remote`] asks for it, nothing counts as stored
    /// until it was said once that they can, and intents are refused when that time is over: who dies then is never missed.
    pub fn announced(&self, until: Instant) {
        self.shared.announced(until);
    }

    /// Says why other replicas cannot see that this one lives: intents are refused until they can.
    pub fn not_announced(&self, why: String) {
        self.shared.not_announced(why);
    }

    /// Takes other fields for every header, and for whatever else the journal itself writes from now on: another configuration is
    /// in force.
    pub fn configured(&self, context: Record) {
        self.folder.context.set(context);
    }

    /// Whether records are taken.
    #[must_use]
    pub fn state(&self) -> JournalState {
        self.shared.state()
    }

    /// What was counted since the journal was opened.
    #[must_use]
    pub fn counters(&self) -> JournalCounters {
        self.shared.counters()
    }

    /// The last record that is durable, as it moves on: for whoever reads the folder behind the writer. It is told before
    /// those who wait for a record are answered.
    #[must_use]
    pub fn durable(&self) -> watch::Receiver<ChainHead> {
        self.shared.durable().subscribe()
    }

    /// The name of the file that is written, as it changes: those before it are closed.
    pub(super) fn segment(&self) -> watch::Receiver<String> {
        self.shared.segment().subscribe()
    }

    /// The folder, for what is done with closed files.
    pub(super) fn folder(&self) -> Arc<Folder> {
        Arc::clone(&self.folder)
    }

    /// What is durable on the disk now.
    pub(super) fn reached(&self) -> Reached {
        self.shared.how_far()
    }

    /// The fields of every header now.
    pub(super) fn context(&self) -> Arc<Record> {
        self.folder.context()
    }

    /// An id for a record that is made of the journal itself.
    pub(super) fn new_id(&self) -> String {
        uuid(&*self.random)
    }

    /// Takes no more intents and notes, makes everything durable, and gives back the folder. To be called when the calls
    /// are done: a permit that is still out finds no journal to write its outcome to.
    ///
    /// # Errors
    /// When not everything is durable within the deadline; the writer goes on trying for as long as the runtime lives.
    pub async fn close(self) -> Result<(), AuditUnavailable> {
        self.shared.close();
        let (reply, closed) = oneshot::channel();
        if self.queue.send(Command::Close(reply)).is_err() {
            return Ok(());
        }
        self.shared.urgent().notify_one();
        match timeout(self.durable_deadline, closed).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(UnavailableReason::Closed.into()),
            Err(_) if self.shared.counters().outcomes_held > 0 => {
                Err(AuditUnavailable::holding(UnavailableReason::TimedOut))
            }
            Err(_) => Err(UnavailableReason::TimedOut.into()),
        }
    }

    fn send(&self, entry: Entry) -> Result<(), AuditUnavailable> {
        self.queue.send(Command::Write(Box::new(entry))).map_err(|_| UnavailableReason::Closed.into())
    }
}
