//! An account as somebody would rather look at it than read it: who is in it, what they may do, what should be mended.
//!
//! ```text
//! Snapshot --Report::of--> Report --serde--> report.json
//!                                 --page---> report.html, which needs no network
//! ```
//!
//! The analyses are those of [`posture`](crate::posture): here they are counted, put in order and given the tool call that
//! would mend each. Nothing here does I/O.

mod access;
mod counts;
mod credentials;
mod documents;
mod escalations;
mod findings;
mod identities;
mod mend;
pub mod page;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::Serialize;

pub use self::access::{ByLevel, LEVELS};
pub use self::counts::{Counts, ROLE_KINDS};
pub use self::credentials::{AGES, Ages, Credentials};
pub use self::escalations::{Escalating, Need, Route, Step};
pub use self::findings::{Fact, Finding, Subject};
pub use self::identities::Identity;
pub use self::mend::Mend;
use crate::posture::escalation::Escalations;
use crate::posture::{Snapshot, classify};

/// From when on something is worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// From how sure on a user is a machine.
    pub classify: classify::Thresholds,
    /// What nobody used for so many days is unused.
    pub unused_days: u16,
    /// An active access key that is older than so many days is old.
    pub key_days: u16,
}

/// What is told of an account.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The account's number.
    pub account: String,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: &'static str,
    /// When the account was read.
    pub taken: Timestamp,
    /// What wrote the report.
    pub generator: &'static str,
    /// Why nothing is known of passwords, keys and MFA, where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_credential_report: Option<String>,
    /// Who there is.
    pub counts: Counts,
    /// What users sign in and sign with.
    pub credentials: Credentials,
    /// How many users and roles may do how much.
    pub access: ByLevel,
    /// Who can get to administrator.
    pub escalations: Escalating,
    /// What should be mended, the worst first.
    pub findings: Vec<Finding>,
    /// Every user and role.
    pub identities: Vec<Identity>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { classify: classify::Thresholds::default(), unused_days: 90, key_days: 90 }
    }
}

impl Report {
    /// Of an account.
    #[must_use]
    pub fn of(snapshot: &Snapshot, thresholds: &Thresholds) -> Self {
        let documents = documents::Documents::of(snapshot);
        let found = Escalations::of(snapshot);
        let escalations = Escalating::of(&found, &documents);
        let findings = findings::of(snapshot, thresholds, &documents, &escalations);
        let identities = identities::of(snapshot, &thresholds.classify, &found, &findings);
        Self {
            account: snapshot.account.id.to_string(),
            partition: snapshot.account.partition.as_str(),
            taken: snapshot.taken,
            generator: concat!("iam-mcp-gateway ", env!("CARGO_PKG_VERSION")),
            no_credential_report: None,
            counts: Counts::of(snapshot, &identities),
            credentials: Credentials::of(snapshot),
            access: ByLevel::of(&identities),
            escalations,
            findings,
            identities,
        }
    }

    /// The same, which says why the account's credential report was not to be had.
    #[must_use]
    pub fn without_credential_report(mut self, why: impl Into<String>) -> Self {
        self.no_credential_report = Some(why.into());
        self
    }

    /// As JSON, with JSON's own escapes for what would steer a terminal or not be seen.
    #[must_use]
    pub fn json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("a report serializes");
        crate::cli::out::escaped(&json).into_owned()
    }
}
