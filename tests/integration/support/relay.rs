//! A relay in front of an AWS endpoint, which can be told to break off, to fail or to be slow, and which keeps what passed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::prepared::Prepared;
use super::refusing::{Refusal, Refusals};

/// Bounds each wait for a peer.
const PATIENCE: Duration = Duration::from_secs(60);
const SLOW_DOWN: &str = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";

/// What becomes of requests from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// They pass, and their answers.
    Open,
    /// Connections are closed as soon as they are made, and those under way at once.
    Gone,
    /// They are answered with a 503, as S3 does under load.
    Failing,
    /// They are taken and go nowhere. When the way changes, their connections are closed.
    Silent,
    /// They pass, and their answers are held until the way is another one: what was asked for is done, and not acknowledged.
    Unacknowledged,
}

/// What happened, in the order of all relays that share the log.
#[derive(Debug, Clone)]
pub(crate) enum Seen {
    /// A request arrived, and is not forwarded yet.
    Asked(Message),
    /// The endpoint answered it well, and the answer is not passed on yet.
    Done(Message),
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Its first line and headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// What several relays saw.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Seen>>>);

impl Log {
    /// Everything so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        locked(&self.0).clone()
    }

    fn push(&self, seen: Seen) {
        locked(&self.0).push(seen);
    }
}

/// Which way requests go, and which way they will go once so many more have arrived.
#[derive(Debug)]
struct Turns {
    way: Way,
    later: Option<(usize, Way)>,
}

/// A running relay. It lives as long as the test's process.
#[derive(Debug)]
pub(crate) struct Relay {
    url: String,
    turns: Arc<(Mutex<Turns>, Condvar)>,
    refusals: Arc<Refusals>,
}

impl Relay {
    /// Starts one that is open to the endpoint of this URL.
    pub(crate) fn to(endpoint: &str, log: &Log) -> Self {
        let upstream = endpoint.strip_prefix("http://").and_then(|address| address.parse().ok());
        let upstream: SocketAddr = upstream.expect("stand-ins for AWS are at an address of loopback");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        let turns = Arc::new((Mutex::new(Turns { way: Way::Open, later: None }), Condvar::new()));
        let refusals = Arc::new(Refusals::default());
        let passing =
            Passing { upstream, log: log.clone(), turns: Arc::clone(&turns), refusals: Arc::clone(&refusals) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let passing = passing.clone();
                // Whoever hangs up is part of the tests.
                std::thread::spawn(move || passing.serve(&stream).ok());
            }
        });
        Self { url, turns, refusals }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From now on answers these requests itself, and no others.
    pub(crate) fn refuse(&self, refusals: Vec<Refusal>) {
        self.refusals.set(refusals);
    }

    /// Has the next requests, and those under way, go this way.
    pub(crate) fn turn(&self, way: Way) {
        *locked(&self.turns.0) = Turns { way, later: None };
        self.turns.1.notify_all();
    }

    /// Has requests go this way from the so manieth on that arrives now.
    pub(crate) fn turn_at(&self, request: usize, way: Way) {
        locked(&self.turns.0).later = Some((request, way));
    }

    /// Waits until that request has arrived.
    pub(crate) fn wait_for_turn(&self) {
        let turns = self.turns.1.wait_timeout_while(locked(&self.turns.0), PATIENCE, |turns| turns.later.is_some());
        let (turns, _) = turns.unwrap_or_else(PoisonError::into_inner);
        assert_eq!(turns.later, None, "so many requests did not arrive");
    }
}

impl Prepared {
    /// Has its IAM behind a relay, too, and what is asked of CloudTrail.
    pub(crate) fn iam_behind_a_relay(self, log: &Log) -> (Self, Relay) {
        let relay = Relay::to(&self.aws.url(), log);
        let url = format!("\"{}\"", relay.url());
        (self.set("aws.iam_endpoint", &url).set("aws.cloudtrail_endpoint", &url), relay)
    }
}

