//! Whether the process lives, and whether it can answer.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use prometheus_client::metrics::gauge::Gauge;
use serde::Serialize;

use super::drain::Drain;
use super::metrics::Metrics;

/// What `/readyz` answers from. Clones are the same.
#[derive(Debug, Clone)]
pub struct Health {
    drain: Drain,
    components: Components,
    alarms: Components,
}

/// For each component why it is not ready, or `None` when it is.
type Components = Arc<RwLock<BTreeMap<&'static str, Option<String>>>>;

/// Something that an operator has to see to, although this replica can answer: shown in the detail and as the metric
/// `iam_mcp_gateway_alarms`, and no reason to send requests elsewhere.
#[derive(Debug, Clone)]
pub struct Alarm {
    name: &'static str,
    alarms: Components,
    raised: Gauge,
}

/// One component's say in whether this replica is ready.
#[derive(Debug, Clone)]
pub struct Readiness {
    name: &'static str,
    components: Components,
}

impl Health {
    /// Health without components: ready until `drain` begins.
    #[must_use]
    pub fn new(drain: Drain) -> Self {
        Self { drain, components: Components::default(), alarms: Components::default() }
    }

    /// Adds a component, which is not ready until it says so. Asked for again, it starts anew.
    ///
    /// Only what keeps the replica from answering anything belongs here: a fault that still lets reads through must not
    /// drain every replica at once.
    #[must_use]
    pub fn component(&self, name: &'static str) -> Readiness {
        let readiness = Readiness { name, components: self.components.clone() };
        readiness.not_ready("starting");
        readiness
    }

    /// An alarm, which is quiet until it is raised.
    #[must_use]
    pub fn alarm(&self, name: &'static str, metrics: &Metrics) -> Alarm {
        Alarm { name, alarms: self.alarms.clone(), raised: metrics.alarm(name) }
    }

    /// Whether this replica should be sent requests.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.drain.has_begun()
            && self.components.read().unwrap_or_else(PoisonError::into_inner).values().all(Option::is_none)
    }

    fn status(&self) -> StatusCode {
        if self.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
    }

    /// `/healthz`: the process answers. Nothing else is looked at, since restarting cures nothing else.
    pub(crate) async fn live() -> &'static str {
        "ok"
    }

    /// `/readyz` for everybody: the status, and no reason.
    pub(crate) async fn ready(State(health): State<Self>) -> (StatusCode, &'static str) {
        let status = health.status();
        (status, if status.is_success() { "ready" } else { "not ready" })
    }

    /// `/readyz` for operators: the same status, with the reasons.
    pub(crate) async fn detail(State(health): State<Self>) -> Response {
        #[derive(Serialize)]
        struct Detail {
            ready: bool,
            draining: bool,
            not_ready: BTreeMap<&'static str, String>,
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            alarms: BTreeMap<&'static str, String>,
        }
        let status = health.status();
        let components = health.components.read().unwrap_or_else(PoisonError::into_inner).clone();
        let alarms = health.alarms.read().unwrap_or_else(PoisonError::into_inner).clone();
        let reasons = |of: BTreeMap<&'static str, Option<String>>| {
            of.into_iter().filter_map(|(name, reason)| Some((name, reason?))).collect()
        };
        let detail = Detail {
            ready: status.is_success(),
            draining: health.drain.has_begun(),
            not_ready: reasons(components),
            alarms: reasons(alarms),
        };
        let body = serde_json::to_vec(&detail).expect("strings and booleans always serialize");
        (status, [(CONTENT_TYPE, "application/json")], body).into_response()
    }
}

impl Alarm {
    /// Something has to be seen to; `reason` is shown to operators only.
    pub fn raise(&self, reason: impl Into<String>) {
        self.alarms.write().unwrap_or_else(PoisonError::into_inner).insert(self.name, Some(reason.into()));
        self.raised.set(1);
    }

    /// All is well again. Returns whether it was raised.
    pub fn quiet(&self) -> bool {
        let was = self.alarms.write().unwrap_or_else(PoisonError::into_inner).insert(self.name, None);
        self.raised.set(0);
        was.flatten().is_some()
    }
}

impl Readiness {
    /// The component can do its part.
    pub fn ready(&self) {
        self.set(None);
    }

    /// The component cannot do its part, and why; shown to operators only.
    pub fn not_ready(&self, reason: impl Into<String>) {
        self.set(Some(reason.into()));
    }

    fn set(&self, reason: Option<String>) {
        self.components.write().unwrap_or_else(PoisonError::into_inner).insert(self.name, reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_component_has_to_be_ready() {
        let health = Health::new(Drain::new());
        assert!(health.is_ready());
        let (audit, sts) = (health.component("audit"), health.component("sts"));
        audit.ready();
        assert!(!health.is_ready());
        sts.ready();
        assert!(health.is_ready());
        audit.not_ready("the disk is full");
        assert!(!health.is_ready());
    }

    #[test]
    fn a_draining_replica_is_not_ready() {
        let drain = Drain::new();
        let health = Health::new(drain.clone());
        drain.begin();
        assert!(!health.is_ready());
    }

    #[tokio::test]
    async fn an_alarm_is_shown_and_drains_nobody() {
        let (health, metrics) = (Health::new(Drain::new()), Metrics::new());
        let alarm = health.alarm("policy", &metrics);
        let shown = |text: &str| metrics.encode().unwrap().contains(text);
        assert!(shown("iam_mcp_gateway_alarms{what=\"policy\"} 0\n"));
        alarm.raise("p.json: $: not JSON");
        assert!(health.is_ready() && shown("iam_mcp_gateway_alarms{what=\"policy\"} 1\n"));
        let body = |response: Response| axum::body::to_bytes(response.into_body(), 1000);
        let detail = body(Health::detail(State(health.clone())).await).await.unwrap();
        assert_eq!(
            detail,
            r#"{"ready":true,"draining":false,"not_ready":{},"alarms":{"policy":"p.json: $: not JSON"}}"#
        );
        assert!(alarm.quiet() && !alarm.quiet());
        let detail = body(Health::detail(State(health)).await).await.unwrap();
        assert_eq!(detail, r#"{"ready":true,"draining":false,"not_ready":{}}"#);
    }

    #[tokio::test]
    async fn the_detail_names_the_reasons() {
        let health = Health::new(Drain::new());
        health.component("audit").not_ready("the disk is full");
        health.component("sts").ready();
        let response = Health::detail(State(health)).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        assert_eq!(body, r#"{"ready":false,"draining":false,"not_ready":{"audit":"the disk is full"}}"#);
    }
}
