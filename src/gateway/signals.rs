//! Signals from the audit journal, told while the gateway runs: in the log, and as figures.
//!
//! A task reads the journal's folder behind the writer, as far as that is durable, on a thread that may block. It takes no
//! lock that the writer or a call could wait for, so neither is ever held up; it may come late, and what it cannot read
//! is logged and counted. What was written before the start is learned from and was told by an earlier process.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::audit::query::{Filter, Follower, QueryError, RecordView};
use crate::audit::signals::{Detector, Kind, Signal};
use crate::audit::{ChainHead, Journal};
use crate::config::Audit;
use crate::http::Metrics;
use crate::tools::text::visible;

/// How long records gather before they are read, so that a busy journal is not looked at for each of them.
const GATHER: Duration = Duration::from_millis(250);
/// How long after a failure is looked again.
const AGAIN: Duration = Duration::from_secs(5);
/// What the log's lines are found by.
const TARGET: &str = "iam_mcp_gateway::audit::signals";

/// Reads behind the journal's writer, and tells what somebody should look at.
#[derive(Debug)]
pub struct SignalWatch {
    directory: PathBuf,
    /// The history, from the start on back.
    filter: Filter,
    durable: watch::Receiver<ChainHead>,
    /// The last record that was there at the start.
    learned_through: u64,
    silenced: BTreeSet<Kind>,
    detector: Detector,
    /// Set once the folder could be read.
    follower: Option<Follower>,
    /// How many files could not be read to their end.
    unread: usize,
    is_failing: bool,
    figures: Figures,
}

#[derive(Debug, Clone)]
struct Figures {
    signals: Family<Labels, Counter>,
    failures: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    kind: &'static str,
}

impl Figures {
    fn new(metrics: &Metrics) -> Self {
        let (signals, failures) = (Family::<Labels, Counter>::default(), Counter::default());
        for kind in Kind::ALL {
            // There from the start, so that the first signal is an increase.
            drop(signals.get_or_create(&Labels { kind: kind.as_str() }));
        }
        metrics.register(|registry| {
            registry.register("audit_signals", "Signals from the audit records, by kind", signals.clone());
            let about = "Attempts to read the audit journal for signals that failed";
            registry.register("audit_signal_failures", about, failures.clone());
        });
        Self { signals, failures }
    }
}

impl SignalWatch {
    /// A watch on this journal, which `audit` configures, from `now` on.
    #[must_use]
    pub fn new(audit: &Audit, journal: &Journal, metrics: &Metrics, now: Timestamp) -> Self {
        let durable = journal.durable();
        let learned_through = durable.borrow().sequence;
        let rules = &audit.signals.rules;
        let history = SignedDuration::from_hours(24 * i64::from(rules.history_days));
        Self {
            directory: audit.directory.clone(),
            filter: Filter { from: now.checked_sub(history).ok(), ..Filter::default() },
            durable,
            learned_through,
            silenced: audit.signals.silenced.clone(),
            detector: Detector::new(rules.clone()),
            follower: None,
            unread: 0,
            is_failing: false,
            figures: Figures::new(metrics),
        }
    }

    /// Tells signals until `end` is given, and what is durable then was read; learning is left unfinished for it.
    pub async fn run(mut self, end: CancellationToken) {
        loop {
            let is_last = end.is_cancelled();
            let ended = end.clone();
            let looked = tokio::task::spawn_blocking(move || {
                let figures = self.figures.clone();
                let silenced = self.silenced.clone();
                let mut tell = |signal: &Signal| figures.tell(&silenced, signal);
                if catch_unwind(AssertUnwindSafe(|| self.look(&ended, &mut tell))).is_err() {
                    self.failed(&"it broke off");
                }
                self
            });
            match looked.await {
                Ok(back) => self = back,
                Err(error) => {
                    tracing::error!(target: TARGET, %error, "there are no signals from the audit journal any more");
                    return;
                }
            }
            if is_last {
                return;
            }
            tokio::select! {
                () = end.cancelled() => {}
                () = self.more() => {}
            }
        }
    }

    /// Waits until there is more to read, or what failed can be tried again.
    async fn more(&mut self) {
        if self.is_failing {
            return tokio::time::sleep(AGAIN).await;
        }
        if self.durable.changed().await.is_err() {
            // The journal has ended, and its end is told.
            return std::future::pending().await;
        }
        tokio::time::sleep(GATHER).await;
    }

    /// Reads what is durable and was not read yet.
    fn look(&mut self, ended: &CancellationToken, tell: &mut dyn FnMut(&Signal)) {
        let through = self.durable.borrow_and_update().sequence;
        match self.read_through(through, ended, tell) {
            Ok(()) if std::mem::take(&mut self.is_failing) => {
                tracing::info!(target: TARGET, "the audit journal is read for signals again");
            }
            Ok(()) => {}
            Err(error) => self.failed(&error),
        }
        let unread = self.follower.as_ref().map_or(&[][..], |follower| &follower.summary().unread);
        for file in unread.iter().skip(self.unread) {
            self.figures.failures.inc();
            let path = file.path.display();
            tracing::warn!(target: TARGET, %path, error = %file.error, "signals do without the rest of a file that cannot be read");
        }
        self.unread = unread.len();
    }

    fn read_through(
        &mut self,
        through: u64,
        ended: &CancellationToken,
        tell: &mut dyn FnMut(&Signal),
    ) -> Result<(), QueryError> {
        let Self { directory, filter, learned_through, detector, .. } = self;
        let follower = match &mut self.follower {
            Some(follower) => follower,
            none => none.insert(Follower::from_the_oldest(directory, filter)?),
        };
        let read = follower.poll_through(through, &mut |line| {
            let Some(record) = RecordView::of(line) else { return ControlFlow::Continue(()) };
            let is_old = record.integrity.sequence.is_none_or(|own| own <= *learned_through);
            detector.read(&record, &mut |signal| {
                if !is_old {
                    tell(&signal);
                }
            });
            if is_old && ended.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        read.map(|_| ()).map_err(|source| QueryError::Read { path: directory.clone(), source })
    }

    /// Counts a failure; of those in a row the first is logged.
    fn failed(&mut self, error: &dyn std::fmt::Display) {
        self.figures.failures.inc();
        if !std::mem::replace(&mut self.is_failing, true) {
            tracing::warn!(target: TARGET, %error, "the audit journal cannot be read for signals; it is tried again");
        }
    }
}

impl Figures {
    /// Logs and counts a signal, unless its kind is silenced.
    fn tell(&self, silenced: &BTreeSet<Kind>, signal: &Signal) {
        if silenced.contains(&signal.kind) {
            return;
        }
        self.signals.get_or_create(&Labels { kind: signal.kind.as_str() }).inc();
        let caller = signal.subject.caller().map(|caller| visible(&caller.to_string()).into_owned());
        let network = signal.subject.network().map(|network| network.to_string());
        let records: Vec<String> = signal.records.iter().map(ToString::to_string).collect();
        tracing::warn!(
            target: TARGET,
            signal = signal.kind.as_str(),
            severity = signal.kind.severity().as_str(),
            time = %signal.time,
            caller,
            network,
            count = signal.count,
            records = records.join(","),
            event_id = %visible(&signal.event_id),
            "{}",
            visible(&signal.text)
        );
    }
}

#[cfg(test)]
mod tests;
