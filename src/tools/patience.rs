//! Waiting for what AWS makes in the background and hands out later.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The pause before AWS is asked again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause: a report is ready within seconds, or takes minutes.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// How long it is waited for in all. Less than a call has by default (`limits.call_seconds`), so that the tool itself can
/// say what to do; AWS goes on with what it began.
const IN_ALL: Duration = Duration::from_secs(20);

/// How long one call waits for what it asked AWS to make.
#[derive(Debug)]
pub struct Patience {
    until: Instant,
    pause: Duration,
}

impl Patience {
    /// From now on.
    #[must_use]
    pub fn begin() -> Self {
        Self { until: Instant::now() + IN_ALL, pause: FIRST_PAUSE }
    }

    /// Waits until AWS may be asked again; whether there was time for it.
    #[must_use]
    pub async fn wait(&mut self) -> bool {
        if Instant::now() + self.pause > self.until {
            return false;
        }
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_up_to_a_bound_and_end() {
        let (began, mut patience, mut asked) = (Instant::now(), Patience::begin(), Vec::new());
        while patience.wait().await {
            asked.push(began.elapsed().as_millis());
        }
        assert_eq!(asked, [500, 1500, 3500, 7500, 11_500, 15_500, 19_500]);
        assert_eq!(began.elapsed().as_millis(), 19_500, "and it is not waited for nothing in the end");
    }

    #[tokio::test(start_paused = true)]
    async fn what_calls_themselves_take_counts() {
        let mut patience = Patience::begin();
        sleep(Duration::from_secs(19)).await;
        assert!(patience.wait().await);
        assert!(!patience.wait().await);
    }
}
