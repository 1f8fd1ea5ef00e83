//! STS and IAM in the test's own process: they outlive each gateway that is killed, remember what every one of them asked,
//! and answer well.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::serve::ListenerExt;
use jiff::SignedDuration;
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use super::dice::Dice;
use super::gateway::ACCOUNT;
use super::waiting::now;

/// Bounds the wait for a request, so that a gateway that sends none fails its test and does not hang it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The parameters of one request, in the AWS query protocol.
pub(crate) type Parameters = BTreeMap<String, String>;

/// A running stand-in; it ends with this value. It checks no signatures, and knows AssumeRole, GetCallerIdentity,
/// CreateUser and ListUsers.
pub(crate) struct RecordingAws {
    url: String,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

struct Shared {
    received: Mutex<BTreeMap<String, Vec<Parameters>>>,
    arrived: Condvar,
    held: watch::Sender<bool>,
    /// How long answers take, as they do from AWS, so that calls are under way at any moment.
    latency: Mutex<Dice>,
}

impl RecordingAws {
    /// Starts it.
    pub(crate) fn start() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime can be had");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        let shared = Arc::new(Shared {
            received: Mutex::default(),
            arrived: Condvar::new(),
            held: watch::Sender::new(false),
            latency: Mutex::new(Dice::new(1)),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("a socket takes this option"));
        runtime.spawn(async { axum::serve(listener, router).await });
        Self { url, shared, runtime: Some(runtime) }
    }

    /// The endpoint, for IAM and for STS.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From now on requests to IAM are recorded and not answered.
    pub(crate) fn hold(&self) {
        self.shared.held.send_replace(true);
    }

    /// Those that are held are answered, and so are later ones.
    pub(crate) fn release(&self) {
        self.shared.held.send_replace(false);
    }

    /// What it received of one action so far; a request is there before it is answered.
    pub(crate) fn received(&self, action: &str) -> Vec<Parameters> {
        self.shared.received().get(action).cloned().unwrap_or_default()
    }

    /// Forgets what it received, for tests that send more than memory holds.
    pub(crate) fn forget(&self) {
        self.shared.received().clear();
    }

    /// How many requests it received so far.
    pub(crate) fn count(&self) -> usize {
        self.shared.received().values().map(Vec::len).sum()
    }

    /// Waits until it has received so many of an action.
    pub(crate) fn wait_for(&self, action: &str, count: usize) {
        let so_many = |received: &BTreeMap<String, Vec<Parameters>>| received.get(action).map_or(0, Vec::len);
        let waited = self
            .shared
            .arrived
            .wait_timeout_while(self.shared.received(), PATIENCE, |received| so_many(received) < count);
        let (received, _) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(so_many(&received) >= count, "{action}: waited in vain for {count}, there are {}", so_many(&received));
    }
}

impl Drop for RecordingAws {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    fn received(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Parameters>>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(State(shared): State<Arc<Shared>>, body: String) -> impl IntoResponse {
    let mut parameters: Parameters = body.split('&').filter_map(|pair| pair.split_once('=')).map(decoded).collect();
    let action = parameters.remove("Action").expect("the query protocol names its action");
    shared.received().entry(action.clone()).or_default().push(parameters.clone());
    shared.arrived.notify_all();
    if action == "CreateUser" {
        let mut held = shared.held.subscribe();
        held.wait_for(|held| !held).await.expect("the sender lives as long as this");
        let latency = shared.latency.lock().unwrap_or_else(PoisonError::into_inner).below(8_000);
        tokio::time::sleep(Duration::from_micros(latency as u64)).await;
    }
    let result = result(&action, &parameters);
    let body = format!(
        "<{action}Response><{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>\
         00000000-0000-4000-8000-000000000000</RequestId></ResponseMetadata></{action}Response>"
    );
    ([(CONTENT_TYPE, "text/xml")], body)
}

fn decoded((name, value): (&str, &str)) -> (String, String) {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    (decode(name), decode(value))
}

/// What stands in the answer to an action. The tests' names need no escaping.
fn result(action: &str, parameters: &Parameters) -> String {
    let parameter = |name: &str| parameters.get(name).map_or("", String::as_str);
    match action {
        "AssumeRole" => {
            let role = parameter("RoleArn").rsplit('/').next().unwrap_or_default();
            let session = parameter("RoleSessionName");
            let lasts = parameter("DurationSeconds").parse().expect("the gateway says how long a session lasts");
            let expiration = now() + SignedDuration::from_secs(lasts);
            let mut result = String::new();
            write!(
                result,
                "<Credentials><AccessKeyId>ASIARECORDINGEXAMPLE</AccessKeyId><SecretAccessKey>not-a-real-secret\
                 </SecretAccessKey><SessionToken>token-of-{session}</SessionToken><Expiration>{expiration:.0}\
                 </Expiration></Credentials><AssumedRoleUser><AssumedRoleId>AROARECORDINGEXAMPLE:{session}\
                 </AssumedRoleId><Arn>arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}</Arn></AssumedRoleUser>\
                 <PackedPolicySize>6</PackedPolicySize>"
            )
            .expect("a string takes everything");
            result
        }
        "GetCallerIdentity" => format!(
            "<Arn>arn:aws:iam::{ACCOUNT}:user/iam-mcp-gateway</Arn><UserId>AIDARECORDINGEXAMPLE</UserId>\
             <Account>{ACCOUNT}</Account>"
        ),
        "CreateUser" => {
            let name = parameter("UserName");
            format!(
                "<User><Path>/</Path><UserName>{name}</UserName><UserId>AIDAEXAMPLE</UserId>\
                 <Arn>arn:aws:iam::{ACCOUNT}:user/{name}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></User>"
            )
        }
        "ListUsers" => "<Users/><IsTruncated>false</IsTruncated>".to_owned(),
        _ => unreachable!("{action} was not expected here"),
    }
}
