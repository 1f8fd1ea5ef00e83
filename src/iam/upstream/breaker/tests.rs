use std::sync::Arc;

use futures_util::FutureExt;

use super::*;
use crate::authn::Caller;

fn breaker() -> Breaker {
    Breaker::new(Upstream::Iam, "123456789012".to_owned(), Gauge::default())
}

fn attempt(breaker: &Breaker, failed: bool) {
    breaker.admit(&None).expect("an attempt is admitted").end(failed);
}

/// Opened by failed attempts, just now.
fn open() -> Breaker {
    let breaker = breaker();
    (0..FAILURES).for_each(|_| attempt(&breaker, true));
    breaker
}

fn refused(breaker: &Breaker) -> Option<Duration> {
    assert_eq!(breaker.check(&None).err(), breaker.admit(&None).map(drop).err(), "both say the same");
    breaker.check(&None).err()
}

async fn pass(time: Duration) {
    tokio::time::advance(time).await;
}

#[tokio::test(start_paused = true)]
async fn it_opens_after_five_failed_attempts_in_a_row_and_no_others() {
    let breaker = breaker();
    for _ in 0..10 {
        (1..FAILURES).for_each(|_| attempt(&breaker, true));
        attempt(&breaker, false);
    }
    (1..FAILURES).for_each(|_| attempt(&breaker, true));
    assert_eq!(refused(&breaker), None, "four in a row are not five");
    attempt(&breaker, true);
    assert_eq!(refused(&breaker), Some(FIRST_OPEN));
    assert_eq!(breaker.not_closed.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn exactly_one_attempt_probes_and_a_good_end_closes() {
    let breaker = open();
    pass(FIRST_OPEN - Duration::from_millis(1)).await;
    assert_eq!(refused(&breaker), Some(Duration::from_millis(1)));
    pass(Duration::from_millis(1)).await;
    let probe = breaker.admit(&None).expect("the probe is admitted");
    assert_eq!(probe.limit(Duration::from_secs(60)), LONGEST_PROBE);
    assert_eq!(probe.limit(Duration::from_secs(1)), Duration::from_secs(1));
    assert_eq!(refused(&breaker), Some(AFTER_PROBE), "nothing beside the probe");
    probe.end(false);
    assert_eq!((refused(&breaker), breaker.not_closed.get()), (None, 0));
    (1..FAILURES).for_each(|_| attempt(&breaker, true));
    assert_eq!(refused(&breaker), None, "it begins to count anew");
    let usual = breaker.admit(&None).expect("it is closed");
    assert_eq!(usual.limit(Duration::from_secs(60)), Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn failed_probes_double_the_time_up_to_the_longest() {
    let breaker = open();
    for seconds in [2, 4, 8, 15, 15, 15] {
        assert_eq!(refused(&breaker), Some(Duration::from_secs(seconds)));
        pass(Duration::from_secs(seconds)).await;
        attempt(&breaker, true);
    }
    assert_eq!(breaker.not_closed.get(), 1, "it is one breaker, however often it opens");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_leaves_the_next_attempt_to_probe() {
    let breaker = open();
    pass(FIRST_OPEN).await;
    for _ in 0..3 {
        drop(breaker.admit(&None).expect("the probe is admitted"));
    }
    attempt(&breaker, true);
    assert_eq!(refused(&breaker), Some(FIRST_OPEN * 2), "dropped probes did not fail");
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_before_it_opened_says_nothing_afterwards() {
    let breaker = breaker();
    let late: Vec<Admitted<'_>> = (0..20).map(|_| breaker.admit(&None).expect("it is closed")).collect();
    (0..FAILURES).for_each(|_| attempt(&breaker, true));
    let mut late = late.into_iter();
    late.by_ref().take(5).for_each(|attempt| attempt.end(false));
    assert_eq!(refused(&breaker), Some(FIRST_OPEN), "late good ends do not close it");
    pass(FIRST_OPEN).await;
    let probe = breaker.admit(&None).expect("the probe is admitted");
    late.by_ref().take(5).for_each(|attempt| attempt.end(true));
    probe.end(false);
    late.for_each(|attempt| attempt.end(true));
    assert_eq!(refused(&breaker), None, "late failures do not open it again");
}

#[tokio::test(start_paused = true)]
async fn it_recovers_within_half_a_minute_of_the_faults_end_at_the_worst() {
    let breaker = open();
    for _ in 0..6 {
        let Some(wait) = refused(&breaker) else { break };
        pass(wait).await;
        attempt(&breaker, true);
    }
    pass(refused(&breaker).expect("it is open")).await;
    // The worst probe begins just before the end of the fault, and fails as late as it can.
    let (ends, probe) = (Instant::now(), breaker.admit(&None).expect("the probe is admitted"));
    pass(LONGEST_PROBE).await;
    probe.end(true);
    pass(refused(&breaker).expect("it is open")).await;
    attempt(&breaker, false);
    assert_eq!((refused(&breaker), ends.elapsed()), (None, Duration::from_secs(25)));
}

fn who(name: &str) -> Who {
    Some(Arc::new(Caller::keyring(name, None)))
}

fn attempt_of(breaker: &Breaker, name: &str, failed: bool) {
    breaker.admit(&who(name)).expect("an attempt is admitted").end(failed);
}

#[tokio::test(start_paused = true)]
async fn one_caller_alone_does_not_open_it() {
    let breaker = breaker();
    for _ in 0..100 {
        attempt_of(&breaker, "a", true);
    }
    assert_eq!(breaker.check(&who("b")), Ok(()));
    attempt_of(&breaker, "b", false);
    (1..FAILURES).for_each(|_| attempt_of(&breaker, "b", true));
    attempt_of(&breaker, "b", true);
    assert_eq!(breaker.check(&who("a")), Ok(()), "another one's failures before the good end do not count");
    attempt_of(&breaker, "a", true);
    assert!(breaker.check(&who("b")).is_err() && breaker.check(&who("a")).is_err(), "two callers' failures open it");
}

#[tokio::test(start_paused = true)]
async fn whoever_failed_last_probes_after_the_others() {
    let breaker = breaker();
    attempt_of(&breaker, "b", true);
    (1..FAILURES).for_each(|_| attempt_of(&breaker, "a", true));
    assert_eq!(breaker.check(&who("a")), Err(FIRST_OPEN));
    assert_eq!(breaker.check(&who("b")), Err(FIRST_OPEN - OTHERS_AHEAD));
    pass(FIRST_OPEN - OTHERS_AHEAD).await;
    assert_eq!(breaker.admit(&who("a")).err(), Some(OTHERS_AHEAD));
    attempt_of(&breaker, "b", false);
    assert_eq!(breaker.check(&who("a")), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn who_was_admitted_hears_of_the_next_state() {
    let breaker = breaker();
    let admitted = breaker.admit(&who("a")).expect("it is closed");
    let mut overtaken = pin!(admitted.overtaken());
    assert_eq!(overtaken.as_mut().now_or_never(), None);
    (1..FAILURES).for_each(|_| attempt(&breaker, true));
    assert_eq!(overtaken.as_mut().now_or_never(), None, "it is the same state");
    attempt(&breaker, true);
    assert_eq!(overtaken.now_or_never(), Some(FIRST_OPEN));
}
