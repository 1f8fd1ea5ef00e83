//! What confirms: tokens, with what is known of those that were used before this start.

use std::sync::Arc;

use jiff::Timestamp;

use crate::config::Config;
use crate::mcp::confirm::{Confirmer, Earlier, Lifetimes, uses_since};
use crate::mcp::trail::Stationery;
use crate::sealing::SharedKeyset;

/// What issues and takes confirmation tokens. Of tokens that an earlier process could have let be used it knows which it did.
pub(super) async fn confirmer(config: &Config, seals: SharedKeyset, stationery: &Stationery) -> Confirmer {
    let lifetimes = Lifetimes { confirmation: config.tools.confirmation, approval: config.tools.approval };
    let earlier = match seals.get().are_own() {
        // The key is this process's own: there is nothing to be known.
        true => Earlier::Known(Vec::new()),
        false => earlier_uses(config, stationery.clock.now().saturating_sub(lifetimes.longest())).await,
    };
    let (clock, random) = (Arc::clone(&stationery.clock), Arc::clone(&stationery.random));
    Confirmer::new(seals, lifetimes, earlier, clock, random)
}

async fn earlier_uses(config: &Config, from: Result<Timestamp, jiff::Error>) -> Earlier {
    let directory = config.audit.directory.clone();
    let from = from.unwrap_or(Timestamp::MIN);
    let told = tokio::task::spawn_blocking(move || uses_since(&directory, from)).await;
    match told {
        Ok(Ok(uses)) => Earlier::Known(uses),
        Ok(Err(error)) => untold(&error),
        Err(error) => untold(&error),
    }
}

fn untold(error: &dyn std::fmt::Display) -> Earlier {
    tracing::warn!(
        %error,
        "the audit journal does not tell which confirmations were used before this start: none that is older is taken"
    );
    Earlier::Unknown
}