/// One connection, which has one request: there is never one that waits to be used again when the way changes.
#[derive(Clone)]
struct Passing {
    upstream: SocketAddr,
    log: Log,
    turns: Arc<(Mutex<Turns>, Condvar)>,
    refusals: Arc<Refusals>,
}

impl Passing {
    fn serve(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        if self.way() == Way::Gone {
            return stream.shutdown(Shutdown::Both);
        }
        stream.set_read_timeout(Some(PATIENCE))?;
        let request = read(stream)?;
        if request.head.is_empty() {
            // Closed without a word.
            return Ok(());
        }
        self.log.push(Seen::Asked(request.clone()));
        if let Some(refusal) = self.refusals.answer(request.header("x-amz-target"), &request.body) {
            stream.write_all(&refusal)?;
            return stream.shutdown(Shutdown::Both);
        }
        let way = self.arrived();
        let answer = match way {
            Way::Open | Way::Unacknowledged => self.forward(request)?,
            Way::Failing => failure(),
            Way::Gone | Way::Silent => Vec::new(),
        };
        if matches!(way, Way::Silent | Way::Unacknowledged) {
            self.wait_for_another(way);
        }
        if self.way() != Way::Gone {
            stream.write_all(&answer)?;
        }
        stream.shutdown(Shutdown::Both)
    }

    fn forward(&self, request: Message) -> std::io::Result<Vec<u8>> {
        let mut upstream = TcpStream::connect_timeout(&self.upstream, PATIENCE)?;
        upstream.set_read_timeout(Some(PATIENCE))?;
        // This header is never signed.
        let (first, rest) = request.head.split_once("\r\n").unwrap_or((&request.head, ""));
        write!(upstream, "{first}\r\nconnection: close\r\n{rest}\r\n")?;
        upstream.write_all(&request.body)?;
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer)?;
        let status = answer.splitn(3, |byte| *byte == b' ').nth(1);
        if status == Some(b"200") {
            self.log.push(Seen::Done(request));
        }
        Ok(closing(&answer))
    }

    fn way(&self) -> Way {
        locked(&self.turns.0).way
    }

    /// Counts a request that has arrived; the way that it goes.
    fn arrived(&self) -> Way {
        let mut turns = locked(&self.turns.0);
        turns.later = match turns.later {
            Some((1, way)) => {
                turns.way = way;
                self.turns.1.notify_all();
                None
            }
            Some((request, way)) => Some((request - 1, way)),
            None => None,
        };
        turns.way
    }

    fn wait_for_another(&self, way: Way) {
        let held = locked(&self.turns.0);
        let _bounded = self.turns.1.wait_timeout_while(held, PATIENCE, |turns| turns.way == way);
    }
}

/// The answer, which says that its connection is not used again.
fn closing(answer: &[u8]) -> Vec<u8> {
    let end = answer.iter().position(|byte| *byte == b'\n').map_or(answer.len(), |end| end + 1);
    [&answer[..end], b"connection: close\r\n", &answer[end..]].concat()
}

fn failure() -> Vec<u8> {
    let head = "HTTP/1.1 503 Slow Down\r\ncontent-type: application/xml\r\nconnection: close";
    format!("{head}\r\ncontent-length: {}\r\n\r\n{SLOW_DOWN}", SLOW_DOWN.len()).into_bytes()
}

fn read(stream: &TcpStream) -> std::io::Result<Message> {
    let mut reader = BufReader::new(stream);
    let mut message = Message { head: String::new(), body: Vec::new() };
    while reader.read_line(&mut message.head)? > "\r\n".len() {}
    let length = message.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    message.body = vec![0; length];
    reader.read_exact(&mut message.body)?;
    // The empty line is the end of the head, and no part of it.
    message.head.truncate(message.head.len().saturating_sub("\r\n".len()));
    Ok(message)
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
