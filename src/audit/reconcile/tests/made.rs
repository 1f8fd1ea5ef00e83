//! A gateway that calls AWS, and CloudTrail, which sees it: records and events as both write them.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::FutureExt;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

/// The session of the one caller.
pub(super) const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/mcp/alice-HASH";
const ACCOUNT: &str = "123456789012";

/// A moment of the day.
pub(super) fn at(time: &str) -> Timestamp {
    format!("2026-11-20T{time}Z").parse().unwrap()
}

/// Both sides.
pub(super) struct World {
    folder: TempDir,
    pub(super) journals: Vec<Vec<Value>>,
    pub(super) events: Vec<Value>,
    lost: Vec<Value>,
    pub(super) question: Question,
    compressed: bool,
    id: u32,
}

impl World {
    /// At noon, in which nothing happened; but somebody else made a call in the same account at half past eleven.
    pub(super) fn new() -> Self {
        let question = Question {
            range: Range { from: None, to: at("12:00:00") },
            now: at("12:00:00"),
            settle: SignedDuration::from_mins(30),
            reads: false,
            gateways: BTreeSet::new(),
        };
        let folder = tempfile::tempdir().unwrap();
        let (journals, events, lost) = (vec![Vec::new()], Vec::new(), Vec::new());
        let mut world = Self { folder, journals, events, lost, question, compressed: false, id: 0 };
        world.event("11:30:00", "ListUsers", "somebody-else", &json!({}));
        world.events[0]["userIdentity"]["arn"] = json!("arn:aws:iam::123456789012:user/eve");
        world
    }

    fn id(&mut self) -> String {
        self.id += 1;
        format!("id-{}", self.id)
    }

    /// A record of the newest replica; its place in the journal is given.
    pub(super) fn record(&mut self, time: &str, stage: &str, data: &Value) -> &mut Value {
        let id = self.id();
        let mut own = json!({"viaAWSMCPService": true, "calledViaAWSMCP": "gw", "decision": {"effect": "allow"},
            "roleArn": "arn:aws:iam::123456789012:role/path/mcp", "roleSessionName": "alice-HASH",
            "assumedSessions": [{"purpose": "read", "arn": SESSION, "requestId": "s1"}]});
        own.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
        let journal = self.journals.last_mut().unwrap();
        let sequence = journal.len() + 1;
        journal.push(json!({"eventID": id, "eventTime": format!("2026-11-20T{time}.500Z"), "stage": stage,
            "awsRegion": "us-east-1", "recipientAccountId": ACCOUNT, "responseElements": {"isError": false},
            "additionalEventData": own, "integrity": {"sequence": sequence}}));
        if !self.events.iter().any(|event| event["requestID"] == "s1") {
            self.assumed(time, "s1", "gw", SESSION);
        }
        self.journals.last_mut().unwrap().last_mut().unwrap()
    }

    /// An event of the session.
    pub(super) fn event(&mut self, time: &str, name: &str, request: &str, parameters: &Value) -> &mut Value {
        let id = self.id();
        self.events.push(json!({"eventVersion": "1.11", "eventID": id, "eventTime": format!("2026-11-20T{time}Z"),
            "eventName": name, "eventSource": "iam.amazonaws.com", "awsRegion": "us-east-1", "requestID": request,
            "recipientAccountId": ACCOUNT, "sourceIPAddress": "203.0.113.9", "errorCode": null,
            "requestParameters": parameters, "responseElements": null,
            "userIdentity": {"type": "AssumedRole", "arn": SESSION, "accessKeyId": "ASIAMADE"}}));
        self.events.last_mut().unwrap()
    }

    /// An AssumeRole with a gateway's stamp.
    pub(super) fn assumed(&mut self, time: &str, request: &str, gateway: &str, session: &str) -> &mut Value {
        let tags = json!({"ViaAWSMCPService": "true", "CalledViaAWSMCP": gateway});
        let event = self.event(time, "AssumeRole", request, &json!({"principalTags": tags}));
        event["eventSource"] = json!("sts.amazonaws.com");
        event["userIdentity"]["arn"] = json!("arn:aws:sts::123456789012:assumed-role/gateway/task");
        event["responseElements"] = json!({"assumedRoleUser": {"arn": session}});
        event
    }

    /// A read that asked AWS so often, on both sides.
    pub(super) fn read(&mut self, time: &str, requests: &[&str]) -> &mut Self {
        let calls: Vec<Value> =
            requests.iter().map(|id| call("iam:GetUser", "bob", json!({"requestId": id, "status": 200}))).collect();
        self.record(time, "read", &json!({"awsCalls": calls}));
        for id in requests {
            self.event(time, "GetUser", id, &json!({"userName": "bob"}));
        }
        self
    }

