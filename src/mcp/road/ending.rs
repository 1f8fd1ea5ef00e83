//! How long a call may take that begins while the gateway ends.

use std::time::Duration;

use tokio::time::Instant;

use super::failures;
use crate::tools::ToolError;

/// How long before the last moment a change has to begin: enough for a few calls of IAM and the record of the outcome. A long
/// plan can still be cut off; it is then recorded with an unknown outcome.
const TO_CHANGE: Duration = Duration::from_secs(5);

/// Until when a call may take, or, if it `changes` something, until when it may begin to: `usual`, if the gateway does not
/// end before. `last_moment` is [`Drain::last_moment`](crate::http::Drain::last_moment).
///
/// # Errors
/// `GatewayEnding`, when there is no time left for it.
pub(super) fn deadline(usual: Instant, last_moment: Option<Instant>, changes: bool) -> Result<Instant, ToolError> {
    let Some(last_moment) = last_moment else { return Ok(usual) };
    let reserved = if changes { TO_CHANGE } else { Duration::ZERO };
    if Instant::now() + reserved >= last_moment {
        return Err(failures::ending());
    }
    Ok(usual.min(last_moment - reserved))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_that_begins_while_the_gateway_ends_is_done_before_or_refused() {
        let now = Instant::now();
        let after = |seconds| now + Duration::from_secs(seconds);
        let code = |last_moment, changes| deadline(after(25), Some(last_moment), changes).map_err(|error| error.code);
        for changes in [false, true] {
            assert_eq!(deadline(after(25), None, changes).ok(), Some(after(25)));
            assert_eq!(code(after(60), changes), Ok(after(25)), "it may not take longer than usual");
        }
        assert_eq!((code(after(23), false), code(after(23), true)), (Ok(after(23)), Ok(after(18))));
        assert_eq!((code(after(5), false), code(after(5), true)), (Ok(after(5)), Err("GatewayEnding".into())));
        assert_eq!(code(now, false), Err("GatewayEnding".into()));
        assert!(failures::ending().retryable);
    }
}
