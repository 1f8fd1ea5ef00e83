//! The whole stack, spoken to in raw bytes over in-memory connections; time stands still unless all wait for it.

mod bodies;
mod crowds;
mod door;
mod ending;
mod envelope;
mod heads;
mod library;
mod overload;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use http::request::Parts;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tower::service_fn;

use super::{
    Answers, Authenticate, CallPlace, Callers, Challenge, Drain, Ended, Everybody, Exchanging, Gate, Health,
    HttpSettings, Listener, Metrics, ProtectedResource, Refusal, ServerLimits, Services, ThroughProxy, router, serve,
};
use crate::random::SystemRandom;

/// A small request that is let through to the fake MCP service.
const PING: &str = r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#;

/// What reached the fake MCP service.
#[derive(Debug, Clone)]
struct Seen {
    head: Parts,
    body: Bytes,
}

/// Inserted by the fake authentication.
#[derive(Debug, Clone, PartialEq)]
struct Caller(&'static str);

/// Accepts access tokens in every environment.
#[derive(Debug)]
struct FakeResource;

impl ProtectedResource for FakeResource {
    fn metadata(&self, environment: Option<&str>) -> Option<serde_json::Value> {
        Some(serde_json::json!({ "resource": environment }))
    }
}

#[derive(Debug)]
struct FakeAuthenticate;

impl Authenticate for FakeAuthenticate {
    fn authenticate(&self, head: &mut Parts, _: &Bytes) -> Result<(), Refusal> {
        if head.headers.get("authorization").is_none_or(|value| value != "good") {
            return Err(Refusal::new(StatusCode::UNAUTHORIZED, "signature_missing", "unsigned")
                .with_challenge(Challenge::SigV4));
        }
        head.extensions.insert(Caller("alice"));
        Ok(())
    }
}

/// The router behind a server whose connections a test hands in.
struct Gateway {
    incoming: mpsc::UnboundedSender<io::Result<(DuplexStream, SocketAddr)>>,
    server: JoinHandle<Ended>,
    drain: Drain,
    health: Health,
    metrics: Metrics,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// Lets calls of the method `wait` and replies of `stream` go on.
    go_on: Arc<Notify>,
}

#[derive(Default)]
struct Setup {
    limits: ServerLimits,
    settings: HttpSettings,
}

impl Setup {
    fn new() -> Self {
        let settings = HttpSettings {
            hosts: vec!["gateway.example".parse().unwrap()],
            origins: vec!["https://console.example".parse().unwrap()],
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            ..HttpSettings::default()
        };
        Self { limits: ServerLimits::default(), settings }
    }

    fn start(self) -> Gateway {
        let (incoming, listener) = mpsc::unbounded_channel();
        self.start_on(FakeListener(listener), incoming)
    }

    fn start_on(
        self,
        listener: impl Listener + 'static,
        incoming: mpsc::UnboundedSender<io::Result<(DuplexStream, SocketAddr)>>,
    ) -> Gateway {
        let (drain, metrics) = (Drain::new(), Metrics::new());
        let health = Health::new(drain.clone());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let go_on = Arc::new(Notify::new());
        let mcp = {
            let (seen, go_on) = (seen.clone(), go_on.clone());
            service_fn(move |request| fake_mcp(request, seen.clone(), go_on.clone()))
        };
        let (health2, metrics2) = (health.clone(), metrics.clone());
        let authenticator = Arc::new(FakeAuthenticate);
        let services =
            Services { mcp: mcp.clone(), approvals: mcp, exchange: exchanging(), resource: Arc::new(FakeResource) };
        let router = router(
            services,
            Callers { authenticator, admit: Arc::new(Everybody) },
            self.settings,
            health2,
            metrics2,
            Arc::new(SystemRandom),
        );
        let server = tokio::spawn(serve(listener, router, self.limits, metrics.clone(), drain.clone()));
        Gateway { incoming, server, drain, health, metrics, seen, go_on }
    }
}

/// Gives everybody who may ask an empty answer.
fn exchanging() -> Exchanging<impl Answers, ThreeOfThem> {
    Exchanging {
        service: service_fn(|_| async { Ok(Response::default()) }),
        per_source: Arc::new(ThreeOfThem::default()),
        longest_body: 1024,
    }
}

/// Lets the first three requests pass, whoever they are from.
#[derive(Debug, Default)]
struct ThreeOfThem(std::sync::atomic::AtomicU32);

impl Gate<Body> for ThreeOfThem {
    fn check(&self, _: &mut Parts, _: &Body) -> Result<(), Refusal> {
        if self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 3 {
            return Ok(());
        }
        Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "exchange_rate_limited", "too often"))
    }
}

