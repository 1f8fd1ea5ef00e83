//! Any calls, with anything removed on either side: exactly what was removed is named.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::made::{World, call, gzip};
use super::*;

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removed {
    Nothing,
    Event,
    Records,
    Outcome,
    OutcomeAndEvent,
    Both,
}

#[derive(Debug, Clone)]
struct Made {
    is_write: bool,
    removed: Removed,
    replica: usize,
    delivered: Vec<usize>,
}

fn any_call() -> impl Strategy<Value = Made> {
    use Removed::{Both, Event, Nothing, Outcome, OutcomeAndEvent, Records};
    let removed = prop::sample::select(vec![Nothing, Nothing, Nothing, Event, Records, Outcome, OutcomeAndEvent, Both]);
    (any::<bool>(), removed, 0..3usize, prop::collection::vec(0..4usize, 1..3)).prop_map(
        |(is_write, removed, replica, delivered)| {
            // A read has no outcome of its own.
            let removed = match removed {
                Outcome if !is_write => Records,
                OutcomeAndEvent if !is_write => Both,
                removed => removed,
            };
            Made { is_write, removed, replica, delivered }
        },
    )
}

/// What has to be named: events, writes, reads, and open writes with their fate.
type Named = (BTreeSet<String>, BTreeSet<String>, BTreeSet<String>, BTreeSet<(String, bool)>);

fn expected(calls: &[Made]) -> Named {
    let mut named = Named::default();
    for (number, made) in calls.iter().enumerate() {
        let id = format!("q{number}");
        match (made.removed, made.is_write) {
            (Removed::Nothing | Removed::Both, _) => {}
            (Removed::Event, true) => drop(named.1.insert(id)),
            (Removed::Event, false) => drop(named.2.insert(id)),
            (Removed::Records, _) => drop(named.0.insert(id)),
            (Removed::Outcome, _) => drop(named.3.insert((format!("user{number}"), true))),
            (Removed::OutcomeAndEvent, _) => drop(named.3.insert((format!("user{number}"), false))),
        }
    }
    named
}

fn world(calls: &[Made]) -> (World, Vec<Vec<Value>>) {
    let mut world = World::new();
    world.read("09:00:00", &["first"]).other_replica().other_replica();
    let mut files = vec![Vec::new(); 4];
    let mut records: Vec<Vec<Value>> = world.journals.clone();
    files[0].append(&mut world.events);
    for (number, made) in calls.iter().enumerate() {
        let (user, id) = (format!("user{number}"), format!("q{number}"));
        let time = format!("10:{:02}:{:02}", number / 60, number % 60);
        let mut alone = World::new();
        if made.is_write {
            alone.write(&time, &user, &id);
        } else {
            let read = call("iam:GetUser", &user, json!({"requestId": id, "status": 200}));
            alone.record(&time, "read", &json!({"awsCalls": [read]}));
            alone.event(&time, "GetUser", &id, &json!({"userName": user}));
        }
        let mut made_records = std::mem::take(&mut alone.journals[0]);
        match made.removed {
            Removed::Nothing | Removed::Event => {}
            Removed::Outcome | Removed::OutcomeAndEvent => made_records.truncate(1),
            Removed::Records | Removed::Both => made_records.clear(),
        }
        for record in &mut made_records {
            for place in ["eventID", "intentEventID"] {
                for pointer in [format!("/{place}"), format!("/additionalEventData/{place}")] {
                    if let Some(own) = record.pointer_mut(&pointer) {
                        *own = json!(format!("{number}-{}", own.as_str().unwrap()));
                    }
                }
            }
        }
        records[made.replica].append(&mut made_records);
        if matches!(made.removed, Removed::Nothing | Removed::Records | Removed::Outcome) {
            let mut event = alone.event_of(&id).clone();
            event["eventID"] = json!(format!("event-{number}"));
            made.delivered.iter().for_each(|file| files[*file].push(event.clone()));
        }
    }
    world.journals = records;
    (world, files)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn exactly_what_was_removed_is_named(calls in prop::collection::vec(any_call(), 0..60)) {
        let (mut world, files) = world(&calls);
        for (number, events) in files.iter().enumerate() {
            let log = json!({"Records": events}).to_string();
            let bytes = if number % 2 == 0 { log.into_bytes() } else { gzip(log.as_bytes()) };
            world.file(&format!("{number}.json"), &bytes);
        }
        let report = world.with_reads().compare_files();
        let events = report.events_without_record.iter().filter_map(|event| event.request_id.clone()).collect();
        let ids = |found: &[RecordFound]| found.iter().map(|record| record.request_id.clone()).collect();
        let open = report.open_writes.iter().map(|write| {
            let user = write.resource.rsplit('/').next().unwrap_or_default().to_owned();
            (user, write.fate == Fate::ProbablyDone)
        });
        let found: Named =
            (events, ids(&report.writes_without_event), ids(&report.reads_without_event), open.collect());
        let named = expected(&calls);
        let nothing = named.0.is_empty() && named.1.is_empty() && named.2.is_empty();
        prop_assert_eq!(found, named);
        let verdict = if nothing { Verdict::Complete } else { Verdict::Incomplete };
        prop_assert_eq!(report.verdict, verdict);
        let total = report.events_without_record.len() + report.writes_without_event.len();
        prop_assert!(total <= calls.len());
    }
}
