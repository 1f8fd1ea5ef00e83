//! The real binary with everything around it: a folder with a configuration and a keyring, AWS, callers.
//!
//!     let mut gateway = TestGateway::with_faulty_aws().set("broker.sts_timeout_seconds", "1").start();
//!     gateway.aws().queue("ListUsers", &[json!({"throttle": true})]);
//!     let answer = gateway.call("alice", "list_users", json!({}));
//!     assert_eq!(gateway.records_of(&answer.id)[0]["errorCode"], "Throttling");

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::clients::{Era, Keys, PythonClient};
use super::command::{binary, run};
use super::faulty::FaultyAws;
use super::http::{Answer, Request, exchange};
use super::mcp::{Called, message, modern};
use super::moto::Moto;
use super::waiting::{eventually, now, wait_until};

/// What the gateway calls itself.
pub(crate) const NAME: &str = "iam-mcp.test";
/// The account of both stand-ins for AWS.
pub(crate) const ACCOUNT: &str = "123456789012";
/// How long the binary may take to say that it serves.
const PATIENCE: Duration = Duration::from_secs(30);

/// The key pair of each caller.
pub(super) type CallersKeys = BTreeMap<&'static str, Keys>;

/// What stands in for AWS.
pub(super) enum Aws {
    Moto(Moto),
    Faulty(FaultyAws),
    /// Nothing listens there: for what must not need AWS.
    None,
}

impl Aws {
    fn url(&self) -> String {
        match self {
            Self::Moto(moto) => moto.url().to_owned(),
            Self::Faulty(aws) => aws.url().to_owned(),
            // The discard port, where nothing listens.
            Self::None => "http://127.0.0.1:9".to_owned(),
        }
    }

    pub(super) fn faulty(&mut self) -> &mut FaultyAws {
        match self {
            Self::Faulty(aws) => aws,
            Self::Moto(_) | Self::None => unreachable!("this gateway was not started with a faulty AWS"),
        }
    }

    pub(super) fn received(&self, action: &str) -> Vec<Value> {
        match self {
            Self::Moto(moto) => moto.recording().of(action),
            Self::Faulty(aws) => aws.recording().of(action),
            Self::None => unreachable!("this gateway cannot reach AWS"),
        }
    }

    pub(super) fn gateway_keys(&self) -> Keys {
        match self {
            Self::Moto(moto) => moto.gateway_keys(),
            Self::Faulty(_) | Self::None => Keys {
                access_key_id: "AKIATHEGATEWAYSOWN00".to_owned(),
                secret_access_key: "the-gateways-own-secret-for-tests".to_owned(),
                session_token: None,
            },
        }
    }
}

/// A gateway that is not started yet.
pub(crate) struct Prepared {
    pub(super) aws: Aws,
    callers: Vec<&'static str>,
    mappings: String,
    settings: Vec<(String, String)>,
    variables: Vec<(String, String)>,
    options: Vec<&'static str>,
}

impl Prepared {
    fn on(aws: Aws) -> Self {
        let prepared = Self {
            aws,
            callers: Vec::new(),
            mappings: String::new(),
            settings: Vec::new(),
            variables: Vec::new(),
            options: Vec::new(),
        };
        prepared.mapping("alice", "role/mcp-admin", "access = \"read-write\"\ntags = { Team = \"platform\" }").mapping(
            "reader",
            "role/mcp-reader",
            "access = \"read-only\"",
        )
    }

    /// One more caller, with a key of its own and this mapping to a role of the account.
    pub(crate) fn mapping(mut self, caller: &'static str, role: &str, more: &str) -> Self {
        self.callers.push(caller);
        let arn = format!("arn:aws:iam::{ACCOUNT}:{role}");
        write!(
            self.mappings,
            "[[role_mapping]]\nenvironment = \"dev\"\ncaller = \"{caller}\"\nrole_arn = \"{arn}\"\n{more}\n\n"
        )
        .expect("a string takes everything");
        self
    }

    /// A key of the configuration, as in `limits.head_seconds`.
    pub(crate) fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// An environment variable of the process.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Served with `--read-only`.
    pub(crate) fn read_only(mut self) -> Self {
        self.options.push("--read-only");
        self
    }

