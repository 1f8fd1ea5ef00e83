//! Figures about what stage one decided, and what the policies that are tried out would have.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::authorize::Decision;
use crate::http::Metrics;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Decided {
    /// `allow` or `deny`.
    effect: &'static str,
    /// `allow`, `deny`, `undecided`, or `none` where nothing is tried out.
    shadow: &'static str,
}

/// Counts decisions of stage one. The default one counts for nobody.
#[derive(Debug, Clone, Default)]
pub struct Decisions(Family<Decided, Counter>);

impl Decisions {
    /// Registers the figure.
    #[must_use]
    pub fn new(metrics: &Metrics) -> Self {
        metrics.register(|registry| {
            let decided = Family::default();
            let about = "Decisions of stage one, with what the shadow policies would have decided";
            registry.register("policy_decisions", about, decided.clone());
            Self(decided)
        })
    }

    /// Counts a decision; a call that was refused before there was one counts with the tool calls alone.
    pub fn count(&self, decision: Option<&Decision>) {
        if let Some(decision) = decision {
            let shadow = decision.shadow.as_ref().map_or("none", |shadow| shadow.effect);
            self.0.get_or_create(&Decided { effect: decision.effect, shadow }).inc();
        }
    }
}
