//! Figures about tool calls.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use tokio::time::Instant;

use super::reply::Reply;
use crate::audit::AuditUnavailable;
use crate::http::Metrics;
use crate::tools::{ErrorStage, Tool};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    tool: &'static str,
    effect: &'static str,
    /// `ok`, `refused`, `aws` (AWS said no, or could not be reached) or `audit`: codes of AWS would be without number.
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Called {
    tool: &'static str,
}

/// Counts tool calls and their durations.
#[derive(Debug, Clone)]
pub struct Calls {
    ended: Family<Ended, Counter>,
    duration: Family<Called, Histogram, fn() -> Histogram>,
}

/// One call that is under way.
#[derive(Debug)]
pub struct Counting<'c> {
    calls: &'c Calls,
    tool: &'static str,
    effect: &'static str,
    began: Instant,
}

/// Upper bounds in seconds: local answers take microseconds, a forced deletion seconds.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

impl Calls {
    /// Registers the figures.
    #[must_use]
    pub fn new(metrics: &Metrics) -> Self {
        metrics.register(|registry| {
            let ended = Family::default();
            let duration: Family<Called, Histogram, fn() -> Histogram> =
                Family::new_with_constructor(|| Histogram::new(BUCKETS));
            registry.register("tool_calls", "Tool calls by tool, effect and result", ended.clone());
            registry.register("tool_call_duration_seconds", "How long tool calls took", duration.clone());
            Self { ended, duration }
        })
    }

    /// A call of `tool` begins; `None` for a name that is no tool.
    #[must_use]
    pub fn begin(&self, tool: Option<&'static Tool>) -> Counting<'_> {
        let (name, effect) = tool.map_or(("unknown", "read"), |tool| (tool.spec.name, tool.spec.effect.as_str()));
        Counting { calls: self, tool: name, effect, began: Instant::now() }
    }
}

impl Counting<'_> {
    /// The call ended with this reply.
    pub fn end(self, reply: &Reply) {
        let result = match (reply.error_code(), reply.error_stage()) {
            (None, _) => "ok",
            (Some(AuditUnavailable::CODE), _) => "audit",
            (Some(_), Some(ErrorStage::Aws)) => "aws",
            (Some(_), _) => "refused",
        };
        self.calls.ended.get_or_create(&Ended { tool: self.tool, effect: self.effect, result }).inc();
        self.calls.duration.get_or_create(&Called { tool: self.tool }).observe(self.began.elapsed().as_secs_f64());
    }
}