    /// Starts it, and returns when it is ready.
    pub(crate) fn start(self) -> TestGateway {
        let (folder, keys) = self.write_folder();
        let launch = Launch {
            own: self.aws.gateway_keys(),
            config: folder.path().join("gateway.toml"),
            variables: self.variables,
            options: self.options,
        };
        let process = Process::start(&launch);
        let gateway = TestGateway {
            process,
            launch,
            aws: self.aws,
            folder,
            keys,
            opens: OnceLock::new(),
            ids: AtomicU32::new(1),
        };
        gateway.wait_until_ready();
        gateway
    }

    /// Writes the configuration and the keyring; the keys of the callers.
    pub(super) fn write_folder(&self) -> (TempDir, CallersKeys) {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let path = |name: &str| folder.path().join(name);
        let aws_url = self.aws.url();
        let mut sections: BTreeMap<&str, String> = BTreeMap::new();
        let fixed = [
            ("gateway.name", format!("\"{NAME}\"")),
            ("listen.address", "\"127.0.0.1:0\"".to_owned()),
            ("listen.metrics_address", "\"127.0.0.1:0\"".to_owned()),
            ("sigv4.keyring", "\"keyring.toml\"".to_owned()),
            ("audit.directory", "\"audit\"".to_owned()),
            // Records of reads are looked at right after the call.
            ("audit.delay_milliseconds", "10".to_owned()),
            ("aws.sts_endpoint", format!("\"{aws_url}\"")),
            ("aws.iam_endpoint", format!("\"{aws_url}\"")),
        ];
        let fixed = fixed.iter().map(|(key, value)| (*key, value.as_str()));
        let given = self.settings.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        for (key, value) in fixed.chain(given) {
            let (section, key) = key.split_once('.').expect("a setting is section.key");
            writeln!(sections.entry(section).or_default(), "{key} = {value}").expect("a string takes everything");
        }
        let mut config = String::new();
        for (section, keys) in &sections {
            write!(config, "[{section}]\n{keys}\n").expect("a string takes everything");
        }
        write!(config, "[[environment]]\nname = \"dev\"\naccounts = [\"{ACCOUNT}\"]\n\n{}", self.mappings)
            .expect("a string takes everything");
        fs::write(path("gateway.toml"), config).expect("the folder is ours");
        let keys = self.callers.iter().map(|caller| (*caller, add_key(&path("keyring.toml"), caller))).collect();
        (folder, keys)
    }
}

