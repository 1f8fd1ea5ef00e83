//! A gateway under load for long, which must take no more of anything in the end than in the beginning.
//!
//! These tests wait, since they watch the real binary work: memory, file descriptors, threads and tasks that are never given
//! back show themselves in no other way. The short form is there so that the long one works when it is run (`tests/run
//! --long`); it finds only what leaks fast.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use iam_mcp_gateway::config::{Environment, ProcessEnvironment};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::clients::Keys;
use crate::support::figures::figure;
use crate::support::gateway::TestGateway;
use crate::support::http::Request;
use crate::support::kept::Kept;
use crate::support::mcp::{message, modern, tool_call};
use crate::support::waiting::{now, wait_until};

/// Clients, each on a connection of its own, which it gives up now and then.
const CLIENTS: usize = 16;
/// How many requests a client makes on one connection.
const ON_ONE_CONNECTION: u64 = 500;
/// After so many a client signs its requests anew: a signature of a read is good for five minutes, and signing in a build that
/// is not optimized would cost more than the answer.
const SIGNED_FOR: SignedDuration = SignedDuration::from_secs(60);
/// The part of its capacity that the gateway is kept at, in percent.
const LOAD: u64 = 70;

/// How long what goes on.
struct Plan {
    /// All clients as fast as they can, to find the capacity.
    measuring: SignedDuration,
    /// Load that is not looked at: caches fill, pools grow, the allocator gets the memory that it then keeps, and after five
    /// minutes as many remembered signatures end as are added.
    warming: SignedDuration,
    /// Load that is looked at, in thirds.
    watching: SignedDuration,
    /// Between two looks.
    every: SignedDuration,
    /// How much more the last third may have than the first, of resident memory in KiB.
    memory: i64,
}

/// What is seen at a look.
#[derive(Debug, Clone, Copy)]
struct Look {
    memory: i64,
    files: i64,
    threads: i64,
    tasks: i64,
    connections: i64,
}

impl Look {
    fn at(gateway: &TestGateway) -> Self {
        let (resources, metrics) = (gateway.resources(), gateway.metrics());
        let shown = |name: &str| count(figure(&metrics, name).expect("the metrics tell it"));
        Self {
            memory: count(resources.memory),
            files: count(resources.files),
            threads: count(resources.threads),
            tasks: shown("tasks"),
            connections: shown("connections"),
        }
    }
}

fn count_of_clients() -> i64 {
    i64::try_from(CLIENTS).expect("there are few")
}

fn count(number: u64) -> i64 {
    i64::try_from(number).expect("no figure is that large")
}

/// What all clients share.
struct Load {
    ended: AtomicBool,
    answered: AtomicU64,
    /// Microseconds between two requests of one client; 0 for as fast as it can.
    pause: AtomicU64,
}

impl Load {
    /// One client: reads that AWS is asked for, reads that it is not, lists, and signatures that are refused.
    fn client(&self, address: SocketAddr, keys: &Keys, number: usize) -> io::Result<()> {
        let mut connection = Kept::open(address);
        let (mut requests, mut signed) = (signed_requests(address, keys), now());
        let mut due = now();
        // Each begins elsewhere, so that they do not all ask for the same at once.
        for turn in count_from(number) {
            if self.ended.load(Ordering::Relaxed) {
                break;
            }
            if now().duration_since(signed) > SIGNED_FOR {
                (requests, signed) = (signed_requests(address, keys), now());
            }
            if turn % ON_ONE_CONNECTION == 0 {
                connection = Kept::open(address);
            }
            let (expected, request) = &requests[usize::try_from(turn).unwrap_or_default() % requests.len()];
            let answer = connection.ask(request)?;
            assert_eq!(answer.status, *expected, "{}", answer.text());
            self.answered.fetch_add(1, Ordering::Relaxed);
            let pause = self.pause.load(Ordering::Relaxed);
            if pause > 0 {
                due = next_due(due, SignedDuration::from_micros(count(pause)));
                wait_until(due);
            }
        }
        Ok(())
    }

    /// How many were answered in a time, in a second each.
    fn rate(&self, during: SignedDuration) -> u64 {
        let before = self.answered.load(Ordering::Relaxed);
        wait_until(now() + during);
        let answered = self.answered.load(Ordering::Relaxed) - before;
        answered * 1000 / u64::try_from(during.as_millis()).expect("a time is not negative").max(1)
    }
}

fn count_from(number: usize) -> impl Iterator<Item = u64> {
    u64::try_from(number).unwrap_or_default()..
}

/// The next time in a fixed rhythm, so that waits which end late are made up for; but not those of a whole second.
fn next_due(due: Timestamp, pause: SignedDuration) -> Timestamp {
    (due + pause).max(now() - SignedDuration::from_secs(1))
}

/// What a client sends, with the status of the answer.
fn signed_requests(address: SocketAddr, keys: &Keys) -> Vec<(u16, Vec<u8>)> {
    let signed = |message: &Value| modern(Request::post(address).signed_with(keys), message);
    let listing = || signed(&message("load", "tools/list", json!({})));
    let call = |tool| signed(&tool_call("load", tool, json!({})));
    let tampered = listing().sent_body("{}");
    vec![
        (200, listing().kept_bytes()),
        (200, call("whoami").kept_bytes()),
        (200, listing().kept_bytes()),
        (200, call("list_users").kept_bytes()),
        (401, tampered.kept_bytes()),
    ]
}

