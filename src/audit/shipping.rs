//! Sinks: where the records go beside the journal.
//!
//! The journal itself is each sink's queue. A shipper reads the folder behind the writer, as far as it is durable, gives its
//! sink one batch of whole lines after another, and remembers in a small file how far it came. Memory is bounded by one batch,
//! a sink that is slow or gone delays nobody, and what it missed is still in the folder: files are kept until every sink has
//! them. After a killed process a batch may come twice; records have their sequence numbers, so that shows.
//!
//! # States
//! A shipper is **up to date**, or **behind** (the lag is the number of records), or **failing** (the last attempt failed; the
//! next comes after 1 s, doubling up to what its pace says). It says so each time that changes.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use self::cursor::Cursor;
use self::tail::Tail;
use super::journal::Journal;

mod cursor;
mod tail;
#[cfg(test)]
mod tests;

/// The most bytes of a batch, but for a single larger record, and for what a signed journal needs to end a batch with a signed
/// record: as much again at most.
const LARGEST_BATCH: usize = 4 * 1024 * 1024;
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// How long after the grace the disk may take for what is noted last.
const LAST_WRITE: Duration = Duration::from_secs(2);

/// Where records go beside the journal.
pub trait Sink: Debug + Send + Sync + 'static {
    /// The sink's name, in metrics and in the name of the file that says how far it came.
    fn name(&self) -> &'static str;

    /// Stores a batch; returns when it is stored. An error says what to do. A future that is dropped may have stored it.
    fn ship<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Result<(), SinkError>>;
}

/// Why a batch was not stored.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Records that follow one another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// The sequence number of the first.
    pub first: u64,
    /// The sequence number of the last.
    pub last: u64,
    /// Their lines as they stand in the journal, each ended by `\n`.
    pub lines: Vec<u8>,
}

/// How a sink is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long after the last batch the next may come, unless a whole one is there; zero for at once.
    pub gather: Duration,
    /// How long the end of the process waits for what is left to be stored.
    pub grace: Duration,
    /// How long after a failed attempt the next comes at most: where writes wait for the sink, as long as they may be refused
    /// for after it is there again.
    pub longest_retry: Duration,
}

/// How far a sink came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shipped {
    /// The last record that it stored.
    pub through: u64,
    /// How many durable records it has not.
    pub lag: u64,
    /// Why the last attempt failed; none when it did not.
    pub failure: Option<String>,
}

/// Hears how far a sink came, each time that changes.
pub type TellShipped = Box<dyn Fn(&Shipped) + Send + Sync>;

/// Serves one sink until it is ended.
#[derive(Debug)]
pub struct Shipper {
    /// How long the end waits.
    grace: Duration,
    ending: Arc<Notify>,
    shipped: watch::Receiver<Shipped>,
    task: JoinHandle<bool>,
}

impl Shipper {
    /// Begins to ship the records of `journal`, in a task of its own, from where an earlier process came to. Reads one small
    /// file.
    #[must_use]
    pub fn begin(journal: &Journal, sink: Arc<dyn Sink>, pace: Pace, tell: TellShipped) -> Self {
        let ending = Arc::<Notify>::default();
        let (folder, durable) = (journal.folder(), journal.durable());
        let cursor = Cursor::of(Arc::clone(&folder), sink.name());
        let (noted, last) = (cursor.read(), durable.borrow().sequence);
        if last < noted {
            tracing::error!(sink = sink.name(), noted, last, "the journal ends before what was shipped of it");
        }
        let through = noted.min(last);
        let (told, shipped) = watch::channel(Shipped { through, lag: last - through, failure: None });
        let shipping = Shipping {
            tail: Some(Tail::of(folder)),
            cursor,
            durable,
            segment: journal.segment(),
            sink,
            pace,
            ending: Arc::clone(&ending),
            told,
            tell,
        };
        Self { grace: pace.grace, ending, shipped, task: tokio::spawn(shipping.run()) }
    }

    /// How far the sink came, as it changes.
    #[must_use]
    pub fn shipped(&self) -> watch::Receiver<Shipped> {
        self.shipped.clone()
    }

    /// Ships what is durable and not yet shipped, within the grace, and ends; whether the sink has everything. To be called
    /// when the journal is closed.
    pub async fn end(mut self) -> bool {
        self.ending.notify_one();
        match timeout(self.grace + LAST_WRITE, &mut self.task).await {
            Ok(ended) => ended.unwrap_or_else(|error| {
                tracing::error!(%error, "shipping audit records broke off");
                false
            }),
            Err(_) => {
                self.task.abort();
                tracing::error!("the disk does not answer: how far audit records were shipped is not noted");
                false
            }
        }
    }
}

struct Shipping {
    /// Away while it reads.
    tail: Option<Tail>,
    cursor: Cursor,
    durable: watch::Receiver<super::ChainHead>,
    segment: watch::Receiver<String>,
    sink: Arc<dyn Sink>,
    pace: Pace,
    ending: Arc<Notify>,
    told: watch::Sender<Shipped>,
    tell: TellShipped,
}

