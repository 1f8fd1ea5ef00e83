//! How long tokens are accepted.

use std::time::Duration;

use jiff::SignedDuration;

/// How long tokens are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Those that the same caller passes back.
    pub confirmation: Duration,
    /// Plans that wait for another person, and approvals.
    pub approval: Duration,
}

impl Lifetimes {
    /// How long after a token was used another of the same number could be good: of a plan that was approved in its last
    /// moment.
    #[must_use]
    pub fn longest(self) -> SignedDuration {
        self.of_confirmations().max(self.of_approvals() * 2)
    }

    pub(super) fn of_confirmations(self) -> SignedDuration {
        signed(self.confirmation)
    }

    pub(super) fn of_approvals(self) -> SignedDuration {
        signed(self.approval)
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
