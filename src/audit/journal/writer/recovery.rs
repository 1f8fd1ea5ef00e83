//! The writer while the disk fails, and when it works again.

use std::time::Duration;

use tokio::task::JoinError;
use tokio::time::{Instant, timeout_at};

use super::Writer;
use crate::audit::journal::committer::End;
use crate::audit::journal::entry::{Entry, Kind};
use crate::audit::journal::state::{AuditUnavailable, UnavailableReason};

const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(5);

impl Writer {
    /// Tries again, at growing distances, until `backlog` is durable in a new segment.
    pub(super) async fn recover(&mut self, mut backlog: Vec<Entry>) -> Result<(), JoinError> {
        let mut pause = FIRST_RETRY;
        loop {
            self.refuse_until(Instant::now() + pause, &mut backlog).await;
            match self.commit(backlog, End::Synced).await? {
                None => return Ok(()),
                Some(rest) => backlog = rest,
            }
            pause = (pause * 2).min(LONGEST_RETRY);
        }
    }

    /// Until the next attempt, answers what arrives, so that nobody waits for a disk that is known to fail.
    async fn refuse_until(&mut self, next: Instant, backlog: &mut Vec<Entry>) {
        let follow_ups = std::mem::take(&mut self.follow_ups);
        backlog.extend(follow_ups.into_iter().filter_map(|entry| self.keep(entry)));
        while let Ok(received) = timeout_at(next, self.queue.recv()).await {
            let mut entries = Vec::new();
            match received {
                Some(command) => self.take(command, &mut entries),
                None => return tokio::time::sleep_until(next).await,
            }
            backlog.extend(entries.into_iter().filter_map(|entry| self.keep(entry)));
        }
    }

    /// What is kept while the disk fails: outcomes, and notes that were accepted.
    pub(super) fn keep(&self, mut entry: Entry) -> Option<Entry> {
        match &mut entry.kind {
            Kind::Note { reply, .. } => {
                if let Some(reply) = reply.take() {
                    let _ = reply.send(Err(UnavailableReason::DiskFailed.into()));
                }
            }
            Kind::Outcome { reply, fate } => {
                self.shared.hold(fate);
                if let Some(reply) = reply.take() {
                    let _ = reply.send(Err(AuditUnavailable::holding(UnavailableReason::DiskFailed)));
                }
            }
            Kind::Intent { .. } => {
                if let Kind::Intent { reply, .. } = entry.kind {
                    let _ = reply.send(Err(UnavailableReason::DiskFailed.into()));
                }
                return None;
            }
        }
        Some(entry)
    }

    /// Says what happened while there could be no record of it.
    pub(super) fn tell_missed(&mut self) {
        let Some(committer) = &self.committer else { return };
        let missed = self.shared.take_missed();
        let reads = missed.reads.map(|reads| committer.unrecorded_reads(reads));
        let left_out = missed.left_out.map(|records| committer.left_out(records));
        self.follow_ups.extend(reads.map(Entry::unattended));
        self.follow_ups.extend(left_out.into_iter().chain(missed.into_kept()).map(Entry::note));
    }

    pub(super) fn heal(&self) {
        if let Some(since) = self.shared.heal() {
            tracing::info!(%since, "the audit journal is written again");
        }
    }
}
