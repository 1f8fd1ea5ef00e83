use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::authn::testing::{MAX_SKEW, noon, verified};
use crate::clock::ManualClock;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

fn signature(number: u32) -> [u8; 32] {
    let mut signature = [0; 32];
    signature[..4].copy_from_slice(&number.to_be_bytes());
    signature
}

/// A table whose process started at noon, and its clock, now a minute later.
fn table(capacity: usize) -> (ReplayTable, Arc<ManualClock>) {
    let clock = ManualClock::at(noon());
    let table = ReplayTable::new(capacity, MAX_SKEW, clock.clone());
    clock.advance(SECOND * 60);
    (table, clock)
}

fn admit(table: &ReplayTable, number: u32, signed_at: Timestamp) -> Result<(), &'static str> {
    table.admit(&verified("alice", signature(number), signed_at)).map_err(|refusal| refusal.code())
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
    assert!(table.admit(&verified("alice", signature(1), at(60))).is_ok());
    assert_eq!(table.admit(&verified("bob", signature(1), at(60))), Err(ReplayRefusal::Replayed));
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
    assert_eq!(table.len(), 1);
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
    let table = ReplayTable::new(10, MAX_SKEW, clock.clone());
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
            let old = ReplayTable { earliest: Some(at(-1000)), ..ReplayTable::new(10, MAX_SKEW, clock.clone()) };
            let admitted = admit(&old, 1, at(seconds)).is_ok();
            let restarted = ReplayTable::new(10, MAX_SKEW, clock.clone());
            clock.advance(SECOND * 60);
            assert!(!(admitted && admit(&restarted, 1, at(seconds)).is_ok()), "{millis} {seconds}");
            clock.advance(SECOND * -60);
        }
    }
}

#[test]
fn what_a_first_process_lets_write_no_later_one_lets_write_again() {
    let clock = ManualClock::at(noon());
    let first = ReplayTable::with_no_earlier_process(10, MAX_SKEW, clock.clone());
    // Whatever the first one takes, a second one that starts at once refuses as signed before its start.
    for seconds in [0, 1, 2, 3, 100] {
        if admit(&first, seconds, at(i64::from(seconds))).is_ok() {
            let second = ReplayTable::new(10, MAX_SKEW, clock.clone());
            assert_eq!(admit(&second, seconds, at(i64::from(seconds))), Err("signed_before_start"), "{seconds}");
        }
    }
    assert_eq!(admit(&first, 7, at(100)), Err("signed_ahead"));
}

#[test]
fn with_no_earlier_process_the_first_second_can_write() {
    let table = ReplayTable::with_no_earlier_process(10, MAX_SKEW, ManualClock::at(noon()));
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
    assert_eq!(table.len(), 2);
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

#[test]
fn every_code_is_listed() {
    let (signed_at, now) = (noon(), noon());
    let all = [
        ReplayRefusal::Replayed,
        ReplayRefusal::SignedBeforeStart { signed_at, earliest: now },
        ReplayRefusal::SignedAhead { signed_at, now },
        ReplayRefusal::SignatureExpired { signed_at },
        ReplayRefusal::TableFull,
    ];
    let codes: BTreeSet<&str> = all.iter().map(ReplayRefusal::code).collect();
    assert_eq!(codes, ReplayRefusal::CODES.into_iter().collect());
}
