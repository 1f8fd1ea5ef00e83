//! Why an attempt was not sent.

use std::time::Duration;

use super::Upstream;

/// An attempt that the gateway did not send, so that AWS did nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// The breaker of this upstream and account is open.
    #[error(
        "{} does not answer the calls for this account, so this one was not sent; try again in {} s",
        upstream.name(),
        seconds(*retry_in)
    )]
    Unavailable {
        /// The service.
        upstream: Upstream,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// The account's turn did not come in time.
    #[error(
        "more calls wait for this account than AWS takes of it, so this one was not sent; try again in {} s",
        seconds(*retry_in)
    )]
    BudgetSpent {
        /// When there is likely to be a turn.
        retry_in: Duration,
    },
}

impl NotSent {
    const UNAVAILABLE: &str = "UpstreamUnavailable";
    const BUDGET_SPENT: &str = "AccountBudgetSpent";

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => Self::UNAVAILABLE,
            Self::BudgetSpent { .. } => Self::BUDGET_SPENT,
        }
    }

    /// Whether this is the code of an attempt that was not sent.
    #[must_use]
    pub fn is_code(code: &str) -> bool {
        [Self::UNAVAILABLE, Self::BUDGET_SPENT].contains(&code)
    }

    /// That of an SDK's error, if it is one.
    #[must_use]
    pub fn within<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e Self> {
        std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
    }
}

/// Whole seconds, rounded up: whoever comes back then does not come too early.
fn seconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1)
}
