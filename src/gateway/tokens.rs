//! What confirmation tokens were used before this start.

use jiff::Timestamp;

use crate::config::Config;
use crate::mcp::confirm::{EarlierUse, Lifetimes, uses_since};

/// How long tokens are accepted.
pub(super) fn lifetimes(config: &Config) -> Lifetimes {
    Lifetimes { confirmation: config.tools.confirmation, approval: config.tools.approval }
}

/// What an earlier process of this replica let be used of the tokens that could still be good, as its journal tells; `None` if
/// it does not.
pub(super) async fn earlier_uses(config: &Config, now: Timestamp) -> Option<Vec<EarlierUse>> {
    let directory = config.audit.directory.clone();
    let from = now.saturating_sub(lifetimes(config).longest()).unwrap_or(Timestamp::MIN);
    let told = tokio::task::spawn_blocking(move || uses_since(&directory, from)).await;
    match told {
        Ok(Ok(uses)) => Some(uses),
        Ok(Err(error)) => untold(&error),
        Err(error) => untold(&error),
    }
}

fn untold(error: &dyn std::fmt::Display) -> Option<Vec<EarlierUse>> {
    tracing::warn!(
        %error,
        "the audit journal does not tell which confirmations were used before this start: none that is older is taken"
    );
    None
}
