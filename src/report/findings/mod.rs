//! What should be mended, from all analyses, in one list.

mod credentials;
mod documents;
mod escalations;
mod unused;

use jiff::Timestamp;
use serde::Serialize;

use super::documents::Documents;
use super::{Escalating, Mend, Thresholds};
use crate::posture::Snapshot;
use crate::posture::findings::Severity;

/// Something that should be mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The kind: stable.
    pub code: &'static str,
    /// What it is about.
    pub subject: Subject,
    /// What is so.
    pub what: String,
    /// What to do.
    pub remedy: String,
    /// What it was found by.
    pub evidence: Vec<Fact>,
    /// The tool call that would mend it; `None` where no tool can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<Mend>,
    /// The ARNs of the users and roles that it is about.
    #[serde(skip)]
    pub(super) about: Vec<Box<str>>,
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Subject {
    /// `user`, `role`, `group`, `policy` or `account`.
    pub kind: &'static str,
    /// Its name.
    pub name: Box<str>,
    /// Its ARN.
    pub arn: Box<str>,
}

/// Something that a finding was found by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is.
    pub name: &'static str,
    /// What it says.
    pub value: String,
}

impl Subject {
    pub(super) fn new(kind: &'static str, name: &str, arn: &str) -> Self {
        Self { kind, name: name.into(), arn: arn.into() }
    }
}

impl Fact {
    fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into() }
    }

    /// A moment, or that there was none.
    fn at(name: &'static str, moment: Option<Timestamp>) -> Self {
        Self::new(name, moment.map_or_else(|| "never, as far as AWS knows".to_owned(), |moment| moment.to_string()))
    }
}

impl Finding {
    /// One about its subject alone.
    fn new(severity: Severity, code: &'static str, subject: Subject, what: impl Into<String>) -> Self {
        let about = vec![subject.arn.clone()];
        let (remedy, evidence) = (String::new(), Vec::new());
        Self { severity, code, subject, what: what.into(), remedy, evidence, mend: None, about }
    }

    fn mended(mut self, remedy: impl Into<String>, mend: Option<Mend>) -> Self {
        self.remedy = remedy.into();
        self.mend = mend;
        self
    }

    fn by(mut self, evidence: impl IntoIterator<Item = Fact>) -> Self {
        self.evidence.extend(evidence);
        self
    }
}

/// All of an account, the worst first.
pub(super) fn of(
    snapshot: &Snapshot,
    thresholds: &Thresholds,
    documents: &Documents<'_>,
    escalating: &Escalating,
) -> Vec<Finding> {
    let mut found = escalations::find(escalating);
    found.extend(documents::find(documents, &snapshot.account));
    found.extend(credentials::find(snapshot, thresholds));
    found.extend(unused::find(snapshot, thresholds));
    found.sort_by(|one, other| {
        let by = |finding: &Finding| (finding.severity, finding.code);
        by(one).cmp(&by(other)).then_with(|| one.subject.cmp(&other.subject))
    });
    found
}
