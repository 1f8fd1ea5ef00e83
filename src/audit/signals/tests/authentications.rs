//! `many-refusals` of those who could not be verified.

use super::*;

#[test]
fn as_many_refused_authentications_of_a_network_as_the_rule_says_are_told() {
    let mut trail = Trail::new();
    for host in 1..30 {
        assert!(trail.add("12:00:00", stranger(&format!("198.51.100.{host}"))).is_empty());
        assert!(trail.add("12:00:00", stranger(&format!("2001:db8:{host}::1"))).is_empty(), "each another network");
    }
    let told = trail.add("12:09:59", stranger("198.51.100.255"));
    let [signal] = told.as_slice() else { unreachable!("one signal: {told:?}") };
    assert_eq!((signal.kind, signal.count), (Kind::ManyRefusals, 30));
    assert_eq!(signal.subject, Subject::Network(Network::of("198.51.100.0".parse().unwrap())));
    let text = "30 refused authentications within 10 minutes; the last: unknown_key from 198.51.100.255";
    assert_eq!((signal.text.as_str(), signal.records.len()), (text, 10));
}

#[test]
fn what_comes_from_everywhere_is_told_too_with_what_was_only_counted() {
    let mut trail = Trail::new();
    let from = |network: u32| stranger(&format!("10.{}.{}.1", network / 256, network % 256));
    for network in 0..199 {
        assert!(trail.add("12:00:00", from(network)).is_empty());
    }
    let mut counted = from(200);
    counted["additionalEventData"]["unrecordedBefore"] = 99.into();
    assert!(trail.add("12:01:00", counted).is_empty());
    let told = trail.add("12:02:00", from(201));
    let [signal] = told.as_slice() else { unreachable!("one signal: {told:?}") };
    assert_eq!((&signal.subject, signal.count), (&Subject::Everywhere, 300));
}

#[test]
fn a_number_of_refusals_that_nobody_can_have_counted_does_no_harm() {
    let mut trail = Trail::new();
    let mut counted = stranger("198.51.100.1");
    counted["additionalEventData"]["unrecordedBefore"] = u64::MAX.into();
    assert_eq!(trail.add("12:00:00", counted.clone())[0].count, u64::MAX);
    assert!(trail.add("12:00:00", counted).is_empty());
}
