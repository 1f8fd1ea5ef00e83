//! `[limits]`: what one process takes on.

use std::time::Duration;

use super::section::Section;
use super::sink::Problem;

/// The longest that announce and grace may take together, in seconds: of the 120 s that Fargate grants at most, the rest is
/// for closing the audit journal and its sinks.
const LONGEST_END: u64 = 110;

/// `[limits]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Open connections.
    pub connections: u32,
    /// Requests being worked on at once.
    pub concurrent_requests: u32,
    /// The largest request body, in bytes.
    pub body_bytes: u32,
    /// How long a request's head may take: a connection's first from its acceptance on, later ones from their first byte.
    pub head: Duration,
    /// How long a request's body may take.
    pub body: Duration,
    /// How long a connection may be silent between requests.
    pub idle: Duration,
    /// How long a call may take until it begins to change something, or, if it only reads, until its reply. What was
    /// begun is finished: a change whose intent is recorded ends with its outcome, however long AWS takes for it.
    pub call: Duration,
    /// The same of a call that reads a whole account; at least as long.
    pub scan: Duration,
    /// How long connections are still accepted after the order to stop, while `/readyz` fails.
    pub shutdown_announce: Duration,
    /// How long after that calls in flight may run on.
    pub shutdown_grace: Duration,
    /// How many recent signatures are remembered against replay.
    pub replay_entries: u32,
    /// How much callers may ask for.
    pub rates: Rates,
}

/// How much callers may ask for: of this process, unless `[shared_state]` counts for all replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Requests of one caller that are worked on at once.
    pub caller_concurrent_requests: u32,
    /// Requests of one caller in a second.
    pub caller_requests_per_second: u32,
    /// How many of them may come together after a pause.
    pub caller_requests_burst: u32,
    /// Requests of all callers in a second, of this process.
    pub requests_per_second: u32,
    /// Writes of one caller that are worked on at once.
    pub caller_concurrent_writes: u32,
    /// Writes of all callers that are worked on at once.
    pub concurrent_writes: u32,
    /// Writes of one caller in a minute.
    pub caller_writes_per_minute: u32,
    /// How many of them may come together after a pause.
    pub caller_writes_burst: u32,
    /// Writes of all callers in a second, of this process.
    pub writes_per_second: u32,
}

fn rates(section: &Section<'_>) -> Rates {
    let number = |key, most, default, why| section.integer::<u32>(key, 1..=most, default, why);
    Rates {
        caller_concurrent_requests: number(
            "caller_concurrent_requests",
            65_536,
            32,
            "an agent waits for most of its calls; more at once take places from other callers",
        ),
        caller_requests_per_second: number(
            "caller_requests_per_second",
            100_000,
            50,
            "an agent makes a few calls in a second; IAM itself answers some twenty",
        ),
        caller_requests_burst: number("caller_requests_burst", 100_000, 100, "what may come together after a pause"),
        requests_per_second: number(
            "requests_per_second",
            1_000_000,
            5_000,
            "less than the machine can answer, so that probes and other callers are served",
        ),
        caller_concurrent_writes: number(
            "caller_concurrent_writes",
            65_536,
            4,
            "changes that depend on each other are made one after the other",
        ),
        concurrent_writes: number("concurrent_writes", 65_536, 64, "each waits for the disk, and for IAM"),
        caller_writes_per_minute: number(
            "caller_writes_per_minute",
            100_000,
            60,
            "an agent that has run wild is noticed before it has changed much",
        ),
        caller_writes_burst: number("caller_writes_burst", 100_000, 20, "what may come together after a pause"),
        writes_per_second: number("writes_per_second", 100_000, 50, "IAM takes few changes in a second"),
    }
}

pub(super) fn read(section: &Section<'_>) -> Limits {
    let seconds = |key, range, default, why| Duration::from_secs(section.integer::<u64>(key, range, default, why));
    let call = seconds(
        "call_seconds",
        1..=300,
        25,
        "shorter than clients wait for a reply (30 s and more), or they give up on calls that go on",
    );
    let usual_scan = call.as_secs().max(120);
    let why = "an account of thousands of identities takes tens of AWS calls; clients that are told of progress wait";
    let limits = Limits {
        connections: section.integer("connections", 1..=65_536, 1024, "each connection holds a file descriptor"),
        concurrent_requests: section.integer(
            "concurrent_requests",
            1..=65_536,
            256,
            "each request in work holds its body and a share of AWS's request rate",
        ),
        body_bytes: section.integer(
            "body_bytes",
            1024..=4_194_304,
            1_048_576,
            "a body is held in memory to verify its signature, before the caller is known; tool calls are small",
        ),
        head: seconds("head_seconds", 1..=60, 10, "a head is one small packet; slow ones are an attack"),
        body: seconds("body_seconds", 1..=120, 20, "a body of a few KiB takes moments; slow ones hold a slot"),
        idle: seconds(
            "idle_seconds",
            5..=4000,
            75,
            "longer than the load balancer's idle timeout (60 s, at most 4000)",
        ),
        call,
        scan: seconds("scan_seconds", 1..=300, usual_scan, why),
        shutdown_announce: seconds(
            "shutdown_announce_seconds",
            0..=60,
            5,
            "as long as a load balancer goes on sending requests to a replica that is not ready",
        ),
        shutdown_grace: seconds(
            "shutdown_grace_seconds",
            1..=LONGEST_END,
            20,
            "with shutdown_announce_seconds shorter than what the orchestrator grants: 30 s on Kubernetes and ECS by default, \
             120 s at most on Fargate",
        ),
        replay_entries: section.integer(
            "replay_entries",
            1000..=10_000_000,
            100_000,
            "at least the requests of one skew window; an entry takes some 100 bytes",
        ),
        rates: rates(section),
    };
    if limits.scan < limits.call {
        let text = format!("is shorter than any other call may take: call_seconds is {}", limits.call.as_secs());
        section.fault_at("scan_seconds", Problem::conflict(text).remedy("make it at least as long as call_seconds"));
    }
    let end = limits.shutdown_announce + limits.shutdown_grace;
    if end > Duration::from_secs(LONGEST_END) {
        let together = format!("is {} s together with shutdown_announce_seconds", end.as_secs());
        let remedy = format!("let both be {LONGEST_END} s at most: no orchestrator grants more than 120 s for certain");
        section.fault_at("shutdown_grace_seconds", Problem::conflict(together).remedy(remedy));
    }
    limits
}
