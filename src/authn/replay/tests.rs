use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

use super::*;
use crate::authn::testing::{MAX_SKEW, noon, verified};
use crate::clock::{Clock, ManualClock};
use crate::shared_state::{Capacities, Counted, Memory, Rate, Taken};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

fn signature(number: u32) -> [u8; 32] {
    let mut signature = [0; 32];
    signature[..4].copy_from_slice(&number.to_be_bytes());
    signature
}

/// A memory of so many signatures, of a process that starts now and may have had predecessors.
fn memory(capacity: usize, clock: &Arc<ManualClock>) -> Memory {
    memory_of_first(capacity, clock).since(Kind::Write, earliest_after(clock.now()))
}

fn memory_of_first(capacity: usize, clock: &Arc<ManualClock>) -> Memory {
    Memory::new(|_| Capacities { of_all: capacity, of_one: capacity }, clock.clone())
}

fn over(memory: Memory, clock: &Arc<ManualClock>) -> ReplayTable {
    ReplayTable::new(Arc::new(memory), MAX_SKEW, clock.clone())
}

fn started(clock: &Arc<ManualClock>) -> ReplayTable {
    over(memory(10, clock), clock)
}

/// A table whose process started at noon, and its clock, now a minute later.
fn table(capacity: usize) -> (ReplayTable, Arc<ManualClock>) {
    let clock = ManualClock::at(noon());
    let table = over(memory(capacity, &clock), &clock);
    clock.advance(SECOND * 60);
    (table, clock)
}

fn try_admit(table: &ReplayTable, verified: &Verified) -> Result<(), ReplayRefusal> {
    table.admit(verified).now_or_never().expect("a process's own memory answers at once")
}

fn admit(table: &ReplayTable, number: u32, signed_at: Timestamp) -> Result<(), &'static str> {
    try_admit(table, &verified("alice", signature(number), signed_at)).map_err(|refusal| refusal.code())
}

fn at(seconds: i64) -> Timestamp {
    noon() + SECOND * i32::try_from(seconds).unwrap()
}

#[test]
fn a_signature_writes_once() {
    let (table, _) = table(10);
    assert_eq!(admit(&table, 1, at(60)), Ok(()));
    assert_eq!(admit(&table, 1, at(60)), Err("replayed"));
    assert_eq!(admit(&table, 2, at(60)), Ok(()));
}

#[test]
fn whose_the_signature_is_makes_no_difference() {
    let (table, _) = table(10);
    assert!(try_admit(&table, &verified("alice", signature(1), at(60))).is_ok());
    assert_eq!(try_admit(&table, &verified("bob", signature(1), at(60))), Err(ReplayRefusal::Replayed));
}

#[test]
fn a_signature_is_remembered_as_long_as_its_date_would_be_accepted() {
    let (table, clock) = table(10);
    assert_eq!(admit(&table, 1, at(60)), Ok(()));
    clock.advance(MAX_SKEW);
    assert_eq!(admit(&table, 1, at(60)), Err("replayed"));
    clock.advance(SignedDuration::from_millis(999));
    assert_eq!(admit(&table, 1, at(60)), Err("replayed"));
}

#[test]
fn what_was_forgotten_cannot_write_again() {
    let (table, clock) = table(10);
    assert_eq!(admit(&table, 1, at(60)), Ok(()));
    clock.advance(MAX_SKEW + SECOND);
    assert_eq!(admit(&table, 2, at(361)), Ok(()));
    assert_eq!(admit(&table, 1, at(60)), Err("signature_expired"));
}

#[test]
fn a_clock_that_is_set_back_revives_nothing() {
    let (table, clock) = table(10);
    assert_eq!(admit(&table, 1, at(60)), Ok(()));
    clock.advance(SECOND * 3600);
    assert_eq!(admit(&table, 2, at(3660)), Ok(()));
    clock.advance(SECOND * -3600);
    assert_eq!(admit(&table, 1, at(60)), Err("signature_expired"));
    assert_eq!(admit(&table, 3, at(61)), Ok(()));
}

#[test]
fn what_was_signed_before_the_start_cannot_write() {
    let (table, _) = table(10);
    assert_eq!(admit(&table, 1, at(-1)), Err("signed_before_start"));
    assert_eq!(admit(&table, 1, at(0)), Err("signed_before_start"));
    assert_eq!(admit(&table, 1, at(2)), Err("signed_before_start"));
    assert_eq!(admit(&table, 1, at(3)), Ok(()));
}

#[test]
fn a_start_within_a_second_counts_as_its_end() {
    let clock = ManualClock::at(noon() + SignedDuration::from_millis(1));
    let table = started(&clock);
    clock.advance(SECOND * 60);
    assert_eq!(admit(&table, 1, at(2)), Err("signed_before_start"));
    assert_eq!(admit(&table, 1, at(3)), Ok(()));
}

