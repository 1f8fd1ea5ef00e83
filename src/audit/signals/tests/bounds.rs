//! That memory is bounded, whatever comes, and that what is older than the history makes no difference.

use proptest::prelude::*;

use super::*;

fn assert_bounded(detector: &Detector, rules: &Rules) {
    assert!(detector.callers.len() <= rules.callers as usize);
    assert!(detector.networks.len() <= NETWORKS);
    assert!(detector.told.len() <= told::MOST);
    assert!(detector.everywhere.len() <= rules.refusal_minutes as usize);
}

#[test]
fn a_flood_of_strangers_puts_out_no_caller() {
    let rules = Rules { callers: 10, ..Rules::default() };
    let mut trail = Trail::with(rules.clone());
    trail.reads("alice", 0..8);
    for number in 0_u32..5_000 {
        let address = std::net::Ipv4Addr::from(number << 8);
        trail.add("12:00:00", stranger(&address.to_string()));
        assert_bounded(&trail.detector, &rules);
    }
    assert_eq!(trail.detector.networks.len(), NETWORKS, "the flood filled what is kept of strangers");
    let told = trail.add("12:00:01", from_address(read("alice"), "192.0.2.1"));
    assert_eq!(told[0].kind, Kind::NewAddress, "she is still known");
}

#[test]
fn the_caller_that_was_silent_longest_is_forgotten_first() {
    let mut trail = Trail::with(Rules { callers: 3, ..Rules::default() });
    for name in ["alice", "bob", "carol"] {
        trail.add("09:00:00", read(name));
    }
    trail.on(8);
    for name in ["alice", "carol", "dave"] {
        trail.add("09:00:00", read(name));
    }
    let from_afar = |trail: &mut Trail, name: &str| trail.add("10:00:00", from_address(read(name), "192.0.2.1")).len();
    assert_eq!(from_afar(&mut trail, "alice"), 1);
    assert_eq!(from_afar(&mut trail, "bob"), 0, "he went when dave came, and is new");
}

fn any_record() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec!["alice", "bob", "carol", "dave", "eve", "frank"]);
    let address = prop::sample::select(vec!["192.0.2.1", "198.51.100.7", "2001:db8::1", "203.0.113.9", "nowhere"]);
    let tool = prop::sample::select(vec!["delete_user", "delete_role", "delete_group"]);
    (name, address, tool, 0u8..7).prop_map(|(name, address, tool, what)| {
        let record = match what {
            0 => read(name),
            1 => write(name),
            2 => call(name, "intent", tool, "destructive"),
            3 => refused(name, "ProtectedResource"),
            4 => refused(name, "ReadOnlyCaller"),
            5 => stranger(address),
            _ => json!({"stage": "segment"}),
        };
        from_address(record, address)
    })
}

/// Low numbers, so that every rule is met.
fn strict() -> Rules {
    Rules {
        history_days: 6,
        learning_days: 2,
        habit_days: 1,
        volume_least: 2,
        volume_factor: 2,
        refusals: 2,
        address_refusals: 2,
        everywhere_refusals: 3,
        ..Rules::default()
    }
}

/// Records with the minutes between them, `least` and more: mostly few, sometimes days.
fn any_records(least: i64) -> impl Strategy<Value = Vec<(i64, Value)>> {
    let gap = prop_oneof![4 => least..90, 2 => 90i64..1500, 1 => Just(3000)];
    prop::collection::vec((gap, any_record()), 1..150)
}

fn lines(records: Vec<(i64, Value)>) -> Vec<(Timestamp, String)> {
    let mut time: Timestamp = "2026-11-02T00:00:00Z".parse().unwrap();
    let lines = (1..).zip(records).map(|(sequence, (minutes, mut record))| {
        time += SignedDuration::from_mins(minutes);
        record["eventTime"] = format!("{time:.3}").into();
        record["integrity"] = json!({"sequence": sequence});
        (time, record.to_string())
    });
    lines.collect()
}

/// What each line leads to.
fn told<'a>(rules: &Rules, lines: impl Iterator<Item = &'a (Timestamp, String)>) -> Vec<Vec<Signal>> {
    let mut detector = Detector::new(rules.clone());
    let each = lines.map(|(_, line)| {
        let mut told = Vec::new();
        detector.read(&RecordView::of(line).unwrap(), &mut |signal| told.push(signal));
        assert_bounded(&detector, rules);
        told
    });
    each.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn memory_stays_under_its_bounds(records in any_records(0), callers in 1u32..4) {
        let rules = Rules { callers, ..strict() };
        let mut detector = Detector::new(rules.clone());
        for (_, line) in lines(records) {
            detector.read(&RecordView::of(&line).unwrap(), &mut |_| ());
            assert_bounded(&detector, &rules);
            for name in ["alice", "bob"] {
                let caller = Arc::new(CallerId { kind: "keyring".into(), name: name.into(), person: None });
                let known = detector.callers.entry(&caller);
                prop_assert!(known.habit.len() <= rules.history_days as usize);
                prop_assert!(known.writes.len() <= 60 && known.refusals.len() <= rules.refusal_minutes as usize);
                prop_assert!(known.tools.len() <= 64 && known.networks.len() <= 32);
            }
        }
    }

    /// What the gateway finds, which reads from the history before its start on, and what `audit signals` finds, which reads
    /// everything. Without quiet times: what is found in one is told when it is over, and how long ago the first of an unbroken
    /// row of them began is not bounded.
    #[test]
    fn who_begins_with_the_history_finds_the_same(records in any_records(1), start in any::<prop::sample::Index>()) {
        let rules = Rules { quiet_minutes: 0, ..strict() };
        let lines = lines(records);
        let start = start.index(lines.len());
        let from = lines[start].0 - SignedDuration::from_hours(24 * i64::from(rules.history_days));
        let begun = lines.iter().position(|(time, _)| *time >= from).unwrap();
        let all = told(&rules, lines.iter());
        let late = told(&rules, lines[begun..].iter());
        prop_assert_eq!(&all[start..], &late[start - begun..]);
    }
}
