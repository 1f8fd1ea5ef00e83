//! The sinks of a configuration, served.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::region::Region;
use futures_util::future::{join, join_all};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::watch;

use super::assemble::StartError;
use crate::audit::reconcile::aws::Access;
use crate::audit::sinks::{
    BucketSettings, Layout, ObjectLock, Replica, Replicas, S3Shelf, S3Sink, StdoutSink, TellFailure, TellReplicas,
};
use crate::audit::{Journal, Pace, Shipped, Shipper, Sink};
use crate::clock::SharedClock;
use crate::config::{Config, S3};
use crate::http::{Alarm, Health, Metrics};

/// How long the end of the process waits for each sink to take what is left.
const GRACE: Duration = Duration::from_secs(5);
/// How long after a failed attempt the next comes at most, where nobody waits for it, and where writes do.
const RETRY: Duration = Duration::from_secs(60);
const REMOTE_RETRY: Duration = Duration::from_secs(5);
/// How long one attempt to store an object may take, where nobody waits for it.
const UNHURRIED: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SinkLabels {
    sink: &'static str,
}

/// What the sinks need of the gateway.
pub(super) struct Surroundings<'a> {
    pub(super) journal: &'a Journal,
    pub(super) clock: &'a SharedClock,
    pub(super) own: &'a SharedCredentialsProvider,
    pub(super) connections: &'a SharedHttpClient,
    pub(super) health: &'a Health,
    pub(super) metrics: &'a Metrics,
}

/// The sinks of a gateway, served.
#[derive(Debug, Default)]
pub struct Sinks {
    shippers: Vec<Shipper>,
    remote: Option<Remote>,
}

/// A bucket that has to have every write, shared with other replicas.
#[derive(Debug)]
struct Remote {
    shipper: Shipper,
    replicas: Replicas,
}

impl Sinks {
    /// How far each sink came, as that changes.
    pub(super) fn shipped(&self) -> Vec<watch::Receiver<Shipped>> {
        let remote = self.remote.iter().map(|remote| &remote.shipper);
        self.shippers.iter().chain(remote).map(Shipper::shipped).collect()
    }

    /// Gives each sink the rest, within a grace. To be called when the journal is closed.
    pub async fn end(self) {
        let remote = async {
            if let Some(Remote { shipper, replicas }) = self.remote {
                replicas.end(shipper.end().await).await;
            }
        };
        join(join_all(self.shippers.into_iter().map(Shipper::end)), remote).await;
    }
}

/// Begins to serve every sink of the configuration.
pub(super) fn begin(config: &Config, around: &Surroundings<'_>) -> Result<Sinks, StartError> {
    let lag = around.metrics.register(|registry| {
        let lag = Family::<SinkLabels, Gauge>::default();
        registry.register("audit_sink_lag_records", "Durable audit records that the sink does not have", lag.clone());
        lag
    });
    let sinks = &config.audit.sinks;
    let mut served_sinks = Sinks::default();
    if sinks.stdout {
        let pace = Pace { gather: Duration::ZERO, grace: GRACE, longest_retry: RETRY };
        let alarm = around.health.alarm("audit_sink_stdout", around.metrics);
        served_sinks.shippers.push(served(around, Arc::new(StdoutSink), pace, &lag, alarm, false));
    }
    if let Some(settings) = &sinks.s3 {
        let gather = if sinks.remote { Duration::ZERO } else { settings.gather };
        let attempt = if sinks.remote { config.audit.durable } else { UNHURRIED };
        let access = access(config, settings, around);
        let layout = layout(settings, around)?;
        let sink = bucket(&access, settings, &layout, attempt, around);
        let alarm = around.health.alarm("audit_sink_s3", around.metrics);
        let longest_retry = if sinks.remote { REMOTE_RETRY } else { RETRY };
        let pace = Pace { gather, grace: GRACE, longest_retry };
        let shipper = served(around, Arc::new(sink), pace, &lag, alarm, sinks.remote);
        if sinks.remote {
            let replicas = replicas(config, &access, settings, layout, &shipper, around);
            served_sinks.remote = Some(Remote { shipper, replicas });
        } else {
            served_sinks.shippers.push(shipper);
        }
    }
    Ok(served_sinks)
}

fn served(
    around: &Surroundings<'_>,
    sink: Arc<dyn Sink>,
    pace: Pace,
    lag: &Family<SinkLabels, Gauge>,
    alarm: Alarm,
    is_remote: bool,
) -> Shipper {
    let lag = lag.get_or_create(&SinkLabels { sink: sink.name() }).clone();
    let acknowledged = is_remote.then(|| around.journal.clone());
    let tell = move |shipped: &Shipped| {
        lag.set(i64::try_from(shipped.lag).unwrap_or(i64::MAX));
        match &shipped.failure {
            Some(failure) => alarm.raise(failure.clone()),
            None => drop(alarm.quiet()),
        }
        if let Some(journal) = &acknowledged {
            journal.acknowledge(shipped);
        }
    };
    Shipper::begin(around.journal, sink, pace, Box::new(tell))
}

fn replicas(
    config: &Config,
    access: &Access,
    settings: &S3,
    layout: Layout,
    shipper: &Shipper,
    around: &Surroundings<'_>,
) -> Replicas {
    let shelf = S3Shelf::new(access, settings.bucket.clone(), layout.account.clone());
    let told = |alarm: Alarm| -> TellFailure {
        Box::new(move |failure| match failure {
            Some(failure) => alarm.raise(failure.to_string()),
            None => drop(alarm.quiet()),
        })
    };
    let tell = TellReplicas {
        heartbeat: told(around.health.alarm("audit_heartbeat", around.metrics)),
        settling: told(around.health.alarm("audit_replicas", around.metrics)),
    };
    let (clock, shipped, former_keys) = (Arc::clone(around.clock), shipper.shipped(), &config.audit.former_public_keys);
    Replicas::begin(around.journal, Arc::new(shelf), layout, clock, shipped, former_keys, tell)
}

fn access(config: &Config, settings: &S3, around: &Surroundings<'_>) -> Access {
    Access {
        region: Region::new(settings.region.as_str().to_owned()),
        credentials: around.own.clone(),
        connections: around.connections.clone(),
        endpoint: config.aws.s3_endpoint.clone(),
    }
}

fn layout(settings: &S3, around: &Surroundings<'_>) -> Result<Layout, StartError> {
    Ok(Layout {
        prefix: settings.prefix.clone(),
        account: settings.account.as_str().to_owned(),
        region: settings.region.as_str().to_owned(),
        replica: Replica::of(around.journal).map_err(StartError::Replica)?,
    })
}

fn bucket(access: &Access, settings: &S3, layout: &Layout, attempt: Duration, around: &Surroundings<'_>) -> S3Sink {
    let lock = settings.lock.map(|duration| ObjectLock { duration, compliance: settings.compliance });
    let bucket = settings.bucket.clone();
    let settings = BucketSettings { bucket, owner: layout.account.clone(), lock, attempt };
    S3Sink::new(access, settings, layout.clone(), Arc::clone(around.clock))
}
