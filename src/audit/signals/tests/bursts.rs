//! That a burst is one signal and a count.

use super::*;

#[test]
fn a_burst_is_one_signal_and_when_it_is_quiet_no_more_one_with_the_rest() {
    let mut trail = Trail::new();
    let attempt = || refused("alice", "ProtectedResource");
    assert_eq!(trail.of(Kind::ProtectedResource, "12:00:00", attempt()).len(), 1);
    for second in 1..40 {
        assert!(trail.of(Kind::ProtectedResource, &format!("12:00:{second:02}"), attempt()).is_empty());
    }
    assert!(trail.of(Kind::ProtectedResource, "12:59:59", read("bob")).is_empty());
    let told = trail.of(Kind::ProtectedResource, "13:00:00", read("bob"));
    let [rest] = told.as_slice() else { unreachable!("one signal: {told:?}") };
    assert_eq!((rest.count, rest.subject.to_string().as_str()), (39, "keyring:alice"));
    assert!(rest.text.starts_with("39 more since this was last told; the last: create_user on "), "{}", rest.text);
    assert_eq!((rest.records.clone(), rest.event_id.as_str()), ((31..=40).collect(), "event-40"));
    assert_eq!(rest.time, "2026-11-02T12:00:39Z".parse().unwrap());
    assert!(trail.of(Kind::ProtectedResource, "13:59:59", attempt()).is_empty(), "it is quiet again");
    assert_eq!(trail.of(Kind::ProtectedResource, "14:00:00", read("bob"))[0].count, 1);
    assert!(trail.of(Kind::ProtectedResource, "15:00:00", read("bob")).is_empty(), "nothing was left to tell");
    assert_eq!(trail.of(Kind::ProtectedResource, "15:00:01", attempt()).len(), 1);
}

#[test]
fn callers_and_kinds_have_quiet_times_of_their_own() {
    let mut trail = Trail::new();
    for name in ["alice", "bob"] {
        let told: Vec<Signal> =
            (0..20).flat_map(|_| trail.add("12:00:00", refused(name, "ProtectedResource"))).collect();
        let kinds: Vec<Kind> = told.iter().map(|signal| signal.kind).collect();
        assert_eq!(kinds, [Kind::ProtectedResource, Kind::ManyRefusals], "{name}");
    }
}

#[test]
fn the_end_of_a_stored_journal_tells_what_was_only_counted() {
    let mut trail = Trail::new();
    for _ in 0..5 {
        trail.add("12:00:00", refused("alice", "ProtectedResource"));
    }
    let mut told = Vec::new();
    trail.detector.finish(&mut |signal| told.push(signal));
    assert_eq!(told.iter().map(|signal| signal.count).collect::<Vec<_>>(), [4]);
    trail.detector.finish(&mut |signal| unreachable!("told twice: {signal:?}"));
}

#[test]
fn a_clock_that_is_set_back_keeps_nothing_quiet_for_longer() {
    let mut trail = Trail::new();
    let attempt = || refused("alice", "ProtectedResource");
    trail.on(300).add("12:00:00", attempt());
    trail.add("12:00:01", attempt());
    let told = trail.on(0).add("12:00:00", attempt());
    assert_eq!(told.iter().map(|signal| signal.count).collect::<Vec<_>>(), [1, 1], "what was counted, and the new one");
}
