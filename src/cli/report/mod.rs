//! `report`

mod account;
mod sources;

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use self::sources::SourceOptions;
use super::{Failure, Outcome, out};
use crate::clock::{Clock, SystemClock};
use crate::posture::findings::Severity;
use crate::report::{Report as Told, Thresholds, page};
use crate::tools::text::visible;

/// Write what an account's identities are, may do and should not, as a page for people and as JSON.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    iam-mcp-gateway report\n  \
    AWS_PROFILE=audit iam-mcp-gateway report --output 2026-11.html\n  \
    aws iam get-account-authorization-details > details.json\n  \
    iam-mcp-gateway report --from details.json --credential-report credentials.csv\n\n\
    The page needs no network and no other file; the JSON beside it (report.json) says the same. Both tell where the\n\
    account is weak, so they are made for their owner alone, and a file that is there is never overwritten.\n\
    Each finding has the call of the gateway's tool that would mend it, as a dry run. docs/report.md says what it shows.\n\n\
    AWS is asked with the usual credentials (environment variables, the profile of AWS_PROFILE, ...), which need\n\
    iam:GetAccountAuthorizationDetails, and for passwords, keys and MFA iam:GenerateCredentialReport and\n\
    iam:GetCredentialReport.\n\n\
    Exit codes: 0 written, whatever was found; 1 AWS refused, or a file cannot be read or written; 2 wrong usage.")]
pub struct Report {
    /// Where the page is written; the JSON is written beside it.
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    output: PathBuf,
    /// Sum up in JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sources: SourceOptions,
}

/// Runs the command.
///
/// # Errors
/// When the account cannot be read, or a file cannot be written.
pub fn run(command: &Report) -> Result<Outcome, Failure> {
    let page = &command.output;
    let json = page.with_extension("json");
    if *page == json {
        return Err(Failure::usage(
            "--output is for the page; the JSON is written beside it: name a file such as report.html",
        ));
    }
    // Before AWS is asked: reading a large account takes a while.
    for path in [page, &json] {
        if fs::symlink_metadata(path).is_ok() {
            return Err(is_there(path));
        }
    }
    let read = command.sources.read(&SystemClock.now())?;
    let mut report = Told::of(&read.snapshot, &Thresholds::default());
    if let Some(why) = read.no_credential_report {
        report = report.without_credential_report(why);
    }
    write(&json, report.json().as_bytes())?;
    write(page, page::of(&report).as_bytes())?;
    say(command, &report, &json);
    Ok(Outcome::Done)
}

fn is_there(path: &Path) -> Failure {
    Failure::from(format!("{} is there already: name another file with --output", path.display()))
}

fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => is_there(path),
        _ => Failure::from(format!("{} cannot be written: {error}", path.display())),
    };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(failed)
}

const SEVERITIES: [(Severity, &str); 4] =
    [(Severity::Critical, "critical"), (Severity::High, "high"), (Severity::Medium, "medium"), (Severity::Low, "low")];

fn say(command: &Report, report: &Told, json: &Path) {
    let of = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
    let escalations = &report.escalations;
    if command.json {
        out::json(&json!({
            "account": report.account,
            "page": command.output.display().to_string(),
            "json": json.display().to_string(),
            "users": report.counts.verdicts,
            "roles": report.counts.roles,
            "administrators": escalations.administrators,
            "reachAdministrator": escalations.reaching,
            "findings": SEVERITIES.map(|(severity, word)| (word, of(severity))).into_iter()
                .collect::<std::collections::BTreeMap<_, _>>(),
            "noCredentialReport": report.no_credential_report,
        }));
        return;
    }
    let counted: Vec<String> = SEVERITIES.iter().map(|(severity, word)| format!("{} {word}", of(*severity))).collect();
    let [human, nhi, uncertain] = ["human", "nhi", "uncertain"].map(|verdict| report.counts.verdicts[verdict]);
    out::line(&format!("{} {}", out::styled(out::STRONG, "account"), report.account));
    out::line(&format!("  users     {}: {human} people, {nhi} machines, {uncertain} uncertain", report.counts.users));
    out::line(&format!("  roles     {}", report.counts.roles));
    out::line(&format!("  admin     {} are, {} can become it", escalations.administrators, escalations.reaching));
    let style = if of(Severity::Critical) > 0 { out::BAD } else { out::STRONG };
    out::line(&format!("  {}  {}", out::styled(style, "findings"), counted.join(", ")));
    if let Some(why) = &report.no_credential_report {
        let text = format!("nothing is known of passwords, keys and MFA: {}", visible(why));
        out::line(&format!("{} {text}", out::styled(out::CAUTION, "note:")));
    }
    let shown = |path: &Path| visible(&path.display().to_string()).into_owned();
    out::line(&format!("wrote {} and {}", shown(&command.output), shown(json)));
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_written_is_for_its_owner_alone_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        write(&path, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let failure = write(&path, b"other").unwrap_err();
        assert!(failure.message.contains("is there already"), "{failure:?}");
        assert_eq!(fs::read(&path).unwrap(), b"one");
    }
}
