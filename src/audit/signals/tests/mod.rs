//! The rules over whole journals, at their numbers and just before them.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;

mod authentications;
mod bounds;
mod bursts;
mod habits;
mod refusals;

/// Records that are written one after another, and what they lead to.
struct Trail {
    detector: Detector,
    sequence: u64,
    /// Added to the times of what is written, in days.
    day: i64,
}

impl Trail {
    fn new() -> Self {
        Self::with(Rules::default())
    }

    fn with(rules: Rules) -> Self {
        Self { detector: Detector::new(rules), sequence: 0, day: 0 }
    }

    /// From now on, the day so many days after the first.
    fn on(&mut self, day: i64) -> &mut Self {
        self.day = day;
        self
    }

    /// Writes a record at this time of the day, such as `12:00:00`; the signals that it leads to.
    fn add(&mut self, time: &str, mut record: Value) -> Vec<Signal> {
        let first: Timestamp = format!("2026-11-02T{time}Z").parse().unwrap();
        let time = first + SignedDuration::from_hours(24 * self.day);
        self.sequence += 1;
        record["eventTime"] = format!("{time:.3}").into();
        record["eventID"] = format!("event-{}", self.sequence).into();
        record["integrity"] = json!({"sequence": self.sequence});
        let (line, mut told) = (record.to_string(), Vec::new());
        self.detector.read(&RecordView::of(&line).unwrap(), &mut |signal| told.push(signal));
        told
    }

    /// The same, and only signals of this kind.
    fn of(&mut self, kind: Kind, time: &str, record: Value) -> Vec<Signal> {
        let mut told = self.add(time, record);
        told.retain(|signal| signal.kind == kind);
        told
    }

    /// The caller is there, and does nothing but read, on each of these days.
    fn reads(&mut self, name: &str, days: std::ops::Range<i64>) {
        for day in days {
            self.on(day).add("09:00:00", read(name));
        }
    }
}

fn call(name: &str, stage: &str, tool: &str, effect: &str) -> Value {
    json!({"stage": stage, "sourceIPAddress": "203.0.113.7", "additionalEventData": {
        "caller": {"kind": "keyring", "name": name}, "tool": tool, "effect": effect, "decision": {"effect": "allow"}}})
}

fn read(name: &str) -> Value {
    call(name, "read", "list_users", "read")
}

fn write(name: &str) -> Value {
    call(name, "intent", "create_user", "write")
}

/// What stage one refuses with this code.
fn refused(name: &str, code: &str) -> Value {
    let mut record = call(name, "denied", "create_user", "write");
    record["errorCode"] = code.into();
    record["additionalEventData"]["decision"] = json!({"effect": "deny", "reason": code});
    record["additionalEventData"]["error"] = json!({"stage": "gateway", "resource": "arn:aws:iam::1:user/ci/x"});
    record
}

fn from_address(mut record: Value, address: &str) -> Value {
    record["sourceIPAddress"] = address.into();
    record
}

/// A request from this address whose author could not be verified.
fn stranger(address: &str) -> Value {
    json!({"stage": "authentication", "sourceIPAddress": address, "errorCode": "unknown_key",
        "userIdentity": {"type": "Unverified", "accessKeyId": "AKIAEXAMPLE"},
        "additionalEventData": {"unrecordedBefore": 0}})
}

fn texts(signals: &[Signal]) -> Vec<&str> {
    signals.iter().map(|signal| signal.text.as_str()).collect()
}
