//! `audit verify`

use std::fmt::Display;
use std::fs;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use crate::audit::{
    Digests, FileReport, Hash, KmsPublicKey, PublicKey, Signatures, UnsettledWrites, Verdict, VerifyReport, Witness,
    verify,
};
use crate::cli::{Failure, Outcome, out};
use crate::tools::text::visible;

/// Say whether a journal is whole, and if not, name the first bad record.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  iam-mcp-gateway audit verify /var/lib/iam-mcp-gateway/audit\n  \
    iam-mcp-gateway audit verify --public-key audit.pub --anchor 5f0c...e1 /var/lib/iam-mcp-gateway/audit\n\n\
    Exit codes: 0 every confirmed record is as it was written, 1 one is not.\n\n\
    A bare hash chain cannot show that records were cut off at the end, nor that somebody computed it anew: sign the\n\
    journal ([audit] signing_key), and keep the public key and the SHA-256 of the newest digest (in the gateway's log)\n\
    where the gateway cannot write. docs/audit.md says what is found and what is not.")]
pub(super) struct Verify {
    /// A journal's folder, or one of its files.
    path: PathBuf,
    /// A file with a public key, as `audit key` prints it; may be given several times. Every file of the journal then has
    /// to be signed by one of them.
    #[arg(long = "public-key", value_name = "FILE")]
    public_keys: Vec<PathBuf>,
    /// A file with the public half of the KMS key that signs digests, as `aws kms get-public-key --query PublicKey --output
    /// text` prints it, or in PEM; may be given several times. Every digest then has to be signed by one of them.
    #[arg(long = "kms-public-key", value_name = "FILE")]
    kms_public_keys: Vec<PathBuf>,
    /// A hash that was kept elsewhere: the SHA-256 of a digest file, or the hash of a record. The journal has to contain it;
    /// may be given several times.
    #[arg(long = "anchor", value_name = "SHA256", value_parser = read_anchor)]
    anchors: Vec<Hash>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When there is nothing to verify, or it cannot be read.
pub(super) fn run(command: &Verify) -> Result<Outcome, Failure> {
    let public_keys = command.public_keys.iter().map(read_key::<PublicKey>).collect::<Result<_, _>>()?;
    let kms_keys = command.kms_public_keys.iter().map(read_key::<KmsPublicKey>).collect::<Result<_, _>>()?;
    let witness = Witness { public_keys, kms_keys, anchors: command.anchors.clone() };
    let report = verify(&command.path, &witness)?;
    if command.json {
        out::json(&report);
    } else {
        tell(&report);
    }
    Ok(if report.verdict == Verdict::Broken { Outcome::Failed } else { Outcome::Done })
}

fn read_key<K: FromStr<Err: Display>>(path: &PathBuf) -> Result<K, Failure> {
    let failed = |error: String| Failure::from(format!("{}: {error}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    text.trim().parse().map_err(|error: K::Err| failed(error.to_string()))
}

fn read_anchor(text: &str) -> Result<Hash, &'static str> {
    Hash::parse(text).ok_or("an anchor is a SHA-256: 64 lower-case hexadecimal digits")
}

fn tell(report: &VerifyReport) {
    for file in &report.files {
        out::line(&describe(file));
    }
    if let Some(bad) = &report.digests.first_bad {
        let file = bad.file.as_ref().map_or_else(String::new, |file| format!("{}: ", visible(file)));
        out::line(&format!(
            "{} {file}{}",
            out::styled(out::BAD, "broken by its digests or anchors:"),
            visible(&bad.explanation)
        ));
    }
    match &report.first_bad {
        Some(bad) => {
            out::line(&format!("{} {}", out::styled(out::BAD, "broken at"), visible(&bad.to_string())));
            if let Some(through) = report.signatures.through {
                let note = format!(
                    "signatures were found up to record {through}; those behind the first bad one vouch for nothing before"
                );
                out::line(&format!("{} {note}", out::styled(out::CAUTION, "note:")));
            }
        }
        // What is anchored or digested says that something is missing, though every record there is follows the one before.
        None if report.digests.first_bad.is_some() => signed(&report.signatures),
        None => {
            let head = report
                .head
                .as_ref()
                .map_or_else(String::new, |head| format!("; head: record {}, hash {}", head.sequence, head.hash));
            let records = report.records;
            out::line(&format!("{} {records} records{head}", out::styled(out::GOOD, "whole:")));
            signed(&report.signatures);
            digested(&report.digests);
            unsettled(report.unsettled);
        }
    }
}

fn digested(digests: &Digests) {
    if let Some(through) = digests.through {
        let text = format!("{} digest(s) vouch for the files up to record {}", digests.count, through.sequence);
        out::line(&format!("{} {text}", out::styled(out::GOOD, "digested:")));
    }
    if let Some(anchored) = digests.anchored {
        let text = format!("what was kept elsewhere vouches for everything up to record {}", anchored.sequence);
        out::line(&format!("{} {text}", out::styled(out::GOOD, "anchored:")));
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
    let counting = if signatures.trusted { signatures.keys.len() } else { 1 };
    let keys: Vec<String> = signatures.keys.iter().take(counting).map(ToString::to_string).collect();
    let keys = keys.join(", ");
    out::line(&format!("{} up to record {through}, by {keys}", out::styled(out::GOOD, "signed:")));
    if !signatures.trusted {
        let note = "that is the key which the journal names itself: compare it, or give yours with --public-key";
        out::line(&format!("{} {note}", out::styled(out::CAUTION, "note:")));
    }
    if signatures.keys.len() > counting {
        let note = "later files name other keys, as anybody's would: if the key was rolled, give all with --public-key";
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
