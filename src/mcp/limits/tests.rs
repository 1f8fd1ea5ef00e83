use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::authn::testing::verified;
use crate::clock::ManualClock;
use crate::shared_state::{Capacities, Memory};

const RATES: Rates = Rates {
    caller_concurrent_requests: 4,
    caller_requests_per_second: 2,
    caller_requests_burst: 3,
    requests_per_second: 5,
    caller_concurrent_writes: 2,
    concurrent_writes: 10,
    caller_writes_per_minute: 6,
    caller_writes_burst: 3,
    writes_per_second: 5,
};

struct Limited {
    limits: Limits,
    clock: Arc<ManualClock>,
    told: Arc<AtomicUsize>,
}

fn noon() -> Timestamp {
    "2026-11-27T12:00:00Z".parse().unwrap()
}

fn limited(rates: Rates) -> Limited {
    let clock = ManualClock::at(noon());
    let memory = Memory::new(|_| Capacities { of_all: 1, of_one: 1 }, clock.clone());
    let told = Arc::new(AtomicUsize::new(0));
    let refused = Arc::clone(&told);
    let limits = Limits::new(
        Arc::new(memory),
        clock.clone(),
        move || rates,
        move |_, _| {
            refused.fetch_add(1, Ordering::Relaxed);
        },
    );
    Limited { limits, clock, told }
}

impl Limited {
    /// What becomes of a request of this caller: the code, and the seconds to wait.
    fn request(&self, name: &str) -> Result<(), (&'static str, Option<Duration>)> {
        let (mut head, ()) = http::Request::new(()).into_parts();
        let verified = verified(name, [0; 32], noon());
        head.extensions.insert(Owner(verified.caller().digest()));
        head.extensions.insert(Arc::new(verified));
        let answer = self.limits.admit(&head).now_or_never().expect("memory answers at once");
        answer.map_err(|refusal| (refusal.code, refusal.retry_after))
    }

    fn write(&self, name: &str) -> Result<WritePlace<'_>, ToolError> {
        let place = self.limits.place(&Caller::keyring(name, None))?;
        place.count().now_or_never().expect("memory answers at once")?;
        Ok(place)
    }

    fn later(&self, millis: i64) {
        self.clock.advance(SignedDuration::from_millis(millis));
    }
}

#[test]
fn a_caller_that_asks_too_often_is_told_when_to_come_back_and_others_are_answered() {
    let limited = limited(RATES);
    for _ in 0..3 {
        assert_eq!(limited.request("alice"), Ok(()));
    }
    let wait = Some(Duration::from_millis(500));
    assert_eq!(limited.request("alice"), Err(("caller_rate_limited", wait)));
    assert_eq!(limited.told.load(Ordering::Relaxed), 1, "and it is told");
    assert_eq!(limited.request("bob"), Ok(()));
    limited.later(500);
    assert_eq!(limited.request("alice"), Ok(()));
}

#[test]
fn all_callers_together_have_a_bound_that_protects_the_process() {
    let limited = limited(RATES);
    for number in 0..5 {
        assert_eq!(limited.request(&number.to_string()), Ok(()));
    }
    assert_eq!(limited.request("alice"), Err(("overloaded", Some(Duration::from_millis(200)))));
    assert_eq!(limited.told.load(Ordering::Relaxed), 0, "nobody in particular asked too often");
}

#[test]
fn writes_are_fewer_than_reads_and_say_when_to_call_again() {
    let limited = limited(RATES);
    for _ in 0..3 {
        drop(limited.write("alice").unwrap());
    }
    let error = limited.write("alice").unwrap_err();
    assert_eq!((error.code.as_str(), error.retryable), ("TooManyWrites", true));
    assert_eq!(error.hint.as_deref(), Some("wait 11 s, then call again"));
    assert!(limited.write("bob").is_ok());
    limited.later(10_000);
    assert!(limited.write("alice").is_ok());
}

#[test]
fn no_caller_makes_more_writes_at_once_than_its_own_nor_all_together_than_there_are_places() {
    let limited = limited(Rates { caller_writes_burst: 100, writes_per_second: 100, ..RATES });
    let held = [limited.write("alice").unwrap(), limited.write("alice").unwrap()];
    let error = limited.write("alice").unwrap_err();
    assert!(error.message.contains("your writes are being made"), "{error}");
    assert!(limited.write("bob").is_ok());
    drop(held);
    assert!(limited.write("alice").is_ok());
    let many: Vec<WritePlace<'_>> = (0..10).map(|number| limited.write(&number.to_string()).unwrap()).collect();
    assert!(limited.write("alice").unwrap_err().message.contains("the gateway is making"));
    drop(many);
}

#[test]
fn all_writes_together_have_a_rate() {
    let limited = limited(RATES);
    for number in 0..5 {
        drop(limited.write(&number.to_string()).unwrap());
    }
    assert!(limited.write("alice").unwrap_err().message.contains("all callers together"));
    limited.later(200);
    assert!(limited.write("alice").is_ok());
}

#[test]
fn the_rates_in_force_are_asked_each_time() {
    let fewer = Arc::new(AtomicUsize::new(3));
    let clock = ManualClock::at(noon());
    let memory = Memory::new(|_| Capacities { of_all: 1, of_one: 1 }, clock.clone());
    let told = Arc::clone(&fewer);
    let rates =
        move || Rates { caller_concurrent_requests: u32::try_from(told.load(Ordering::Relaxed)).unwrap(), ..RATES };
    let limits = Limits::new(Arc::new(memory), clock, rates, |_, _| {});
    assert_eq!(limits.at_once(), 3);
    fewer.store(7, Ordering::Relaxed);
    assert_eq!(limits.at_once(), 7);
}
