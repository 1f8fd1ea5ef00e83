//! `durability = "remote"`: no write is forwarded before the bucket has its intent, and none is answered as done before the
//! bucket has its outcome.

use std::io::Write;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{NO_USERS, assert_verifies, assert_whole, has_alarm, lag, parsed, read, records};
use crate::support::bucket::{Buckets, PLAIN, Stored, unpacked};
use crate::support::faulty::NEW_USER;
use crate::support::gateway::TestGateway;
use crate::support::http::connect;
use crate::support::mcp::Called;
use crate::support::prepared::Prepared;
use crate::support::relay::{Log, Message, Relay, Seen, Way};
use crate::support::waiting::{eventually, now};

/// `durable_seconds` of a gateway whose writes may wait long.
pub(super) const PATIENT: SignedDuration = SignedDuration::from_secs(30);
/// `durable_seconds` of the others, and what a busy machine may take besides.
const DEADLINE: SignedDuration = SignedDuration::from_secs(2);
const MARGIN: SignedDuration = SignedDuration::from_secs(10);

/// A gateway whose writes wait for a bucket behind a relay.
struct Remote {
    buckets: Buckets,
    relay: Relay,
    gateway: TestGateway,
}

impl Remote {
    fn start() -> Self {
        Self::start_while_the_bucket_is(Way::Open)
    }

    fn start_while_the_bucket_is(way: Way) -> Self {
        let buckets = Buckets::start();
        let relay = Relay::to(buckets.url(), &Log::default());
        relay.turn(way);
        let gateway = prepared(&buckets, &relay).start();
        Self { buckets, relay, gateway }
    }

    fn create(&self, name: &str) -> Called {
        self.gateway.write("alice", "create_user", json!({"user_name": name}))
    }

    fn forwarded(&self) -> usize {
        self.gateway.received("CreateUser").len()
    }

    /// Writes pass again, without a restart; after the end the journal is whole, and the bucket has all of it.
    fn ends_well(mut self) {
        let mut attempts = 0;
        eventually("writes pass again", || {
            attempts += 1;
            let again = self.create(&format!("again-{attempts}"));
            assert!(!again.is_error || again.code() == "AuditUnavailable", "{}", again.content);
            (!again.is_error).then_some(())
        });
        eventually("the bucket has caught up", || {
            (lag(&self.gateway, "s3") == 0 && !has_alarm(&self.gateway, "s3")).then_some(())
        });
        self.gateway.stop();
        assert_verifies(&self.gateway);
        assert_whole(&self.buckets.objects(PLAIN), &self.gateway.journal_lines());
    }
}

fn prepared(buckets: &Buckets, relay: &Relay) -> Prepared {
    prepared_at(buckets, relay.url(), DEADLINE)
}

/// A gateway whose writes wait for a bucket at `url`.
pub(super) fn prepared_at(buckets: &Buckets, url: &str, durable: SignedDuration) -> Prepared {
    TestGateway::with_faulty_aws()
        .shipping_to(buckets, PLAIN, url, "")
        .set("audit.durability", "\"remote\"")
        .set("audit.durable_seconds", &durable.as_secs().to_string())
}

fn writes_are_refused_and_reads_go_on_while_the_bucket_is(way: Way) {
    let mut remote = Remote::start();
    remote.gateway.aws().queue("CreateUser", &[json!({"result": NEW_USER, "times": 10})]);
    assert!(!remote.create("before").is_error);
    assert_eq!(remote.forwarded(), 1);
    remote.relay.turn(way);
    for name in ["first", "second", "third"] {
        let asked = now();
        let refused = remote.create(name);
        let waited = now().duration_since(asked);
        assert_eq!((refused.code(), &refused.content["error"]["retryable"]), ("AuditUnavailable", &json!(true)));
        assert!(refused.message().contains("so it was not made"), "{}", refused.message());
        assert!(waited < DEADLINE + MARGIN, "{name} was refused after {waited:?}");
        read(&mut remote.gateway);
    }
    assert_eq!(remote.forwarded(), 1, "nothing is forwarded without a record in the bucket");
    eventually("the alarm is raised", || has_alarm(&remote.gateway, "s3").then_some(()));
    assert!(lag(&remote.gateway, "s3") > 0);
    assert_eq!(remote.gateway.get("/readyz").status, 200, "reads are still answered here");
    remote.relay.turn(Way::Open);
    remote.ends_well();
}

#[test]
fn writes_are_refused_and_reads_go_on_while_the_bucket_is_gone() {
    writes_are_refused_and_reads_go_on_while_the_bucket_is(Way::Gone);
}