/// Runs the plan, and holds the last third to the first.
fn endure(plan: &Plan) {
    // Closed files of the journal are compressed, as the long form makes gigabytes of records.
    let gateway = TestGateway::with_recording_aws().set("audit.compress", "true").start();
    let load = Load { ended: AtomicBool::new(false), answered: AtomicU64::new(0), pause: AtomicU64::new(0) };
    let (looks, rates) = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (address, keys, load) = (gateway.address(), gateway.keys("reader"), &load);
                scope.spawn(move || load.client(address, keys, number))
            })
            .collect();
        let ended = Ending(&load);
        let capacity = load.rate(plan.measuring).max(1);
        let clients_in_millions = 1_000_000 * u64::try_from(CLIENTS).expect("there are few");
        load.pause.store((clients_in_millions * 100 / (capacity * LOAD)).max(1), Ordering::Relaxed);
        wait_until(now() + plan.warming);
        let (until, answered) = (now() + plan.watching, load.answered.load(Ordering::Relaxed));
        let mut looks = Vec::new();
        while now() < until {
            // What the stand-in for AWS remembers is this process's memory, and would fill it.
            gateway.recording_aws().forget();
            looks.push(Look::at(&gateway));
            wait_until(now() + plan.every);
        }
        let answered = load.answered.load(Ordering::Relaxed) - answered;
        drop(ended);
        for client in clients {
            client.join().expect("every answer is as expected").expect("no connection breaks off");
        }
        let seconds = u64::try_from(plan.watching.as_secs()).expect("a time is not negative").max(1);
        (looks, (capacity, answered / seconds))
    });
    let third = looks.len() / 3;
    assert!(third > 0, "there were {} looks", looks.len());
    let (first, last) = (&looks[..third], &looks[looks.len() - third..]);
    say(&format!("{} a second of {} that are possible", rates.1, rates.0));
    let grown = |name: &str, tolerance: i64, of: fn(&Look) -> i64| {
        let (before, after) = (median(first, of), median(last, of));
        let (least, most) =
            looks.iter().map(of).fold((i64::MAX, 0), |(least, most), now| (least.min(now), most.max(now)));
        say(&format!("{name}: {before} -> {after} in the middle, {least} to {most}"));
        (after > before + tolerance).then(|| format!("{name}: {before} -> {after}, and {tolerance} more are tolerated"))
    };
    let all_that_grew: Vec<String> = [
        grown("memory in KiB", plan.memory, |look| look.memory),
        // Connections to AWS come and go, one for each client at most, and so do threads that wait for disks.
        grown("file descriptors", count_of_clients(), |look| look.files),
        grown("threads", 8, |look| look.threads),
        // A call under way has its own, and some for its connections: what one look finds differs by so many.
        grown("tasks", 3 * count_of_clients(), |look| look.tasks),
        grown("connections", 2, |look| look.connections),
    ]
    .into_iter()
    .flatten()
    .collect();
    assert!(all_that_grew.is_empty(), "{all_that_grew:?}");
    // Whether it was as much as planned is for the reader of the summary: other work on the machine may take it away.
    assert!(rates.1 > 0, "nothing was answered");
}

#[expect(clippy::print_stderr, reason = "the figures are what the long form is run for")]
fn say(line: &str) {
    eprintln!("{line}");
}

/// Lets the clients end, also where a look fails.
struct Ending<'l>(&'l Load);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Relaxed);
    }
}

fn median(looks: &[Look], of: fn(&Look) -> i64) -> i64 {
    let mut figures: Vec<i64> = looks.iter().map(of).collect();
    figures.sort_unstable();
    figures[figures.len() / 2]
}

#[test]
fn seconds_of_load_leave_nothing_behind() {
    endure(&Plan {
        measuring: SignedDuration::from_secs(3),
        warming: SignedDuration::from_secs(4),
        watching: SignedDuration::from_secs(9),
        every: SignedDuration::from_millis(500),
        // Caches still fill; this finds what keeps a connection's or a body's buffers, not what keeps some bytes.
        memory: 32 * 1024,
    });
}

/// Between the middles of the first and the last third of 24 minutes lie 16. At 1,000 requests a second, 8 MiB are 9 bytes of
/// each request, less than any allocation; at 100, what is left of a request would be 90 bytes, about a record's id and a
/// time. Less would be below what the allocator keeps more or less of from one look to the next.
#[test]
#[ignore = "half an hour: tests/run --long"]
fn half_an_hour_at_seventy_percent_leaves_nothing_behind() {
    let minutes = ProcessEnvironment.get("IAM_MCP_GATEWAY_TESTS_MINUTES").and_then(|minutes| minutes.parse().ok());
    let minutes: i64 = minutes.unwrap_or(30);
    let warming = SignedDuration::from_mins(minutes) / 5;
    endure(&Plan {
        measuring: SignedDuration::from_secs(20),
        warming,
        watching: SignedDuration::from_mins(minutes) - warming,
        every: SignedDuration::from_secs(5),
        memory: 8 * 1024,
    });
}