#[test]
fn a_signature_ahead_of_the_clock_cannot_write() {
    let (table, _) = table(10);
    assert_eq!(admit(&table, 1, at(62)), Ok(()));
    assert_eq!(admit(&table, 2, at(63)), Err("signed_ahead"));
}

#[test]
fn nothing_that_wrote_writes_again_after_a_restart() {
    for millis in (0..4000).step_by(250) {
        let now = noon() + SignedDuration::from_millis(millis);
        let clock = ManualClock::at(now);
        for seconds in -10..10 {
            let old = over(memory(10, &clock).since(Kind::Write, at(-1000)), &clock);
            let admitted = admit(&old, 1, at(seconds)).is_ok();
            let restarted = started(&clock);
            clock.advance(SECOND * 60);
            assert!(!(admitted && admit(&restarted, 1, at(seconds)).is_ok()), "{millis} {seconds}");
            clock.advance(SECOND * -60);
        }
    }
}

#[test]
fn what_a_first_process_lets_write_no_later_one_lets_write_again() {
    let clock = ManualClock::at(noon());
    let first = over(memory_of_first(10, &clock), &clock);
    // Whatever the first one takes, a second one that starts at once refuses as signed before its start.
    for seconds in [0, 1, 2, 3, 100] {
        if admit(&first, seconds, at(i64::from(seconds))).is_ok() {
            let second = started(&clock);
            assert_eq!(admit(&second, seconds, at(i64::from(seconds))), Err("signed_before_start"), "{seconds}");
        }
    }
    assert_eq!(admit(&first, 7, at(100)), Err("signed_ahead"));
}

#[test]
fn with_no_earlier_process_the_first_second_can_write() {
    let clock = ManualClock::at(noon());
    let table = over(memory_of_first(10, &clock), &clock);
    assert_eq!(admit(&table, 1, at(-1)), Ok(()));
    assert_eq!(admit(&table, 1, at(-1)), Err("replayed"));
}

#[test]
fn a_full_table_refuses_until_signatures_expire() {
    let (table, clock) = table(2);
    assert_eq!(admit(&table, 1, at(60)), Ok(()));
    assert_eq!(admit(&table, 2, at(61)), Ok(()));
    assert_eq!(admit(&table, 3, at(61)), Err("replay_table_full"));
    assert_eq!(admit(&table, 1, at(60)), Err("replayed"));
    clock.advance(MAX_SKEW + SECOND);
    assert_eq!(admit(&table, 3, at(361)), Ok(()));
    assert_eq!(admit(&table, 4, at(361)), Err("replay_table_full"));
}

#[test]
fn of_many_at_once_one_writes() {
    let (table, _) = table(100);
    let admitted: usize = std::thread::scope(|scope| {
        let tasks: Vec<_> = (0..8).map(|_| scope.spawn(|| usize::from(admit(&table, 1, at(60)).is_ok()))).collect();
        tasks.into_iter().map(|task| task.join().unwrap()).sum()
    });
    assert_eq!(admitted, 1);
}

/// A server that is out of reach.
#[derive(Debug)]
struct OutOfReach;

impl SharedState for OutOfReach {
    fn use_up<'a>(&'a self, _: &'a Single) -> BoxFuture<'a, Result<Use, Gone>> {
        ready(Err(Gone)).boxed()
    }

    fn was_used<'a>(&'a self, _: Kind, _: &'a [u8; 32]) -> BoxFuture<'a, bool> {
        ready(false).boxed()
    }

    fn take<'a>(&'a self, _: &'a Counted, _: Rate) -> BoxFuture<'a, Result<Taken, Gone>> {
        ready(Err(Gone)).boxed()
    }

    fn reaches_all_replicas(&self) -> bool {
        true
    }
}

#[test]
fn what_nobody_can_vouch_for_does_not_write() {
    let table = ReplayTable::new(Arc::new(OutOfReach), MAX_SKEW, ManualClock::at(noon()));
    assert_eq!(admit(&table, 1, at(0)), Err("shared_state_unavailable"));
}

#[test]
fn every_code_is_listed() {
    let (signed_at, now) = (noon(), noon());
    let all = [
        ReplayRefusal::Replayed,
        ReplayRefusal::SignedBeforeStart { signed_at, earliest: now },
        ReplayRefusal::SignedAhead { signed_at, now },
        ReplayRefusal::SignatureExpired { signed_at },
        ReplayRefusal::TableFull,
        ReplayRefusal::SharedStateUnavailable,
    ];
    let codes: BTreeSet<&str> = all.iter().map(ReplayRefusal::code).collect();
    assert_eq!(codes, ReplayRefusal::CODES.into_iter().collect());
}
