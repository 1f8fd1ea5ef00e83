//! `doctor`

use std::path::PathBuf;
use std::sync::Arc;

use anstyle::Style;
use clap::Args;
use serde_json::json;

use super::{Failure, Outcome, out};
use crate::clock::SystemClock;
use crate::config::{Config, Loaded, ProcessEnvironment};
use crate::doctor::{Counts, Examiner, Finding, Status, Subject, findings};
use crate::tools::text::visible;

/// Look at what the gateway stands on at AWS: the mapped roles, its own role, and CloudTrail.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  iam-mcp-gateway doctor --config gateway.toml\n  \
    iam-mcp-gateway doctor --config gateway.toml --mapping \"dev/keyring:ci/*\" --json\n\n\
    Looked at are, for each role mapping: whether STS gives its sessions, stamped, tagged and with a source identity as \
    those of\nits callers; for each mapped role: whether its trust policy lets in the gateway alone, and only with the \
    stamp, whether a\nboundary is attached, and that it is no administrator; the gateway's own identity, which should be a \
    role that may do\nnothing with IAM; and whether a trail keeps what is done. Nothing is changed. Every finding comes \
    with its mend, and\nwhat could not be looked at is unknown, which is not fine. docs/doctor.md has each code.\n\n\
    AWS is asked with what the gateway would run with here (environment variables, AWS_PROFILE, the task's or the\n\
    instance's role): run it where the gateway runs. Roles are looked at in sessions of their own that may only look.\n\
    They have no audit record: `audit reconcile` names their events, of sessions named doctor-...\n\n\
    Exit codes: 0 no problems, 1 a problem, 2 nothing could be looked at or wrong usage, 64 bad configuration.")]
pub struct Doctor {
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = "gateway.toml")]
    config: PathBuf,
    /// Only the role mapping of this name, as `config check` lists them, with its role and its account.
    #[arg(long, value_name = "NAME")]
    mapping: Option<String>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the configuration is bad, or there is no mapping of that name.
pub fn run(command: &Doctor) -> Result<Outcome, Failure> {
    let Loaded { config, .. } = Config::load(&command.config, &ProcessEnvironment)
        .map_err(|faults| Failure::configuration(format!("the configuration is bad\n{faults}")))?;
    if let Some(name) = &command.mapping
        && !config.role_mappings.iter().any(|mapping| mapping.id == *name)
    {
        let names: Vec<&str> = config.role_mappings.iter().map(|mapping| mapping.id.as_str()).collect();
        let name = visible(name);
        return Err(Failure::usage(format!("there is no role mapping {name}; there are: {}", names.join(", "))));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let examination = runtime.block_on(async {
        let examiner = Examiner::new(&config, None, Arc::new(SystemClock)).await;
        examiner.examine(&config, command.mapping.as_deref()).await
    });
    let found = findings(&examination);
    let counts = Counts::of(&found);
    if command.json {
        out::json(&json!({"ok": counts.problem == 0 && !examination.is_blind(), "findings": found, "counts": counts}));
    } else {
        tell(&found, counts);
    }
    Ok(match counts.problem {
        _ if examination.is_blind() => Outcome::NothingSeen,
        0 => Outcome::Done,
        _ => Outcome::Failed,
    })
}

/// Says it: each thing that was looked at with the worst that was found, what is not fine with its mend, what is fine in one line.
fn tell(found: &[Finding], counts: Counts) {
    for group in found.chunk_by(|one, other| one.subject == other.subject) {
        let worst = group.iter().map(|finding| finding.status).max().unwrap_or(Status::Ok);
        let subject = out::styled(out::STRONG, &visible(&describe(&group[0].subject)));
        out::line(&format!("{} {subject}", word(worst)));
        let same = |one: &Finding, other: &Finding| {
            (one.status, &one.evidence, &one.mend) == (other.status, &other.evidence, &other.mend)
        };
        for alike in group.chunk_by(same).filter(|alike| alike[0].status != Status::Ok) {
            let (finding, codes) = (&alike[0], alike.iter().map(|finding| finding.code).collect::<Vec<_>>().join(", "));
            // AWS's words, and with them names that an attacker may have chosen.
            out::line(&format!("  {} {codes}: {}", word(finding.status), visible(&finding.evidence)));
            if let Some(mend) = &finding.mend {
                out::line(&format!("           {} {}", out::styled(out::FAINT, "mend:"), visible(mend)));
            }
        }
        let fine: Vec<&str> =
            group.iter().filter(|finding| finding.status == Status::Ok).map(|finding| finding.code).collect();
        if !fine.is_empty() {
            out::line(&format!("  {} {}", word(Status::Ok), out::styled(out::FAINT, &fine.join(", "))));
        }
    }
    let Counts { ok, unknown, warning, problem } = counts;
    let style = if problem > 0 { out::BAD } else { out::GOOD };
    let problems = out::styled(style, &format!("{problem} problem(s)"));
    out::line(&format!("{problems}, {warning} warning(s), {unknown} unknown, {ok} ok"));
}

/// The status, as wide as the widest.
fn word(status: Status) -> String {
    let style = match status {
        Status::Ok => out::GOOD,
        Status::Unknown | Status::Warning => out::CAUTION,
        Status::Problem => out::BAD,
    };
    padded(style, status.as_str())
}

fn padded(style: Style, word: &str) -> String {
    out::styled(style, &format!("{word:<8}"))
}

fn describe(subject: &Subject) -> String {
    match subject {
        Subject::Gateway => "the gateway's own identity".to_owned(),
        Subject::Mapping { mapping, role_arn } => format!("mapping {mapping}  ->  {role_arn}"),
        Subject::Role { role_arn, mappings } => format!("role {role_arn}  ({})", mappings.join(", ")),
        Subject::Account { account } => format!("account {account}"),
    }
}
