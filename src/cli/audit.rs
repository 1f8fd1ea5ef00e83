//! `audit verify`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Failure, Outcome, out};
use crate::audit::{FileReport, Verdict, verify};

/// Verify audit journals.
#[derive(Debug, Args)]
pub struct Audit {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Say whether a journal is whole, and if not, name the first bad record.
    #[command(after_help = "Example:\n  iam-mcp-gateway audit verify /var/lib/iam-mcp-gateway/audit\n\n\
        Exit codes: 0 every confirmed record is as it was written, 1 one is not.\n\n\
        A bare hash chain cannot show that records were cut off at the end, nor that somebody computed it anew:\n\
        keep the head that this command prints where the gateway cannot write.")]
    Verify {
        /// A journal's folder, or one of its files.
        path: PathBuf,
        /// Answer in JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// When there is nothing to verify, or it cannot be read.
pub fn run(command: Audit) -> Result<Outcome, Failure> {
    let Subcommands::Verify { path, json } = command.command;
    let report = verify(&path)?;
    if json {
        out::json(&report);
    } else {
        for file in &report.files {
            out::line(&describe(file));
        }
        match &report.first_bad {
            Some(bad) => out::line(&format!("{} {bad}", out::styled(out::BAD, "broken at"))),
            None => {
                let head = report
                    .head
                    .as_ref()
                    .map_or_else(String::new, |head| format!("; head: record {}, hash {}", head.sequence, head.hash));
                let records = report.records;
                out::line(&format!("{} {records} records{head}", out::styled(out::GOOD, "whole:")));
            }
        }
    }
    Ok(if report.verdict == Verdict::Broken { Outcome::Failed } else { Outcome::Done })
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
    format!("{verdict}  {}  {range}{tail}", file.file)
}
