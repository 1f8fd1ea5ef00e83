//! Changes through the whole road: how many of their records become durable in a second with the journal's group
//! commit, against a sync of the disk for each record.
//!
//! Both gateways are in this process, for only here the disk can be exchanged; they are alike but for it. Each caller
//! sends `create_user` and waits for the answer before the next; so an intent and an outcome are durable for each
//! answer.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use bytes::Bytes;
use iam_mcp_gateway::audit::{DiskStorage, Journal, SegmentFile, Storage};
use iam_mcp_gateway::clock::SystemClock;
use iam_mcp_gateway::config::Config;
use iam_mcp_gateway::gateway::{Gateway, Outside};
use iam_mcp_gateway::http::{Drain, serve};
use iam_mcp_gateway::random::SystemRandom;
use iam_mcp_gateway::tools::catalogue::CATALOGUE;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::processes::{Home, Server, keys};
use crate::report::{Aim, Figure};
use crate::wire::{Connection, call_with};
use crate::{Effort, Outcome};

/// How many callers wait for their changes at once.
const CALLERS: usize = 64;
/// How much longer a sync takes on the slow disk: as on a volume that is reached over a network.
const SLOW: Duration = Duration::from_millis(2);

pub(crate) fn measure(effort: Effort) -> Outcome<Vec<Figure>> {
    let client = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let aws = Server::aws()?;
    let disks = [
        (Syncs::Groups, Duration::ZERO),
        (Syncs::Records, Duration::ZERO),
        (Syncs::Groups, SLOW),
        (Syncs::Records, SLOW),
    ];
    let mut sides = Vec::new();
    for (syncs, slower) in disks {
        sides.push(InProcess::start(aws.address, Disk { syncs, slower })?);
    }
    let each = (effort.records / CALLERS / 4).max(1);
    let mut rates = [const { Vec::new() }; 4];
    let [mut ratios, mut slow_ratios, mut syncs] = [const { Vec::new() }; 3];
    // The first round is the warm-up: each caller gets its sessions.
    for round in 0..=effort.rounds {
        let mut took = Vec::new();
        for (side, rates) in sides.iter().zip(&mut rates) {
            let (rate, syncs_each) = client.block_on(side.change(each, round))?;
            took.push((rate, syncs_each));
            if round > 0 {
                rates.push(rate);
            }
        }
        if round > 0 {
            ratios.push(took[0].0 / took[1].0);
            slow_ratios.push(took[2].0 / took[3].0);
            syncs.push(took[0].1);
        }
    }
    let [groups, records, slow_groups, slow_records] = rates;
    Ok(vec![
        Figure::new("changes, 64 callers, group commit", "records/s", groups),
        Figure::new("changes, 64 callers, a sync for each record", "records/s", records),
        Figure::new("changes, group commit of a sync for each record", "times", ratios).aiming(Aim::AtLeast(5.0)),
        Figure::new("changes, 64 callers, group commit", "syncs/rec.", syncs),
        Figure::new("changes, syncs 2 ms longer, group commit", "records/s", slow_groups),
        Figure::new("changes, syncs 2 ms longer, a sync for each record", "records/s", slow_records),
        Figure::new("changes, syncs 2 ms longer, group commit of the other", "times", slow_ratios)
            .aiming(Aim::AtLeast(5.0)),
    ])
}

/// What the disk is synced after.
#[derive(Debug, Clone, Copy)]
enum Syncs {
    /// Each group, as the journal asks.
    Groups,
    /// Each record.
    Records,
}

/// The machine's disk.
#[derive(Debug, Clone, Copy)]
struct Disk {
    syncs: Syncs,
    slower: Duration,
}

