//! How long a step may take that changes nothing.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::mcp::stop::Stop;
use crate::tools::{Spec, ToolError};

/// Until when steps may take, and what ends them before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Until<'call> {
    moment: Instant,
    stop: Option<&'call Stop>,
    /// What to do where the time was too short.
    hint: &'static str,
}

/// How long calls may take.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// A call until its intent, or its reply if it only reads; what was begun then is finished.
    pub usual: Duration,
    /// The same of a call that reads a whole account.
    pub scan: Duration,
}

impl Deadlines {
    /// How long calls of this tool may take.
    pub(super) fn of(&self, spec: &Spec) -> Duration {
        if spec.scans { self.scan } else { self.usual }
    }
}

/// Where a call asks for a part of what there is.
const SMALLER: &str = "try again; a list can be asked for in smaller pages with max_items";
/// Where it reads a whole account, whatever it answers of it.
const SCANNED: &str = "try again; the gateway's operators can give it longer (limits.scan_seconds)";

impl<'call> Until<'call> {
    /// Until this moment; `scans` says whether the call reads a whole account.
    pub(super) fn at(moment: Instant, scans: bool) -> Self {
        Self { moment, stop: None, hint: if scans { SCANNED } else { SMALLER } }
    }

    /// The same, or until `stop` comes.
    pub(super) fn or(self, stop: &'call Stop) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// Runs a step to its end, if that comes in time.
    ///
    /// # Errors
    /// The step's own; `CallTimeout`, `CallCancelled` or `GatewayEnding` if it was given up.
    pub(super) async fn within<T>(self, step: impl Future<Output = Result<T, ToolError>>) -> Result<T, ToolError> {
        let timed = async { timeout_at(self.moment, step).await.unwrap_or_else(|_| Err(self.timed_out())) };
        match self.stop {
            None => timed.await,
            Some(stop) => tokio::select! {
                biased;
                // An answer that is there is given, whatever else has come.
                done = timed => done,
                error = stop.comes() => Err(error),
            },
        }
    }

    fn timed_out(self) -> ToolError {
        ToolError::gateway("CallTimeout", "AWS did not answer in time; nothing was changed").retryable().hint(self.hint)
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::http::Drain;

    fn in_seconds(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_scans_has_longer_and_no_other() {
        let deadlines = Deadlines { usual: Duration::from_secs(25), scan: Duration::from_secs(120) };
        let page = || tokio::time::sleep(Duration::from_secs(20));
        let two_pages = async || {
            page().await;
            page().await;
            Ok(())
        };
        for (scans, expected) in [(true, None), (false, Some("CallTimeout"))] {
            let spec = Spec { scans, ..Spec::READING };
            let until = Until::at(Instant::now() + deadlines.of(&spec), scans);
            let error = until.within(two_pages()).await.err();
            assert_eq!(error.as_ref().map(|error| error.code.as_str()), expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_that_takes_too_long_is_given_up_and_the_hint_says_what_helps() {
        for (scans, expected) in [(false, SMALLER), (true, SCANNED)] {
            let error = Until::at(in_seconds(25), scans).within(pending::<Result<(), _>>()).await.unwrap_err();
            assert_eq!((error.code.as_str(), error.hint.as_deref()), ("CallTimeout", Some(expected)));
            assert!(error.retryable);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_stops_a_call_ends_its_step_and_an_answer_that_is_there_is_given() {
        let client = CancellationToken::new();
        let stop = Stop::new(client.clone(), Drain::new(), None);
        let until = Until::at(in_seconds(25), false);
        client.cancel();
        let cancelled = until.or(&stop).within(pending::<Result<(), _>>()).await.unwrap_err();
        assert_eq!(cancelled.code, "CallCancelled");
        assert_eq!(until.or(&stop).within(ready(Ok(7))).await, Ok(7));
        let error = until.within(pending::<Result<(), _>>()).await.unwrap_err();
        assert_eq!(error.code, "CallTimeout", "nothing but time ends what is not stopped");
    }
}
