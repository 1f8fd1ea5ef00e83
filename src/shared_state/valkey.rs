//! A Valkey or Redis server that all replicas ask.
//!
//! # What is stored
//! Keys begin with `{iam-mcp-gateway:1:NAME}`, where 1 is the version of what is stored and NAME the gateway's: a later version
//! that stores otherwise counts by itself, and gateways of other names are other gateways. The braces keep them all in one
//! slot. `:since` tells which process of the server began to remember, and when; `:write:ID`, `:token:ID` and `:proof:ID` are what
//! was used, each until it could be used no more; `:requests:ID`, `:writes:ID` and `:account:ID` are the times that
//! a rate is reached at (the generic cell rate algorithm).
//!
//! # A server that forgets
//! A server that was restarted, or replaced by its replica, may have lost what it was told last, whatever it saves. Each process of a server has an id of
//! its own (`run_id`); under another one than it began with, remembering begins anew, and what was made before that may have
//! been used. So losing the server's memory never lets anything be used twice; it costs the writes of some seconds, and the
//! confirmations under way. A server that forgets by itself when its memory is full, or whose clock is another one than the
//! gateway's, is none that could decide.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use data_encoding::HEXLOWER;
use futures_util::future::{BoxFuture, FutureExt};
use jiff::{SignedDuration, Timestamp};
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo, RedisError,
    Script, TlsCertificates,
};
use tokio::sync::Notify;

use super::{Counted, Gone, Kind, Rate, SharedState, Single, Taken, Use};
use crate::authn::replay::MAX_AHEAD;
use crate::clock::SharedClock;
use crate::config::{SharedServer, WhileUnavailable};

/// How much longer a use is remembered than it could be repeated: the server's clock is another one.
const SLACK: Duration = Duration::from_secs(10);

/// How far the server's clock may be from this machine's: what was made by one is compared with what began by the other.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(1);

/// How many uses are told at once.
pub(super) const AT_ONCE: usize = 500;

/// Begins to remember, if this process of the server has not, which also shows that it takes what the other scripts write. Keys:
/// since, a key of its own. Argument: the id of the server's process. Answers the server's time in milliseconds.
const BEGIN: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local began = redis.call('HMGET', KEYS[1], 'run', 'since')
if began[1] ~= ARGV[1] or not tonumber(began[2]) then
  redis.call('HSET', KEYS[1], 'run', ARGV[1], 'since', string.format('%.0f', now))
end
redis.call('SET', KEYS[2], '1', 'PX', '1000')
return string.format('%.0f', now)
";

/// Uses something up. Keys: since, the use. Arguments: the id of the server's process, when the thing was made and how long its
/// use is remembered in milliseconds, and how far ahead of the server's a clock may be. Answers whether it may be used, and else
/// from when on things may have been made.
const USE_UP: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local began = redis.call('HMGET', KEYS[1], 'run', 'since')
local since = tonumber(began[2])
if began[1] ~= ARGV[1] or not since then
  since = now
  redis.call('HSET', KEYS[1], 'run', ARGV[1], 'since', string.format('%.0f', since))
end
if redis.call('EXISTS', KEYS[2]) == 1 then
  return {'again', '0'}
end
local earliest = (math.floor((since + ARGV[4]) / 1000) + 1) * 1000
if tonumber(ARGV[2]) < earliest then
  return {'early', string.format('%.0f', earliest)}
end
redis.call('SET', KEYS[2], '1', 'PX', ARGV[3])
return {'first', '0'}
";

/// Counts one more. Key: the rate. Arguments: the microseconds from one to the next, and how many of those may be saved up.
/// Answers the microseconds until it may happen; 0 if it may, and is counted.
const TAKE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local reached = math.max(tonumber(redis.call('GET', KEYS[1])) or now, now) + ARGV[1]
local wait = reached - now - ARGV[1] * ARGV[2]
if wait > 0 then
  return string.format('%.0f', math.ceil(wait))
