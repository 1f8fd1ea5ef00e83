//! Reports that IAM prepares in the background and hands out later.

use jiff::Timestamp;

/// A credential report: made at once, handed out when it is `ready`.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct CredentialReport {
    pub(in crate::sandbox) csv: String,
    pub(in crate::sandbox) ready: Timestamp,
}

/// A job of `GenerateServiceLastAccessedDetails`: made at once, told on the second look.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct LastAccessedJob {
    /// The user id of who asked: nobody else may look.
    pub(in crate::sandbox) requester: String,
    /// `SERVICE_LEVEL` or `ACTION_LEVEL`.
    pub(in crate::sandbox) granularity: &'static str,
    pub(in crate::sandbox) created: Timestamp,
    /// When it was done, once somebody has looked.
    pub(in crate::sandbox) completed: Option<Timestamp>,
    /// Sorted by namespace.
    pub(in crate::sandbox) services: Vec<ServiceAccess>,
}

/// One service in the report of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct ServiceAccess {
    pub(in crate::sandbox) namespace: String,
    /// Who called it last.
    pub(in crate::sandbox) last: Option<LastAccess>,
    /// How many users and roles called it.
    pub(in crate::sandbox) entities: usize,
}

/// The last attempt to call a service, and who made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct LastAccess {
    pub(in crate::sandbox) at: Timestamp,
    pub(in crate::sandbox) region: String,
    /// The ARN of the user or role.
    pub(in crate::sandbox) entity: String,
}