impl Storage for Disk {
    fn prepare(&self, directory: &Path) -> io::Result<()> {
        DiskStorage.prepare(directory)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        DiskStorage.list(directory)
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        DiskStorage.read(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn SegmentFile>> {
        Ok(Box::new(OnDisk { file: DiskStorage.create(path)?, disk: *self }))
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        DiskStorage.truncate(path, length)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        DiskStorage.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        DiskStorage.remove(path)
    }
}

#[derive(Debug)]
struct OnDisk {
    file: Box<dyn SegmentFile>,
    disk: Disk,
}

impl OnDisk {
    #[expect(
        clippy::disallowed_methods,
        reason = "the journal calls this where blocking is allowed, as a slow disk blocks"
    )]
    fn sync_now(&mut self) -> io::Result<()> {
        if !self.disk.slower.is_zero() {
            std::thread::sleep(self.disk.slower);
        }
        self.file.sync()
    }
}

impl SegmentFile for OnDisk {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.disk.syncs {
            Syncs::Groups => self.file.write_all(bytes),
            // The journal writes whole lines.
            Syncs::Records => bytes.split_inclusive(|byte| *byte == b'\n').try_for_each(|line| {
                self.file.write_all(line)?;
                self.sync_now()
            }),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        match self.disk.syncs {
            Syncs::Groups => self.sync_now(),
            Syncs::Records => Ok(()),
        }
    }
}

/// A gateway in this process.
struct InProcess {
    runtime: Option<Runtime>,
    address: SocketAddr,
    journal: Journal,
    drain: Drain,
    _home: Home,
}

impl InProcess {
    fn start(aws: SocketAddr, disk: Disk) -> Outcome<Self> {
        let home = Home::for_writes(CALLERS, aws)?;
        let config = Config::load(&home.path().join("gateway.toml"), &BTreeMap::<String, String>::new())?.config;
        let own = Credentials::from_keys("AKIDOFTHEGATEWAY0001", "made-up-secret-of-the-gateway-itself-001", None);
        let outside = Outside {
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            storage: Arc::new(disk),
            catalogue: CATALOGUE,
            own_credentials: Some(SharedCredentialsProvider::new(own)),
            // They are, so no write has to wait.
            keys_are_new: true,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let (gateway, listener) = runtime.block_on(async {
            Outcome::Ok((Gateway::assemble(config, outside).await?, TcpListener::bind("127.0.0.1:0").await?))
        })?;
        let address = listener.local_addr()?;
        let (journal, drain) = (gateway.journal.clone(), gateway.drain.clone());
        runtime.spawn(serve(listener, gateway.router, gateway.server_limits, gateway.metrics, gateway.drain));
        Ok(Self { runtime: Some(runtime), address, journal, drain, _home: home })
    }

    /// Has every caller make `each` changes; answers the records that became durable per second, and the groups that
    /// were synced per record.
    async fn change(&self, each: usize, round: usize) -> Outcome<(f64, f64)> {
        let mut callers = Vec::new();
        for caller in 0..CALLERS {
            let requests = (0..each).map(|number| self.request(caller, &format!("user-{round}-{caller}-{number}")));
            callers.push((Connection::open(self.address).await?, requests.collect::<Outcome<Vec<Bytes>>>()?));
        }
        let before = self.journal.counters();
        let began = Instant::now();
        let mut changing = JoinSet::new();
        for (mut connection, requests) in callers {
            changing.spawn(async move {
                for request in requests {
                    connection.call(&request).await?;
                }
                Outcome::Ok(())
            });
        }
        while let Some(changed) = changing.join_next().await {
            changed??;
        }
        let took = began.elapsed().as_secs_f64();
        let after = self.journal.counters();
        let [records, syncs] = [after.records - before.records, after.syncs - before.syncs];
        if records != 2 * u64::try_from(CALLERS * each)? {
            return Err(format!("{records} records of {} changes", CALLERS * each).into());
        }
        #[expect(clippy::cast_precision_loss, reason = "a run has far fewer than 2^52 records")]
        let [records, syncs] = [records, syncs].map(|count| count as f64);
        Ok((records / took, syncs / records))
    }

    /// Signed by itself: a signature is good for one change.
    fn request(&self, caller: usize, user: &str) -> Outcome<Bytes> {
        call_with(self.address, "create_user", &json!({"user_name": user}), Some(&keys(caller)))
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        self.drain.force();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
