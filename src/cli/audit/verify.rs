//! `audit verify`

use std::fs;
use std::path::PathBuf;

use clap::Args;

use crate::audit::{
    FileReport, NoPublicKey, PublicKey, Signatures, UnsettledWrites, Verdict, VerifyReport, Witness, verify,
};
use crate::cli::{Failure, Outcome, out};
use crate::tools::text::visible;

/// Say whether a journal is whole, and if not, name the first bad record.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  iam-mcp-gateway audit verify /var/lib/iam-mcp-gateway/audit\n  \
    iam-mcp-gateway audit verify --public-key audit.pub /var/lib/iam-mcp-gateway/audit\n\n\
    Exit codes: 0 every confirmed record is as it was written, 1 one is not.\n\n\
    A bare hash chain cannot show that records were cut off at the end, nor that somebody computed it anew: sign the\n\
    journal ([audit] signing_key), keep the public key and the head that this command prints where the gateway cannot\n\
    write. docs/audit.md says what is found and what is not.")]
pub(super) struct Verify {
    /// A journal's folder, or one of its files.
    path: PathBuf,
    /// A file with a public key, as `audit key` prints it; may be given several times. Every file of the journal then has
    /// to be signed by one of them.
    #[arg(long = "public-key", value_name = "FILE")]
    public_keys: Vec<PathBuf>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When there is nothing to verify, or it cannot be read.
pub(super) fn run(command: &Verify) -> Result<Outcome, Failure> {
    let public_keys = command.public_keys.iter().map(read_key).collect::<Result<_, _>>()?;
    let report = verify(&command.path, &Witness { public_keys })?;
    if command.json {
        out::json(&report);
    } else {
        tell(&report);
    }
    Ok(if report.verdict == Verdict::Broken { Outcome::Failed } else { Outcome::Done })
}

fn read_key(path: &PathBuf) -> Result<PublicKey, Failure> {
    let failed = |error: String| Failure::from(format!("{}: {error}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    text.trim().parse().map_err(|error: NoPublicKey| failed(error.to_string()))
}

fn tell(report: &VerifyReport) {
    for file in &report.files {
        out::line(&describe(file));
    }
    match &report.first_bad {
        Some(bad) => out::line(&format!("{} {}", out::styled(out::BAD, "broken at"), visible(&bad.to_string()))),
        None => {
            let head = report
                .head
                .as_ref()
                .map_or_else(String::new, |head| format!("; head: record {}, hash {}", head.sequence, head.hash));
            let records = report.records;
            out::line(&format!("{} {records} records{head}", out::styled(out::GOOD, "whole:")));
            signed(&report.signatures);
            unsettled(report.unsettled);
        }
    }
}

fn unsettled(writes: UnsettledWrites) {
    if let Some(since) = writes.since {
        let note = "write(s) without an outcome: under way, or left by a process that was killed; the next start on the \
                    folder says of these what to look for in CloudTrail";
        out::line(&format!(
            "{} {} {note} (the oldest is record {since})",
            out::styled(out::CAUTION, "note:"),
            writes.count
        ));
    }
}

fn signed(signatures: &Signatures) {
    let Some(through) = signatures.through else {
        let unsigned = "no record is signed: whoever can write the folder can compute the chain anew";
        return out::line(&format!("{} {unsigned}", out::styled(out::CAUTION, "unsigned:")));
    };
    let keys: Vec<String> = signatures.keys.iter().map(ToString::to_string).collect();
    let keys = keys.join(", ");
    out::line(&format!("{} up to record {through}, by {keys}", out::styled(out::GOOD, "signed:")));
    if !signatures.trusted {
        let note = "that is the key which the journal names itself: compare it, or give yours with --public-key";
        out::line(&format!("{} {note}", out::styled(out::CAUTION, "note:")));
    }
    if signatures.exposed > 0 {
        let note = "record(s) come after the last signature: whoever can write the folder could have changed them";
        out::line(&format!("{} {} {note}", out::styled(out::CAUTION, "note:"), signatures.exposed));
    }
}

fn describe(file: &FileReport) -> String {
    let verdict = match file.verdict {
        Verdict::Verified => out::styled(out::GOOD, "verified "),
        Verdict::UnconfirmedTail => out::styled(out::CAUTION, "tail open"),
        Verdict::Broken => out::styled(out::BAD, "broken   "),
    };
    let range = match (file.first_sequence, file.last_sequence) {
        (Some(first), Some(last)) => format!("records {first}-{last}"),
        _ => "no records".to_owned(),
    };
    let tail = match file.unconfirmed {
        0 => String::new(),
        lines => format!(", {lines} line(s) of a failed write that were never confirmed"),
    };
    format!("{verdict}  {}  {range}{tail}", visible(&file.file))
}
