//! An assumed session and everything that shaped it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use aws_credential_types::Credentials;
use jiff::Timestamp;

use super::policy;
use crate::authn::Caller;
use crate::tools::CallFacts;

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Its policy allows only reading.
    Read,
    /// Its policy allows the writes of the mapping's toolsets.
    Write,
}

impl Purpose {
    /// The word in records and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// Everything that shapes a session. Two calls share credentials only if all of it is equal: whatever changes (a
/// mapping's tags, the caller's person, a toolset) asks for a new session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionShape {
    /// The environment.
    pub environment: String,
    /// The whole caller.
    pub caller: Caller,
    /// The role to assume.
    pub role_arn: String,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// Reading or writing.
    pub purpose: Purpose,
    /// RoleSessionName.
    pub session_name: String,
    /// SourceIdentity.
    pub source_identity: String,
    /// Session tags, all transitive.
    pub tags: BTreeMap<String, String>,
    /// The session policy.
    pub policy: String,
    /// How long the session lasts.
    pub duration: Duration,
}

impl SessionShape {
    /// The shape of the session that this call runs with.
    #[must_use]
    pub fn new(facts: &CallFacts, purpose: Purpose) -> Self {
        let mapping = &facts.mapping;
        Self {
            environment: facts.environment.clone(),
            caller: (*facts.caller).clone(),
            role_arn: mapping.role_arn.to_string(),
            external_id: mapping.external_id.as_ref().map(|id| id.as_str().to_owned()),
            purpose,
            session_name: facts.stamp.session_name.clone(),
            source_identity: facts.stamp.source_identity.clone(),
            tags: facts.stamp.tags.clone(),
            policy: policy::of(purpose, &mapping.toolsets, &facts.new_secrets),
            duration: mapping.session,
        }
    }
}

/// An assumed session.
#[derive(Clone)]
pub struct Session {
    /// The temporary credentials; the SDK's type shows no secret in its `Debug`.
    pub credentials: Credentials,
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`
    pub arn: String,
    /// The role's unique id and the session name, as CloudTrail's `principalId`.
    pub principal_id: String,
    /// When the credentials end.
    pub expires: Timestamp,
    /// STS's request id.
    pub request_id: Option<String>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("arn", &self.arn).field("expires", &self.expires).finish_non_exhaustive()
    }
}
