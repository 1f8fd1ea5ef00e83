//! What is unusual for a caller: hours, volume, destructive tools, addresses.

use super::*;

/// `alice` has written at nine o'clock on each of the first so many days.
fn writer(days: i64) -> Trail {
    let mut trail = Trail::new();
    for day in 0..days {
        assert!(trail.on(day).add("09:00:00", write("alice")).is_empty());
    }
    trail
}

#[test]
fn a_write_outside_of_a_callers_hours_is_told_once_it_is_known() {
    for (days, day, time, expected) in [
        (5, 7, "12:00:00", true),
        (5, 7, "11:00:00", true),
        (5, 7, "10:59:59", false),
        (5, 7, "09:30:00", false),
        (5, 7, "08:00:00", false),
        (5, 7, "07:59:59", true),
        (5, 6, "12:00:00", false),
        (4, 7, "12:00:00", false),
        (5, 29, "12:00:00", true),
        (5, 30, "12:00:00", false),
    ] {
        let told = writer(days).on(day).add(time, write("alice"));
        assert_eq!(told.len(), usize::from(expected), "{days} days, then on day {day} at {time}: {told:?}");
        assert!(told.iter().all(|signal| signal.kind == Kind::UnusualHours));
    }
    let told = writer(5).on(7).add("12:00:00", write("alice"));
    assert_eq!(
        texts(&told),
        ["create_user in the hour from 12:00 UTC; on 5 earlier days with writes it never wrote within an hour of that"]
    );
}

#[test]
fn reads_and_refused_writes_have_no_hours() {
    let mut trail = writer(8);
    assert!(trail.on(8).add("03:00:00", read("alice")).is_empty());
    assert!(trail.add("03:00:00", refused("alice", "PolicyDenied")).is_empty());
    assert_eq!(trail.add("03:00:00", write("alice")).len(), 1);
}

/// How many writes of the day are made, at most, before one is told.
fn untold_writes(trail: &mut Trail) -> u64 {
    (0..1000).find(|_| !trail.of(Kind::UnusualVolume, "09:30:00", write("alice")).is_empty()).unwrap()
}

/// `alice` has made so many writes within an hour on each of the first days, beginning with the very first.
fn volumes(volumes: &[u32]) -> Trail {
    let mut trail = Trail::new();
    for (day, volume) in (0..).zip(volumes) {
        trail.on(day).add("08:00:00", read("alice"));
        for _ in 0..*volume {
            assert!(trail.of(Kind::UnusualVolume, "09:00:00", write("alice")).is_empty());
        }
    }
    trail
}

#[test]
fn more_writes_than_so_many_times_the_usual_are_told() {
    for (days, expected) in
        [(&[0][..], 20), (&[4, 4, 4], 20), (&[5, 5, 5], 25), (&[5, 5, 400], 25), (&[5, 9, 9], 45), (&[5, 9], 25)]
    {
        assert_eq!(untold_writes(volumes(days).on(10)), expected, "{days:?}");
    }
    let mut trail = volumes(&[10]);
    for _ in 0..50 {
        assert!(trail.on(10).of(Kind::UnusualVolume, "09:00:00", write("alice")).is_empty());
    }
    assert!(trail.of(Kind::UnusualVolume, "10:00:00", write("alice")).is_empty(), "sixty minutes later");
    for _ in 0..49 {
        assert!(trail.of(Kind::UnusualVolume, "10:30:00", write("alice")).is_empty());
    }
    let told = trail.of(Kind::UnusualVolume, "10:59:59", write("alice"));
    assert_eq!((told[0].count, told[0].records.len()), (51, 10));
    let text = "51 writes within 60 minutes; the busiest hour of its usual day has 10, and up to 50 are not told";
    assert_eq!(told[0].text, text);
}

#[test]
fn a_new_callers_volume_is_not_told() {
    let mut trail = Trail::new();
    trail.add("09:00:00", read("alice"));
    for _ in 0..100 {
        assert!(trail.on(6).add("09:00:00", write("alice")).is_empty());
    }
    assert_eq!(untold_writes(trail.on(7)), 500, "five times what it did on the only day it wrote");
}

fn destroys(stage: &str, tool: &str) -> Value {
    call("alice", stage, tool, "destructive")
}

#[test]
fn the_first_use_of_a_destructive_tool_is_told_once_a_caller_is_known() {
    let mut trail = Trail::new();
    assert!(trail.add("09:00:00", destroys("intent", "delete_user")).is_empty(), "a new caller's is learned");
    trail.on(7);
    assert!(trail.add("09:00:00", destroys("intent", "delete_user")).is_empty());
    assert!(trail.add("09:00:00", destroys("dry-run", "delete_role")).is_empty(), "a plan is no use");
    let told = trail.add("09:00:00", destroys("intent", "delete_role"));
    let text = "delete_role is being done; it is destructive, and its first use by this caller within 30 days";
    assert_eq!((told[0].kind, texts(&told)), (Kind::FirstDestructive, vec![text]));
    trail.on(36);
    let told = trail.add("09:00:00", destroys("intent", "delete_role"));
    assert!(told.iter().all(|signal| signal.kind != Kind::FirstDestructive), "used 29 days ago: {told:?}");
    trail.reads("alice", 37..66);
    let told = trail.on(66).of(Kind::FirstDestructive, "09:00:00", destroys("intent", "delete_role"));
    assert_eq!(told.len(), 1, "not used for 30 days");
}

#[test]
fn a_refused_attempt_at_a_destructive_tool_is_a_use_and_a_mistake_is_none() {
    let mut trail = Trail::new();
    trail.reads("alice", 0..8);
    let attempt = |code: &str| {
        let mut record = refused("alice", code);
        record["additionalEventData"]["tool"] = "delete_user".into();
        record["additionalEventData"]["effect"] = "destructive".into();
        record
    };
    assert!(trail.add("10:00:00", attempt("ValidationError")).is_empty());
    let told = trail.add("10:00:00", attempt("ReadOnlyCaller"));
    let text =
        "delete_user was refused: ReadOnlyCaller; it is destructive, and its first use by this caller within 30 days";
    assert_eq!(texts(&told), [text]);
}

#[test]
fn a_call_from_a_new_network_is_told_once_a_caller_is_known() {
    let mut trail = Trail::new();
    trail.reads("alice", 0..7);
    assert!(trail.on(6).add("10:00:00", from_address(read("alice"), "198.51.100.1")).is_empty(), "it is learned");
    trail.on(7);
    assert!(trail.add("10:00:00", from_address(read("alice"), "198.51.100.200")).is_empty(), "the same network");
    assert!(trail.add("10:00:00", from_address(read("alice"), "none")).is_empty());
    let told = trail.add("10:00:00", from_address(refused("alice", "PolicyDenied"), "198.51.101.1"));
    let text = "create_user from 198.51.101.1; none came from 198.51.101.0/24 within 30 days";
    assert_eq!((told[0].kind, texts(&told)), (Kind::NewAddress, vec![text]));
    assert!(trail.on(36).add("10:00:00", from_address(read("alice"), "198.51.101.9")).is_empty(), "29 days later");
    trail.reads("alice", 36..66);
    assert_eq!(trail.on(66).add("10:00:00", from_address(read("alice"), "198.51.101.9")).len(), 1, "30 days later");
    assert!(trail.add("10:00:00", from_address(read("bob"), "192.0.2.1")).is_empty(), "a new caller has no habits");
}
