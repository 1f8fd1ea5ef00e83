//! How often one address may ask for an exchange.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;
use http::request::Parts;
use jiff::Timestamp;

use crate::bucket::{Bucket, Rate};
use crate::clock::SharedClock;
use crate::current::Current;
use crate::http::{ClientAddress, Gate, Refusal};
use crate::mcp::road::InForce;

/// How many addresses are remembered; beyond that those that asked least lately are forgotten.
const MOST_SOURCES: usize = 20_000;

/// How often each address has asked lately.
#[derive(Debug)]
pub(super) struct Buckets {
    clock: SharedClock,
    of: Mutex<HashMap<IpAddr, Bucket>>,
}

impl Buckets {
    pub(super) fn new(clock: SharedClock) -> Self {
        Self { clock, of: Mutex::default() }
    }

    /// Takes a token of this address; or says how long it has to wait for one.
    pub(super) fn take(&self, address: IpAddr, per_minute: u32) -> Result<(), Duration> {
        let (address, now, rate) = (source(address), self.clock.now(), Rate::per_minute(per_minute));
        let mut buckets = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_SOURCES && !buckets.contains_key(&address) {
            make_room(&mut buckets, now, rate);
        }
        let taken = buckets.entry(address).or_insert_with(|| Bucket::full(rate, now)).take(rate, now);
        taken.map_err(|wait| Duration::from_secs_f64(wait.clamp(0.0, 60.0)))
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.of.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Lets an address pass as often as `exchange.per_source_per_minute` says, all of a minute at once at most.
#[derive(Debug)]
pub struct SourceLimit {
    in_force: Arc<Current<InForce>>,
    buckets: Buckets,
}

impl SourceLimit {
    /// A limit by the configuration in force.
    #[must_use]
    pub fn new(in_force: Arc<Current<InForce>>, clock: SharedClock) -> Self {
        Self { in_force, buckets: Buckets::new(clock) }
    }
}

/// Makes room: buckets that are full again say nothing. Where none is, those that asked least lately go.
fn make_room(buckets: &mut HashMap<IpAddr, Bucket>, now: Timestamp, rate: Rate) {
    buckets.retain(|_, bucket| !bucket.is_full(rate, now));
    if buckets.len() >= MOST_SOURCES {
        let mut last: Vec<(Timestamp, IpAddr)> =
            buckets.iter().map(|(address, bucket)| (bucket.last_asked(), *address)).collect();
        let (oldest, ..) = last.select_nth_unstable(MOST_SOURCES / 2);
        for (_, address) in oldest {
            buckets.remove(address);
        }
    }
}

/// Whoever has an IPv6 address has a /64 of them.
fn source(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

impl<B> Gate<B> for SourceLimit {
    fn check(&self, head: &mut Parts, _: &B) -> Result<(), Refusal> {
        let Some(client) = head.extensions.get::<ClientAddress>() else { return Ok(()) };
        let per_minute = self.in_force.get().config.exchange.per_source_per_minute;
        self.buckets.take(client.address, per_minute).map_err(|wait| {
            Refusal::new(
                StatusCode::TOO_MANY_REQUESTS,
                "exchange_rate_limited",
                "this address asks too often for credentials",
            )
            .with_hint("keep the credentials until shortly before they expire, as `iam-mcp-gateway credentials` does")
            .with_retry_after(wait)
        })
    }
}
