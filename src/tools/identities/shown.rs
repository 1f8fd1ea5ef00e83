//! Identities with what is said of them, as JSON.

use serde_json::{Map, Value, json};

use crate::iam::Account;
use crate::posture::Snapshot;
use crate::posture::classify::{
    Confidence, Evidence, Found, RoleVerdict, Thresholds, UserVerdict, Verdict, of_role, of_user,
};
use crate::posture::findings::Finding;
use crate::posture::snapshot::{Identity, Role, User};
use crate::tools::ToolError;
use crate::tools::place::Place;

/// How many of whom a role lets in a list shows of each.
const MOST_TRUSTED: usize = 10;

/// A user or a role.
#[derive(Debug, Clone, Copy)]
pub(super) enum Listed<'a> {
    User(&'a User),
    Role(&'a Role),
}

/// An identity and what is said of it.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) listed: Listed<'a>,
    pub(super) said: Said<'a>,
}

/// What is said of an identity.
#[derive(Debug)]
pub(super) enum Said<'a> {
    User(UserVerdict<'a>),
    Role(RoleVerdict),
}

impl<'a> Listed<'a> {
    /// Everybody of an account.
    pub(super) fn all(snapshot: &'a Snapshot) -> impl Iterator<Item = Self> {
        snapshot.users.iter().map(Self::User).chain(snapshot.roles.iter().map(Self::Role))
    }

    pub(super) fn identity(&self) -> &'a Identity {
        match self {
            Self::User(user) => &user.identity,
            Self::Role(role) => &role.identity,
        }
    }

    /// The word for what it is.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Role(_) => "role",
        }
    }

    pub(super) fn place(&self) -> Place {
        Place::of(self.kind(), &self.identity().name)
    }
}

impl<'a> Told<'a> {
    /// What is said of it.
    pub(super) fn of(listed: Listed<'a>, account: &Account, thresholds: &Thresholds) -> Self {
        let said = match listed {
            Listed::User(user) => Said::User(of_user(user, thresholds)),
            Listed::Role(role) => Said::Role(of_role(role, account)),
        };
        Self { listed, said }
    }

    pub(super) fn verdict(&self) -> Verdict {
        match &self.said {
            Said::User(said) => said.verdict,
            Said::Role(_) => Verdict::Nhi,
        }
    }

    pub(super) fn confidence(&self) -> Confidence {
        match &self.said {
            Said::User(said) => said.confidence,
            Said::Role(_) => Confidence::FULL,
        }
    }

    /// As lists have it.
    pub(super) fn shown(&self) -> Map<String, Value> {
        let identity = self.listed.identity();
        let mut shown = Map::new();
        let mut put = |name: &str, value: Value| {
            if !value.is_null() && value != json!([]) {
                shown.insert(name.to_owned(), value);
            }
        };
        put("Name", (*identity.name).into());
        put("Type", self.listed.kind().into());
        put("Arn", (*identity.arn).into());
        put("CreateDate", json!(identity.created));
        put("Verdict", self.verdict().as_str().into());
        put("Confidence", self.confidence().as_f64().into());
        match (&self.said, self.listed) {
            (Said::User(said), Listed::User(user)) => {
                put("LastUsed", json!(user.credentials.as_ref().and_then(|credentials| credentials.last_used())));
                put("Signals", said.signals.iter().map(signal).collect());
                put("Unknown", said.unknown.iter().map(|signal| signal.code).collect());
            }
            (Said::Role(said), Listed::Role(role)) => {
                put("LastUsed", json!(role.last_used));
                put("Kind", said.kind.map_or("unknown", |kind| kind.as_str()).into());
                put("Federation", said.federation.iter().map(|federation| federation.as_str()).collect());
                let trusted = said.trusted.iter().map(|trusted| trusted.name.as_str());
                put("TrustedBy", trusted.take(MOST_TRUSTED).collect());
                let more = said.trusted.len().saturating_sub(MOST_TRUSTED);
                put("MoreTrusted", if more > 0 { more.into() } else { Value::Null });
                if !said.readable {
                    put("TrustPolicyUnreadable", true.into());
                }
                put("Findings", said.findings.iter().map(brief).collect());
            }
            (Said::User(_), Listed::Role(_)) | (Said::Role(_), Listed::User(_)) => {
                unreachable!("what is said of a user or a role is said of one")
            }
        }
        shown
    }
}

fn signal(found: &Found<'_>) -> Value {
    let mut shown = json!({"Signal": found.signal.code, "Weight": found.signal.weight.as_f64()});
    match found.evidence {
        Evidence::Pattern(word) => shown["Word"] = word.into(),
        Evidence::Tag { key, value } => {
            shown["TagKey"] = key.into();
            shown["TagValue"] = value.into();
        }
        Evidence::Fact(fact) => shown["Fact"] = fact.into(),
    }
    shown
}

/// A finding as lists have it; details and `validate_policy` say what to do.
fn brief(finding: &Finding) -> Value {
    json!({"Code": finding.code, "Severity": finding.severity, "Path": finding.path})
}

/// Whether the credential report was had; without it, why not.
pub(in crate::tools) fn report(no_report: Option<&ToolError>) -> Value {
    match no_report {
        None => json!({"Available": true}),
        Some(error) => json!({"Available": false, "Code": error.code, "Message": error.message}),
    }
}
