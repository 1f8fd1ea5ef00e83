//! The journal that a gateway writes, read with `audit query`, `tail` and `export`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use iam_mcp_gateway::hidden::is_hidden;
use serde_json::{Value, json};

use crate::support::command::{Ran, binary, run, run_with};
use crate::support::gateway::TestGateway;

/// Clears the screen, ends the line, turns the reading direction, hides a letter.
const HOSTILE: &str = "\u{1b}[2J\r\n\u{202e}\u{e0041}=cmd";

/// A gateway that has answered a read of AWS, a read that AWS was not asked for and a refusal, and was stopped. Beside its
/// files lies one with a record that somebody else made up.
fn journal() -> (TestGateway, String) {
    let mut gateway = TestGateway::with_sandbox().start();
    assert!(!gateway.call("alice", "list_users", json!({"max_items": 3})).is_error);
    assert!(!gateway.call("reader", "whoami", json!({})).is_error);
    assert!(gateway.call("reader", "create_user", json!({"user_name": "mallory"})).is_error);
    gateway.stop();
    let path = gateway.argument("audit");
    let hostile = json!({"eventTime": HOSTILE, "stage": HOSTILE, "errorCode": HOSTILE, "userAgent": HOSTILE,
        "additionalEventData": {"caller": {"name": HOSTILE}, "awsCalls": [{"action": HOSTILE, "resource": HOSTILE}]},
        "requestParameters": {"params": {"name": HOSTILE, "arguments": {HOSTILE: HOSTILE}}}, "integrity": {"sequence": 999}});
    let file = gateway.path("audit").join("journal-99999999999999999999-000000-x.jsonl");
    std::fs::write(file, format!("{hostile}\n")).expect("the folder is ours");
    (gateway, path)
}

/// The records that a query finds.
fn found(path: &str, filters: &[&str]) -> Vec<Value> {
    let ran = run(&[&["audit", "query", path, "--json"], filters].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is a record")).collect()
}

fn tools(records: &[Value]) -> Vec<&str> {
    records.iter().filter_map(|record| record["additionalEventData"]["tool"].as_str()).collect()
}

#[track_caller]
fn assert_harmless(text: &str) {
    let hidden = |character: char| is_hidden(character) && !matches!(character, '\n' | '\r');
    assert!(!text.contains(hidden), "{text:?}");
}

#[test]
fn a_query_finds_records_by_each_of_their_parts() {
    let (gateway, path) = journal();
    let all = gateway.journal();
    let calls: Vec<Value> = all.iter().filter(|record| record["stage"] != "segment").cloned().collect();
    assert_eq!(found(&path, &[]), calls, "every record but the headers, in the journal's order");
    let listed = found(&path, &["--tool", "list_users"]);
    let [listed] = listed.as_slice() else { unreachable!("one call: {listed:#?}") };

    let part = |place: &str| {
        let value = listed.pointer(place).unwrap_or_else(|| unreachable!("no {place}: {listed:#}"));
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    };
    let aws = part("/additionalEventData/awsCalls/0/requestId");
    let role = part("/additionalEventData/assumedSessions/0/requestId");
    let resource = part("/additionalEventData/awsCalls/0/resource");
    for filters in [
        ["--aws-request-id", &aws],
        ["--aws-request-id", &role],
        ["--request-id", &part("/requestID")],
        ["--sequence", &part("/integrity/sequence")],
        ["--action", "IAM:list*"],
        ["--resource", &resource],
    ] {
        assert_eq!(found(&path, &filters), std::slice::from_ref(listed), "{filters:?}");
    }
    assert_eq!(tools(&found(&path, &["--decided-by", "aws", "--environment", "dev"])), ["list_users"]);
    assert_eq!(tools(&found(&path, &["--caller", "keyring:reader"])), ["whoami", "create_user"]);
    assert_eq!(tools(&found(&path, &["--caller", "reader", "--decision", "deny"])), ["create_user"]);
    assert_eq!(tools(&found(&path, &["--error", "ReadOnlyCaller"])), ["create_user"]);
    assert_eq!(tools(&found(&path, &["--person", "alice@example.com"])), ["list_users"]);
    assert_eq!(tools(&found(&path, &["--stage", "denied", "--tool", "create_user"])), ["create_user"]);
    assert_eq!(found(&path, &["--stage", "segment"]).len() + calls.len(), all.len());
    assert_eq!(
        found(&path, &["--from", "1h", "--environment", "dev"]).len(),
        found(&path, &["--environment", "dev"]).len()
    );
    assert!(found(&path, &["--to", "1h"]).is_empty());
    assert_eq!(found(&path, &["--limit", "1"]), calls[calls.len() - 1..]);
}

#[test]
fn the_table_shows_hostile_text_and_obeys_none() {
    let (_gateway, path) = journal();
    let table = run(&["audit", "query", &path]);
    assert_eq!(table.code, 0, "{table:?}");
    assert_harmless(&table.said());
    assert!(table.stdout.contains("\\u{1b}[2J"), "{}", table.stdout);
    let denied = table.stdout.lines().find(|line| line.contains("create_user")).expect("each call has a line");
    assert!(denied.contains("reader") && denied.contains("deny ReadOnlyCaller"), "{denied}");
    assert!(table.stderr.contains(" record"), "it says how much was looked at: {}", table.stderr);
    let json = run(&["audit", "query", &path, "--json"]);
    assert_harmless(&json.said());
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let (_gateway, path) = journal();
    let coloured = |variables: &[(&str, &str)]| {
        let ran = run_with(&["audit", "query", &path], variables, "");
        ran.stdout.contains('\u{1b}')
    };
    assert!(!coloured(&[]));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn torn_foreign_and_compressed_files_are_read_for_what_they_hold() {
    let (gateway, path) = journal();
    let calls = found(&path, &[]);
    let name = std::fs::read_dir(&path)
        .expect("the journal is there")
        .map(|entry| entry.expect("the folder is ours").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .min()
        .expect("the journal has a file");
    let text = std::fs::read(&name).expect("the file is ours");
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&text).and_then(|()| packed.write_all(b"not a record\n{\"torn\":")).expect("into memory");
    std::fs::write(name.with_extension("jsonl.gz"), packed.finish().expect("into memory")).expect("the folder is ours");
    std::fs::remove_file(&name).expect("the folder is ours");
    let ran = run(&["audit", "query", &path, "--json"]);
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, calls.len()), "{ran:?}");
    assert!(ran.stderr.contains("2 line(s) are no records"), "{}", ran.stderr);

    std::fs::write(gateway.path("audit").join("journal-9.jsonl.gz"), b"\x1f\x8b\x08").expect("the folder is ours");
    let ran = run(&["audit", "query", &path, "--json"]);
    assert_eq!((ran.code, ran.stdout.lines().count()), (1, calls.len()), "{ran:?}");
    assert!(ran.stderr.contains("journal-9.jsonl.gz cannot be read to its end"), "{}", ran.stderr);
}

