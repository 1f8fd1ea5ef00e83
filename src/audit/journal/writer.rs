//! The writer: gathers records into groups, has them committed, and answers who waits. The states it moves through are
//! described in [`super`].

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinError;
use tokio::time::{Instant, timeout};

use super::JournalOptions;
use super::committer::{Committed, Committer, End};
use super::entry::{Command, Entry, Kind};
use super::gate::Shared;
use super::permit::UnreceivedPermit;
use super::remote::{Released, Remote};
use super::state::{Reached, UnavailableReason};
use crate::audit::lock::DirectoryLock;
use crate::audit::segment::SegmentName;

mod recovery;

/// How long notes wait for company before they are written: each group costs several wake-ups of threads, whatever its
/// size. It is part of the delay that notes have anyway; whoever waits for durability ends it at once.
const COMPANY: Duration = Duration::from_millis(5);

/// What the writer waits for.
enum Received {
    Command(Box<Command>),
    /// A sync or a rotation is due.
    Due,
    /// The remote store has more, or fails, or is too slow.
    Acknowledged,
    /// Nobody can send any more.
    End,
}

pub(super) struct Writer {
    queue: mpsc::UnboundedReceiver<Command>,
    /// For permits. Weak, so that the writer ends when nobody else can send.
    sender: mpsc::WeakUnboundedSender<Command>,
    shared: Arc<Shared>,
    /// Away while it works.
    committer: Option<Committer>,
    lock: DirectoryLock,
    largest_batch: usize,
    durable_deadline: Duration,
    note_delay: Duration,
    oldest_segment: Duration,
    /// When the segment that is written is old enough to be closed; none while it holds nothing but its header.
    rotation_due: Option<Instant>,
    /// Records that are written but not durable, in their order. They are kept, to be written again if the sync fails.
    unsynced: Vec<Entry>,
    /// What waits for the remote store, where that has to have writes before anyone is answered.
    remote: Option<Remote>,
    /// Outcomes of intents that nobody waited for.
    follow_ups: Vec<Entry>,
    closing: Vec<oneshot::Sender<()>>,
}

impl Writer {
    pub(super) fn new(
        options: &JournalOptions,
        queue: mpsc::UnboundedReceiver<Command>,
        sender: mpsc::WeakUnboundedSender<Command>,
        shared: Arc<Shared>,
        committer: Committer,
        lock: DirectoryLock,
    ) -> Self {
        let mut writer = Self {
            queue,
            sender,
            shared,
            committer: None,
            lock,
            largest_batch: options.largest_batch.max(1),
            durable_deadline: options.durable_deadline,
            note_delay: options.note_delay,
            oldest_segment: options.oldest_segment,
            rotation_due: None,
            unsynced: Vec::new(),
            remote: None,
            follow_ups: Vec::new(),
            closing: Vec::new(),
        };
        writer.remote = options.remote.then(|| Remote::new(writer.shared.clone(), options.durable_deadline));
        writer.follow(&committer);
        writer.committer = Some(committer);
        writer
    }

    /// Writes until the journal is closed, or nobody is left who could write to it.
    pub(super) async fn run(mut self) {
        // An error means that the runtime is being shut down: there is nobody left to answer.
        if self.write_until_closed().await.is_err() {
            return;
        }
        drop(self.committer);
        drop(self.lock);
        for closing in self.closing {
            let _ = closing.send(());
        }
    }

    async fn write_until_closed(&mut self) -> Result<(), JoinError> {
        while let Some(entries) = self.gather().await {
            let end = self.end_of(&entries);
            let backlog = self.commit(entries, end).await?;
            if let Some(backlog) = backlog {
                self.recover(backlog).await?;
            }
        }
        Ok(())
    }

    /// The next group: everything that is queued. Empty when only a sync or a rotation is due; none at the end.
    async fn gather(&mut self) -> Option<Vec<Entry>> {
        let mut entries = std::mem::take(&mut self.follow_ups);
        if entries.is_empty() {
            if !self.closing.is_empty() && self.queue.is_empty() {
                // From here on permits find the journal closed; what they sent before is still received.
                self.queue.close();
            }
            match self.receive().await {
                Received::Command(command) => self.take(*command, &mut entries),
                Received::End if self.unsynced.is_empty() => {
                    // No permit can be given any more, so what waits for one is not forwarded.
                    let given_up = self.remote.as_mut().map(|remote| remote.give_up(UnavailableReason::Closed));
                    return given_up.filter(|outcomes| !outcomes.is_empty());
                }
                Received::End | Received::Due => return Some(entries),
                Received::Acknowledged => {
                    self.release();
                    return Some(std::mem::take(&mut self.follow_ups));
                }
            }
            if self.closing.is_empty() && !entries.iter().any(Entry::wants_durability) {
                let company = COMPANY.min(self.note_delay);
                let _either_way = timeout(company, self.shared.urgent().notified()).await;
            }
        }
        while entries.len() < self.largest_batch
            && let Ok(command) = self.queue.try_recv()
        {
            self.take(command, &mut entries);
        }
        entries.retain(|entry| !entry.is_given_up());
        Some(entries)
    }