async fn fake_mcp(
    request: Request<Body>,
    seen: Arc<Mutex<Vec<Seen>>>,
    go_on: Arc<Notify>,
) -> Result<Response, Infallible> {
    let (mut head, body) = request.into_parts();
    // Taken out, so that what a test has seen of a request holds no place.
    let place = head.extensions.remove::<CallPlace>();
    let body = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(body.to_vec()).unwrap();
    seen.lock().unwrap().push(Seen { head, body });
    if text.contains("\"panic\"") {
        panic!("as the test wanted");
    }
    if text.contains("\"wait\"") {
        go_on.notified().await;
    }
    if text.contains("\"detached\"") {
        // As the MCP handler does: the work is a task of its own, which outlives the request.
        let go_on = go_on.clone();
        let work = tokio::spawn(async move {
            let _until_the_end = place;
            go_on.notified().await;
        });
        work.await.unwrap();
    }
    if text.contains("\"stream\"") {
        let first = stream::once(async { Ok::<_, Infallible>("first ") });
        let last = stream::once(async move {
            go_on.notified().await;
            Ok("last")
        });
        return Ok(Response::new(Body::from_stream(first.chain(last))));
    }
    if text.contains("\"long\"") {
        return Ok(Response::new(Body::from(vec![b'x'; 1024 * 1024])));
    }
    Ok(Response::new(Body::from("pong")))
}

struct FakeListener(mpsc::UnboundedReceiver<io::Result<(DuplexStream, SocketAddr)>>);

impl Listener for FakeListener {
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<(DuplexStream, SocketAddr)> {
        match self.0.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn close(mut self) -> Vec<(DuplexStream, SocketAddr)> {
        self.0.close();
        std::iter::from_fn(|| self.0.try_recv().ok()?.ok()).collect()
    }
}

impl Gateway {
    fn start() -> Self {
        Setup::new().start()
    }

    fn connect(&self) -> Client<DuplexStream> {
        self.connect_from("203.0.113.9:4711")
    }

    fn connect_from(&self, peer: &str) -> Client<DuplexStream> {
        let (near, far) = duplex(16 * 1024);
        self.incoming.send(Ok((far, peer.parse().unwrap()))).unwrap();
        Client(near)
    }

    /// One request on a connection of its own.
    async fn ask(&self, request: impl AsRef<[u8]>) -> Reply {
        let mut client = self.connect();
        client.send(request).await;
        client.reply().await
    }

    fn calls(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    fn last_seen(&self) -> Seen {
        self.seen.lock().unwrap().last().unwrap().clone()
    }

    /// Lets every task do what it can, without time passing.
    async fn settle(&self) {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }

    fn shows(&self, metric: &str) -> bool {
        self.metrics.encode().unwrap().lines().any(|line| line == format!("iam_mcp_gateway_{metric}"))
    }
}

/// The other end of a connection.
struct Client<T>(T);

impl<T: AsyncRead + AsyncWrite + Unpin> Client<T> {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Reads one reply.
    async fn reply(&mut self) -> Reply {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match self.0.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&head)),
            }
        }
        let mut reply = Reply::parse(&String::from_utf8(head).unwrap());
        let length = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        reply.body = String::from_utf8(body).unwrap();
        reply
    }

    /// Everything until the server closes.
    async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).await.unwrap();
        String::from_utf8(rest).unwrap()
    }

    async fn is_closed(&mut self) -> bool {
        self.rest().await.is_empty()
    }
}

#[derive(Debug)]
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    fn parse(head: &str) -> Self {
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let pair = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
        Self { status, headers: lines.map(pair).collect(), body: String::new() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status and code of a refusal.
    #[track_caller]
    fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["error"]["data"]["code"].as_str().unwrap().to_owned())
    }
}

/// What [`Reply::refusal`] should be.
fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// A request to `/mcp` with everything that lets it pass, and `lines` (each ending in CRLF) added.
fn post_with(lines: &str, body: &str) -> String {
    format!(
        "POST /mcp HTTP/1.1\r\nHost: gateway.example\r\nAuthorization: good\r\nContent-Type: application/json\r\nAccept: \
         application/json, text/event-stream\r\nContent-Length: {}\r\n{lines}\r\n{body}",
        body.len()
    )
}

fn post(body: &str) -> String {
    post_with("", body)
}

/// A call of `method`.
fn call(method: &str) -> String {
    post(&format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{method}"}}"#))
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}
