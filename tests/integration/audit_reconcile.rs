//! `audit reconcile`: the journal of a real gateway held against what its AWS saw.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::Compression;
use flate2::write::GzEncoder;
use iam_mcp_gateway::hidden::is_hidden;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::command::{Ran, run, run_with};
use crate::support::gateway::{ACCOUNT, TestGateway};
use crate::support::program::Program;
use crate::support::waiting::now;

/// Clears the screen, ends the line, turns the reading direction, hides a letter.
const HOSTILE: &str = "\u{1b}[2J\r\n\u{202e}\u{e0041}bob";

/// A gateway that has read, written and refused, and was stopped, and what its AWS saw of it. The newest event is somebody
/// else's, some time after, so that CloudTrail would have delivered all that came before.
struct Both {
    gateway: TestGateway,
    events: Vec<Value>,
    trail: TempDir,
}

impl Both {
    fn new() -> Self {
        let mut gateway = TestGateway::with_sandbox().start();
        assert!(!gateway.call("alice", "list_users", json!({"max_items": 3})).is_error);
        assert!(gateway.call("reader", "create_user", json!({"user_name": "mallory"})).is_error);
        assert!(!gateway.write("alice", "create_user", json!({"user_name": "newcomer"})).is_error);
        gateway.stop();
        let mut events = gateway.sandbox().trail();
        let later = now() + SignedDuration::from_mins(20);
        events.push(json!({"eventTime": later.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "eventID": "later",
            "eventName": "GetCallerIdentity", "eventSource": "sts.amazonaws.com", "awsRegion": "us-east-1",
            "recipientAccountId": ACCOUNT}));
        Self { gateway, events, trail: tempfile::tempdir().expect("a temporary directory can be made") }
    }

    fn of(&mut self, name: &str) -> &mut Value {
        self.events.iter_mut().find(|event| event["eventName"] == name).expect("AWS was asked this")
    }

    fn session(&mut self) -> String {
        self.of("CreateUser")["userIdentity"]["arn"].as_str().expect("a session has an ARN").to_owned()
    }

    fn journal(&self) -> String {
        self.gateway.argument("audit")
    }

    /// Compares, with CloudTrail's events in a file.
    fn compare(&self, options: &[&str]) -> Ran {
        let log = json!({"Records": self.events}).to_string();
        fs::write(self.trail.path().join("log.json"), log).expect("the folder is ours");
        let trail = self.trail.path().to_str().expect("temporary folders have plain names");
        let arguments = ["audit", "reconcile", &self.journal(), "--cloudtrail", trail, "--settle", "0s"];
        run(&[&arguments[..], options].concat())
    }
}

fn ids(found: &Value) -> Vec<&str> {
    found.as_array().expect("a list").iter().filter_map(|found| found["requestId"].as_str()).collect()
}

#[test]
fn a_gateway_and_its_aws_agree() {
    let both = Both::new();
    let ran = both.compare(&["--reads", "--json"]);
    let report = ran.json();
    assert_eq!((ran.code, &report["verdict"]), (0, &json!("complete")), "{report:#}");
    assert_eq!(report["matched"]["writes"], 1);
    assert!(report["matched"]["reads"].as_u64() >= Some(1) && report["matched"]["sessions"].as_u64() >= Some(2));
    let told = both.compare(&[]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.stdout.starts_with("complete: 1 write(s)"), "{}", told.stdout);
}

#[test]
fn what_is_missing_on_either_side_is_named() {
    let mut both = Both::new();
    let session = both.session();
    let lost = both.of("CreateUser")["requestID"].as_str().expect("AWS gave an id").to_owned();
    let mut extra = both.of("CreateUser").clone();
    extra["eventName"] = json!("CreateAccessKey");
    extra["requestID"] = json!("extra");
    extra["eventID"] = json!("extra");
    both.events.retain(|event| event["requestID"] != lost.as_str());
    both.events.push(extra);
    let ran = both.compare(&["--json"]);
    let report = ran.json();
    assert_eq!((ran.code, &report["verdict"]), (1, &json!("incomplete")));
    assert_eq!(ids(&report["eventsWithoutRecord"]), ["extra"]);
    assert_eq!(ids(&report["writesWithoutEvent"]), [lost.as_str()]);
    let told = both.compare(&[]);
    assert_eq!(told.code, 1);
    let line = |word: &str| told.stdout.lines().find(|line| line.contains(word)).unwrap_or_default().to_owned();
    assert!(line("iam:CreateAccessKey").contains(&session), "{}", told.stdout);
    assert!(line(&format!("request {lost}")).contains("iam:CreateUser"), "{}", told.stdout);
    assert!(
        line("incomplete:").contains("1 event(s) without a record, 1 write(s) without an event"),
        "{}",
        told.stdout
    );
}

