//! What a caller feels of others: of one who asks for twenty times as much as one may, and of thousands of connections that hold
//! places and send nothing, or almost nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, interval_at, sleep, timeout};

use crate::processes::{Home, Server, keys};
use crate::report::{Aim, Figure};
use crate::wire::{Connection, call};
use crate::{Effort, Outcome};

/// What the greedy caller asks for in a second: twenty times the default of `limits.caller_requests_per_second`.
const GREEDY: u32 = 20 * 50;
/// Over how many connections.
const GREEDY_CONNECTIONS: u32 = 20;
/// How often the steady caller makes each of its two calls.
const STEADY_EVERY: Duration = Duration::from_millis(50);
/// `limits.connections`, with room for all that are held.
const CONNECTIONS: u32 = 4096;
/// How often a head that drips gets another byte.
const DRIP_EVERY: Duration = Duration::from_secs(4);
/// How soon a connection that the gateway closed is there again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How long the greedy caller may take to spend what it saved up.
const LONGEST_SAVINGS: Duration = Duration::from_secs(60);
/// How long one connection may take to open.
const LONGEST_OPENING: Duration = Duration::from_secs(30);
/// At most a disturbed p99 in parts of an undisturbed one.
const AIM: Aim = Aim::AtMost(1.25);

/// The steady caller's latencies in one phase, in microseconds.
struct Steady {
    whoami: f64,
    list_users: f64,
}

pub(crate) fn measure(effort: Effort) -> Outcome<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut figures = runtime.block_on(greedy(effort))?;
    figures.extend(runtime.block_on(holding(effort))?);
    Ok(figures)
}

/// Beside a caller who asks for twenty times as much as one may.
async fn greedy(effort: Effort) -> Outcome<Vec<Figure>> {
    let aws = Server::aws()?;
    let rate = effort.caller_rate.map_or_else(String::new, |rate| format!("caller_requests_per_second = {rate}\n"));
    let home = Home::limited(2, aws.address, &format!("connections = {CONNECTIONS}\n{rate}"))?;
    let gateway = Server::gateway(&home)?;
    let [mut alone, mut beside] = [const { Vec::new() }; 2];
    let [mut refused, mut asked] = [const { Vec::new() }; 2];
    steady(gateway.address, effort).await?;
    for _ in 0..effort.rounds {
        alone.push(steady(gateway.address, effort).await?);
        let began = Instant::now();
        let mut asking = ask_greedily(gateway.address, &keys(1)).await?;
        // What it had saved up is spent before anything counts.
        let limited = timeout(LONGEST_SAVINGS, asking.limited.notified()).await;
        limited.map_err(|_| "the greedy caller was never refused")?;
        beside.push(steady(gateway.address, effort).await?);
        let (mut all, mut of_them) = (0, 0);
        let lasted = began.elapsed();
        asking.stop.send_replace(true);
        while let Some(counted) = asking.tasks.join_next().await {
            let counted = counted??;
            all += counted.asked;
            of_them += counted.refused;
        }
        asked.push(f64::from(all) / lasted.as_secs_f64());
        refused.push(100.0 * f64::from(of_them) / f64::from(all));
    }
    let one = vec![gateway.memory("VmHWM")?];
    Ok(vec![
        Figure::new("neighbours, requests of the greedy caller", "/s", asked),
        Figure::new("neighbours, of them refused", "%", refused),
        Figure::new("neighbours, whoami alone, p99", "us", whoami(&alone)),
        Figure::new("neighbours, whoami beside the greedy caller, p99", "us", whoami(&beside)),
        Figure::new(
            "neighbours, whoami beside the greedy caller of alone",
            "times",
            ratios(&whoami(&beside), &whoami(&alone)),
        )
        .aiming(AIM),
        Figure::new("neighbours, list_users alone, p99", "us", lists(&alone)),
        Figure::new("neighbours, list_users beside the greedy caller, p99", "us", lists(&beside)),
        Figure::new(
            "neighbours, list_users beside the greedy caller of alone",
            "times",
            ratios(&lists(&beside), &lists(&alone)),
        )
        .aiming(AIM),
        Figure::new("neighbours, beside the greedy caller, most that was resident", "MiB", one),
    ])
}

