//! Thousands who take connections and time, and one caller among them who just works.
//!
//! Real connections to the real binary, since what counts is what the kernel, the runtime and the memory make of them. Who
//! makes room for whom is shown exactly in `src/http/tests/crowds.rs`, with time that stands still.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use jiff::SignedDuration;
use serde_json::json;

use crate::support::figures::figure;
use crate::support::gateway::TestGateway;
use crate::support::http::connect;
use crate::support::kept::Kept;
use crate::support::mcp::Called;
use crate::support::resources::allow_files;
use crate::support::waiting::{eventually, now, wait_until};

/// Of either kind.
const CROWD: usize = 1000;
/// How many calls the one caller makes, on a new connection and on a kept one each time.
const CALLS: usize = 40;
/// How many requests one caller may send in a second.
const LIMIT: u64 = 20;
/// How many times as many the greedy one sends.
const GREED: u64 = 20;
/// What the process may take, in KiB. It is the promise for the shipped build; one that is not optimized takes some more, of
/// code and of frames on the stack, and keeps it as well.
const MEMORY: u64 = 150 * 1024;

/// Whoever makes trouble, over and over again until this is dropped.
struct Trouble {
    ended: Arc<AtomicBool>,
    maker: Option<JoinHandle<()>>,
}

impl Trouble {
    /// Lets `make` make trouble about once a second.
    fn begin(mut make: impl FnMut() + Send + 'static) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ended);
        let maker = std::thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                make();
                wait_until(now() + SignedDuration::from_millis(800));
            }
        });
        Self { ended, maker: Some(maker) }
    }
}

impl Drop for Trouble {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(maker) = self.maker.take()
            && maker.join().is_err()
        {
            assert!(std::thread::panicking(), "the trouble did not come about");
        }
    }
}

/// A crowd of connections: each that was closed is opened again by `open`, each other one gets what `nag` does to it.
fn crowd(open: impl Fn() -> TcpStream + Send + 'static, nag: impl Fn(&mut TcpStream) + Send + 'static) -> Trouble {
    let mut connections: Vec<TcpStream> = Vec::new();
    Trouble::begin(move || {
        connections.retain_mut(|connection| {
            let is_open = connection.peek(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
            if is_open {
                nag(connection);
            }
            is_open
        });
        while connections.len() < CROWD {
            let connection = open();
            connection.set_nonblocking(true).expect("a socket can be made non-blocking");
            connections.push(connection);
        }
    })
}

/// Clients whose heads never end, one byte more of each now and then.
fn slow_heads(address: SocketAddr) -> Trouble {
    let open = move || {
        let mut connection = connect(address);
        connection.write_all(b"POST /mcp HTTP/1.1\r\nHost: ").expect("nobody has read it yet");
        connection
    };
    // It may be closed at this very moment.
    crowd(open, |connection| drop(connection.write(b"x")))
}

/// Clients that made a request once and keep the connection.
fn idle_ones(address: SocketAddr) -> Trouble {
    let open = move || {
        let mut connection = connect(address);
        let request = format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\n\r\n");
        // Either may fail: where room is wanted, this one may have to make it.
        let _closed = connection.write_all(request.as_bytes()).and_then(|()| connection.read(&mut [0; 1024]));
        connection
    };
    crowd(open, |_| {})
}

/// What a greedy caller was answered.
#[derive(Default)]
struct Greed {
    asked: AtomicU64,
    answered: AtomicU64,
    told_to_wait: AtomicU64,
}

/// One of four that ask together, all of them the same caller: a quarter of what is to be asked in 800 ms, then a pause.
fn greedy(gateway: &TestGateway, greed: &Arc<Greed>) -> Trouble {
    let greed = Arc::clone(greed);
    let address = gateway.address();
    let (_, request) = gateway.tool_call("greedy", "whoami", json!({}));
    let bytes = request.kept_bytes();
    let mut kept = Kept::open(address);
    Trouble::begin(move || {
        for _ in 0..LIMIT * GREED / 4 {
            // A connection that was closed to make room is opened again.
            let Ok(answer) = kept.ask(&bytes) else {
                kept = Kept::open(address);
                continue;
            };
            greed.asked.fetch_add(1, Ordering::Relaxed);
            match answer.status {
                200 => greed.answered.fetch_add(1, Ordering::Relaxed),
                429 => greed.told_to_wait.fetch_add(1, Ordering::Relaxed),
                other => unreachable!("{other}: {}", answer.text()),
            };
        }
    })
}

#[test]
fn a_caller_works_on_among_a_thousand_slow_heads_a_thousand_idle_connections_and_a_greedy_caller() {
    allow_files(4096);
    let gateway = TestGateway::with_recording_aws()
        .mapping("greedy", "role/mcp-reader", "access = \"read-only\"")
        .set("limits.caller_requests_per_second", &LIMIT.to_string())
        .set("limits.caller_requests_burst", &LIMIT.to_string())
        .set("limits.caller_concurrent_requests", "2")
        .start();
    let mut kept = Kept::open(gateway.address());
    let call = || gateway.tool_call("reader", "list_users", json!({}));
    let mut call_kept = || {
        let (id, request) = call();
        let bytes = request.kept_bytes();
        // A kept connection may have made room, as it may be closed at any time; then a new one is answered.
        let answer = match kept.ask(&bytes) {
            Ok(answer) => answer,
            Err(_) => {
                kept = Kept::open(gateway.address());
                kept.ask(&bytes).expect("a new connection is answered")
            }
        };
        Called::of(id, &answer)
    };
    assert!(!call_kept().is_error);
    let quiet = gateway.resources();

    let greed = Arc::new(Greed::default());
    let _troubles = [idle_ones(gateway.address()), slow_heads(gateway.address())];
    let _greedy: [Trouble; 4] = std::array::from_fn(|_| greedy(&gateway, &greed));
    let began = now();
    let shed = || figure(&gateway.metrics(), "shed_total{what=\"connections\"}");
    eventually("there are more connections than places", || (shed()? >= 500).then_some(()));
    let before = shed();

    for _ in 0..CALLS {
        let called = gateway.call("reader", "list_users", json!({}));
        assert!(!called.is_error, "{called:?}");
        let called = call_kept();
        assert!(!called.is_error, "{called:?}");
        wait_until(now() + SignedDuration::from_millis(200));
    }

    assert!(shed() > before, "the crowds went on meanwhile");
    let seconds = u64::try_from(now().duration_since(began).as_secs()).expect("time goes on");
    let [asked, answered, told_to_wait] =
        [&greed.asked, &greed.answered, &greed.told_to_wait].map(|number| number.load(Ordering::Relaxed));
    assert!(answered <= LIMIT * (seconds + 2), "in {seconds} s {answered} of {asked} were answered");
    assert!(told_to_wait >= answered * 5, "it asked much too often: {answered} of {asked} were answered");
    let crowded = gateway.resources();
    assert!(crowded.files > 1000, "the places were taken");
    assert!(crowded.memory < MEMORY && crowded.most_memory < MEMORY, "{crowded:?}, before the crowds came {quiet:?}");
}