#[test]
fn a_write_whose_outcome_was_lost_is_found_in_cloudtrail() {
    let both = Both::new();
    let folder = both.gateway.path("audit");
    let files =
        fs::read_dir(&folder).expect("the journal is there").map(|entry| entry.expect("the folder is ours").path());
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "jsonl")) {
        let text = fs::read_to_string(&path).expect("records are UTF-8");
        let kept: String =
            text.lines().filter(|line| !line.contains("\"outcome\"")).map(|line| format!("{line}\n")).collect();
        fs::write(path, kept).expect("the folder is ours");
    }
    let ran = both.compare(&["--json"]);
    let report = ran.json();
    let [write] = report["openWrites"].as_array().expect("a list").as_slice() else { unreachable!("{report:#}") };
    assert_eq!(
        (ran.code, &write["fate"], &write["why"]),
        (0, &json!("probablyDone"), &json!("noOutcome")),
        "{report:#}"
    );
    assert_eq!(write["event"]["action"], "iam:CreateUser");
    let told = both.compare(&[]);
    assert!(told.stdout.contains("no outcome: probably done: "), "{}", told.stdout);
}

#[test]
fn hostile_text_is_shown_and_not_obeyed() {
    let mut both = Both::new();
    let mut extra = both.of("CreateUser").clone();
    for place in ["eventName", "requestID", "eventID", "sourceIPAddress", "errorCode", "awsRegion"] {
        extra[place] = json!(HOSTILE);
    }
    extra["requestParameters"] = json!({"userName": HOSTILE});
    extra["userIdentity"]["accessKeyId"] = json!(HOSTILE);
    both.events.push(extra);
    both.of("CreateUser")["errorCode"] = json!(HOSTILE);
    for options in [&[][..], &["--json"]] {
        let ran = both.compare(options);
        assert_eq!(ran.code, 1, "{ran:?}");
        let hidden = |character: char| is_hidden(character) && character != '\n';
        assert!(!ran.said().contains(hidden), "{}", ran.said());
        assert!(ran.stdout.contains("[2J"), "{}", ran.stdout);
    }
}

#[test]
fn a_broken_file_ends_in_no_verdict() {
    let both = Both::new();
    fs::write(both.trail.path().join("broken.json.gz"), b"\x1f\x8b\x08").expect("the folder is ours");
    let told = both.compare(&[]);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.stdout.contains("broken.json.gz: ") && told.stdout.contains("cannot be told"), "{}", told.stdout);
}