#[test]
fn writes_are_refused_and_reads_go_on_while_the_bucket_fails() {
    writes_are_refused_and_reads_go_on_while_the_bucket_is(Way::Failing);
}

#[test]
fn writes_are_refused_and_reads_go_on_while_the_bucket_is_silent() {
    writes_are_refused_and_reads_go_on_while_the_bucket_is(Way::Silent);
}

#[test]
fn writes_are_refused_and_reads_go_on_while_the_bucket_stores_and_does_not_say_so() {
    writes_are_refused_and_reads_go_on_while_the_bucket_is(Way::Unacknowledged);
}

#[test]
fn a_write_waits_for_a_bucket_that_is_slow_and_is_forwarded_when_it_has_answered() {
    let (mut buckets, log) = (Buckets::start(), Log::default());
    let relay = Relay::to(buckets.url(), &log);
    let mut gateway = prepared_at(&buckets, relay.url(), PATIENT).start();
    gateway.aws().queue("CreateUser", &[json!({"result": NEW_USER, "times": 2})]);
    assert!(!gateway.write("alice", "create_user", json!({"user_name": "before"})).is_error);
    relay.turn(Way::Unacknowledged);
    let (id, request) = gateway.writing_call("alice", "create_user", json!({"user_name": "dave"}));
    let answer = std::thread::scope(|scope| {
        let call = scope.spawn(|| request.send());
        eventually("the bucket has the intent", || is_stored(&log.seen(), "intent", "dave").then_some(()));
        assert_eq!(gateway.received("CreateUser").len(), 1, "the bucket has not said so");
        relay.turn(Way::Open);
        call.join().expect("the call is answered")
    });
    assert_eq!(Called::of(id, &answer).done()["User"]["UserName"], "dave");
    gateway.stop();
    assert_whole(&buckets.objects(PLAIN), &gateway.journal_lines());
}

fn the_outcome_is_held_and_sent_later_when_meanwhile_the_bucket_is(way: Way) {
    let mut remote = Remote::start();
    let held = json!({"hold": true, "result": NEW_USER});
    remote.gateway.aws().queue("CreateUser", &[held, json!({"result": NEW_USER, "times": 10})]);
    let (id, request) = remote.gateway.writing_call("alice", "create_user", json!({"user_name": "dave"}));
    let answer = std::thread::scope(|scope| {
        let call = scope.spawn(|| request.send());
        eventually("AWS is asked", || (remote.forwarded() == 1).then_some(()));
        remote.relay.turn(way);
        remote.gateway.aws().release();
        call.join().expect("the call is answered")
    });
    let answer = Called::of(id, &answer);
    assert_eq!(answer.code(), "AuditUnavailable");
    assert!(answer.message().contains("AWS was asked") && answer.message().contains("it is held"), "{answer:?}");
    assert_eq!(answer.content["performed"]["User"]["UserName"], "dave", "{}", answer.content);
    assert_eq!(remote.create("refused").code(), "AuditUnavailable");
    read(&mut remote.gateway);
    assert_eq!(remote.forwarded(), 1);

    let records = remote.gateway.records_of(&answer.id);
    let stages: Vec<&Value> = records.iter().map(|record| &record["stage"]).collect();
    assert_eq!(stages, ["intent", "outcome"], "the journal has it");
    let outcome = records[1]["eventID"].as_str().expect("a record has an id").to_owned();
    let is_sent = |buckets: &mut Buckets| buckets.objects(PLAIN).iter().any(|object| object.text.contains(&outcome));
    assert!(!is_sent(&mut remote.buckets), "the bucket has not");
    remote.relay.turn(Way::Open);
    eventually("the outcome is in the bucket", || is_sent(&mut remote.buckets).then_some(()));
    remote.ends_well();
}

#[test]
fn the_outcome_is_held_and_sent_later_when_the_bucket_is_gone_meanwhile() {
    the_outcome_is_held_and_sent_later_when_meanwhile_the_bucket_is(Way::Gone);
}

#[test]
fn the_outcome_is_held_and_sent_later_when_the_bucket_is_silent_meanwhile() {
    the_outcome_is_held_and_sent_later_when_meanwhile_the_bucket_is(Way::Silent);
}

#[test]
fn a_gateway_that_starts_without_its_bucket_reads_at_once_and_writes_when_it_is_there() {
    let mut remote = Remote::start_while_the_bucket_is(Way::Gone);
    remote.gateway.aws().queue("CreateUser", &[json!({"result": NEW_USER, "times": 10})]);
    read(&mut remote.gateway);
    eventually("the alarm is raised", || has_alarm(&remote.gateway, "s3").then_some(()));
    // As soon as there is a bucket, the first seconds refuse writes for another reason.
    let early = |gateway: &TestGateway| gateway.call("alice", "create_user", json!({"user_name": "early"}));
    assert_eq!(early(&remote.gateway).code(), "AuditUnavailable");
    assert_eq!(remote.forwarded(), 0);
    remote.relay.turn(Way::Open);
    eventually("the bucket is found", || {
        let answer = early(&remote.gateway);
        (!answer.is_error || answer.code() == "signed_before_start").then_some(())
    });
    remote.ends_well();
}

