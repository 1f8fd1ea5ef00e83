//! How long a query takes over a journal of a million records: `cargo bench --bench audit_query`; how to read it stands
//! in docs/performance.md.
//!
//! The journal is made by the journal itself, of records as long as those of calls, and every query is asked several
//! times, so that its files are in the system's memory. Nothing here asserts on speed; a query that does not find what
//! it should ends the run, so a short run (`--quick`) tells that the measurement still works.

use std::error::Error;
use std::fs::File;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use flate2::Compression;
use flate2::write::GzEncoder;
use iam_mcp_gateway::audit::query::{Filter, Pattern, query};
use iam_mcp_gateway::audit::{DiskStorage, Event, Journal, JournalOptions, Record, Stage, journal_files, open};
use iam_mcp_gateway::clock::ManualClock;
use iam_mcp_gateway::random::{SystemRandom, uuid};
use jiff::{SignedDuration, Timestamp};
use mimalloc::MiMalloc;
use serde_json::json;
use tokio::time::Instant;

/// The same allocator as the real binary's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures queries of the audit journal.
#[derive(Debug, Parser)]
struct Arguments {
    /// Of 10,000 records, once: shows whether everything works.
    #[arg(long)]
    quick: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Cargo passes this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A caller makes every thousandth call.
const CALLERS: usize = 1000;
/// What a query over all records should take at most, in seconds.
const AIM: f64 = 2.0;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _gone = writeln!(io::stderr().lock(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Outcome<()> {
    let (records, rounds) = if arguments.quick { (10_000, 1) } else { (1_000_000, 5) };
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let path = folder.path();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(write(path, records))?;

    let mut figures = Vec::new();
    for question in questions(records) {
        figures.push(measure(path, question.0.to_owned(), question, rounds)?);
    }
    let size: u64 =
        journal_files(path)?.iter().map(|name| Ok(path.join(name).metadata()?.len())).sum::<io::Result<_>>()?;
    let size_mib = size / 1024 / 1024;
    compress(path)?;
    for question in questions(records).into_iter().filter(|question| COMPRESSED.contains(&question.0)) {
        figures.push(measure(path, format!("{}, compressed files", question.0), question, rounds)?);
    }
    let meant = !arguments.quick && !cfg!(debug_assertions);
    let mut out = io::stdout().lock();
    if arguments.json {
        let figures: Vec<_> = figures
            .iter()
            .map(|(name, median, low, high, found)| {
                json!({"name": name, "unit": "s", "median": median, "low": low, "high": high, "found": found})
            })
            .collect();
        let report = json!({"records": records, "mib": size_mib, "meant": meant, "aim": AIM, "figures": figures});
        writeln!(out, "{report:#}")?;
        return Ok(());
    }
    writeln!(out, "{records} records, {size_mib} MiB in {} files", journal_files(path)?.len())?;
    if !meant {
        writeln!(out, "A quick run, or no optimized build: these figures mean nothing.")?;
    }
    writeln!(out, "\n{:<44} {:>9} {:>9} {:>9}    {:>9}  aim <= {AIM} s", "", "median", "low", "high", "found")?;
    for (name, median, low, high, found) in figures {
        let met = if median <= AIM { "met" } else { "MISSED" };
        writeln!(out, "{name:<44} {median:>9.3} {low:>9.3} {high:>9.3} s  {found:>9}  {met}")?;
    }
    Ok(())
}

/// A question's name, what is asked with which limit, and how many records are to be found.
type Question = (&'static str, Filter, Option<usize>, usize);

const CALLER: &str = "caller";
const ALL: &str = "environment, which all have";
/// What is asked of compressed files, too.
const COMPRESSED: [&str; 2] = [CALLER, ALL];

/// Asks several times; answers the name, the median, the lowest and the highest seconds, and how many are found.
fn measure(path: &Path, name: String, question: Question, rounds: usize) -> Outcome<(String, f64, f64, f64, usize)> {
    let (_, filter, limit, expected) = question;
    let mut took = Vec::new();
    for _ in 0..rounds {
        took.push(ask(path, &filter, limit, expected).map_err(|error| format!("{name}: {error}"))?);
    }
    took.sort_unstable_by(f64::total_cmp);
    Ok((name, took[rounds / 2], took[0], took[rounds - 1], expected))
}

/// Compresses the files as the gateway does; all of them, for the journal is closed.
fn compress(folder: &Path) -> Outcome<()> {
    for name in journal_files(folder)? {
        let path = folder.join(&name);
        let mut plain = File::open(&path)?;
        let mut packed = GzEncoder::new(File::create_new(folder.join(format!("{name}.gz")))?, Compression::default());
        io::copy(&mut plain, &mut packed)?;
        packed.finish()?;
        std::fs::remove_file(path)?;
    }
    Ok(())
}

fn questions(records: usize) -> Vec<Question> {
    let text = |text: &str| Some(text.to_owned());
    let any = Filter::default;
    let (from, to) = (Some(time_of(records / 2)), Some(time_of(records / 2 + 100)));
    let denied = records.div_ceil(100);
    vec![
        (CALLER, Filter { caller: text("caller-7"), ..any() }, None, records / CALLERS),
        ("AWS request id", Filter { aws_request: text(&request_id(records / 3)), ..any() }, None, 1),
        (
            "action iam:delete*",
            Filter { action: Some(Pattern::new("iam:delete*")), ..any() },
            None,
            records.div_ceil(100),
        ),
        (
            "resource */person-7",
            Filter { resource: Some(Pattern::new("*/person-7")), ..any() },
            None,
            records / CALLERS,
        ),
        ("error AccessDenied", Filter { error: text("AccessDenied"), ..any() }, None, denied),
        ("a range of 100 records", Filter { from, to, ..any() }, None, 100),
        (ALL, Filter { environment: text("dev"), ..any() }, None, records),
        ("everything, the last 20", any(), Some(20), 20),
    ]
}

/// Answers the seconds that a query takes.
fn ask(path: &Path, filter: &Filter, limit: Option<usize>, expected: usize) -> Outcome<f64> {
    let began = Instant::now();
    let mut found = 0;
    let summary = query(path, filter, limit, &mut |_| {
        found += 1;
        ControlFlow::Continue(())
    })?;
    let took = began.elapsed().as_secs_f64();
    if found != expected || summary.no_records > 0 || !summary.unread.is_empty() {
        return Err(format!("found {found} instead of {expected}: {summary:?}").into());
    }
    Ok(took)
}

async fn write(folder: &Path, records: usize) -> Outcome<()> {
    let options = JournalOptions::new(folder);
    let capacity = options.queue_capacity;
    let clock = ManualClock::at(time_of(0));
    let journal = Journal::open(options, Arc::new(DiskStorage), clock.clone(), Arc::new(SystemRandom)).await?;
    for number in 0..records {
        journal.note(record(number)?)?;
        clock.advance(EVERY);
        if number % (capacity / 2) == 0 {
            while journal.counters().queued > capacity / 4 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }
    while journal.counters().queued > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    journal.close().await?;
    // Opened once, so that a format that does not read is told from a query that does not find.
    for name in journal_files(folder)? {
        open(&folder.join(name))?;
    }
    Ok(())
}

/// How often a call is made: a million of them in a good week.
const EVERY: SignedDuration = SignedDuration::from_millis(700);

fn time_of(number: usize) -> Timestamp {
    let start: Timestamp = "2026-11-01T00:00:00Z".parse().expect("a date");
    start + EVERY * i32::try_from(number).expect("few enough")
}

fn request_id(number: usize) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

/// A record as those of calls are, in what it holds and in its length.
fn record(number: usize) -> Outcome<Record> {
    let caller = format!("caller-{}", number % CALLERS);
    let user = format!("arn:aws:iam::123456789012:user/*person-{}", number % CALLERS);
    let (action, code) = match number % 100 {
        0 => ("iam:DeleteUser", None),
        1 => ("iam:GetUser", Some("AccessDenied")),
        _ => ("iam:GetUser", None),
    };
    let mut event =
        Event::new("iam-mcp.example.internal", "CallTool", Stage::Read, time_of(number), uuid(&SystemRandom));
    event.user_identity = json!({
        "type": "AssumedRole",
        "principalId": format!("AROACLKWSDQRAOEXAMPLE:{caller}-JBSWY3DPEBLW64TMMQQQJBSWY3"),
        "arn": format!("arn:aws:sts::123456789012:assumed-role/agent/{caller}-JBSWY3DPEBLW64TMMQQQJBSWY3"),
        "accountId": "123456789012",
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::123456789012:role/agent", "userName": "agent"},
            "sourceIdentity": format!("{caller}@example.com"),
        },
    });
    event.source_ip_address = Some("10.1.2.3".to_owned());
    event.user_agent = Some("mcp-proxy-for-aws/1.7.0".to_owned());
    event.request_id = Some(uuid(&SystemRandom));
    event.aws_region = "us-east-1".to_owned();
    event.recipient_account_id = Some("123456789012".to_owned());
    if let Some(code) = code {
        event.fail(code, "User: is not authorized to perform: iam:GetUser");
    }
    event.request_parameters = json!({
        "method": "tools/call", "id": number,
        "params": {"name": "get_user", "arguments": {"user_name": format!("person-{}", number % CALLERS)}},
    });
    for (name, value) in [
        ("viaAWSMCPService", json!(true)),
        ("calledViaAWSMCP", json!("iam-mcp.example.internal")),
        ("caller", json!({"kind": "keyring", "name": caller, "person": format!("{caller}@example.com")})),
        ("authentication", json!({"accessKeyId": "IMGKBENCH00000000000", "signatureSha256": "0".repeat(64)})),
        ("tool", json!("get_user")),
        ("effect", json!("read")),
        ("decision", json!({"stage": "gateway", "effect": "allow", "reason": format!("role mapping dev/{caller}")})),
        ("environment", json!("dev")),
        ("roleMapping", json!(format!("dev/keyring:{caller}"))),
        ("roleArn", json!("arn:aws:iam::123456789012:role/agent")),
        ("sessionTags", json!({"ViaAWSMCPService": "true", "CalledViaAWSMCP": "iam-mcp.example.internal"})),
        ("sourceIdentity", json!(format!("{caller}@example.com"))),
        ("assumedSessions", json!([{"purpose": "read", "arn": "arn:aws:sts::123456789012:assumed-role/agent/x"}])),
        (
            "awsCalls",
            json!([{"action": action, "resource": user, "requestId": request_id(number), "status": 200, "ms": 9}]),
        ),
        ("mcp", json!({"protocolVersion": "2026-07-28", "client": "bench 1", "requestId": number})),
        ("configuration", json!("0".repeat(64))),
        ("policies", json!("0".repeat(64))),
    ] {
        event.additional_event_data.insert(name.to_owned(), value);
    }
    Ok(event.into_record()?)
}
