//! The root user: the account's owner, who is no IAM user and stands in reports only.

use jiff::Timestamp;

/// What reports tell of the root user.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct RootUser {
    /// When the account was opened.
    pub(in crate::sandbox) created: Timestamp,
    pub(in crate::sandbox) password_last_used: Option<Timestamp>,
    /// Whether it signs in with an MFA device.
    pub(in crate::sandbox) mfa_active: bool,
}

impl Default for RootUser {
    /// An account opened at the start of 2020, whose owner has an MFA device and keeps away.
    fn default() -> Self {
        Self { created: Timestamp::constant(1_577_836_800, 0), password_last_used: None, mfa_active: true }
    }
}
