//! What the gate says, of trouble and of outcomes.

use super::*;
use crate::clock::{Clock, ManualClock};

#[test]
fn trouble_counts_from_its_beginning() {
    let clock = ManualClock::at("2026-11-20T10:00:00Z".parse().unwrap());
    let shared = Shared::new(clock.clone(), &JournalOptions::new(""));
    let since = clock.now();
    shared.fail(UnavailableReason::DiskStalled, "slow".to_owned());
    clock.advance(jiff::SignedDuration::from_secs(60));
    shared.fail(UnavailableReason::DiskFailed, "broken".to_owned());
    assert_eq!(shared.state(), JournalState::Unavailable { since, reason: "broken".to_owned() });
    assert_eq!(shared.heal(), Some(since));
    assert_eq!(shared.state(), JournalState::Available);
}

#[test]
fn a_disk_that_fails_is_no_less_unavailable_for_an_outcome_that_is_held() {
    let shared = Shared::new(ManualClock::at(Timestamp::UNIX_EPOCH), &JournalOptions::new(""));
    shared.hold(&Fate::new());
    shared.fail(UnavailableReason::DiskFailed, "full".to_owned());
    let unavailable = JournalState::Unavailable { since: Timestamp::UNIX_EPOCH, reason: "full".to_owned() };
    assert_eq!(shared.state(), unavailable, "reads cannot be recorded either");
    shared.heal();
    assert_eq!(shared.state(), JournalState::Holding { outcomes: 1 });
}

#[test]
fn an_outcome_is_held_or_durable_but_never_both() {
    let shared = Shared::new(ManualClock::at(Timestamp::UNIX_EPOCH), &JournalOptions::new(""));
    let (held, durable) = (Fate::new(), Fate::new());
    assert!(shared.hold(&held) && shared.hold(&held), "held once, however often it is asked");
    shared.release(&durable);
    assert!(!shared.hold(&durable), "the disk was faster than the deadline");
    assert_eq!(shared.state(), JournalState::Holding { outcomes: 1 });
    assert_eq!(shared.check_permits(), Err(UnavailableReason::Holding));
    shared.release(&held);
    assert_eq!(shared.check_permits(), Ok(()));
}