    /// What happens next.
    async fn receive(&mut self) -> Received {
        let due = [self.sync_due(), self.rotation_due].into_iter().flatten().min();
        let due = async {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        let acknowledged = async {
            match &mut self.remote {
                Some(remote) => remote.changed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = acknowledged => Received::Acknowledged,
            received = self.queue.recv() => received.map_or(Received::End, |command| Received::Command(Box::new(command))),
            () = due => Received::Due,
        }
    }

    fn take(&mut self, command: Command, entries: &mut Vec<Entry>) {
        match command {
            Command::Close(reply) => self.closing.push(reply),
            Command::Write(entry) => {
                if !matches!(entry.kind, Kind::Outcome { .. }) {
                    self.shared.taken();
                }
                entries.push(*entry);
            }
        }
    }

    /// When the oldest note that is not durable must be.
    fn sync_due(&self) -> Option<Instant> {
        let accepted = self.unsynced.iter().find_map(|entry| match entry.kind {
            Kind::Note { accepted, .. } => Some(accepted),
            _ => None,
        });
        accepted.map(|accepted| accepted + self.note_delay)
    }

    fn end_of(&self, entries: &[Entry]) -> End {
        let now = Instant::now();
        if self.rotation_due.is_some_and(|due| due <= now) {
            return End::Rotated;
        }
        let must_sync = !self.closing.is_empty()
            || self.queue.is_closed()
            || entries.iter().any(Entry::wants_durability)
            || self.unsynced.len() + entries.len() >= self.largest_batch
            || self.sync_due().is_some_and(|due| due <= now);
        if must_sync { End::Synced } else { End::Written }
    }

    /// Has `entries` written; answers those that are durable. After a failure, returns what must be written again.
    async fn commit(&mut self, entries: Vec<Entry>, end: End) -> Result<Option<Vec<Entry>>, JoinError> {
        let mut committer = self.committer.take().expect("the committer is back before the next commit");
        let mut work = tokio::task::spawn_blocking(move || {
            let committed = committer.commit(&entries, end);
            (committer, entries, committed)
        });
        let done = match timeout(self.durable_deadline, &mut work).await {
            Ok(done) => done,
            Err(_) => {
                tracing::error!(deadline = ?self.durable_deadline, "the audit journal's disk does not answer");
                self.shared.fail(UnavailableReason::DiskStalled, "the disk does not answer".to_owned());
                work.await
            }
        };
        let (committer, mut entries, Committed { durable, error }) = done?;
        self.follow(&committer);
        self.shared.durable().send_replace(committer.durable());
        self.committer = Some(committer);
        self.unsynced.append(&mut entries);
        let rest = self.unsynced.split_off(durable);
        let settled = std::mem::replace(&mut self.unsynced, rest);
        self.shared.count(settled.len(), u64::from(end != End::Written && error.is_none()), u64::from(error.is_some()));
        let Some(error) = error else {
            // Before anyone is answered, so that who is told of success finds the journal available.
            self.heal();
            self.settle(settled);
            self.tell_missed();
            return Ok(None);
        };
        tracing::error!(%error, "the audit journal cannot be written");
        self.shared.fail(UnavailableReason::DiskFailed, error.to_string());
        self.settle(settled);
        let backlog = std::mem::take(&mut self.unsynced);
        Ok(Some(backlog.into_iter().filter_map(|entry| self.keep(entry)).collect()))
    }

    /// Sees whether another segment is written now, and from when on it is old enough.
    fn follow(&mut self, committer: &Committer) {
        self.shared.reached(Reached { head: committer.durable(), unsettled_since: committer.unsettled_since() });
        let name = committer.segment_name().map_or("", SegmentName::as_str);
        let is_another = self.shared.segment().send_if_modified(|known| {
            let is_another = known != name;
            if is_another {
                name.clone_into(known);
            }
            is_another
        });
        if is_another || !committer.has_records() {
            self.rotation_due = None;
        }
        if committer.has_records() {
            self.rotation_due.get_or_insert_with(|| Instant::now() + self.oldest_segment);
        }
    }

    /// Answers for records that are durable here, as soon as the remote store has them where it has to.
    fn settle(&mut self, mut entries: Vec<Entry>) {
        if let Some(remote) = &mut self.remote {
            entries = remote.take(entries, self.shared.durable().borrow().sequence);
        }
        self.answer(entries);
        self.release();
    }

    /// Answers for what the remote store has, or refuses what waits for it.
    fn release(&mut self) {
        if let Some(remote) = &mut self.remote {
            let Released { durable, follow_ups } = remote.release();
            self.answer(durable);
            self.follow_ups.extend(follow_ups);
        }
        if let Some(remote) = &self.remote {
            self.shared.await_remote(remote.len() + self.follow_ups.len(), remote.since());
        }
    }

    /// Answers for records that are durable. Outcomes first, so that no permit is refused for one that is not held any
    /// more.
    fn answer(&mut self, entries: Vec<Entry>) {
        let mut intents = Vec::new();
        for entry in entries {
            match entry.kind {
                Kind::Note { reply, .. } => {
                    if let Some(reply) = reply {
                        let _ = reply.send(Ok(()));
                    }
                }
                Kind::Outcome { reply, fate } => {
                    self.shared.release(&fate);
                    if let Some(reply) = reply {
                        let _ = reply.send(Ok(()));
                    }
                }
                Kind::Intent { reply, if_lost, if_not_forwarded } => intents.push((reply, if_lost, if_not_forwarded)),
            }
        }
        for (reply, if_lost, if_not_forwarded) in intents {
            match self.sender.upgrade() {
                Some(queue) if !reply.is_closed() => {
                    let permit = UnreceivedPermit::new(queue, self.shared.clone(), if_lost, if_not_forwarded);
                    // One that comes back is dropped, and sends `if_not_forwarded`.
                    let _ = reply.send(Ok(permit));
                }
                _ => self.follow_ups.push(Entry::unattended(if_not_forwarded)),
            }
        }
    }
}