    /// The intent of a deletion; its event id.
    pub(super) fn intent(&mut self, time: &str, user: &str) -> String {
        let plan = json!({"plan": {"calls": [call("iam:DeleteUser", user, json!({}))]}});
        let intent = self.record(time, "intent", &plan);
        intent["eventID"].as_str().unwrap().to_owned()
    }

    /// Its outcome: what AWS was asked.
    pub(super) fn outcome(&mut self, time: &str, intent: &str, calls: &[Value]) -> &mut Value {
        self.record(time, "outcome", &json!({"intentEventID": intent, "awsCalls": calls}))
    }

    /// A write, on both sides.
    pub(super) fn write(&mut self, time: &str, user: &str, request: &str) -> &mut Self {
        let intent = self.intent(time, user);
        let done = call("iam:DeleteUser", user, json!({"requestId": request, "status": 200}));
        self.outcome(time, &intent, &[done]);
        self.event(time, "DeleteUser", request, &json!({"userName": user}));
        self
    }

    pub(super) fn event_of(&mut self, request: &str) -> &mut Value {
        self.events.iter_mut().find(|event| event["requestID"] == request).unwrap()
    }

    pub(super) fn lose_event(&mut self, request: &str) -> &mut Self {
        let (lost, kept) =
            std::mem::take(&mut self.events).into_iter().partition(|event| event["requestID"] == request);
        self.events = kept;
        self.lost.extend::<Vec<Value>>(lost);
        self
    }

    pub(super) fn restore_event(&mut self, request: &str) {
        let event = self.lost.iter().find(|event| event["requestID"] == request).unwrap();
        self.events.push(event.clone());
    }

    /// What follows is recorded by another replica.
    pub(super) fn other_replica(&mut self) -> &mut Self {
        self.journals.push(Vec::new());
        self
    }

    pub(super) fn without_other_replicas(&mut self) -> &mut Self {
        self.journals.truncate(1);
        self
    }

    pub(super) fn with_reads(&mut self) -> &mut Self {
        self.question.reads = true;
        self
    }

    pub(super) fn compressed(&mut self) -> &mut Self {
        self.compressed = true;
        self
    }

    pub(super) fn between(&mut self, from: &str, to: &str) -> &mut Self {
        self.question.range = Range { from: Some(at(from)), to: at(to) };
        self
    }

    /// One more file of CloudTrail's.
    pub(super) fn file(&mut self, name: &str, bytes: &[u8]) {
        let trail = self.folder.path().join("trail");
        std::fs::create_dir_all(&trail).unwrap();
        std::fs::write(trail.join(name), bytes).unwrap();
    }

    /// One more file of the first journal.
    pub(super) fn journal_file(&mut self, name: &str, bytes: &[u8]) {
        let journal = self.folder.path().join("0-journal");
        std::fs::create_dir_all(&journal).unwrap();
        std::fs::write(journal.join(name), bytes).unwrap();
    }

    /// Compares both sides.
    pub(super) fn compare(&mut self) -> Report {
        let log = json!({"Records": self.events}).to_string();
        if self.compressed {
            self.file("trail.json.gz", &gzip(log.as_bytes()));
        } else {
            self.file("trail.json", log.as_bytes());
        }
        self.compare_files()
    }

    /// Compares with the files that are there.
    pub(super) fn compare_files(&mut self) -> Report {
        let mut paths = Vec::new();
        for (number, records) in self.journals.iter().enumerate() {
            let path = self.folder.path().join(format!("{number}-journal"));
            std::fs::create_dir_all(&path).unwrap();
            let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
            std::fs::write(path.join("journal-0.jsonl"), lines).unwrap();
            paths.push(path);
        }
        let sources: Vec<Box<dyn CloudTrail>> = vec![Box::new(Folder::new(self.folder.path().join("trail")))];
        let journals = Journals::read(self.question.clone(), &paths).unwrap();
        journals.compare(&sources).now_or_never().expect("a folder is read without waiting")
    }
}

/// A call as plans and records list it.
pub(super) fn call(action: &str, user: &str, more: Value) -> Value {
    let mut call = more;
    call["action"] = json!(action);
    call["resource"] = json!(format!("arn:aws:iam::{ACCOUNT}:user/{user}"));
    call
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}
