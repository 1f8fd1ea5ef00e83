//! Records beside the journal, from the real binary: on standard output, and in a bucket of moto's S3.

mod remote;
mod replicas;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::bucket::{Buckets, LOCKED, PLAIN, Stored};
use crate::support::command::run;
use crate::support::faulty::NEW_USER;
use crate::support::gateway::{ACCOUNT, TestGateway};
use crate::support::relay::{Log, Relay, Seen, Way};
use crate::support::waiting::{eventually, now};

const NO_USERS: &str = "<Users/><IsTruncated>false</IsTruncated>";

fn read(gateway: &mut TestGateway) {
    gateway.aws().queue("ListUsers", &[json!({"result": NO_USERS})]);
    assert_eq!(gateway.call("reader", "list_users", json!({})).done()["Count"], 0);
}

/// A read, a refusal and a write.
fn work(gateway: &mut TestGateway) {
    read(gateway);
    assert!(gateway.call("reader", "create_user", json!({"user_name": "mallory"})).is_error);
    gateway.aws().queue("CreateUser", &[json!({"result": NEW_USER})]);
    let written = gateway.write("alice", "create_user", json!({"user_name": "dave"}));
    assert_eq!(written.done()["User"]["UserName"], "dave");
}

fn sequence(record: &Value) -> u64 {
    record["integrity"]["sequence"].as_u64().expect("every record is numbered")
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| unreachable!("this is not JSON: {text}"))
}

fn records(object: &Stored) -> Vec<Value> {
    parsed(&object.text)["Records"].as_array().expect("an object has records").clone()
}

/// Fails unless each object holds a run of the journal's lines byte for byte, and all of them together every line.
fn assert_whole(objects: &[Stored], lines: &[String]) {
    let sequences: Vec<u64> = lines.iter().map(|line| sequence(&parsed(line))).collect();
    let mut held = BTreeSet::new();
    for object in objects {
        let records = records(object);
        let first =
            sequences.iter().position(|known| *known == sequence(&records[0])).expect("the journal has it, too");
        let run = first..first + records.len();
        assert_eq!(object.text, format!("{{\"Records\":[{}]}}", lines[run.clone()].join(",")), "{}", object.key);
        held.extend(sequences[run].iter().copied());
    }
    let missing: Vec<&u64> = sequences.iter().filter(|sequence| !held.contains(sequence)).collect();
    assert!(missing.is_empty(), "no object has the records {missing:?}");
}

fn lag(gateway: &TestGateway, sink: &str) -> u64 {
    let name = format!("iam_mcp_gateway_audit_sink_lag_records{{sink=\"{sink}\"}} ");
    let metrics = gateway.metrics();
    let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
    line.and_then(|lag| lag.parse().ok()).unwrap_or_else(|| unreachable!("{name} is not among {metrics}"))
}

fn has_alarm(gateway: &TestGateway, sink: &str) -> bool {
    let line = |value: u8| format!("iam_mcp_gateway_alarms{{what=\"audit_sink_{sink}\"}} {value}\n");
    let metrics = gateway.metrics();
    assert_ne!(metrics.contains(&line(0)), metrics.contains(&line(1)), "{metrics}");
    metrics.contains(&line(1))
}

fn assert_verifies(gateway: &TestGateway) {
    let verified = run(&["audit", "verify", &gateway.argument("audit")]);
    assert_eq!(verified.code, 0, "{}", verified.said());
}

#[test]
fn standard_output_has_each_record_as_the_journal_has_it_and_nothing_else() {
    let mut gateway = TestGateway::with_faulty_aws().set("audit.stdout", "true").start();
    work(&mut gateway);
    let is_there = |gateway: &TestGateway| gateway.stdout().contains("\"stage\":\"outcome\"").then_some(());
    eventually("the outcome is on standard output while the gateway runs", || is_there(&gateway));
    gateway.stop();
    let lines = gateway.journal_lines();
    assert_eq!(gateway.stdout().lines().collect::<Vec<_>>(), lines);
    let log: Vec<Value> = gateway.stderr().lines().map(parsed).collect();
    assert!(log.iter().any(|line| line["message"] == "serving"));
    assert!(log.iter().all(|line| line["level"].is_string() && line.get("integrity").is_none()), "{log:?}");

    gateway.restart();
    read(&mut gateway);
    gateway.stop();
    let both = gateway.journal_lines();
    assert_eq!(gateway.stdout().lines().collect::<Vec<_>>(), both[lines.len()..], "nothing twice, nothing left out");
}

#[test]
fn a_bucket_has_the_journal_byte_for_byte_in_objects_named_as_cloudtrails() {
    let mut buckets = Buckets::start();
    let more = ", prefix = \"mcp/trail\", gather_seconds = 1";
    let mut gateway = TestGateway::with_faulty_aws().shipping_to(&buckets, PLAIN, buckets.url(), more).start();
    let began = now();
    work(&mut gateway);
    eventually("the outcome is in the bucket while the gateway runs", || {
        buckets.objects(PLAIN).iter().any(|object| object.text.contains("\"stage\":\"outcome\"")).then_some(())
    });
    read(&mut gateway);
    gateway.stop();

    let (objects, region) = (buckets.objects(PLAIN), buckets.region());
    assert!(objects.len() >= 2, "the last read came after the first object");
    assert_whole(&objects, &gateway.journal_lines());
    assert_eq!(
        objects.iter().map(|object| records(object).len()).sum::<usize>(),
        gateway.journal_lines().len(),
        "none twice"
    );
    let replica = std::fs::read_to_string(gateway.path("audit/replica")).expect("the folder has a name");
    for object in &objects {
        assert_eq!(object.facts["content_type"], "application/json");
        assert_eq!(object.facts["content_encoding"], "gzip");
        let first = sequence(&records(object)[0]);
        let end = format!("_{}-{first:020}.json.gz", replica.trim());
        let folder = format!("mcp/trail/AWSLogs/{ACCOUNT}/McpGateway/{region}/");
        let inner = object.key.strip_prefix(&folder).and_then(|inner| inner.strip_suffix(&end)).expect(&object.key);
        let (day, name) = inner.rsplit_once('/').expect(&object.key);
        let minute = name.strip_prefix(&format!("{ACCOUNT}_McpGateway_{region}_")).expect(&object.key);
        let named =
            |time: Timestamp| (time.strftime("%Y/%m/%d").to_string(), time.strftime("%Y%m%dT%H%MZ").to_string());
        let minutes = [began, began + SignedDuration::from_mins(1), now()].map(named);
        assert!(minutes.contains(&(day.to_owned(), minute.to_owned())), "{}", object.key);
    }
}

