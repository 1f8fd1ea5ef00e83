//! What ends a call that only reads before its answer is there.

use tokio_util::sync::CancellationToken;

use super::road::failures;
use super::under_way::Listed;
use crate::http::Drain;
use crate::tools::ToolError;

/// Ends a call that only reads: its client does, which cancels it or goes away, or the gateway's own end.
///
/// rmcp cancels the token of a request when nobody reads its reply any more. A call that changes something is never ended so:
/// what was begun is finished, whoever still listens.
#[derive(Debug)]
pub struct Stop {
    client: CancellationToken,
    drain: Drain,
    _listed: Option<Listed>,
}

impl Stop {
    /// Of a request with this token; `listed` is its place among those that its client can cancel by name.
    #[must_use]
    pub(super) fn new(client: CancellationToken, drain: Drain, listed: Option<Listed>) -> Self {
        Self { client, drain, _listed: listed }
    }

    /// Waits until the call is to end, and says why as its record does.
    pub async fn comes(&self) -> ToolError {
        tokio::select! {
            () = self.client.cancelled() => failures::cancelled(),
            () = self.drain.last_moment_comes() => failures::ending(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_goes_ends_it() {
        let client = CancellationToken::new();
        let stop = Stop::new(client.clone(), Drain::lasting(Duration::from_secs(25)), None);
        tokio::select! {
            error = stop.comes() => unreachable!("nobody has ended it: {error}"),
            () = tokio::time::sleep(Duration::from_secs(3600)) => client.cancel(),
        }
        let error = stop.comes().await;
        assert_eq!((error.code.as_str(), error.retryable), ("CallCancelled", true));
    }

    #[tokio::test(start_paused = true)]
    async fn the_gateways_own_end_ends_it_in_time_for_its_record() {
        let drain = Drain::lasting(Duration::from_secs(25));
        let stop = Stop::new(CancellationToken::new(), drain.clone(), None);
        drain.begin();
        let began = tokio::time::Instant::now();
        assert_eq!(stop.comes().await.code, "GatewayEnding");
        assert_eq!(began.elapsed(), Duration::from_secs(23));
    }
}
