//! What is counted of the way to AWS. Labels are of few values: upstreams, never accounts or callers.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use super::answer::Ended;
use super::{Class, NotSent, Upstream};
use crate::http::Metrics;

/// Seconds, up to the longest wait.
const WAITS: [f64; 9] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Attempt {
    upstream: &'static str,
    ended: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refusal {
    upstream: &'static str,
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfUpstream {
    upstream: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfClass {
    class: &'static str,
}

/// The figures. Clones are the same figures.
#[derive(Debug, Clone)]
pub struct Figures {
    attempts: Family<Attempt, Counter>,
    refused: Family<Refusal, Counter>,
    not_closed: Family<OfUpstream, Gauge>,
    waiting: Family<OfClass, Gauge>,
    waited: Histogram,
}

/// One more who waits, until dropped.
#[derive(Debug)]
pub(super) struct Waiting(Gauge);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Figures {
    /// Registers them.
    #[must_use]
    pub fn new(metrics: &Metrics) -> Self {
        metrics.register(|registry| {
            let figures = Self {
                attempts: Family::default(),
                refused: Family::default(),
                not_closed: Family::default(),
                waiting: Family::default(),
                waited: Histogram::new(WAITS),
            };
            registry.register("aws_attempts", "Attempts that were sent, by how they ended", figures.attempts.clone());
            registry.register("aws_refused", "Attempts that were not sent, by the code", figures.refused.clone());
            let about = "Accounts that an upstream does not answer: their breaker is open or half-open";
            registry.register("aws_breakers_not_closed", about, figures.not_closed.clone());
            let about = "Attempts that wait for their account's turn";
            registry.register("aws_waiting", about, figures.waiting.clone());
            let about = "How long attempts waited for their account's turn, where they had to";
            registry.register("aws_waited_seconds", about, figures.waited.clone());
            for upstream in Upstream::ALL {
                // A figure that is there from the beginning can be alarmed on.
                drop(figures.not_closed(upstream));
            }
            figures
        })
    }

    pub(super) fn not_closed(&self, upstream: Upstream) -> Gauge {
        self.not_closed.get_or_create(&OfUpstream { upstream: upstream.as_str() }).clone()
    }

    pub(super) fn ended(&self, upstream: Upstream, ended: Ended) {
        self.attempts.get_or_create(&Attempt { upstream: upstream.as_str(), ended: ended.as_str() }).inc();
    }

    pub(super) fn refused(&self, upstream: Upstream, why: &NotSent) {
        self.refused.get_or_create(&Refusal { upstream: upstream.as_str(), code: why.code() }).inc();
    }

    pub(super) fn waiting(&self, class: Class) -> Waiting {
        let gauge = self.waiting.get_or_create(&OfClass { class: class.as_str() }).clone();
        gauge.inc();
        Waiting(gauge)
    }

    pub(super) fn waited(&self, wait: Duration) {
        self.waited.observe(wait.as_secs_f64());
    }
}
