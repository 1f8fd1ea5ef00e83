//! The servers, each in a process of its own.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use aws_credential_types::Credentials;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Outcome;

/// Linux tells processor time in hundredths of a second, whatever its own clock is.
const TICKS_A_SECOND: f64 = 100.0;

/// Limits that nobody meets: what is measured is what the gateway could do.
const UNLIMITED: &str = "caller_concurrent_requests = 65536\ncaller_requests_per_second = 100000\n\
                         caller_requests_burst = 100000\nrequests_per_second = 1000000\n\
                         caller_concurrent_writes = 65536\nconcurrent_writes = 65536\n\
                         caller_writes_per_minute = 100000\ncaller_writes_burst = 100000\n\
                         writes_per_second = 100000\n";

/// A server that ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// This program as another server, which says where it listens on its first line.
    fn again(arguments: &[&str]) -> Outcome<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line)?;
        Ok(Self { child, address: line.trim().parse()? })
    }

    /// A bare rmcp server whose one tool, `whoami`, answers `answer`.
    pub(crate) fn bare(answer: &Value) -> Outcome<Self> {
        Self::again(&["serve-bare", &answer.to_string()])
    }

    /// IAM and STS with fixed answers.
    pub(crate) fn aws() -> Outcome<Self> {
        Self::again(&["serve-aws"])
    }

    /// The same, with an account of so many users and roles.
    pub(crate) fn aws_of(users: usize, roles: usize) -> Outcome<Self> {
        Self::again(&["serve-aws", &users.to_string(), &roles.to_string()])
    }

    /// The real gateway, as `home` is set up.
    pub(crate) fn gateway(home: &Home) -> Outcome<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_iam-mcp-gateway"))
            .args(["serve", "--config"])
            .arg(home.path().join("gateway.toml"))
            .env_clear()
            .env("AWS_ACCESS_KEY_ID", "AKIDOFTHEGATEWAY0001")
            .env("AWS_SECRET_ACCESS_KEY", "made-up-secret-of-the-gateway-itself-001")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut log = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            if log.read_line(&mut line)? == 0 {
                return Err(format!("the gateway did not start: {said}").into());
            }
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            if let (Some("serving"), Some(address)) = (event["message"].as_str(), event["address"].as_str()) {
                break address.parse()?;
            }
            said.push_str(&line);
        };
        // A log that nobody reads would stop the gateway once the pipe is full.
        std::thread::spawn(move || log.read_to_end(&mut Vec::new()));
        Ok(Self { child, address })
    }

    /// The demo, gateway and sandbox in one process, with everything it keeps in `folder`.
    pub(crate) fn demo(folder: &Path) -> Outcome<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_iam-mcp-gateway"))
            .args(["demo", "--json", "--listen", "127.0.0.1:0", "--dir"])
            .arg(folder)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut said = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        said.read_line(&mut line)?;
        let opening: Value = serde_json::from_str(&line)?;
        let url: http::Uri = opening["endpoint"].as_str().ok_or("no endpoint was told")?.parse()?;
        let address = url.authority().ok_or("no address was told")?.as_str().parse()?;
        // The tour goes on meanwhile; nobody reads of it.
        std::thread::spawn(move || said.read_to_end(&mut Vec::new()));
        Ok(Self { child, address })
    }

    /// Processor time used so far, in seconds.
    pub(crate) fn processor_seconds(&self) -> Outcome<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // proc_pid_stat(5): the name, in parentheses, may hold anything; utime and stime are fields 14 and 15.
        let after_name = stat.rsplit_once(") ").ok_or("an unreadable stat")?.1;
        let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
        Ok(ticks / TICKS_A_SECOND)
    }

    /// A figure of its memory in MiB: `VmRSS` now, `VmHWM` at most so far.
    pub(crate) fn memory(&self, name: &str) -> Outcome<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kib: f64 = line.and_then(|line| line.split_whitespace().next()).ok_or("no such figure")?.parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// The files of a gateway: configuration, keyring, journal.
pub(crate) struct Home {
    directory: TempDir,
}

impl Home {
    /// A gateway with `callers` keys in its keyring, one for each caller, in front of `aws`.
    pub(crate) fn new(callers: usize, aws: SocketAddr) -> Outcome<Self> {
        Self::with(callers, aws, "read-only", UNLIMITED)
    }

    /// The same, whose callers may write.
    pub(crate) fn for_writes(callers: usize, aws: SocketAddr) -> Outcome<Self> {
        Self::with(callers, aws, "read-write", UNLIMITED)
    }

    /// The same whose callers may read, limited as they are by default but for these lines of `[limits]`.
    pub(crate) fn limited(callers: usize, aws: SocketAddr, limits: &str) -> Outcome<Self> {
        Self::with(callers, aws, "read-only", limits)
    }

    fn with(callers: usize, aws: SocketAddr, access: &str, limits: &str) -> Outcome<Self> {
        // Where the build is, and not in memory: the journal shall meet a real disk.
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let path = directory.path();
        fs::DirBuilder::new().mode(0o700).create(path.join("audit"))?;
        let configuration = format!(
            "[gateway]\nname = \"iam-mcp.example.internal\"\nexamine_at_start = false\n\
             [listen]\naddress = \"127.0.0.1:0\"\nmetrics_address = \"off\"\n\
             [[environment]]\nname = \"dev\"\naccounts = [\"123456789012\"]\n\
             [[role_mapping]]\nenvironment = \"dev\"\ncaller = \"caller-*\"\n\
             role_arn = \"arn:aws:iam::{{account}}:role/agent\"\naccess = \"{access}\"\n\
             [policy]\nwithout_documents = \"allow\"\n[sigv4]\nkeyring = \"keyring.json\"\n\
             [audit]\ndirectory = \"audit\"\n\
             [limits]\n{limits}\
             [broker]\naccount_calls_per_second = 10000\naccount_burst = 10000\n\
             [aws]\nsts_endpoint = \"http://{aws}\"\niam_endpoint = \"http://{aws}\"\n"
        );
        fs::write(path.join("gateway.toml"), configuration)?;
        let keys: Vec<Value> = (0..callers)
            .map(|number| {
                let keys = keys(number);
                json!({
                    "access_key_id": keys.access_key_id(),
                    "secret_access_key": keys.secret_access_key(),
                    "caller": format!("caller-{number}"),
                    "environments": ["dev"],
                    "status": "active",
                    "created_at": "2026-01-01T00:00:00Z",
                })
            })
            .collect();
        let keyring = json!({"version": 1, "keys": keys}).to_string();
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path.join("keyring.json"))?;
        std::io::Write::write_all(&mut file, keyring.as_bytes())?;
        Ok(Self { directory })
    }

    /// How many calls of AWS's tools stand in the journal so far.
    pub(crate) fn aws_calls(&self) -> Outcome<f64> {
        let mut calls = 0;
        for entry in fs::read_dir(self.path().join("audit"))? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "jsonl") {
                continue;
            }
            for line in fs::read_to_string(path)?.lines() {
                let record: Value = serde_json::from_str(line)?;
                calls += record["additionalEventData"]["awsCalls"].as_array().map_or(0, Vec::len);
            }
        }
        if calls == 0 { Err("the journal tells of no call of AWS".into()) } else { Ok(calls as f64) }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// The keys of a caller.
pub(crate) fn keys(caller: usize) -> Credentials {
    Credentials::from_keys(
        format!("IMGKBENCH{caller:011}"),
        format!("made-up-secret-of-forty-characters-{caller:05}"),
        None,
    )
}