/// Beside connections that are idle, and as many whose heads drip.
async fn holding(effort: Effort) -> Outcome<Vec<Figure>> {
    let aws = Server::aws()?;
    let home = Home::limited(1, aws.address, &format!("connections = {CONNECTIONS}\n"))?;
    let gateway = Server::gateway(&home)?;
    let [mut alone, mut beside] = [const { Vec::new() }; 2];
    steady(gateway.address, effort).await?;
    for _ in 0..effort.rounds {
        alone.push(steady(gateway.address, effort).await?);
        let held = hold(gateway.address, effort.callers).await?;
        beside.push(steady(gateway.address, effort).await?);
        drop(held);
    }
    let one = vec![gateway.memory("VmHWM")?];
    Ok(vec![
        Figure::new(
            "neighbours, whoami beside held connections of alone",
            "times",
            ratios(&whoami(&beside), &whoami(&alone)),
        )
        .aiming(AIM),
        Figure::new("neighbours, whoami beside held connections, p99", "us", whoami(&beside)),
        Figure::new(
            "neighbours, list_users beside held connections of alone",
            "times",
            ratios(&lists(&beside), &lists(&alone)),
        )
        .aiming(AIM),
        Figure::new("neighbours, list_users beside held connections, p99", "us", lists(&beside)),
        Figure::new("neighbours, beside held connections, most that was resident", "MiB", one),
    ])
}

fn whoami(phases: &[Steady]) -> Vec<f64> {
    phases.iter().map(|phase| phase.whoami).collect()
}

fn lists(phases: &[Steady]) -> Vec<f64> {
    phases.iter().map(|phase| phase.list_users).collect()
}

fn ratios(disturbed: &[f64], alone: &[f64]) -> Vec<f64> {
    disturbed.iter().zip(alone).map(|(disturbed, alone)| disturbed / alone).collect()
}

/// A caller who makes twenty of each call in a second, over a connection for each, for four times the load of other measurements:
/// a p99 wants more calls than a median.
async fn steady(gateway: SocketAddr, effort: Effort) -> Outcome<Steady> {
    let lasting = effort.load * 4;
    let (whoami, list_users) = tokio::try_join!(p99(gateway, "whoami", lasting), p99(gateway, "list_users", lasting))?;
    Ok(Steady { whoami, list_users })
}

/// Each request is timed from its sending: it is due when the last one was answered long ago, and a timer's own delay is
/// not the gateway's.
async fn p99(gateway: SocketAddr, tool: &str, lasting: Duration) -> Outcome<f64> {
    let request = call(gateway, tool, Some(&keys(0)))?;
    let mut connection = Connection::open(gateway).await?;
    connection.call(&request).await?;
    // The two calls do not fall together.
    let began = Instant::now() + if tool == "whoami" { Duration::ZERO } else { STEADY_EVERY / 2 };
    let mut due = interval_at(began, STEADY_EVERY);
    let mut latencies = Vec::new();
    while began.elapsed() < lasting || latencies.is_empty() {
        due.tick().await;
        let sent = Instant::now();
        let (status, body) = connection.ask(&request).await?;
        latencies.push(sent.elapsed().as_secs_f64() * 1e6);
        if status != 200 {
            return Err(format!("{tool} was answered {status}: {}", String::from_utf8_lossy(body)).into());
        }
    }
    latencies.sort_unstable_by(f64::total_cmp);
    Ok(latencies[(latencies.len() * 99).div_ceil(100) - 1])
}

/// What the greedy caller did.
#[derive(Debug, Default)]
struct Counted {
    asked: u32,
    refused: u32,
}

