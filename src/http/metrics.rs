//! What is counted, and the listener that shows it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::runtime::Handle;

use super::health::Health;

/// Seconds; from a cached read to the slowest IAM call that is still waited for.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 20.0, 60.0];

/// The process's metrics. Clones are the same metrics.
///
/// Labels are `&'static str` throughout, so that nothing a client sends can become a time series.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Mutex<Registry>,
    requests: Family<RequestLabels, Counter>,
    duration: Histogram,
    in_flight: Gauge,
    connections: Gauge,
    tasks: Gauge,
    shed: Family<WhatLabels, Counter>,
    alarms: Family<WhatLabels, Gauge>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    reason: &'static str,
    stage: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WhatLabels {
    what: &'static str,
}

/// One more in a gauge, until dropped.
#[derive(Debug)]
pub(crate) struct Counted(Gauge);

impl Counted {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Metrics(..)")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Metrics that have counted nothing yet.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("iam_mcp_gateway");
        let requests = Family::<RequestLabels, Counter>::default();
        registry.register("requests", "Requests by what became of them; probes are not counted", requests.clone());
        let duration = Histogram::new(BUCKETS);
        registry.register("request_duration_seconds", "From a request's head to its reply's", duration.clone());
        let in_flight = Gauge::default();
        registry.register("requests_in_flight", "Requests whose reply is not complete", in_flight.clone());
        let connections = Gauge::default();
        registry.register("connections", "Open connections", connections.clone());
        let tasks = Gauge::default();
        registry.register("tasks", "Tasks of the runtime that have not ended, whatever they are for", tasks.clone());
        let shed = Family::<WhatLabels, Counter>::default();
        registry.register(
            "shed",
            "Requests refused, and waiting connections closed, because a shared limit was reached",
            shed.clone(),
        );
        let alarms = Family::<WhatLabels, Gauge>::default();
        registry.register("alarms", "1 where an operator has to see to something", alarms.clone());
        Self(Arc::new(Inner {
            registry: Mutex::new(registry),
            requests,
            duration,
            in_flight,
            connections,
            tasks,
            shed,
            alarms,
        }))
    }

    /// Lets another part of the program add its metrics. Their names get the prefix `iam_mcp_gateway_`.
    pub fn register<T>(&self, add: impl FnOnce(&mut Registry) -> T) -> T {
        add(&mut self.0.registry.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Everything in the OpenMetrics text format, version 1.0.0.
    ///
    /// # Errors
    /// When a metric that another part registered cannot be written.
    pub fn encode(&self) -> Result<String, fmt::Error> {
        if let Ok(runtime) = Handle::try_current() {
            self.0.tasks.set(i64::try_from(runtime.metrics().num_alive_tasks()).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        encode(&mut text, &self.0.registry.lock().unwrap_or_else(PoisonError::into_inner))?;
        Ok(text)
    }

    pub(crate) fn request(&self, reason: &'static str, stage: &'static str, duration: Duration) {
        self.0.requests.get_or_create(&RequestLabels { reason, stage }).inc();
        self.0.duration.observe(duration.as_secs_f64());
    }

    pub(crate) fn shed(&self, what: &'static str) {
        self.0.shed.get_or_create(&WhatLabels { what }).inc();
    }

    pub(crate) fn alarm(&self, what: &'static str) -> Gauge {
        self.0.alarms.get_or_create(&WhatLabels { what }).clone()
    }

    pub(crate) fn in_flight(&self) -> Counted {
        Counted::new(&self.0.in_flight)
    }

    pub(crate) fn connection(&self) -> Counted {
        Counted::new(&self.0.connections)
    }
}

/// What the listener for operators serves: `/metrics`, and `/readyz` with the reasons. It asks for no credentials, so it
/// belongs on loopback or a network that only the monitoring reaches.
pub fn metrics_router(health: Health, metrics: Metrics) -> Router {
    Router::new()
        .route("/metrics", get(show).with_state(metrics))
        .route("/readyz", get(Health::detail).with_state(health))
}

async fn show(State(metrics): State<Metrics>) -> Response {
    match metrics.encode() {
        Ok(text) => {
            ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_parts_can_register_their_own() {
        let metrics = Metrics::new();
        let counter = metrics.register(|registry| {
            let counter = Counter::<u64>::default();
            registry.register("records", "Audit records", counter.clone());
            counter
        });
        counter.inc();
        let text = metrics.encode().unwrap();
        assert!(text.contains("iam_mcp_gateway_records_total 1\n"), "{text}");
    }

    #[test]
    fn requests_are_counted_by_reason_and_stage() {
        let metrics = Metrics::new();
        metrics.request("host_missing", "gateway", Duration::from_millis(2));
        let text = metrics.encode().unwrap();
        assert!(text.contains("requests_total{reason=\"host_missing\",stage=\"gateway\"} 1\n"), "{text}");
        assert!(text.contains("request_duration_seconds_bucket{le=\"0.0025\"} 1\n"), "{text}");
    }

    #[tokio::test]
    async fn tasks_are_those_that_live_at_the_moment() {
        let metrics = Metrics::new();
        let shows = |count: usize| metrics.encode().unwrap().contains(&format!("iam_mcp_gateway_tasks {count}\n"));
        assert!(shows(0));
        let task = tokio::spawn(std::future::pending::<()>());
        assert!(shows(1));
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert!(shows(0));
    }

    #[test]
    fn a_gauge_falls_when_its_guard_is_dropped() {
        let metrics = Metrics::new();
        let guard = metrics.connection();
        assert!(metrics.encode().unwrap().contains("iam_mcp_gateway_connections 1\n"));
        drop(guard);
        assert!(metrics.encode().unwrap().contains("iam_mcp_gateway_connections 0\n"));
    }
}
