//! What console passwords must be like.

/// An account's password policy. One that was never set is AWS's own, and IAM says that there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct PasswordPolicy {
    pub(in crate::sandbox) minimum_length: u32,
    pub(in crate::sandbox) require_symbols: bool,
    pub(in crate::sandbox) require_numbers: bool,
    pub(in crate::sandbox) require_uppercase: bool,
    pub(in crate::sandbox) require_lowercase: bool,
    pub(in crate::sandbox) users_may_change: bool,
    /// In days.
    pub(in crate::sandbox) max_age: Option<u32>,
    /// How many earlier passwords may not come back.
    pub(in crate::sandbox) reuse_prevention: Option<u32>,
    /// Whether an expired password can only be reset by an administrator.
    pub(in crate::sandbox) hard_expiry: Option<bool>,
}