#[test]
fn cloudtrail_events_are_the_records() {
    let (_gateway, path) = journal();
    let exported = run(&["audit", "export", &path, "--format", "cloudtrail"]);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    assert_harmless(&exported.stdout);
    let exported = exported.json();
    let events = exported["Records"].as_array().expect("as in CloudTrail's files");
    let records = found(&path, &[]);
    assert_eq!(events.len(), records.len());
    for (event, record) in events.iter().zip(&records) {
        let mut expected = record.clone();
        for moved in ["stage", "integrity"] {
            expected["additionalEventData"][moved] = record[moved].clone();
            expected.as_object_mut().expect("an object").remove(moved);
        }
        assert_eq!(*event, expected);
    }
    let nothing = run(&["audit", "export", &path, "--format", "cloudtrail", "--tool", "no_such"]);
    assert_eq!((nothing.code, nothing.json()), (0, json!({"Records": []})));
}

#[test]
fn csv_has_no_formula_and_a_line_for_each_record() {
    let (_gateway, path) = journal();
    let exported = run(&["audit", "export", &path, "--format", "csv"]);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    assert_harmless(&exported.stdout);
    let mut reader = csv::Reader::from_reader(exported.stdout.as_bytes());
    let columns = reader.headers().expect("a heading").clone();
    let help = run(&["audit", "export", "--help"]).stdout;
    for column in &columns {
        assert!(help.contains(&format!("  {column} ")), "{column} is not explained");
    }
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("it is CSV");
    assert_eq!(rows.len(), found(&path, &[]).len());
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
    }
    let caller = columns.iter().position(|column| column == "caller").expect("a caller has a column");
    assert!(rows.iter().any(|row| &row[caller] == "reader"));
}

#[test]
fn a_wrong_filter_is_wrong_usage_and_a_missing_journal_a_failure() {
    let (_gateway, path) = journal();
    for filters in [["--stage", "intents"], ["--from", "yesterday"], ["--sequence", "2-1"], ["--decision", "maybe"]] {
        let ran = run(&[&["audit", "query", &path], &filters[..]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    }
    assert_eq!(run(&["audit", "query", &path, "--from", "1h", "--to", "2h"]).code, 2);
    assert_eq!(run(&["audit", "export", &path]).code, 2);
    for command in [&["query"][..], &["tail"], &["export", "--format", "csv"]] {
        let ran: Ran = run(&[&["audit"], command, &["/nonexistent"]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
        assert!(ran.stderr.contains("/nonexistent"), "{ran:?}");
    }
}

/// `audit tail`, and the records that it prints.
struct Tail {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Tail {
    fn start(path: &str, more: &[&str]) -> Self {
        let mut command = binary();
        command.args(["audit", "tail", path, "--json"]).args(more).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let lines = BufReader::new(child.stdout.take().expect("it was asked for")).lines();
        Self { child, lines }
    }

    fn next(&mut self) -> Value {
        let line = self.lines.next().expect("it goes on").expect("it is text");
        serde_json::from_str(&line).expect("each line is a record")
    }
}

#[test]
fn a_tail_shows_what_comes_also_when_the_journal_begins_a_new_file() {
    let mut gateway = TestGateway::without_aws().start();
    for _ in 0..3 {
        assert!(!gateway.call("alice", "whoami", json!({})).is_error);
    }
    gateway.stop();
    let written = gateway.journal();
    let mut tail = Tail::start(&gateway.argument("audit"), &["--lines", "2", "--tool", "whoami"]);
    assert_eq!([tail.next(), tail.next()], written[written.len() - 2..]);
    gateway.restart();
    let call = gateway.call("reader", "whoami", json!({}));
    let shown = tail.next();
    assert_eq!(shown["requestParameters"]["id"], json!(call.id));
    assert_eq!(shown["additionalEventData"]["caller"]["name"], "reader");

    let interrupt = Command::new("sh").args(["-c", &format!("kill -INT {}", tail.child.id())]).status();
    assert!(interrupt.expect("there is a shell").success());
    assert_eq!(tail.child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_tail_ends_when_nobody_reads_it() {
    let mut gateway = TestGateway::without_aws().start();
    assert!(!gateway.call("alice", "whoami", json!({})).is_error);
    let mut tail = Tail::start(&gateway.argument("audit"), &["--tool", "whoami"]);
    let _first = tail.next();
    let Tail { mut child, lines } = tail;
    drop(lines);
    assert!(!gateway.call("alice", "whoami", json!({})).is_error);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    gateway.stop();
}