#[test]
fn the_files_of_a_bucket_are_read() {
    let both = Both::new();
    let today = now();
    let day = today.strftime(&format!("org/AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/%Y/%m/%d")).to_string();
    let name = today.strftime(&format!("{ACCOUNT}_CloudTrail_us-east-1_%Y%m%dT%H%MZ_x9.json.gz")).to_string();
    let put = |path: &str, bytes: &[u8]| {
        let path = both.trail.path().join(path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("the folder is ours");
        fs::write(path, bytes).expect("the folder is ours");
    };
    put(&format!("{day}/{name}"), &gzip(json!({"Records": both.events}).to_string().as_bytes()));
    put(&format!("org/AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2020/01/01/old.json.gz"), b"never read");
    put(&format!("org/AWSLogs/{ACCOUNT}/CloudTrail-Digest/us-east-1/x.json.gz"), b"never read");
    let folder = both.trail.path().to_str().expect("temporary folders have plain names");
    let mut moto = Program::python("moto_bucket.py", &["--bucket", "org-trail", "--folder", folder], &[]);
    let facts = moto.hear();
    let fact = |name: &str| facts[name].as_str().expect("moto_bucket.py says this when it is ready").to_owned();
    let keys = [("AWS_ACCESS_KEY_ID", fact("access_key_id")), ("AWS_SECRET_ACCESS_KEY", fact("secret_access_key"))];
    let keys = keys.each_ref().map(|(name, value)| (*name, value.as_str()));
    let compare = |bucket: &str| {
        let arguments = ["audit", "reconcile", &both.journal(), "--cloudtrail", bucket, "--endpoint-url", &fact("url")];
        run_with(&[&arguments[..], &["--from", "1h", "--settle", "0s", "--reads", "--json"]].concat(), &keys, "")
    };
    let ran = compare("s3://org-trail/org");
    assert_eq!(ran.code, 0, "{ran:?}");
    let report = ran.json();
    assert_eq!((&report["verdict"], &report["cloudTrail"][0]["read"]), (&json!("complete"), &json!(1)));
    let refused = compare("s3://not-ours/");
    let unread = &refused.json()["cloudTrail"][0]["unread"][0];
    assert_eq!((refused.code, &unread["name"]), (1, &json!("s3://not-ours/")), "{unread}");
}

#[test]
fn the_event_history_is_asked_page_by_page() {
    let mut both = Both::new();
    let events = std::mem::take(&mut both.events);
    let (first, second) = events.split_at(events.len() / 2);
    let page = |events: &[Value], next: Option<&str>| {
        let events: Vec<Value> = events.iter().map(|event| json!({"CloudTrailEvent": event.to_string()})).collect();
        json!({"Events": events, "NextToken": next})
    };
    let cloudtrail = Scripted::start(vec![page(first, Some("more")), page(second, None)]);
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAAUDITOR"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    let arguments = ["audit", "reconcile", &both.journal(), "--lookup-events", "--endpoint-url", &cloudtrail.url];
    let ran = run_with(&[&arguments[..], &["--from", "1h", "--settle", "0s", "--reads", "--json"]].concat(), &keys, "");
    assert_eq!((ran.code, &ran.json()["verdict"]), (0, &json!("complete")), "{ran:?}");
    let received = cloudtrail.received.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let tokens: Vec<&Value> = received.iter().map(|request| &request.body["NextToken"]).collect();
    assert_eq!(tokens, [&Value::Null, &json!("more")]);
    for request in &received {
        assert!(request.target.ends_with(".LookupEvents"), "{}", request.target);
        assert!(request.authorization.contains("/us-east-1/cloudtrail/aws4_request"), "{}", request.authorization);
        let start = request.body["StartTime"].as_f64().expect("a range is asked for");
        let ago = now().as_second() as f64 - start;
        assert!((3.0 * 3600.0 - 1.0..3.1 * 3600.0).contains(&ago), "two hours more than the range: {ago}");
    }
}

#[test]
fn what_cannot_be_asked_says_why() {
    let empty = tempfile::tempdir().expect("a temporary directory can be made");
    let folder = empty.path().to_str().expect("temporary folders have plain names");
    let header = json!({"stage": "segment", "gateway": "gw", "integrity": {"sequence": 1}});
    let nameless = tempfile::tempdir().expect("a temporary directory can be made");
    let without_name = nameless.path().to_str().expect("temporary folders have plain names");
    fs::write(empty.path().join("journal-0.jsonl"), format!("{header}\n")).expect("the folder is ours");
    fs::write(nameless.path().join("journal-0.jsonl"), "").expect("the folder is ours");
    let nothing = tempfile::tempdir().expect("a temporary directory can be made");
    let nothing = nothing.path().to_str().expect("temporary folders have plain names");
    for (arguments, code, said) in [
        (&["audit", "reconcile", folder][..], 2, "--cloudtrail"),
        (&["audit", "reconcile", "--lookup-events"], 2, "<PATH>"),
        (&["audit", "reconcile", folder, "--lookup-events", "--from", "100d"], 2, "90 days"),
        (&["audit", "reconcile", "/nonexistent", "--cloudtrail", folder], 1, "/nonexistent"),
        (&["audit", "reconcile", folder, "--lookup-events", "--from", "1h"], 1, "no AWS credentials"),
        (
            &["audit", "reconcile", folder, "--cloudtrail", "s3://b", "--endpoint-url", "http://10.0.0.1"],
            2,
            "not this machine",
        ),
        (&["audit", "reconcile", folder, "--cloudtrail", nothing], 1, "no CloudTrail log file"),
        (&["audit", "reconcile", without_name, "--cloudtrail", nothing], 2, "--gateway NAME"),
        (
            &["audit", "reconcile", without_name, "--gateway", "gw", "--cloudtrail", nothing],
            1,
            "no CloudTrail log file",
        ),
    ] {
        let ran = run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
        assert!(ran.said().contains(said), "{arguments:?}: {ran:?}");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).expect("into memory");
    packed.finish().expect("into memory")
}

/// A CloudTrail that gives these answers, one after another; its thread ends with the process of the tests.
struct Scripted {
    url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

#[derive(Debug, Clone)]
struct Received {
    target: String,
    authorization: String,
    body: Value,
}

impl Scripted {
    fn start(answers: Vec<Value>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let kept = Arc::clone(&received);
        std::thread::spawn(move || {
            for (stream, answer) in listener.incoming().flatten().zip(answers) {
                let Some(request) = read(&stream) else { continue };
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                let body = answer.to_string();
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close";
                let _gone =
                    (&stream).write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes());
            }
        });
        Self { url, received }
    }
}

fn read(stream: &TcpStream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let (mut target, mut authorization, mut length) = (String::new(), String::new(), 0);
    for line in reader.by_ref().lines() {
        let line = line.ok()?;
        match line.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().ok()?,
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => value.clone_into(&mut authorization),
            Some((name, value)) if name.eq_ignore_ascii_case("x-amz-target") => value.clone_into(&mut target),
            None if line.is_empty() => break,
            Some(_) | None => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Received { target, authorization, body: serde_json::from_slice(&body).ok()? })
}
