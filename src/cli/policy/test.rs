//! `policy test`

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{files, show};
use crate::authorize::documents;
use crate::cli::{Failure, Outcome, out};
use crate::policy_cases::{CaseResult, run as run_cases};
use crate::tools::text::visible;

/// Test policies: run files of cases, and say which do not end as they should.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  iam-mcp-gateway policy test deploy/policies/cases.jsonl\n  \
    generate-cases | iam-mcp-gateway policy test --json -\n\n\
    A case is one line of JSON, here with the policies of a file beside it:\n  \
    {\"name\": \"nobody deletes\", \"layers\": {\"endpoint\": [\"read-only-via-mcp.json\"]}, \"request\": {\"principal\": \
    \"arn:aws:iam::123456789012:user/otto\", \"action\": \"iam:DeleteUser\", \"resource\": \
    \"arn:aws:iam::123456789012:user/bob\", \"context\": {\"aws:ViaAWSMCPService\": true}}, \"expect\": \
    \"explicitDeny\"}\n\n\
    Layers are endpoint, identity, boundary, session, scp and resource (of a role to assume: its trust policy). A policy\n\
    is an object, a string with its JSON, or the name of a file beside the cases. The context is literal: what is not\n\
    given is missing. A principal is an ARN (\"role\" beside it tells a session's role with its path), a service's name,\n\
    anonymous, or federated:PROVIDER. Expected is allowed, explicitDeny, implicitDeny, or invalid, where a policy has\n\
    faults. \"source\" may say where the result is stated.\n\n\
    Exit codes: 0 all cases passed, 1 one failed or cannot be read, or there was none.")]
pub(super) struct Test {
    /// The cases, one JSON object a line; - is standard input.
    #[arg(required = true, value_name = "CASES")]
    cases: Vec<PathBuf>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// How the cases of one file went.
#[derive(Debug, Serialize)]
struct Ran {
    file: String,
    /// Why the file cannot be read.
    problem: Option<String>,
    results: Vec<CaseResult>,
}

#[derive(Debug, Serialize)]
struct Report {
    ok: bool,
    passed: usize,
    failed: usize,
    files: Vec<Ran>,
}

/// Runs the command.
///
/// # Errors
/// None of its own: a case that fails is an outcome.
pub(super) fn run(command: &Test) -> Result<Outcome, Failure> {
    let files: Vec<Ran> = command.cases.iter().map(|path| ran(path)).collect();
    let results = || files.iter().flat_map(|file| &file.results);
    let passed = results().filter(|result| result.passed).count();
    let unreadable = files.iter().filter(|file| file.problem.is_some()).count();
    let failed = results().filter(|result| !result.passed).count() + unreadable;
    let report = Report { ok: failed == 0 && passed > 0, passed, failed, files };
    if command.json {
        out::json(&report);
    } else {
        tell(&report);
    }
    Ok(if report.ok { Outcome::Done } else { Outcome::Failed })
}

fn ran(path: &Path) -> Ran {
    let stdin = files::is_stdin(path);
    let file = if stdin { "standard input".to_owned() } else { path.display().to_string() };
    let folder = if stdin { None } else { path.parent() }.unwrap_or(Path::new(""));
    match files::input(path) {
        Ok(text) => {
            let results = run_cases(&text, &|name| documents::text(&folder.join(name)));
            Ran { file, problem: None, results }
        }
        Err(problem) => Ran { file, problem: Some(problem), results: Vec::new() },
    }
}

fn tell(report: &Report) {
    for Ran { file, problem, results } in &report.files {
        if let Some(problem) = problem {
            out::line(&format!("{} {}: {}", out::styled(out::BAD, "error"), visible(file), visible(problem)));
        }
        results.iter().filter(|result| !result.passed).for_each(|result| tell_failed(file, result));
    }
    if report.passed + report.failed == 0 {
        out::line("there were no cases");
    }
    out::line(&format!("{} passed, {} failed", report.passed, report.failed));
}

fn tell_failed(file: &str, result: &CaseResult) {
    let name = result.name.as_deref().map_or_else(String::new, |name| format!(" {}", visible(name)));
    let head = format!("{} {}:{}:{name}", out::styled(out::BAD, "failed"), visible(file), result.line);
    if let Some(problem) = &result.problem {
        out::line(&format!("{head} {}", visible(problem)));
        return;
    }
    out::line(&head);
    let expected = result.expected.unwrap_or_default();
    match &result.explanation {
        Some(explanation) => {
            out::line(&format!("  expected {expected}, found {}", show::outcome(explanation)));
            show::reasons(explanation).iter().for_each(|line| out::line(&format!("  {line}")));
        }
        None => {
            out::line(&format!("  expected {expected}, found {}", out::styled(out::BAD, "invalid")));
            let faults = result.faults.iter().flat_map(show::faults);
            faults.for_each(|fault| out::line(&format!("  {fault}")));
        }
    }
}
