//! What holds of one process's memory.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::clock::ManualClock;

fn noon() -> Timestamp {
    "2026-11-27T12:00:00Z".parse().unwrap()
}

fn after(millis: i64) -> Timestamp {
    noon() + SignedDuration::from_millis(millis)
}

fn memory(of_all: usize, of_one: usize) -> (Memory, Arc<ManualClock>) {
    let clock = ManualClock::at(noon());
    (Memory::new(|_| Capacities { of_all, of_one }, clock.clone()), clock)
}

fn single(number: u8, owner: u8, until: Timestamp) -> Single {
    Single { kind: Kind::Token, id: [number; 32], owner: Some([owner; 32]), made: noon(), until }
}

#[test]
fn one_owner_leaves_room_for_the_others_and_gets_its_own_back() {
    let (memory, clock) = memory(100, 10);
    for number in 0..10 {
        assert_eq!(memory.try_use(&single(number, 1, after(10_000))), Use::First);
    }
    assert_eq!(memory.try_use(&single(0, 1, after(10_000))), Use::Again);
    assert_eq!(memory.try_use(&single(50, 1, after(10_000))), Use::Full);
    assert!(!memory.has(Kind::Token, &[50; 32]), "what cannot be remembered is not used");
    assert_eq!(memory.try_use(&single(50, 2, after(10_000))), Use::First);
    clock.advance(SignedDuration::from_secs(12));
    assert_eq!(memory.try_use(&single(51, 1, after(20_000))), Use::First);
    assert!(!memory.has(Kind::Token, &[0; 32]));
    assert_eq!(memory.of(Kind::Token).shares.len(), 1, "of whom nothing is remembered, nothing is kept");
}

#[test]
fn all_owners_together_have_a_bound_too_and_kinds_do_not_share_it() {
    let (memory, _) = memory(3, 2);
    for (number, owner) in [(1, 1), (2, 1), (3, 2)] {
        assert_eq!(memory.try_use(&single(number, owner, after(10_000))), Use::First);
    }
    assert_eq!(memory.try_use(&single(4, 3, after(10_000))), Use::Full);
    let write = Single { kind: Kind::Write, owner: None, ..single(1, 0, after(10_000)) };
    assert_eq!(memory.try_use(&write), Use::First);
    assert_eq!(memory.try_use(&write), Use::Again);
}

#[test]
fn it_is_remembered_to_its_last_moment_and_a_clock_that_goes_back_brings_none_back() {
    let (memory, clock) = memory(100, 100);
    let first = single(1, 1, after(10_500));
    assert_eq!(memory.try_use(&first), Use::First);
    clock.advance(SignedDuration::from_millis(10_499));
    assert_eq!(memory.try_use(&first), Use::Again);
    clock.advance(SignedDuration::from_millis(60_000 - 10_499));
    assert_eq!(memory.try_use(&single(2, 1, after(120_000))), Use::First);
    clock.advance(SignedDuration::from_secs(-60));
    assert_eq!(memory.try_use(&first), Use::Forgotten);
}

#[test]
fn what_an_earlier_process_used_is_used_and_is_nobodys_share() {
    let (memory, _) = memory(100, 10);
    (0..10).for_each(|number| memory.remember(Kind::Token, [number; 32], after(10_000)));
    assert_eq!(memory.try_use(&single(7, 1, after(10_000))), Use::Again);
    assert_eq!(memory.try_use(&single(70, 1, after(10_000))), Use::First);
}

#[test]
fn what_was_made_before_the_memory_began_may_have_been_used() {
    let (memory, _) = memory(100, 100);
    let memory = memory.since(Kind::Write, after(3_000));
    let made = |made, number| Single { kind: Kind::Write, made, ..single(number, 1, after(300_000)) };
    assert_eq!(memory.try_use(&made(after(2_999), 1)), Use::MadeTooEarly { earliest: after(3_000) });
    assert_eq!(memory.try_use(&made(after(3_000), 1)), Use::First);
    assert_eq!(memory.try_use(&single(2, 1, after(10_000))), Use::First, "of another kind");
}

#[test]
fn what_happens_is_counted_for_each_by_itself() {
    let (memory, clock) = memory(1, 1);
    let rate = Rate::per_second(2);
    let of = |number| Counted::Requests([number; 32]);
    assert_eq!([0, 0, 0, 1].map(|number| memory.count(&of(number), rate)), {
        [Taken::Now, Taken::Now, Taken::After(Duration::from_millis(500)), Taken::Now]
    });
    assert_eq!(memory.count(&Counted::Writes([0; 32]), rate), Taken::Now);
    clock.advance(SignedDuration::from_millis(500));
    assert_eq!(memory.count(&of(0), rate), Taken::Now);
}

#[test]
fn buckets_that_say_nothing_make_room() {
    let (memory, clock) = memory(1, 1);
    let rate = Rate::per_second(1);
    let account = |number: usize| Counted::Account(number.to_string());
    for number in 0..memory::MOST_BUCKETS {
        memory.count(&account(number), rate);
    }
    memory.count(&account(memory::MOST_BUCKETS), rate);
    assert!(memory.buckets() <= memory::MOST_BUCKETS);
    clock.advance(SignedDuration::from_secs(2));
    for number in 0..memory::MOST_BUCKETS {
        memory.count(&account(number), rate);
    }
    memory.count(&account(memory::MOST_BUCKETS + 1), rate);
    assert!(memory.buckets() <= memory::MOST_BUCKETS);
}
