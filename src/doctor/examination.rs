//! What was seen of what the gateway stands on.

use std::fmt;
use std::sync::Arc;

use super::identity::{GatewayIdentity, Kind};
use crate::arn::{AccountId, RoleArn};
use crate::context::Stamp;
use crate::iam::{Account, AwsCall, AwsFailure};
use crate::policy::Principal;
use crate::posture::standing::{Access, Standing};

/// What was seen, or why it was not.
pub type Seen<T> = Result<T, Unseen>;

/// Why something was not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// AWS's code where AWS said no, else the gateway's own.
    pub code: String,
    /// What was said.
    pub message: String,
}

impl Unseen {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }

    /// Nobody waited any longer.
    pub(super) fn in_time() -> Self {
        Self::new("NotInTime", "it was not seen in time")
    }

    /// Whether AWS said that there is no such thing.
    pub(super) fn is_no_such_entity(&self) -> bool {
        self.code == "NoSuchEntity"
    }
}

impl From<AwsFailure> for Unseen {
    fn from(failure: AwsFailure) -> Self {
        Self { message: format!("{}: {}", failure.action, failure.message), code: failure.code }
    }
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

/// Everything that was seen.
#[derive(Debug)]
pub struct Examination {
    /// The gateway's name, which its stamp holds.
    pub gateway: String,
    /// The role that the configuration says the gateway runs as.
    pub configured_role: Option<RoleArn>,
    /// The gateway's own identity.
    pub own: OwnSeen,
    /// The role mappings.
    pub mappings: Vec<MappingSeen>,
    /// The mapped roles, each once.
    pub roles: Vec<RoleSeen>,
    /// The accounts of the mapped roles, each once.
    pub accounts: Vec<AccountSeen>,
    /// What was asked in stamped sessions, for the audit journal.
    pub asked: Vec<Asked>,
}

/// The gateway's own identity.
#[derive(Debug)]
pub struct OwnSeen {
    /// Who STS says that it is.
    pub identity: Seen<GatewayIdentity>,
    /// What it may do with IAM.
    pub iam: Seen<IamReach>,
}

/// What the gateway's own identity may do with IAM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IamReach {
    /// The most.
    pub access: Access,
    /// How that is known.
    pub evidence: Evidence,
}

/// How it is known what somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Its policies were read.
    Policies,
    /// IAM simulated some actions.
    Simulation,
    /// A read that changes nothing was tried.
    Probe,
}

/// A role mapping.
#[derive(Debug)]
pub struct MappingSeen {
    /// Its name.
    pub mapping: String,
    /// The role.
    pub role_arn: RoleArn,
    /// Whether it passes an external id.
    pub has_external_id: bool,
    /// Whether STS gave sessions for it, stamped as those of its callers.
    pub assumed: Result<(), AwsFailure>,
}

/// A mapped role.
#[derive(Debug)]
pub struct RoleSeen {
    /// The role.
    pub role_arn: RoleArn,
    /// The mappings to it.
    pub mappings: Vec<String>,
    /// Whether one of them writes.
    pub writes: bool,
    /// What IAM tells of it.
    pub read: Seen<RoleRead>,
}

/// What IAM tells of a role.
#[derive(Debug)]
pub struct RoleRead {
    /// Its trust policy.
    pub trust: String,
    /// Its permissions boundary, by ARN.
    pub boundary: Option<String>,
    /// What it may do.
    pub standing: Arc<Standing>,
}

/// An account with mapped roles.
#[derive(Debug)]
pub struct AccountSeen {
    /// The account.
    pub account: Account,
    /// What CloudTrail tells of it.
    pub trails: Seen<Trails>,
}

/// What CloudTrail tells of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trails {
    /// Its trails that take IAM's events: name, and whether it logs.
    Described(Vec<(String, bool)>),
    /// The trails may not be looked at, for this reason; the event history answers.
    HistoryAlone(Unseen),
}

/// What was asked in a mapping's sessions.
#[derive(Debug)]
pub struct Asked {
    /// The environment.
    pub environment: String,
    /// The mapping.
    pub mapping: String,
    /// The role.
    pub role_arn: RoleArn,
    /// The account.
    pub account: Account,
    /// What the sessions were stamped with.
    pub stamp: Stamp,
    /// The sessions that STS gave: ARN and request id.
    pub sessions: Vec<(String, Option<String>)>,
    /// The calls that were made with them, behind requests for sessions that STS refused.
    pub calls: Vec<AwsCall>,
}

/// Who is meant to come to the mapped roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trusted {
    /// As policies take it.
    pub(super) principal: Principal,
    /// The role, where it is one.
    pub(super) role: Option<RoleArn>,
    /// The user's ARN, or the role's.
    pub(super) arn: String,
    /// Whether the ARN is the whole one: a session's does not tell its role's path.
    pub(super) is_whole: bool,
    pub(super) account: AccountId,
}

impl Trusted {
    fn role(role: RoleArn, is_whole: bool) -> Self {
        let (principal, account) = (Principal::role_session(&role, "session"), role.account());
        Self { principal, arn: role.to_string(), role: Some(role), is_whole, account }
    }

    /// Whether a trust policy that names this ARN means it.
    pub(super) fn is(&self, arn: &str) -> bool {
        match (&self.role, arn.parse::<RoleArn>()) {
            (Some(role), Ok(named)) if !self.is_whole => {
                role.account() == named.account() && role.name() == named.name()
            }
            (Some(role), Ok(named)) => *role == named,
            (Some(role), Err(_)) => GatewayIdentity::of(arn).is_some_and(|session| session.is_of(role)),
            (None, _) => self.arn == arn,
        }
    }
}

impl Examination {
    /// Who the gateway is when it serves: what the configuration says, else what it runs as now.
    pub(super) fn trusted(&self) -> Option<Trusted> {
        if let Some(role) = &self.configured_role {
            return Some(Trusted::role(role.clone(), true));
        }
        let identity = self.own.identity.as_ref().ok()?;
        match identity.kind() {
            Kind::Role(_) => Some(Trusted::role(identity.role()?, false)),
            Kind::User(_) | Kind::Root => Some(Trusted {
                principal: Principal::from_arn(&identity.to_string()).ok()?,
                role: None,
                arn: identity.to_string(),
                is_whole: true,
                account: identity.account(),
            }),
            Kind::Other => None,
        }
    }

    /// Who it was looked as, if that is known not to be the gateway: what such a one may do says nothing of the gateway.
    pub(super) fn somebody_else(&self) -> Option<&GatewayIdentity> {
        let (identity, role) = (self.own.identity.as_ref().ok()?, self.configured_role.as_ref()?);
        (!identity.is_of(role)).then_some(identity)
    }

    /// Whether nothing could be looked at: nobody knows who the gateway is, and no role was seen.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        self.own.identity.is_err()
            && self.mappings.iter().all(|mapping| mapping.assumed.is_err())
            && self.roles.iter().all(|role| role.read.is_err())
    }
}
