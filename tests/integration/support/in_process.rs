//! The gateway put together in this process, for what the outside cannot provoke: tools with a mistake in them, a disk
//! that fails, time that passes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use iam_mcp_gateway::clock::{Clock, ManualClock};
use iam_mcp_gateway::config::Config;
use iam_mcp_gateway::gateway::{Gateway, Outside};
use iam_mcp_gateway::http::{Drain, serve};
use iam_mcp_gateway::random::SystemRandom;
use iam_mcp_gateway::tools::catalogue::{CATALOGUE, Catalogue};
use jiff::SignedDuration;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::disk::{Disk, State};
use super::faulty::FaultyAws;
use super::gateway::journal_in;
use super::http::Request;
use super::mcp::{Called, modern, tool_call};
use super::prepared::{Aws, CallersKeys, Prepared};
use super::waiting::{eventually, now};

/// A gateway in this process, whose clock and disk are the test's.
pub(crate) struct InProcess {
    runtime: Option<Runtime>,
    address: SocketAddr,
    clock: Arc<ManualClock>,
    disk: Disk,
    drain: Drain,
    aws: Aws,
    folder: TempDir,
    keys: CallersKeys,
    ids: AtomicU32,
}

impl Prepared {
    /// Starts it in this process.
    pub(crate) fn start_in_process(self) -> InProcess {
        self.start_in_process_with(CATALOGUE)
    }

    /// Starts it in this process, with these tools.
    pub(crate) fn start_in_process_with(self, catalogue: Catalogue) -> InProcess {
        let (folder, keys) = self.write_folder();
        let loaded = Config::load(&folder.path().join("gateway.toml"), &BTreeMap::<String, String>::new());
        let config = loaded.expect("the tests' configuration has no faults").config;
        let own = self.aws.gateway_keys();
        let own = Credentials::new(own.access_key_id, own.secret_access_key, None, None, "test");
        let (clock, disk) = (ManualClock::at(now()), Disk::default());
        let outside = Outside {
            clock: clock.clone(),
            random: Arc::new(SystemRandom),
            storage: Arc::new(disk.clone()),
            catalogue,
            own_credentials: Some(SharedCredentialsProvider::new(own)),
            keys_are_new: false,
        };
        let runtime = Runtime::new().expect("a runtime can be made");
        let (gateway, listener) = runtime.block_on(async {
            let gateway = Gateway::assemble(config, outside).await.expect("the gateway can be put together");
            (gateway, TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port"))
        });
        let address = listener.local_addr().expect("a bound listener has an address");
        let drain = gateway.drain.clone();
        runtime.spawn(serve(listener, gateway.router, gateway.server_limits, gateway.metrics, gateway.drain));
        // Past the first seconds, which refuse writes.
        clock.advance(SignedDuration::from_secs(5));
        let ids = AtomicU32::new(1);
        InProcess { runtime: Some(runtime), address, clock, disk, drain, aws: self.aws, folder, keys, ids }
    }
}

impl InProcess {
    /// Its disk.
    pub(crate) fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Its clock.
    pub(crate) fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// The misbehaving AWS behind it.
    pub(crate) fn aws(&mut self) -> &mut FaultyAws {
        self.aws.faulty()
    }

    /// What AWS received of one action.
    pub(crate) fn received(&self, action: &str) -> Vec<Value> {
        self.aws.received(action)
    }

    /// An unsigned request of MCP's form.
    pub(crate) fn unsigned(&self) -> Request {
        Request::post(self.address)
    }

    /// A tools/call that `caller` signs, with the JSON-RPC id that its records will have.
    pub(crate) fn tool_call(&self, caller: &str, tool: &str, arguments: Value) -> (String, Request) {
        let id = format!("call-{}", self.ids.fetch_add(1, Ordering::Relaxed));
        let message = tool_call(&id, tool, arguments);
        let keys = self.keys.get(caller).expect("the caller was named before the start");
        let request = self.unsigned().signed_with(keys).signed_at(self.clock.now());
        (id, modern(request, &message))
    }

    /// Calls a tool.
    pub(crate) fn call(&self, caller: &str, tool: &str, arguments: Value) -> Called {
        let (id, request) = self.tool_call(caller, tool, arguments);
        Called::of(id, &request.send())
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The records of one stage.
    pub(crate) fn records(&self, stage: &str) -> Vec<Value> {
        let journal = journal_in(&self.journal_folder());
        journal.into_iter().filter(|record| record["stage"] == stage).collect()
    }

    /// The audit journal's folder.
    pub(crate) fn journal_folder(&self) -> PathBuf {
        self.folder.path().join("audit")
    }

    /// The records of one call, when there are this many.
    pub(crate) fn records_of(&self, id: &str, count: usize) -> Vec<Value> {
        eventually("the call is recorded", || {
            let journal = journal_in(&self.journal_folder());
            let records: Vec<Value> =
                journal.into_iter().filter(|record| record["requestParameters"]["id"] == id).collect();
            (records.len() >= count).then_some(records)
        })
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        self.disk.set(State::Works);
        self.drain.force();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