/// Makes a key with the real command.
fn add_key(keyring: &Path, caller: &str) -> Keys {
    let keyring = keyring.to_str().expect("temporary folders have plain names");
    let person = format!("{caller}@example.com");
    let arguments = ["keyring", "add", "--file", keyring, "--caller", caller, "--person", &person];
    let ran = run(&[&arguments[..], &["--environment", "dev", "--json"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let key = ran.json();
    let text = |name: &str| key[name].as_str().expect("keyring add --json tells it").to_owned();
    Keys { access_key_id: text("AccessKeyId"), secret_access_key: text("SecretAccessKey"), session_token: None }
}

/// How the binary is started.
struct Launch {
    own: Keys,
    config: PathBuf,
    variables: Vec<(String, String)>,
    options: Vec<&'static str>,
}

/// The child process; it ends with this value.
struct Process {
    child: Child,
    log: Arc<Mutex<String>>,
    public: SocketAddr,
    metrics: SocketAddr,
}

impl Process {
    fn start(launch: &Launch) -> Self {
        let mut child = binary()
            .env("AWS_ACCESS_KEY_ID", &launch.own.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &launch.own.secret_access_key)
            .envs(launch.variables.iter().map(|(name, value)| (name, value)))
            .arg("serve")
            .arg("--config")
            .arg(&launch.config)
            .args(&launch.options)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let (log, lines) = listen(&mut child);
        let served = std::iter::from_fn(|| lines.recv_timeout(PATIENCE).ok())
            .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
            .find(|line| line["message"] == "serving");
        let Some(served) = served else {
            let _ended = child.kill();
            let _reaped = child.wait();
            unreachable!("the gateway did not begin to serve: {}", locked(&log));
        };
        let address =
            |name: &str| served[name].as_str().and_then(|text| text.parse().ok()).expect("an address is logged");
        Self { child, public: address("address"), metrics: address("metrics"), log }
    }

    fn signal(&self, signal: &str) {
        // The shell's own `kill`, since the standard library only knows SIGKILL.
        let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", self.child.id())]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the gateway was gone before it was sent {signal}");
    }

    fn wait(&mut self) -> ExitStatus {
        let child = &mut self.child;
        eventually("the gateway ends", || child.try_wait().expect("the child can be waited for"))
    }
}

/// Collects the child's log in a thread, since a pipe that nobody reads fills up; its lines also go to the receiver.
fn listen(child: &mut Child) -> (Arc<Mutex<String>>, Receiver<String>) {
    let stderr = BufReader::new(child.stderr.take().expect("standard error was asked for"));
    let log = Arc::<Mutex<String>>::default();
    let (sender, lines) = channel();
    let collected = Arc::clone(&log);
    std::thread::spawn(move || {
        for line in stderr.lines().map_while(Result::ok) {
            let mut collected = collected.lock().unwrap_or_else(PoisonError::into_inner);
            collected.push_str(&line);
            collected.push('\n');
            drop(collected);
            // Nobody listens any more once it serves.
            let _served = sender.send(line);
        }
    });
    (log, lines)
}

fn locked(log: &Mutex<String>) -> String {
    log.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(Some(_)) = self.child.try_wait() {
            return;
        }
        self.signal("TERM");
        let until = now() + SignedDuration::from_secs(5);
        let ended = eventually("the gateway ends, or its time is over", || match self.child.try_wait() {
            Ok(None) if now() < until => None,
            ended => Some(matches!(ended, Ok(Some(_)))),
        });
        if !ended {
            let _ended = self.child.kill();
            let _reaped = self.child.wait();
        }
    }
}

/// A running gateway.
pub(crate) struct TestGateway {
    process: Process,
    launch: Launch,
    aws: Aws,
    folder: TempDir,
    keys: CallersKeys,
    opens: OnceLock<Timestamp>,
    ids: AtomicU32,
}

impl TestGateway {
    /// One that has moto as AWS.
    pub(crate) fn with_moto() -> Prepared {
        Prepared::on(Aws::Moto(Moto::start()))
    }

    /// One whose AWS misbehaves as told.
    pub(crate) fn with_faulty_aws() -> Prepared {
        Prepared::on(Aws::Faulty(FaultyAws::start()))
    }

    /// One that cannot reach AWS.
    pub(crate) fn without_aws() -> Prepared {
        Prepared::on(Aws::None)
    }

    /// The moto behind it.
    pub(crate) fn moto(&self) -> &Moto {
        match &self.aws {
            Aws::Moto(moto) => moto,
            Aws::Faulty(_) | Aws::None => unreachable!("this gateway was not started with moto"),
        }
    }

    /// The misbehaving AWS behind it.
    pub(crate) fn aws(&mut self) -> &mut FaultyAws {
        self.aws.faulty()
    }

    /// What AWS received of one action.
    pub(crate) fn received(&self, action: &str) -> Vec<Value> {
        self.aws.received(action)
    }

    /// The key pair that the gateway itself has at AWS.
    pub(crate) fn own_keys(&self) -> Keys {
        self.aws.gateway_keys()
    }

    /// The key pair of a caller.
    pub(crate) fn keys(&self, caller: &str) -> &Keys {
        self.keys.get(caller).expect("the caller was named before the start")
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.process.public
    }

    /// The MCP endpoint.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.address())
    }

    /// A file of its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same, as an argument of a command.
    pub(crate) fn argument(&self, name: &str) -> String {
        self.path(name).to_str().expect("temporary folders have plain names").to_owned()
    }

    /// Replaces a part of the configuration file.
    pub(crate) fn reconfigure(&self, old: &str, new: &str) {
        let path = self.path("gateway.toml");
        let text = fs::read_to_string(&path).expect("the configuration is there");
        assert!(text.contains(old), "{old} is not in {text}");
        fs::write(path, text.replace(old, new)).expect("the folder is ours");
    }

    /// A request that `caller` signs.
    pub(crate) fn request(&self, caller: &str) -> Request {
        Request::post(self.address()).signed_with(self.keys(caller))
    }

    /// A tools/call that `caller` signs, with the JSON-RPC id that its records will have.
    pub(crate) fn tool_call(&self, caller: &str, tool: &str, arguments: Value) -> (String, Request) {
        let id = format!("call-{}", self.ids.fetch_add(1, Ordering::Relaxed));
        let message = message(&id, "tools/call", json!({"name": tool, "arguments": arguments}));
        (id, modern(self.request(caller), &message))
    }

    /// Calls a tool.
    pub(crate) fn call(&self, caller: &str, tool: &str, arguments: Value) -> Called {
        let (id, request) = self.tool_call(caller, tool, arguments);
        Called::of(id, &request.send())
    }

    /// Calls a tool that writes.
    pub(crate) fn write(&self, caller: &str, tool: &str, arguments: Value) -> Called {
        let (id, request) = self.writing_call(caller, tool, arguments);
        Called::of(id, &request.send())
    }

    /// A tools/call that is signed late enough to write.
    pub(crate) fn writing_call(&self, caller: &str, tool: &str, arguments: Value) -> (String, Request) {
        let opens = self.opens_for_writes();
        // A date up to two seconds ahead is taken, which shortens the wait.
        wait_until(opens - SignedDuration::from_secs(1));
        let (id, request) = self.tool_call(caller, tool, arguments);
        (id, request.signed_at(now().max(opens)))
    }

    /// Waits until clients that sign with the present time may write.
    ///
    /// The first seconds of a process refuse writes (`signed_before_start`), because an earlier process may have let the
    /// same signature pass. Its own clock cannot be moved from here, so this watches the real binary.
    pub(crate) fn wait_for_writes(&self) {
        wait_until(self.opens_for_writes());
    }

    /// From when on signatures may write, as the refusal of an early one tells.
    fn opens_for_writes(&self) -> Timestamp {
        *self.opens.get_or_init(|| {
            let early = now() - SignedDuration::from_secs(120);
            let (id, request) = self.tool_call("alice", "delete_user", json!({"user_name": "nobody"}));
            let refused = Called::of(id, &request.signed_at(early).send());
            assert_eq!(refused.code(), "signed_before_start");
            let earliest = refused.message().split(' ').rev().nth(2).and_then(|time| time.parse().ok());
            earliest.unwrap_or_else(|| unreachable!("the refusal tells no time: {}", refused.message()))
        })
    }

    /// The Python client as `caller`, when it may write.
    pub(crate) fn python(&self, caller: &str, era: Era) -> PythonClient {
        PythonClient::new(&self.url(), era, self.keys(caller))
    }

    /// An unsigned GET of the public listener.
    pub(crate) fn get(&self, target: &str) -> Answer {
        get(self.process.public, target)
    }

    /// The figures, in Prometheus's text form.
    pub(crate) fn metrics(&self) -> String {
        get(self.process.metrics, "/metrics").text()
    }

    /// Every record of the audit journal so far, in its order.
    pub(crate) fn journal(&self) -> Vec<Value> {
        journal_in(&self.path("audit"))
    }

    /// The records of one stage.
    pub(crate) fn records(&self, stage: &str) -> Vec<Value> {
        self.journal().into_iter().filter(|record| record["stage"] == stage).collect()
    }

    /// The records of one call, when they are all there.
    pub(crate) fn records_of(&self, id: &str) -> Vec<Value> {
        eventually("the call is recorded", || {
            let records: Vec<Value> =
                self.journal().into_iter().filter(|record| record["requestParameters"]["id"] == id).collect();
            records.last().is_some_and(|last| last["stage"] != "intent").then_some(records)
        })
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        locked(&self.process.log)
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, signal: &str) {
        self.process.signal(signal);
    }

    /// Waits for its end; its exit code.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        self.process.wait().code()
    }

    /// Ends it in order, so that its journal is whole.
    pub(crate) fn stop(&mut self) {
        self.signal("TERM");
        assert_eq!(self.wait(), Some(0), "{}", self.log());
    }
}

impl TestGateway {
    /// Starts it again, after it was stopped, on the same folder.
    pub(crate) fn restart(&mut self) {
        self.process = Process::start(&self.launch);
        self.opens = OnceLock::new();
        self.wait_until_ready();
    }

    fn wait_until_ready(&self) {
        eventually("the gateway is ready", || (self.get("/readyz").status == 200).then_some(()));
    }
}

fn get(address: SocketAddr, target: &str) -> Answer {
    exchange(address, format!("GET {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes())
}

/// Every record of the journal in this folder so far, in its order.
pub(super) fn journal_in(folder: &Path) -> Vec<Value> {
    let files = fs::read_dir(folder).expect("the gateway made its journal's folder");
    let files = files.map(|entry| entry.expect("the folder is ours").path());
    let mut records: Vec<Value> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .flat_map(|path| {
            let text = fs::read_to_string(path).expect("records are UTF-8");
            // The last line may be half written at this moment.
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            whole.lines().map(|line| serde_json::from_str(line).expect("a record is JSON")).collect::<Vec<_>>()
        })
        .collect();
    records.sort_by_key(|record| record["integrity"]["sequence"].as_u64());
    records
}