#[test]
fn a_killed_process_leaves_an_intent_in_the_bucket_and_the_next_one_its_outcome() {
    let mut remote = Remote::start();
    let held = json!({"hold": true, "result": NEW_USER});
    remote.gateway.aws().queue("CreateUser", &[held, json!({"result": NEW_USER, "times": 10})]);
    let (_, request) = remote.gateway.writing_call("alice", "create_user", json!({"user_name": "dave"}));
    let mut client = connect(remote.gateway.address());
    client.write_all(&request.bytes()).expect("the gateway listens");
    eventually("AWS is asked", || (remote.forwarded() == 1).then_some(()));
    remote.gateway.signal("KILL");
    assert_eq!(remote.gateway.wait(), None, "a killed process has no code");
    let before = remote.buckets.objects(PLAIN);
    let has = |objects: &[Stored], stage: &str| objects.iter().flat_map(records).any(|record| record["stage"] == stage);
    assert!(has(&before, "intent") && !has(&before, "outcome"), "{before:?}");

    remote.gateway.aws().release();
    remote.gateway.restart();
    eventually("the bucket has that the outcome is not known", || {
        remote
            .buckets
            .objects(PLAIN)
            .iter()
            .flat_map(records)
            .any(|record| record["errorCode"] == "OutcomeUnknown")
            .then_some(())
    });
    remote.ends_well();
}

/// Whether an object that was stored among these has a record of this stage that names the user.
fn is_stored(seen: &[Seen], stage: &str, user: &str) -> bool {
    // Heartbeats are no records.
    let is_of_records = |message: &Message| message.head.starts_with("PUT ") && !message.head.contains("/replicas/");
    let put = |message: &Message| is_of_records(message).then(|| unpacked(&message.body));
    let stored = seen.iter().filter_map(|seen| match seen {
        Seen::Done(message) => put(message),
        Seen::Asked(_) => None,
    });
    let records = stored.flat_map(|text| parsed(&text)["Records"].as_array().expect("an object has records").clone());
    let name = Value::from(user).to_string();
    records.into_iter().any(|record| record["stage"] == stage && record.to_string().contains(&name))
}

#[test]
fn the_bucket_has_an_intent_before_aws_is_asked_and_an_outcome_before_the_caller_is_answered() {
    let (mut buckets, log) = (Buckets::start(), Log::default());
    let relay = Relay::to(buckets.url(), &log);
    let (prepared, _iam) = prepared(&buckets, &relay).iam_behind_a_relay(&log);
    let mut gateway = prepared.start();
    let users: Vec<String> = (0..12).map(|number| format!("user-{number}-of-12")).collect();
    gateway.aws().queue("CreateUser", &[json!({"result": NEW_USER, "times": users.len()})]);
    gateway.aws().queue("ListUsers", &[json!({"result": NO_USERS})]);
    let calls: Vec<_> = users
        .iter()
        .map(|user| (user, gateway.writing_call("alice", "create_user", json!({"user_name": user}))))
        .collect();
    std::thread::scope(|scope| {
        for (user, (id, request)) in calls {
            let log = log.clone();
            scope.spawn(move || {
                let answer = Called::of(id, &request.send());
                let seen = log.seen();
                assert!(!answer.is_error, "{}", answer.content);
                assert!(is_stored(&seen, "outcome", user), "{user} was answered without an outcome in the bucket");
            });
        }
    });
    let seen = log.seen();
    for user in &users {
        let asks = |message: &Message| {
            let form = String::from_utf8_lossy(&message.body).into_owned();
            form.contains("Action=CreateUser") && form.split('&').any(|pair| pair == format!("UserName={user}"))
        };
        let asked = seen.iter().position(|seen| matches!(seen, Seen::Asked(message) if asks(message)));
        let asked = asked.unwrap_or_else(|| unreachable!("AWS was not asked for {user}"));
        assert!(is_stored(&seen[..asked], "intent", user), "AWS was asked for {user} without an intent in the bucket");
        assert!(!is_stored(&seen[..asked], "outcome", user), "the log is in order");
    }
    gateway.stop();
    assert_whole(&buckets.objects(PLAIN), &gateway.journal_lines());
}