end
redis.call('SET', KEYS[1], string.format('%.0f', reached), 'PX', math.ceil((reached - now) / 1000) + 1)
return '0'
";

/// The server.
pub struct Valkey {
    server: SharedServer,
    prefix: String,
    clock: SharedClock,
    begin: Script,
    use_up: Script,
    take: Script,
    connected: Mutex<Option<Connected>>,
    /// How many connections were made.
    made: AtomicU64,
    /// Told when a connection was lost.
    lost: Notify,
    /// Why it was lost, in words for operators.
    reason: Mutex<String>,
}

/// A connection, which is one to this process of the server as long as it lives.
#[derive(Clone)]
pub struct Connected {
    connection: MultiplexedConnection,
    run_id: String,
    /// Tells it from the connections before and after it.
    number: u64,
}

impl fmt::Debug for Connected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connected").field("run_id", &self.run_id).finish_non_exhaustive()
    }
}

/// What connecting showed of the server that operators should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How it makes room when its memory is full, unless it refuses (`noeviction`): then what was used may be forgotten.
    pub evicts: Option<String>,
}

/// Why the server was not reached. Never shows a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub(super) String);

impl fmt::Debug for Valkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Valkey").field("host", &self.server.host).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Valkey {
    /// The server of the gateway of this name; not connected yet.
    #[must_use]
    pub fn new(server: SharedServer, gateway: &str, clock: SharedClock) -> Self {
        Self {
            server,
            prefix: format!("{{iam-mcp-gateway:1:{gateway}}}"),
            clock,
            begin: Script::new(BEGIN),
            use_up: Script::new(USE_UP),
            take: Script::new(TAKE),
            connected: Mutex::default(),
            made: AtomicU64::new(0),
            lost: Notify::new(),
            reason: Mutex::default(),
        }
    }

    /// Connects. Nothing is asked over the connection until it is [put to use](Self::put_to_use).
    ///
    /// # Errors
    /// Why the server cannot be used.
    pub async fn connect(&self) -> Result<(Connected, Found), Unreachable> {
        let told = |error: RedisError| Unreachable(told(&error));
        let client = self.client()?;
        let patience = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.server.timeout.max(Duration::from_secs(1))))
            .set_response_timeout(Some(self.server.timeout));
        let mut connection = client.get_multiplexed_async_connection_with_config(&patience).await.map_err(told)?;
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let info = info(&mut connection).await.map_err(told)?;
        let (run_id, found) = self.suits(&info)?;
        let connected = Connected { connection, run_id, number };
        self.begin(&connected).await?;
        Ok((connected, found))
    }

    /// Whether this server can decide, by what it says of itself.
    fn suits(&self, info: &str) -> Result<(String, Found), Unreachable> {
        let line = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let run_id = line("run_id").filter(|id| !id.is_empty());
        let run_id = run_id.ok_or_else(|| Unreachable("the server does not tell its run_id".to_owned()))?.to_owned();
        if line("role") == Some("slave") {
            return Err(Unreachable("the server is a replica of another one, and takes no writes".to_owned()));
        }
        let bounded = line("maxmemory").is_some_and(|most| most != "0");
        let policy = line("maxmemory_policy").filter(|policy| bounded && *policy != "noeviction");
        match (policy, self.server.unavailable) {
            (Some(policy), WhileUnavailable::RefuseWrites) => Err(Unreachable(format!(
                "the server forgets what was used when its memory is full (maxmemory-policy {policy}), so it cannot decide; set \
                 noeviction"
            ))),
            (policy, _) => Ok((run_id, Found { evicts: policy.map(ToOwned::to_owned) })),
        }
    }

    /// Begins to remember, and compares the clocks.
    async fn begin(&self, connected: &Connected) -> Result<(), Unreachable> {
        let asked = self
            .begin
            .key(format!("{}:since", self.prefix))
            .key(format!("{}:begun", self.prefix))
            .arg(&connected.run_id)
            .invoke_async::<i64>(&mut connected.connection.clone())
            .await;
        let server = asked.map_err(|error| Unreachable(told(&error)))?;
        let apart = self.clock.now().as_millisecond().abs_diff(server);
        if u128::from(apart) > CLOCKS_APART.unsigned_abs().as_millis() {
            return Err(Unreachable(format!(
                "the server's clock is {} s from this machine's; set both by NTP",
                apart.div_ceil(1000)
            )));
        }
        Ok(())
    }

    /// Has these remembered as used: `AT_ONCE` at most.
    ///
    /// # Errors
    /// Why they were not, or not all of them.
    pub async fn remember(&self, connected: &Connected, uses: &[Single]) -> Result<(), Unreachable> {
        let mut pipeline = redis::pipe();
        for single in uses {
            let key = self.key(single.kind.as_str(), &HEXLOWER.encode(&single.id));
            pipeline.cmd("SET").arg(key).arg("1").arg("PX").arg(self.lasts(single.until)).ignore();
        }
        let asked = pipeline.query_async::<()>(&mut connected.connection.clone()).await;
        asked.map_err(|error| Unreachable(told(&error)))
    }

    /// From now on this connection is asked.
    pub fn put_to_use(&self, connected: Connected) {
        *self.connected.lock().unwrap_or_else(PoisonError::into_inner) = Some(connected);
    }

    /// The connection that is asked, if any.
    #[must_use]
    pub fn connection(&self) -> Option<Connected> {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the connection was lost; at once if there is none.
    pub async fn lost(&self) -> String {
        loop {
            let lost = self.lost.notified();
            if self.connection().is_none() {
                return self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone();
            }
            lost.await;
        }
    }

    /// Asks whether the server is still there, and the one that it was; if not, the connection is lost.
    pub async fn ping(&self) {
        let Some(mut connected) = self.connection() else { return };
        match info(&mut connected.connection).await {
            Ok(info) => match self.suits(&info) {
                Ok((run_id, _)) if run_id == connected.run_id => {}
                Ok(_) => self.let_go(&connected, "another process of a server answers over one connection".to_owned()),
                Err(Unreachable(reason)) => self.let_go(&connected, reason),
            },
            Err(error) => self.let_go(&connected, told(&error)),
        }
    }

    fn client(&self) -> Result<Client, Unreachable> {
        let SharedServer { host, port, tls, .. } = &self.server;
        let addr = match tls {
            true => ConnectionAddr::TcpTls { host: host.clone(), port: *port, insecure: false, tls_params: None },
            false => ConnectionAddr::Tcp(host.clone(), *port),
        };
        let mut login = RedisConnectionInfo::default().set_db(self.server.database.into());
        if let Some(name) = &self.server.username {
            login = login.set_username(name);
        }
        let password = self.server.password();
        if let Some(password) =
            password.map_err(|error| Unreachable(format!("[shared_state] password_file {error}")))?
        {
            login = login.set_password(password.expose());
        }
        let told = |error: RedisError| Unreachable(told(&error));
        let info: ConnectionInfo = addr.into_connection_info().map_err(told)?.set_redis_settings(login);
        if !tls {
            return Client::open(info).map_err(told);
        }
        // The one of rustls' providers that is built in; whoever installed it before installed the same.
        let _installed_before = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let root_cert = self.server.ca_file.as_ref().map(std::fs::read).transpose();
        let root_cert =
            root_cert.map_err(|error| Unreachable(format!("[shared_state] ca_file cannot be read: {error}")))?;
        Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert }).map_err(told)
    }

    /// What the server did not answer in order is not asked any more: the connection is made anew.
    fn give_up(&self, connected: &Connected, error: &RedisError) -> Gone {
        self.let_go(connected, told(error));
        Gone
    }

    fn let_go(&self, connected: &Connected, why: String) {
        let mut current = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        // What an earlier connection did not answer says nothing of this one.
        if current.as_ref().is_some_and(|current| current.number == connected.number) {
            *current = None;
            *self.reason.lock().unwrap_or_else(PoisonError::into_inner) = why;
            self.lost.notify_waiters();
        }
    }

    fn key(&self, kind: &str, id: &str) -> String {
        format!("{}:{kind}:{id}", self.prefix)
    }

    /// How long something is remembered that ends then, in milliseconds.
    fn lasts(&self, until: Timestamp) -> u64 {
        let left = Duration::try_from(until.duration_since(self.clock.now())).unwrap_or_default();
        u64::try_from((left + SLACK).as_millis()).unwrap_or(u64::MAX)
    }

    async fn try_use(&self, single: &Single) -> Result<Use, Gone> {
        let mut connected = self.connection().ok_or(Gone)?;
        let asked = self
            .use_up
            .key(format!("{}:since", self.prefix))
            .key(self.key(single.kind.as_str(), &HEXLOWER.encode(&single.id)))
            .arg(&connected.run_id)
            .arg(single.made.as_millisecond())
            .arg(self.lasts(single.until))
            .arg(i64::try_from((MAX_AHEAD + CLOCKS_APART).as_millis()).unwrap_or(i64::MAX))
            .invoke_async::<(String, i64)>(&mut connected.connection)
            .await;
        let (answer, earliest) = asked.map_err(|error| self.give_up(&connected, &error))?;
        match answer.as_str() {
            "first" => Ok(Use::First),
            "again" => Ok(Use::Again),
            _ => Ok(Use::MadeTooEarly { earliest: Timestamp::from_millisecond(earliest).unwrap_or(Timestamp::MAX) }),
        }
    }

    async fn knows(&self, kind: Kind, id: &[u8; 32]) -> Result<bool, Gone> {
        let mut connected = self.connection().ok_or(Gone)?;
        let asked = redis::cmd("EXISTS").arg(self.key(kind.as_str(), &HEXLOWER.encode(id))).to_owned();
        asked.query_async(&mut connected.connection).await.map_err(|error| self.give_up(&connected, &error))
    }

    async fn count(&self, counted: &Counted, rate: Rate) -> Result<Taken, Gone> {
        let mut connected = self.connection().ok_or(Gone)?;
        let key = match counted {
            Counted::Requests(id) => self.key("requests", &HEXLOWER.encode(id)),
            Counted::Writes(id) => self.key("writes", &HEXLOWER.encode(id)),
            Counted::Account(account) => self.key("account", account),
        };
        let asked = self
            .take
            .key(key)
            .arg(Duration::from_secs_f64(1.0 / rate.per_second).as_micros().max(1).to_string())
            .arg(rate.most)
            .invoke_async::<u64>(&mut connected.connection)
            .await;
        match asked.map_err(|error| self.give_up(&connected, &error))? {
            0 => Ok(Taken::Now),
            wait => Ok(Taken::After(Duration::from_micros(wait))),
        }
    }
}

impl SharedState for Valkey {
    fn use_up<'a>(&'a self, single: &'a Single) -> BoxFuture<'a, Result<Use, Gone>> {
        self.try_use(single).boxed()
    }

    fn was_used<'a>(&'a self, kind: Kind, id: &'a [u8; 32]) -> BoxFuture<'a, bool> {
        async move { self.knows(kind, id).await.unwrap_or(false) }.boxed()
    }

    fn take<'a>(&'a self, counted: &'a Counted, rate: Rate) -> BoxFuture<'a, Result<Taken, Gone>> {
        self.count(counted, rate).boxed()
    }

    fn reaches_all_replicas(&self) -> bool {
        true
    }
}

/// What the server says of itself.
async fn info(connection: &mut MultiplexedConnection) -> Result<String, RedisError> {
    redis::cmd("INFO").query_async(connection).await
}

/// What the client says of an error, which names hosts and commands, and nothing that was sent.
fn told(error: &RedisError) -> String {
    match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => format!("{code}: {detail}"),
        _ => error.to_string(),
    }
}
