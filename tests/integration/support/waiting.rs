//! Waiting for what another process does, in the one place where the tests wait for real.

use std::time::Duration;

use iam_mcp_gateway::clock::{Clock, SystemClock};
use jiff::{SignedDuration, Timestamp};

/// Between two looks.
const MOMENT: Duration = Duration::from_millis(20);
/// Long enough for a busy machine; nothing that is looked for takes a tenth of it.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// The machine's time, as the processes under test see it.
pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

/// Looks until there is something to see; fails after a bounded time, saying what was waited for.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = now() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(now() < until, "waited in vain: {what}");
        pause(MOMENT);
    }
}

/// Waits until the machine's clock shows `time`.
pub(crate) fn wait_until(time: Timestamp) {
    while now() < time {
        pause(MOMENT);
    }
}

#[expect(clippy::disallowed_methods, reason = "another process is watched; its time cannot be stopped")]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
