//! Every user and role, a line each.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde::Serialize;

use super::{Finding, access};
use crate::posture::Snapshot;
use crate::posture::classify::{Evidence, Found, Thresholds, of_role, of_user};
use crate::posture::escalation::Escalations;
use crate::posture::standing::Access;

/// How many of whom a role lets in are named.
const MOST_TRUSTED: usize = 5;

/// A user or a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// Its name.
    pub name: Box<str>,
    /// `user` or `role`.
    pub r#type: &'static str,
    /// Its ARN.
    pub arn: Box<str>,
    /// `human`, `nhi` or `uncertain`.
    pub verdict: &'static str,
    /// How sure it is that it is a machine, in percent.
    pub confidence: u8,
    /// What a role is for; of a user the verdict.
    pub kind: &'static str,
    /// By which signals a user is a machine, or whom a role lets in.
    pub because: Vec<String>,
    /// The most that it may do for certain.
    pub access: Access,
    /// Whether it is no administrator and can become one.
    pub escalates: bool,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it was used last, as far as AWS knows.
    pub last_used: Option<Timestamp>,
    /// The findings that are about it, by their places in the list of all.
    pub findings: Vec<usize>,
}

impl Identity {
    /// Whether it is a user.
    #[must_use]
    pub fn is_user(&self) -> bool {
        self.r#type == "user"
    }
}

/// Users, then roles, in the account's order.
pub(super) fn of(
    snapshot: &Snapshot,
    thresholds: &Thresholds,
    escalations: &Escalations,
    findings: &[Finding],
) -> Vec<Identity> {
    let mut about: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, finding) in findings.iter().enumerate() {
        finding.about.iter().for_each(|arn| about.entry(arn).or_default().push(place));
    }
    let escalating: HashSet<&str> = escalations.escalating().map(|chain| &*chain.principal).collect();
    let users = snapshot.users.iter().map(|user| {
        let said = of_user(user, thresholds);
        let last_used = user.credentials.as_ref().and_then(|credentials| credentials.last_used());
        let because = said.signals.iter().map(signal).collect();
        let verdict = said.verdict.as_str();
        (&user.identity, "user", verdict, said.confidence.as_percent(), verdict, because, last_used)
    });
    let roles = snapshot.roles.iter().map(|role| {
        let said = of_role(role, &snapshot.account);
        let mut trusted: Vec<String> =
            said.trusted.iter().take(MOST_TRUSTED).map(|trusted| trusted.name.clone()).collect();
        if said.trusted.len() > MOST_TRUSTED {
            trusted.push(format!("and {} more", said.trusted.len() - MOST_TRUSTED));
        }
        let kind = said.kind.map_or("unknown", |kind| kind.as_str());
        (&role.identity, "role", "nhi", 100, kind, trusted, role.last_used)
    });
    let levels = access::levels(snapshot);
    let all = users.chain(roles).zip(levels);
    all.map(|((identity, r#type, verdict, confidence, kind, because, last_used), access)| Identity {
        name: identity.name.clone(),
        r#type,
        arn: identity.arn.clone(),
        verdict,
        confidence,
        kind,
        because,
        access,
        escalates: escalating.contains(&*identity.arn),
        created: identity.created,
        last_used,
        findings: about.remove(&*identity.arn).unwrap_or_default(),
    })
    .collect()
}

fn signal(found: &Found<'_>) -> String {
    match found.evidence {
        Evidence::Pattern(word) => format!("{}: {word}", found.signal.code),
        Evidence::Tag { key, value } => format!("{}: {key}={value}", found.signal.code),
        Evidence::Fact(fact) => format!("{}: {fact}", found.signal.code),
    }
}