impl Shipping {
    async fn run(mut self) -> bool {
        (self.tell)(&self.told.borrow());
        let mut through = self.told.borrow().through;
        // Once set, what is durable is shipped and nothing more is waited for.
        let mut end: Option<Instant> = None;
        loop {
            let durable = self.durable.borrow_and_update().sequence;
            if through >= durable {
                if end.is_some() {
                    break;
                }
                let ending = Arc::clone(&self.ending);
                tokio::select! {
                    changed = self.durable.changed() => if changed.is_err() { end = Some(Instant::now() + self.pace.grace) },
                    () = ending.notified() => end = Some(Instant::now() + self.pace.grace),
                }
                continue;
            }
            if end.is_none() && !self.pace.gather.is_zero() && self.gather(through).await {
                end = Some(Instant::now() + self.pace.grace);
            }
            match self.ship_next(through, &mut end).await {
                Some(reached) => through = reached,
                None => break,
            }
        }
        let durable = self.durable.borrow().sequence;
        if through < durable {
            tracing::error!(
                sink = self.sink.name(),
                records = durable - through,
                "records are left to the next process"
            );
        }
        self.cursor.write(through).await;
        through >= durable
    }

    /// Waits for company until the pace lets the next batch come; whether the end has begun meanwhile.
    async fn gather(&mut self, through: u64) -> bool {
        let until = Instant::now() + self.pace.gather;
        let ending = Arc::clone(&self.ending);
        // So many records are a whole batch, whatever is in them.
        let whole = through + (LARGEST_BATCH / 512) as u64;
        let filled = async {
            while self.durable.borrow_and_update().sequence < whole && self.durable.changed().await.is_ok() {}
        };
        tokio::select! {
            () = ending.notified() => true,
            _either_way = timeout_at(until, filled) => false,
        }
    }

    /// Reads and ships the batch behind `through`; the last record that is stored then. None when the end is over.
    async fn ship_next(&mut self, through: u64, end: &mut Option<Instant>) -> Option<u64> {
        let mut pause = FIRST_RETRY;
        let mut batch: Option<Batch> = None;
        loop {
            let (ending, grace) = (Arc::clone(&self.ending), self.pace.grace);
            let attempt = async {
                if batch.is_none() {
                    batch = Some(self.read(through).await?);
                }
                let batch = batch.as_ref().expect("just read");
                self.sink.ship(batch).await?;
                Ok::<u64, SinkError>(batch.last)
            };
            let ended = within_grace(attempt, &ending, grace, end).await;
            let durable = self.durable.borrow().sequence;
            match ended {
                Ok(last) => {
                    // Writes may wait for it; how far it came is noted behind it.
                    self.tell(Shipped { through: last, lag: durable.saturating_sub(last), failure: None });
                    self.cursor.reached(last).await;
                    return Some(last);
                }
                Err(error) => {
                    let sink = self.sink.name();
                    tracing::error!(sink, %error, "audit records could not be shipped; they are kept, and tried again");
                    let lag = durable.saturating_sub(through);
                    self.tell(Shipped { through, lag, failure: Some(error.to_string()) });
                }
            }
            let next = Instant::now() + pause;
            pause = (pause * 2).min(self.pace.longest_retry);
            let ending = Arc::clone(&self.ending);
            match *end {
                Some(end) if end <= next => return None,
                Some(_) => sleep_until(next).await,
                None => tokio::select! {
                    () = sleep_until(next) => {}
                    () = ending.notified() => *end = Some(Instant::now() + self.pace.grace),
                },
            }
        }
    }

    async fn read(&mut self, through: u64) -> Result<Batch, SinkError> {
        let Some(mut tail) = self.tail.take() else { return Err("reading the journal broke off".into()) };
        // The segment first: what is durable behind it is then in a file that is known.
        let durable = self.durable.borrow().sequence;
        let open = self.segment.borrow().clone();
        let read = tokio::task::spawn_blocking(move || {
            let batch = tail.read(&open, through, durable, LARGEST_BATCH);
            (tail, batch)
        });
        let (tail, batch) = read.await?;
        self.tail = Some(tail);
        Ok(batch?)
    }

    fn tell(&self, shipped: Shipped) {
        (self.tell)(&shipped);
        self.told.send_replace(shipped);
    }
}

/// Runs an attempt: to its end, or, once the process ends, until the grace is over.
async fn within_grace(
    attempt: impl Future<Output = Result<u64, SinkError>>,
    ending: &Notify,
    grace: Duration,
    end: &mut Option<Instant>,
) -> Result<u64, SinkError> {
    let mut attempt = std::pin::pin!(attempt);
    if end.is_none() {
        tokio::select! {
            ended = &mut attempt => return ended,
            () = ending.notified() => *end = Some(Instant::now() + grace),
        }
    }
    let until = end.unwrap_or_else(Instant::now);
    timeout_at(until, attempt).await.unwrap_or_else(|_| Err("the process ends".into()))
}