/// The greedy caller.
struct Asking {
    tasks: JoinSet<Outcome<Counted>>,
    /// Told when a connection's first request was refused.
    limited: Arc<Notify>,
    stop: watch::Sender<bool>,
}

/// Asks at a steady rate, whatever is answered.
async fn ask_greedily(gateway: SocketAddr, keys: &Credentials) -> Outcome<Asking> {
    let request = call(gateway, "list_users", Some(keys))?;
    let (stop, stopped) = watch::channel(false);
    let limited = Arc::new(Notify::new());
    let every = Duration::from_secs(1) * GREEDY_CONNECTIONS / GREEDY;
    let mut tasks = JoinSet::new();
    for number in 0..GREEDY_CONNECTIONS {
        let connection = Connection::open(gateway).await?;
        let first = Instant::now() + every * number / GREEDY_CONNECTIONS;
        let due = interval_at(first, every);
        tasks.spawn(ask_until(connection, request.clone(), due, Arc::clone(&limited), stopped.clone()));
    }
    Ok(Asking { tasks, limited, stop })
}

async fn ask_until(
    mut connection: Connection,
    request: Bytes,
    mut due: Interval,
    limited: Arc<Notify>,
    stopped: watch::Receiver<bool>,
) -> Outcome<Counted> {
    let mut counted = Counted::default();
    while !*stopped.borrow() {
        due.tick().await;
        counted.asked += 1;
        match connection.ask(&request).await? {
            (200, _) => {}
            (429, _) => {
                counted.refused += 1;
                if counted.refused == 1 {
                    limited.notify_one();
                }
            }
            (status, body) => {
                let body = String::from_utf8_lossy(body);
                return Err(format!("the greedy caller was answered {status}: {body}").into());
            }
        }
    }
    Ok(counted)
}

/// Opens so many connections that asked once and are idle, and so many whose head drips. They are closed when this is dropped.
/// The gateway may close them, too, when they have been there for long, or when others want their places: then they come again.
async fn hold(gateway: SocketAddr, each: usize) -> Outcome<JoinSet<()>> {
    let (ready, mut opened) = mpsc::channel(2 * each);
    let mut held = JoinSet::new();
    for number in 0..each {
        let (first, second) = (ready.clone(), ready.clone());
        held.spawn(async move {
            let mut first = Some(first);
            loop {
                // Nothing can be told of one that fails: it is tried again.
                let _closed = idle(gateway, &mut first).await;
                sleep(AGAIN_AFTER).await;
            }
        });
        let ahead = DRIP_EVERY * u32::try_from(number)? / u32::try_from(each)?;
        held.spawn(async move {
            let mut first = Some(second);
            loop {
                let _closed = drip(gateway, ahead, &mut first).await;
                sleep(AGAIN_AFTER).await;
            }
        });
    }
    drop(ready);
    for _ in 0..2 * each {
        let told = timeout(LONGEST_OPENING, opened.recv()).await;
        told.map_err(|_| "not all connections could be opened; try after: ulimit -n 8192")?;
    }
    Ok(held)
}

type Ready = Option<mpsc::Sender<()>>;

async fn idle(gateway: SocketAddr, first: &mut Ready) -> Outcome<()> {
    let mut connection = Connection::open(gateway).await?;
    connection.ask(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await?;
    tell(first).await;
    connection.until_closed().await
}

async fn drip(gateway: SocketAddr, ahead: Duration, first: &mut Ready) -> Outcome<()> {
    let mut stream = TcpStream::connect(gateway).await?;
    stream.write_all(b"POST /mcp/dev HTTP/1.1\r\nhost: localhost\r\nx-dripping: ").await?;
    tell(first).await;
    let mut due = interval_at(Instant::now() + ahead, DRIP_EVERY);
    loop {
        due.tick().await;
        stream.write_all(b"a").await?;
    }
}

async fn tell(first: &mut Ready) {
    if let Some(ready) = first.take() {
        // Whoever waits for it does not when another one failed.
        let _nobody_waits = ready.send(()).await;
    }
}
