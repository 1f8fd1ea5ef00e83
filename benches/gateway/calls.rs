//! A signed `whoami` through the gateway, against the same answer from a bare rmcp server.

use crate::processes::{Home, Server, keys};
use crate::report::{Aim, Figure};
use crate::wire::{Connection, call, load};
use crate::{Effort, Outcome};

const CONNECTIONS: usize = 16;

pub(crate) fn measure(effort: Effort) -> Outcome<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let aws = Server::aws()?;
    let home = Home::new(1, aws.address)?;
    let gateway = Server::gateway(&home)?;
    let keys = keys(0);
    runtime.block_on(async {
        let signed = call(gateway.address, "whoami", Some(&keys))?;
        let (answer, length) = Connection::open(gateway.address).await?.call(&signed).await?;
        let bare = Server::bare(&answer)?;
        let unsigned = call(bare.address, "whoami", None)?;
        let (_, bare_length) = Connection::open(bare.address).await?.call(&unsigned).await?;

        // Both are warm before anything counts.
        load(gateway.address, &signed, CONNECTIONS, effort.load / 2).await?;
        load(bare.address, &unsigned, CONNECTIONS, effort.load / 2).await?;
        let [mut of_gateway, mut of_bare, mut ratios, mut gateway_cost, mut bare_cost] = [const { Vec::new() }; 5];
        for _ in 0..effort.rounds {
            // Signed anew, so that no signature outlives the skew that is allowed.
            let signed = call(gateway.address, "whoami", Some(&keys))?;
            let before = (gateway.processor_seconds()?, bare.processor_seconds()?);
            let through = load(gateway.address, &signed, CONNECTIONS, effort.load).await?;
            let direct = load(bare.address, &unsigned, CONNECTIONS, effort.load).await?;
            let calls = |rate: f64| rate * effort.load.as_secs_f64() / 1e6;
            gateway_cost.push((gateway.processor_seconds()? - before.0) / calls(through));
            bare_cost.push((bare.processor_seconds()? - before.1) / calls(direct));
            ratios.push(100.0 * through / direct);
            of_gateway.push(through);
            of_bare.push(direct);
        }
        let bytes = |length: usize| vec![f64::from(u32::try_from(length).unwrap_or(u32::MAX))];
        Ok(vec![
            Figure::new("whoami, gateway, 16 connections", "calls/s", of_gateway),
            Figure::new("whoami, bare rmcp, 16 connections", "calls/s", of_bare),
            Figure::new("whoami, gateway of bare rmcp", "%", ratios).aiming(Aim::AtLeast(60.0)),
            Figure::new("whoami, gateway, processor time of the server", "us/call", gateway_cost),
            Figure::new("whoami, bare rmcp, processor time of the server", "us/call", bare_cost),
            Figure::new("whoami, gateway, body of the reply", "bytes", bytes(length)),
            Figure::new("whoami, bare rmcp, body of the reply", "bytes", bytes(bare_length)),
        ])
    })
}
