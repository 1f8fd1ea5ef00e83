//! How long a report of a large account takes, and how soon its page is seen: `cargo bench --bench report`; how to read it
//! stands in docs/performance.md.
//!
//! The first paint is that of the headless Chromium which tests/run unpacks into .tests/, without which it is not measured.
//! Nothing here asserts on speed; a report that does not hold everybody ends the run, so a short run (`--quick`) tells that the
//! measurement still works.

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Parser;
use iam_mcp_gateway::posture::Snapshot;
use iam_mcp_gateway::posture::snapshot::{AccessKey, Credentials};
use iam_mcp_gateway::report::{Report, Thresholds, page};
use jiff::Timestamp;
use mimalloc::MiMalloc;
use serde_json::{Value, json};
use tokio::time::Instant;

/// The same allocator as the real binary's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures reports.
#[derive(Debug, Parser)]
struct Arguments {
    /// Of 50 identities, once: shows whether everything works.
    #[arg(long)]
    quick: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Cargo passes this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// How soon something should be seen of the largest, in milliseconds.
const AIM: f64 = 2000.0;

/// When the accounts are looked at.
const NOW: i64 = 1_780_000_000;
const DAY: i64 = 86_400;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _gone = writeln!(io::stderr().lock(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What was measured of one size; seconds, bytes and milliseconds.
struct Measured {
    identities: usize,
    findings: usize,
    analysis: f64,
    rendering: f64,
    page: usize,
    json: usize,
    paints: Vec<f64>,
}

fn run(arguments: &Arguments) -> Outcome<()> {
    let (sizes, paints): (&[usize], usize) = if arguments.quick { (&[50], 1) } else { (&[1000, 10_000], 5) };
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let measured = sizes.iter().map(|size| measure(*size, paints, folder.path())).collect::<Outcome<Vec<_>>>()?;
    let meant = !arguments.quick && !cfg!(debug_assertions);
    let mut out = io::stdout().lock();
    if arguments.json {
        let figures: Vec<Value> = measured.iter().map(Measured::shown).collect();
        writeln!(out, "{:#}", json!({"meant": meant, "aimOfFirstPaintMs": AIM, "figures": figures}))?;
        return Ok(());
    }
    if !meant {
        writeln!(out, "A quick run, or no optimized build: these figures mean nothing.")?;
    }
    for one in &measured {
        one.say(&mut out)?;
    }
    Ok(())
}

fn measure(identities: usize, paints: usize, folder: &Path) -> Outcome<Measured> {
    let snapshot = account(identities)?;
    let began = Instant::now();
    let report = Report::of(&snapshot, &Thresholds::default());
    let analysis = began.elapsed().as_secs_f64();
    if report.identities.len() != identities {
        return Err(format!("{} of {identities} identities are reported", report.identities.len()).into());
    }
    let began = Instant::now();
    let (page, json) = (black_box(page::of(&report)), black_box(report.json()));
    let rendering = began.elapsed().as_secs_f64();
    let path = folder.join(format!("{identities}.html"));
    fs::write(&path, &page)?;
    let paints = (0..paints).filter_map(|_| paint(&path, folder).transpose()).collect::<Outcome<Vec<f64>>>()?;
    let findings = report.findings.len();
    Ok(Measured { identities, findings, analysis, rendering, page: page.len(), json: json.len(), paints })
}

impl Measured {
    fn median(&self) -> Option<f64> {
        let mut paints = self.paints.clone();
        paints.sort_unstable_by(f64::total_cmp);
        paints.get(paints.len() / 2).copied()
    }

    fn shown(&self) -> Value {
        let Self { identities, findings, analysis, rendering, page, json, paints } = self;
        json!({
            "identities": identities, "findings": findings, "analysisSeconds": analysis, "renderingSeconds": rendering,
            "pageBytes": page, "jsonBytes": json, "firstPaintMs": paints,
        })
    }

    fn say(&self, out: &mut impl Write) -> io::Result<()> {
        let mib = |bytes: usize| bytes as f64 / 1024.0 / 1024.0;
        writeln!(out, "{} identities, {} findings", self.identities, self.findings)?;
        writeln!(out, "  analysis     {:>8.3} s", self.analysis)?;
        writeln!(out, "  rendering    {:>8.3} s", self.rendering)?;
        writeln!(out, "  page         {:>8.2} MiB", mib(self.page))?;
        writeln!(out, "  JSON         {:>8.2} MiB", mib(self.json))?;
        match self.median() {
            Some(median) => {
                let met = if median <= AIM { "met" } else { "MISSED" };
                let (low, high) = self
                    .paints
                    .iter()
                    .fold((f64::MAX, 0.0_f64), |(low, high), paint| (low.min(*paint), high.max(*paint)));
                writeln!(out, "  first paint  {median:>8.0} ms ({low:.0} to {high:.0}), aim <= {AIM} ms: {met}")
            }
            None => writeln!(out, "  first paint: there is no Chromium in .tests/, run tests/run once"),
        }
    }
}

/// The milliseconds to the first paint of a page; `None` where there is no Chromium.
fn paint(page: &Path, folder: &Path) -> Outcome<Option<f64>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = root.join(".tests");
    let browser: PathBuf = tests.join("chromium/unpacked/usr/lib/chromium/chromium-headless-shell");
    if !browser.exists() {
        return Ok(None);
    }
    let script = root.join("tests/python/report_page.py");
    let ran = Command::new("python3").arg(script).arg(browser).arg(page).arg(folder).arg("--paint-only").output()?;
    let said: Value = serde_json::from_slice(&ran.stdout)
        .map_err(|_| format!("Chromium did not show the page: {}", String::from_utf8_lossy(&ran.stderr)))?;
    if said["errors"] != json!([]) {
        return Err(format!("the page has errors: {}", said["errors"]).into());
    }
    Ok(said["paint"].as_f64())
}

fn ago(days: i64) -> Outcome<Timestamp> {
    Ok(Timestamp::from_second(NOW - days * DAY)?)
}

fn days(number: usize, most: usize) -> i64 {
    i64::try_from(number * 7919 % most).unwrap_or(0)
}

/// An account with so many identities, two in five of them users, as accounts are that have grown: most hold a few of two hundred
/// policies, some have one of their own, and one in fifty may do too much.
fn account(identities: usize) -> Outcome<Snapshot> {
    let account = "arn:aws:iam::123456789012:";
    let document = |statements: Value| json!({"Version": "2012-10-17", "Statement": statements});
    let allow = |actions: Value, resource: String| json!({"Effect": "Allow", "Action": actions, "Resource": resource});
    let policies: Vec<Value> = (0..200)
        .map(|number| {
            let service = ["s3", "dynamodb", "sqs", "sns", "logs"][number % 5];
            let actions = match number % 50 {
                0 => json!([format!("{service}:*")]),
                1 => json!(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]),
                _ => json!([format!("{service}:Get*"), format!("{service}:List*")]),
            };
            let statement = allow(actions, format!("arn:aws:{service}:*:123456789012:thing-{number}*"));
            json!({
                "PolicyName": format!("policy-{number}"), "Arn": format!("{account}policy/policy-{number}"),
                "DefaultVersionId": "v1",
                "PolicyVersionList": [{"VersionId": "v1", "Document": document(json!([statement]))}],
            })
        })
        .collect();
    let attached = |number: usize| {
        json!([{"PolicyName": "p", "PolicyArn": format!("{account}policy/policy-{}", number % 200)},
               {"PolicyName": "p", "PolicyArn": format!("{account}policy/policy-{}", number / 7 % 200)}])
    };
    let own = |number: usize, of_user: bool| match (number % 50, number % 10) {
        (7, _) if of_user => json!([{"PolicyName": "own", "PolicyDocument":
            document(json!([allow(json!("iam:CreateAccessKey"), format!("{account}user/*"))]))}]),
        (8, _) if number % 500 == 8 => json!([{"PolicyName": "own", "PolicyDocument":
            document(json!([allow(json!("*"), "*".to_owned())]))}]),
        (_, 3) => json!([{"PolicyName": "own", "PolicyDocument":
            document(json!([allow(json!("s3:GetObject"), format!("arn:aws:s3:::data-{number}/*"))]))}]),
        _ => json!([]),
    };
    let users = identities * 2 / 5;
    let mut listed = (Vec::new(), Vec::new());
    for number in 0..identities {
        let made = ago(days(number, 2000))?.to_string();
        if number < users {
            let name = if number % 3 == 0 { format!("svc-app-{number}") } else { format!("person.{number}") };
            listed.0.push(json!({
                "UserName": name, "UserId": format!("AIDA{number}"), "Arn": format!("{account}user/{name}"),
                "CreateDate": made, "AttachedManagedPolicies": attached(number), "UserPolicyList": own(number, true),
                "Tags": [{"Key": "team", "Value": format!("team-{}", number % 40)}],
            }));
            continue;
        }
        let principal = match number % 5 {
            0 => json!({"Service": "lambda.amazonaws.com"}),
            1 => json!({"Service": "ec2.amazonaws.com"}),
            2 => json!({"Service": "ecs-tasks.amazonaws.com"}),
            3 => json!({"AWS": format!("{account}root")}),
            _ => json!({"AWS": format!("arn:aws:iam::{}:root", 210_000_000_000_u64 + u64::try_from(number % 30)?)}),
        };
        let trust = document(json!([{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]));
        listed.1.push(json!({
            "RoleName": format!("role-{number}"), "RoleId": format!("AROA{number}"),
            "Arn": format!("{account}role/role-{number}"), "CreateDate": made, "AssumeRolePolicyDocument": trust,
            "AttachedManagedPolicies": attached(number), "RolePolicyList": own(number, false),
            "RoleLastUsed": {"LastUsedDate": ago(days(number, 400))?.to_string()},
        }));
    }
    let details = json!({"UserDetailList": listed.0, "RoleDetailList": listed.1, "Policies": policies});
    let mut snapshot = Snapshot::from_details(&details, ago(0)?)?;
    for (number, user) in snapshot.users.iter_mut().enumerate() {
        let key = AccessKey {
            number: 1,
            active: number % 4 != 0,
            last_rotated: Some(ago(days(number, 900))?),
            last_used: Some(ago(days(number, 300))?),
            last_used_service: Some("s3".into()),
        };
        user.credentials = Some(Credentials {
            password: number % 3 != 0,
            password_last_used: Some(ago(days(number, 200))?),
            mfa: number % 10 != 0,
            access_keys: if number % 2 == 0 { vec![key] } else { Vec::new() },
            ..Credentials::default()
        });
    }
    Ok(snapshot)
}
