//! The real binary with everything around it: a folder with a configuration and a keyring, AWS, callers.
//!
//!     let mut gateway = TestGateway::with_faulty_aws().set("broker.sts_timeout_seconds", "1").start();
//!     gateway.aws().queue("ListUsers", &[json!({"throttle": true})]);
//!     let answer = gateway.call("alice", "list_users", json!({}));
//!     assert_eq!(gateway.records_of(&answer.id)[0]["errorCode"], "Throttling");

use std::fs;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use iam_mcp_gateway::audit::{journal_files, open};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::account::Account;
use super::clients::{Client, Era, Keys};
use super::faulty::FaultyAws;
use super::http::{Answer, Request, exchange};
use super::mcp::{Called, modern, tool_call};
use super::moto::Moto;
use super::prepared::{Aws, CallersKeys, Prepared};
use super::process::{Launch, Process};
use super::recording_aws::RecordingAws;
use super::resources::Resources;
use super::sandbox::RunningSandbox;
use super::waiting::{eventually, now, wait_until};

/// What the gateway calls itself.
pub(crate) const NAME: &str = "iam-mcp.test";
/// The account of both stand-ins for AWS.
pub(crate) const ACCOUNT: &str = "123456789012";

impl Prepared {
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
        let journal = self.journal.unwrap_or_else(|| folder.path().join("audit"));
        let gateway = TestGateway {
            process,
            journal,
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
}

/// A running gateway.
pub(crate) struct TestGateway {
    process: Process,
    launch: Launch,
    aws: Aws,
    folder: TempDir,
    journal: PathBuf,
    keys: CallersKeys,
    opens: OnceLock<Timestamp>,
    ids: AtomicU32,
}

impl TestGateway {
    /// One that has moto as AWS.
    pub(crate) fn with_moto() -> Prepared {
        Prepared::on(Aws::Moto(Moto::start()))
    }

    /// One that has the embedded sandbox as AWS, with the believable account in it.
    pub(crate) fn with_sandbox() -> Prepared {
        Prepared::on(Aws::Sandbox(RunningSandbox::start()))
    }

    /// One whose AWS misbehaves as told.
    pub(crate) fn with_faulty_aws() -> Prepared {
        Prepared::on(Aws::Faulty(FaultyAws::start()))
    }

    /// One whose AWS answers everything, with hostile text (see [`FaultyAws::hostile`]).
    pub(crate) fn with_hostile_aws(mode: &str) -> Prepared {
        Prepared::on(Aws::Faulty(FaultyAws::hostile(mode)))
    }

    /// One whose AWS is in this process, answers well, and can be made to wait.
    pub(crate) fn with_recording_aws() -> Prepared {
        Prepared::on(Aws::Recording(RecordingAws::start()))
    }

    /// One that cannot reach AWS.
    pub(crate) fn without_aws() -> Prepared {
        Prepared::on(Aws::None)
    }

    /// The moto behind it.
    pub(crate) fn moto(&self) -> &Moto {
        match &self.aws {
            Aws::Moto(moto) => moto,
            Aws::Sandbox(_) | Aws::Faulty(_) | Aws::Recording(_) | Aws::None => {
                unreachable!("this gateway was not started with moto")
            }
        }
    }

    /// The sandbox behind it.
    pub(crate) fn sandbox(&self) -> &RunningSandbox {
        match &self.aws {
            Aws::Sandbox(sandbox) => sandbox,
            Aws::Moto(_) | Aws::Faulty(_) | Aws::Recording(_) | Aws::None => {
                unreachable!("this gateway was not started with the sandbox")
            }
        }
    }

    /// The AWS in this process.
    pub(crate) fn recording_aws(&self) -> &RecordingAws {
        self.aws.recording()
    }

    /// The misbehaving AWS behind it.
    pub(crate) fn aws(&mut self) -> &mut FaultyAws {
        self.aws.faulty()
    }

    /// What AWS received of one action.
    pub(crate) fn received(&self, action: &str) -> Vec<Value> {
        self.aws.received(action)
    }

    /// Who may do everything in the account of its moto or its sandbox.
    pub(crate) fn account(&self) -> Account {
        self.aws.account()
    }

    /// The key pair that the gateway itself has at AWS.
    pub(crate) fn own_keys(&self) -> Keys {
        self.aws.gateway_keys()
    }

    /// The key pairs of all callers.
    pub(super) fn all_keys(&self) -> &CallersKeys {
        &self.keys
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
        let message = tool_call(&id, tool, arguments);
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
    /// The first seconds of a process refuse writes (`signed_before_start`), because an earlier process may have let
    /// the same signature pass. Its own clock cannot be moved from here, so this watches the real binary.
    pub(crate) fn wait_for_writes(&self) {
        wait_until(self.opens_for_writes());
    }

    /// From when on signatures may write, as the refusal of an early one tells.
    pub(crate) fn opens_for_writes(&self) -> Timestamp {
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
    pub(crate) fn python(&self, caller: &str, era: Era) -> Client {
        Client::python(&self.url(), era, self.keys(caller))
    }

    /// An unsigned GET of the public listener.
    pub(crate) fn get(&self, target: &str) -> Answer {
        get(self.process.public, target)
    }

    /// Whether it is ready, and why not, as operators are told.
    pub(crate) fn readiness(&self) -> Value {
        get(self.process.metrics, "/readyz").json()
    }

    /// The figures, in Prometheus's text form.
    pub(crate) fn metrics(&self) -> String {
        get(self.process.metrics, "/metrics").text()
    }

    /// The audit journal's folder.
    pub(crate) fn journal_folder(&self) -> &Path {
        &self.journal
    }

    /// Every record of the audit journal so far, in its order.
    pub(crate) fn journal(&self) -> Vec<Value> {
        journal_in(&self.journal)
    }

    /// The lines of the audit journal, as they stand there, in its order; of closed files, too, that are compressed by now. To
    /// be asked of a gateway that was stopped.
    pub(crate) fn journal_lines(&self) -> Vec<String> {
        let mut lines = lines_in(&self.path("audit"));
        lines.sort_by_key(|line| parsed(line)["integrity"]["sequence"].as_u64());
        lines
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
        self.process.log()
    }

    /// What it said so far on standard error alone.
    pub(crate) fn stderr(&self) -> String {
        self.process.stderr()
    }

    /// What it said so far on standard output alone.
    pub(crate) fn stdout(&self) -> String {
        self.process.stdout()
    }

    /// What its process takes of the machine.
    pub(crate) fn resources(&self) -> Resources {
        Resources::of(self.process.id())
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, signal: &str) {
        assert!(self.process.signal(signal), "the gateway was gone before it was sent {signal}: {}", self.log());
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
pub(crate) fn journal_in(folder: &Path) -> Vec<Value> {
    let mut records: Vec<Value> = lines_in(folder).iter().map(|line| parsed(line)).collect();
    records.sort_by_key(|record| record["integrity"]["sequence"].as_u64());
    records
}

fn lines_in(folder: &Path) -> Vec<String> {
    let names = journal_files(folder).expect("the gateway made its journal's folder");
    let text = |name: &String| {
        let mut bytes = Vec::new();
        // A closed file may be compressed between the two.
        let opened = open(&folder.join(name)).or_else(|_| open(&folder.join(format!("{name}.gz"))));
        opened.and_then(|mut file| file.read_to_end(&mut bytes)).expect("the folder is ours");
        // The last line may be half written at this moment.
        bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
        String::from_utf8(bytes).expect("records are UTF-8")
    };
    names.iter().flat_map(|name| text(name).lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).expect("a record is JSON")
}