#[test]
fn every_object_names_the_account_that_has_to_own_the_bucket() {
    // moto does not look at it, so that it is asked for is what can be shown here.
    let (buckets, log) = (Buckets::start(), Log::default());
    let relay = Relay::to(buckets.url(), &log);
    let mut gateway =
        TestGateway::with_faulty_aws().shipping_to(&buckets, PLAIN, relay.url(), ", gather_seconds = 1").start();
    work(&mut gateway);
    gateway.stop();
    let seen = log.seen();
    let asked = seen.iter().filter_map(|seen| match seen {
        Seen::Asked(request) => Some(request),
        Seen::Done(_) => None,
    });
    let owners: Vec<_> = asked.map(|request| request.header("x-amz-expected-bucket-owner")).collect();
    assert!(!owners.is_empty() && owners.iter().all(|owner| *owner == Some(ACCOUNT)), "{owners:?}");
}

#[test]
fn a_locked_object_says_until_when_nobody_can_remove_it() {
    let mut buckets = Buckets::start();
    let lock = ", gather_seconds = 1, object_lock_days = 30, object_lock_mode = \"compliance\"";
    let mut gateway = TestGateway::with_faulty_aws().shipping_to(&buckets, LOCKED, buckets.url(), lock).start();
    let month = SignedDuration::from_hours(30 * 24);
    // A retention has whole seconds.
    let earliest = now() + month - SignedDuration::from_secs(60);
    work(&mut gateway);
    gateway.stop();
    let (objects, latest) = (buckets.objects(LOCKED), now() + month);
    assert_whole(&objects, &gateway.journal_lines());
    for object in &objects {
        assert_eq!(object.facts["lock_mode"], "COMPLIANCE");
        let until = object.facts["retain_until"].as_str().and_then(|until| until.parse().ok());
        assert!(until.is_some_and(|until| (earliest..=latest).contains(&until)), "{}", object.facts);
    }
}

#[test]
fn a_bucket_that_cannot_lock_gets_nothing_and_the_alarm_says_what_to_do() {
    let mut buckets = Buckets::start();
    let lock = ", gather_seconds = 1, object_lock_days = 30";
    let mut gateway = TestGateway::with_faulty_aws().shipping_to(&buckets, PLAIN, buckets.url(), lock).start();
    work(&mut gateway);
    let reason = eventually("the alarm is raised", || {
        gateway.readiness()["alarms"]["audit_sink_s3"].as_str().map(str::to_owned)
    });
    assert!(reason.contains("Object Lock has to be switched on for the bucket"), "{reason}");
    assert!(has_alarm(&gateway, "s3"));
    gateway.stop();
    assert!(buckets.objects(PLAIN).is_empty());
}

#[test]
fn the_metrics_say_how_far_a_bucket_is_behind_while_it_fails_and_calls_go_on() {
    let mut buckets = Buckets::start();
    let relay = Relay::to(buckets.url(), &Log::default());
    relay.turn(Way::Failing);
    let mut gateway =
        TestGateway::with_faulty_aws().shipping_to(&buckets, PLAIN, relay.url(), ", gather_seconds = 1").start();
    work(&mut gateway);
    eventually("the alarm is raised", || has_alarm(&gateway, "s3").then_some(()));
    let readiness = gateway.readiness();
    assert_eq!(readiness["ready"], true, "a sink that fails drains nobody: {readiness}");
    assert!(readiness["alarms"]["audit_sink_s3"].as_str().is_some_and(|why| why.contains("SlowDown")), "{readiness}");
    // The header, the read, the refusal, the intent and the outcome, once another attempt has counted them.
    eventually("the lag counts what was recorded", || (lag(&gateway, "s3") >= 5).then_some(()));
    work(&mut gateway);

    relay.turn(Way::Open);
    eventually("the bucket has caught up", || (lag(&gateway, "s3") == 0 && !has_alarm(&gateway, "s3")).then_some(()));
    assert!(gateway.readiness()["alarms"].get("audit_sink_s3").is_none());
    gateway.stop();
    assert_whole(&buckets.objects(PLAIN), &gateway.journal_lines());
}

#[test]
fn what_one_process_could_not_send_the_next_one_sends() {
    let mut buckets = Buckets::start();
    let relay = Relay::to(buckets.url(), &Log::default());
    relay.turn(Way::Gone);
    let mut gateway =
        TestGateway::with_faulty_aws().shipping_to(&buckets, PLAIN, relay.url(), ", gather_seconds = 1").start();
    work(&mut gateway);
    gateway.stop();
    assert!(gateway.log().contains("records are left to the next process"), "{}", gateway.log());
    assert!(buckets.objects(PLAIN).is_empty());

    relay.turn(Way::Open);
    gateway.restart();
    read(&mut gateway);
    gateway.stop();
    assert_whole(&buckets.objects(PLAIN), &gateway.journal_lines());
    assert_verifies(&gateway);
}
