//! The sizes for a program to read.

use serde_json::{Value, json};

use crate::mend::Outcome;
use crate::resources::{Use, first, memory};
use crate::sizes::Size;

pub(crate) fn json(sizes: &[Size]) -> Value {
    let size = |size: &Size| {
        json!({
            "callers": size.callers,
            "installed": outcome(&size.installed),
            "mended": size.mended.as_ref().map(outcome),
        })
    };
    json!({"sizes": sizes.iter().map(size).collect::<Vec<_>>()})
}

fn outcome(outcome: &Outcome) -> Value {
    let Outcome { deployment, seen, uses, changes } = outcome;
    let tally = &seen.tally;
    let percentiles = |waits: &crate::waits::Waits| json!([waits.percentile(50), waits.percentile(99)]);
    json!({
        "replicas": deployment.replicas,
        "accounts": deployment.accounts(),
        "changes": changes,
        "used_most": first(uses).resource.name(),
        "uses": uses.iter().map(used).collect::<Vec<_>>(),
        "reads_per_second": seen.rate(tally.reads.count()),
        "writes_per_second": seen.rate(tally.writes.count()),
        "assume_role_per_second": seen.rate(tally.sessions),
        "get_caller_identity_per_second": seen.rate(tally.exchanges),
        "iam_per_second": seen.rate(seen.iam),
        "read_seconds_p50_p99": percentiles(&tally.reads),
        "write_seconds_p50_p99": percentiles(&tally.writes),
        "refused_per_second": seen.rate(tally.refused),
        "failed_per_second": seen.rate(tally.failed),
        "throttled_by_iam": seen.iam_refused,
        "throttled_by_sts": seen.sts_refused,
        "disk_syncing_percent": 100.0 * seen.disk_busy / seen.seconds,
        "memory_mib": memory(deployment, seen),
    })
}

fn used(used: &Use) -> Value {
    json!({
        "resource": used.resource.name(),
        "demand": used.demand,
        "capacity": used.capacity,
        "percent": used.percent(),
        "wait_seconds_p50_p99": used.waits.map(|(median, most)| [median, most]),
    })
}
