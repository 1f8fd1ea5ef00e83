//! What to change until nothing is used up.

use crate::callers::count;
use crate::observed::Observed;
use crate::resources::{Resource, Use, first, number, uses};
use crate::simulate::{Deployment, simulate};

/// How much of anything may be used, in percent: beyond it waits grow quickly, and one replica may be lost.
const WANTED: f64 = 70.0;
/// How often something is changed at most.
const ATTEMPTS: usize = 6;

/// A deployment, what it showed, and what was changed to get there.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) deployment: Deployment,
    pub(crate) seen: Observed,
    pub(crate) uses: Vec<Use>,
    pub(crate) changes: Vec<String>,
}

/// The deployment as it is.
pub(crate) fn try_out(deployment: Deployment) -> Outcome {
    let seen = simulate(&deployment);
    let uses = uses(&deployment, &seen);
    Outcome { deployment, seen, uses, changes: Vec::new() }
}

/// Changes what is used most, and tries again, until all is well.
pub(crate) fn mend(installed: &Outcome) -> Option<Outcome> {
    let mut deployment = installed.deployment.clone();
    let mut fullest = first(&installed.uses).clone();
    let mut changes = Vec::new();
    let mut mended = None;
    while fullest.percent() > WANTED && changes.len() < ATTEMPTS {
        changes.push(change(&mut deployment, &fullest));
        let tried = try_out(deployment.clone());
        fullest = first(&tried.uses).clone();
        mended = Some(tried);
    }
    mended.map(|outcome| Outcome { changes, ..outcome })
}

/// Changes what mends this, and says so.
fn change(deployment: &mut Deployment, fullest: &Use) -> String {
    let needed = 100.0 * fullest.demand / WANTED;
    let times = 100.0 * fullest.demand / fullest.capacity / WANTED;
    let inputs = &mut deployment.inputs;
    match fullest.resource {
        Resource::Sessions => {
            inputs.cached_sessions = round_up(needed);
            format!("`broker.cached_sessions = {}`", inputs.cached_sessions)
        }
        Resource::Sts if inputs.session_seconds < 3600.0 => {
            inputs.session_seconds = 3600.0;
            "`broker.session_seconds = 3600`".to_owned()
        }
        Resource::Sts if !deployment.kept => {
            deployment.kept = true;
            "a Network Load Balancer, which keeps a connection at one replica".to_owned()
        }
        Resource::Sts => {
            inputs.sts_quota = round_up(needed);
            format!("a quota of {} requests to STS in a second, or as much in several regions", inputs.sts_quota)
        }
        Resource::Iam => {
            inputs.callers_per_account = (inputs.callers_per_account / times).floor().max(1.0);
            format!("{} callers for each account", inputs.callers_per_account)
        }
        Resource::Connections => {
            inputs.connections = round_up(needed);
            format!("`limits.connections = {}`", inputs.connections)
        }
        Resource::AtOnce => {
            inputs.concurrent_requests = round_up(needed);
            format!("`limits.concurrent_requests = {}`", inputs.concurrent_requests)
        }
        Resource::Writes => {
            inputs.writes_per_second = round_up(needed);
            format!("`limits.writes_per_second = {}`", inputs.writes_per_second)
        }
        Resource::Requests => {
            inputs.requests_per_second = round_up(needed);
            format!("`limits.requests_per_second = {}`", inputs.requests_per_second)
        }
        Resource::Processors
        | Resource::Records
        | Resource::Disk
        | Resource::Valkey
        | Resource::Bucket
        | Resource::Kms
        | Resource::Targets => {
            deployment.replicas = count((number(deployment.replicas) * times).ceil());
            format!("{} replicas", deployment.replicas)
        }
    }
}

/// The next of 1, 2 and 5 with noughts behind it.
fn round_up(number: f64) -> f64 {
    let mut step = 1.0;
    loop {
        for times in [1.0, 2.0, 5.0] {
            if step * times >= number {
                return step * times;
            }
        }
        step *= 10.0;
    }
}
