//! `policy check`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::arn::AccountId;
use crate::authorize::documents;
use crate::cli::{Failure, Outcome, out};
use crate::context::warnings;
use crate::policy::{Document, Fault, Faults, PolicyKind};
use crate::posture::findings::{self, Finding, Severity};
use crate::tools::text::visible;

/// Say everything that is wrong with policy documents, at once, each fault with its place.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  iam-mcp-gateway policy check deploy/policies/*.json\n  \
    iam-mcp-gateway policy check --kind trust trust-policy.json --json\n\n\
    What AWS would read in another way than it looks (unknown elements, keys that stand twice, values that an\n\
    operator cannot compare with) is a fault here. Of policies at an endpoint it is also said where they ask for what the\n\
    gateway never sets, and of all what is dangerous about them or does nothing; that is no fault. A resource control policy is of the kind resource.\n\
    Exit codes: 0 no document has a fault, 1 one has, or cannot be read.")]
pub(super) struct Check {
    /// The documents.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What they are attached to, which decides about the elements they must and may have.
    #[arg(long, value_enum, default_value_t = Kind::Endpoint)]
    kind: Kind,
    /// The account that trust policies are for: other accounts are foreign.
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// At an endpoint such as the gateway: a Resource, and a Principal where it matters.
    Endpoint,
    /// At a user, group or role, or as boundary, session policy or SCP: no Principal.
    Identity,
    /// Whom a role trusts: a Principal, no Resource, actions of STS.
    Trust,
    /// At a resource: a Principal and a Resource.
    Resource,
}

impl From<Kind> for PolicyKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Endpoint => Self::Endpoint,
            Kind::Identity => Self::Identity,
            Kind::Trust => Self::Trust,
            Kind::Resource => Self::Resource,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// None of its own: a document with faults is an outcome.
pub(super) fn run(command: &Check) -> Result<Outcome, Failure> {
    let Check { files, kind, account, json } = command;
    let account = account.as_ref().map(AccountId::as_str);
    let checked: Vec<Checked> = files.iter().map(|file| Checked::read(file, (*kind).into(), account)).collect();
    let good = checked.iter().all(Checked::is_good);
    if *json {
        let files: Vec<Value> = checked.iter().map(Checked::to_json).collect();
        out::json(&json!({"ok": good, "files": files}));
    } else {
        checked.iter().for_each(Checked::tell);
    }
    Ok(if good { Outcome::Done } else { Outcome::Failed })
}

/// What was found about one file.
struct Checked {
    file: String,
    found: Found,
}

enum Found {
    Good { statements: usize, warnings: Vec<String>, findings: Vec<Finding> },
    Faults(Faults),
    Unreadable(String),
}

impl Checked {
    fn read(path: &Path, kind: PolicyKind, account: Option<&str>) -> Self {
        let file = path.display().to_string();
        let found = match documents::text(path) {
            Ok(text) => match Document::parse(kind, &text) {
                Ok(document) => Found::Good {
                    statements: document.statements().len(),
                    warnings: if kind == PolicyKind::Endpoint {
                        warnings::of_document(&document, None)
                    } else {
                        Vec::new()
                    },
                    findings: findings::of(kind, &text, account),
                },
                Err(faults) => Found::Faults(faults),
            },
            Err(reason) => Found::Unreadable(reason),
        };
        Self { file, found }
    }

    fn is_good(&self) -> bool {
        matches!(self.found, Found::Good { .. })
    }

    fn tell(&self) {
        let file = visible(&self.file);
        match &self.found {
            Found::Good { statements, warnings, findings } => {
                out::line(&format!("{} {file}: {statements} statement(s)", out::styled(out::GOOD, "good ")));
                for warning in warnings {
                    out::line(&format!("{} {file}: {}", out::styled(out::CAUTION, "note "), visible(warning)));
                }
                findings.iter().for_each(|finding| tell_finding(&file, finding));
            }
            Found::Unreadable(reason) => out::line(&format!("{} {file}: {reason}", out::styled(out::BAD, "error"))),
            Found::Faults(Faults { faults, more }) => {
                for fault in faults {
                    out::line(&format!("{} {file}: {}", out::styled(out::BAD, "fault"), visible(&fault.to_string())));
                }
                if *more > 0 {
                    out::line(&format!("{} {file}: and {more} more", out::styled(out::BAD, "fault")));
                }
            }
        }
    }

    fn to_json(&self) -> Value {
        let none: (&[Fault], &[Finding]) = (&[], &[]);
        let (statements, warnings, (faults, findings), more, error) = match &self.found {
            Found::Good { statements, warnings, findings } => {
                (Some(statements), warnings.as_slice(), (none.0, findings.as_slice()), 0, None)
            }
            Found::Faults(Faults { faults, more }) => (None, &[][..], (faults.as_slice(), none.1), *more, None),
            Found::Unreadable(reason) => (None, &[][..], none, 0, Some(reason)),
        };
        json!({
            "file": self.file, "ok": self.is_good(), "statements": statements, "warnings": warnings, "faults": faults,
            "more": more, "error": error, "findings": findings,
        })
    }
}

/// A finding, with what to do about it on a line of its own.
fn tell_finding(file: &str, finding: &Finding) {
    let Finding { code, severity, path, explanation, remedy } = finding;
    let style = if *severity <= Severity::High { out::BAD } else { out::CAUTION };
    let severity = out::styled(style, severity.as_str());
    out::line(&format!("{severity} {file}: {}: {code}: {}", visible(path), visible(explanation)));
    out::line(&format!("      mend: {}", visible(remedy)));
}
