//! What a deployment has, and how much of it is used.

use crate::observed::{Observed, as_f64};
use crate::simulate::Deployment;
use crate::waits::Waits;

/// The most bytes of an object in S3 (`src/audit/shipping.rs`).
const LARGEST_OBJECT: f64 = 4.0 * 1024.0 * 1024.0;

/// Something that can be used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    Processors,
    Requests,
    AtOnce,
    Connections,
    Writes,
    Sessions,
    Sts,
    Iam,
    Valkey,
    Records,
    Disk,
    Bucket,
    Kms,
    Targets,
}

impl Resource {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Processors => "processors of all replicas",
            Self::Requests => "requests in a second, of a replica (`limits.requests_per_second`)",
            Self::AtOnce => "requests at once, of a replica (`limits.concurrent_requests`)",
            Self::Connections => "connections of a replica (`limits.connections`)",
            Self::Writes => "writes in a second, of a replica (`limits.writes_per_second`)",
            Self::Sessions => "sessions that a replica keeps (`broker.cached_sessions`)",
            Self::Sts => "requests to STS in a second",
            Self::Iam => "calls to IAM in a second, of the busiest account",
            Self::Valkey => "Valkey's one thread",
            Self::Records => "records in a second, of a replica",
            Self::Disk => "syncs in a second, of a replica, if each is for one record",
            Self::Bucket => "objects put into S3 in a second",
            Self::Kms => "signatures of KMS in a second",
            Self::Targets => "targets of the load balancer",
        }
    }
}

/// How much of one is used.
#[derive(Debug, Clone)]
pub(crate) struct Use {
    pub(crate) resource: Resource,
    pub(crate) demand: f64,
    pub(crate) capacity: f64,
    /// How long was waited for it: the median, and the 99th of a hundred, in seconds. None where nobody waits.
    pub(crate) waits: Option<(f64, f64)>,
}

impl Use {
    pub(crate) fn percent(&self) -> f64 {
        100.0 * self.demand / self.capacity
    }
}

/// How much of everything is used, in the order in which a call meets it.
pub(crate) fn uses(deployment: &Deployment, seen: &Observed) -> Vec<Use> {
    let inputs = &deployment.inputs;
    let replicas = number(deployment.replicas);
    let of = |resource, demand, capacity| Use { resource, demand, capacity, waits: None };
    let waited = |waits: &Waits, used: Use| Use { waits: Some((waits.percentile(50), waits.percentile(99))), ..used };
    let busy = |seconds: f64| seconds / seen.seconds;
    let tally = &seen.tally;
    let records = seen.rate(tally.records);
    // An Application Load Balancer needs a connection for each request at once; a Network Load Balancer has the clients' own.
    let connections = if deployment.kept { seen.peaks.connections } else { seen.peaks.in_work };
    let targets = if deployment.kept { inputs.zone_targets_quota } else { inputs.targets_quota };
    let objects = replicas / inputs.gather_seconds;
    let objects = objects.max(records * inputs.record_bytes / LARGEST_OBJECT);
    vec![
        of(Resource::Targets, replicas, targets),
        of(Resource::Connections, number(connections), inputs.connections),
        of(Resource::AtOnce, number(seen.peaks.in_work), inputs.concurrent_requests),
        of(Resource::Requests, seen.rate(seen.requests), inputs.requests_per_second),
        waited(&tally.valkey, of(Resource::Valkey, busy(seen.valkey_busy), 1.0)),
        waited(
            &tally.processor,
            of(Resource::Processors, busy(seen.processor_busy), replicas * number(deployment.processors)),
        ),
        of(Resource::Sessions, number(seen.peaks.sessions), inputs.cached_sessions),
        waited(&tally.sts, of(Resource::Sts, seen.rate(seen.sts), inputs.sts_quota)),
        waited(&tally.iam, of(Resource::Iam, seen.rate(seen.iam_busiest), inputs.account_rate())),
        of(Resource::Writes, seen.rate(seen.admitted_writes), inputs.writes_per_second),
        waited(&tally.disk, of(Resource::Disk, seen.rate(seen.syncs), 1e3 / inputs.sync_time)),
        of(Resource::Records, records / replicas, inputs.records),
        of(Resource::Bucket, objects, inputs.s3_quota),
        of(Resource::Kms, replicas / (inputs.segment_minutes * 60.0), inputs.kms_quota),
    ]
}

/// The one that is used most.
pub(crate) fn first(uses: &[Use]) -> &Use {
    let fullest = uses.iter().max_by(|one, other| one.percent().total_cmp(&other.percent()));
    fullest.expect("there are resources")
}

/// Memory of a replica that has these sessions, in MiB.
pub(crate) fn memory(deployment: &Deployment, seen: &Observed) -> f64 {
    let inputs = &deployment.inputs;
    let kept = number(seen.peaks.sessions).min(inputs.cached_sessions);
    inputs.memory_alone + kept * inputs.memory_caller / 1024.0
}

/// What all journals grow by in a day, in GB.
pub(crate) fn journal(deployment: &Deployment, seen: &Observed) -> f64 {
    seen.rate(seen.tally.records) * deployment.inputs.record_bytes * 86_400.0 / 1e9
}

pub(crate) fn number(count: usize) -> f64 {
    as_f64(u64::try_from(count).unwrap_or(u64::MAX))
}
