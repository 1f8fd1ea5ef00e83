//! `list_users` through the gateway, against the SDK's own `ListUsers` from the same client process.

use std::net::SocketAddr;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_iam::Client;
use aws_sdk_iam::config::{BehaviorVersion, Region};
use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::aws::USERS;
use crate::processes::{Home, Server, keys};
use crate::report::{Aim, Figure, median};
use crate::wire::{Connection, call, load};
use crate::{Effort, Outcome};

const CONNECTIONS: usize = 16;

pub(crate) fn measure(effort: Effort) -> Outcome<Vec<Figure>> {
    let aws = Server::aws()?;
    let home = Home::new(1, aws.address)?;
    let gateway = Server::gateway(&home)?;
    let keys = keys(0);
    let signed = || call(gateway.address, "list_users", Some(&keys));
    let client = client(aws.address);

    // One connection: everything of the client on one thread.
    let single = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let [mut through, mut direct, mut added] = [const { Vec::new() }; 3];
    single.block_on(async {
        let mut connection = Connection::open(gateway.address).await?;
        latency_of_gateway(&mut connection, &signed()?, effort.latencies).await?;
        latency_of_sdk(&client, effort.latencies).await?;
        for _ in 0..effort.rounds {
            let gateway = latency_of_gateway(&mut connection, &signed()?, effort.latencies).await?;
            let sdk = latency_of_sdk(&client, effort.latencies).await?;
            added.push(gateway - sdk);
            through.push(gateway);
            direct.push(sdk);
        }
        Outcome::Ok(())
    })?;

    // Many connections: the SDK's work is the client's own, so it gets all cores, as it does in the gateway. The client
    // was built anew, for its connections belong to the runtime that opened them.
    let many = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let [mut of_gateway, mut of_sdk, mut ratios, mut cost] = [const { Vec::new() }; 4];
    let client = self::client(aws.address);
    many.block_on(load_sdk(&client, effort.load / 2))?;
    single.block_on(load(gateway.address, &signed()?, CONNECTIONS, effort.load / 2))?;
    for _ in 0..effort.rounds {
        let before = gateway.processor_seconds()?;
        let gateways = single.block_on(load(gateway.address, &signed()?, CONNECTIONS, effort.load))?;
        cost.push((gateway.processor_seconds()? - before) / (gateways * effort.load.as_secs_f64() / 1e6));
        let sdks = many.block_on(load_sdk(&client, effort.load))?;
        ratios.push(100.0 * gateways / sdks);
        of_gateway.push(gateways);
        of_sdk.push(sdks);
    }
    Ok(vec![
        Figure::new("list_users of 100, gateway, 1 connection, median", "us", through),
        Figure::new("list_users of 100, SDK, 1 connection, median", "us", direct),
        Figure::new("list_users of 100, added by the gateway", "us", added).aiming(Aim::AtMost(150.0)),
        Figure::new("list_users of 100, gateway, 16 connections", "calls/s", of_gateway),
        Figure::new("list_users of 100, SDK, 16 calls at once", "calls/s", of_sdk),
        Figure::new("list_users of 100, gateway of the SDK", "%", ratios).aiming(Aim::AtLeast(60.0)),
        Figure::new("list_users of 100, processor time of the gateway", "us/call", cost),
    ])
}

/// An ordinary client, built once and used for everything.
fn client(aws: SocketAddr) -> Client {
    let config = aws_sdk_iam::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::from_keys(
            "AKIDOFTHEAGENT000001",
            "made-up-secret-of-the-agent-itself-00001",
            Some("made-up-session-token-".repeat(36)),
        ))
        .http_client(iam_mcp_gateway::iam::http::connections())
        .endpoint_url(format!("http://{aws}"))
        .build();
    Client::from_conf(config)
}

async fn list(client: &Client) -> Outcome<()> {
    let page = client.list_users().path_prefix("/").max_items(100).send().await?;
    if page.users().len() == USERS { Ok(()) } else { Err("another number of users".into()) }
}

async fn latency_of_sdk(client: &Client, calls: usize) -> Outcome<f64> {
    let mut latencies = Vec::with_capacity(calls);
    for _ in 0..calls {
        let began = Instant::now();
        list(client).await?;
        latencies.push(began.elapsed().as_secs_f64() * 1e6);
    }
    Ok(median(&mut latencies))
}

async fn latency_of_gateway(connection: &mut Connection, request: &Bytes, calls: usize) -> Outcome<f64> {
    let (answer, _) = connection.call(request).await?;
    if answer["Count"] != USERS {
        return Err(format!("another number of users: {answer}").into());
    }
    let mut latencies = Vec::with_capacity(calls);
    for _ in 0..calls {
        let began = Instant::now();
        let (status, _) = connection.ask(request).await?;
        latencies.push(began.elapsed().as_secs_f64() * 1e6);
        if status != 200 {
            return Err(format!("the gateway answered {status}").into());
        }
    }
    Ok(median(&mut latencies))
}

async fn load_sdk(client: &Client, lasting: Duration) -> Outcome<f64> {
    let began = Instant::now();
    let mut asking = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let client = client.clone();
        asking.spawn(async move {
            let mut calls = 0_u32;
            while began.elapsed() < lasting {
                list(&client).await?;
                calls += 1;
            }
            Outcome::Ok(calls)
        });
    }
    let mut calls = 0;
    while let Some(asked) = asking.join_next().await {
        calls += asked??;
    }
    Ok(f64::from(calls) / began.elapsed().as_secs_f64())
}
