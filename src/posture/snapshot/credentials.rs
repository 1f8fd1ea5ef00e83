//! What a user signs in and signs requests with, as the credential report tells it.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

use jiff::Timestamp;

/// A user's password, second factor and access keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    /// Whether it has a password.
    pub password: bool,
    /// When its password was last used; `None` where never, or where AWS does not know.
    pub password_last_used: Option<Timestamp>,
    /// When its password was last changed.
    pub password_last_changed: Option<Timestamp>,
    /// Whether it has a second factor.
    pub mfa: bool,
    /// Its access keys: at most two, and only those that are there.
    pub access_keys: Vec<AccessKey>,
}

/// An access key. Its id is not told by the report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessKey {
    /// Which of the two: 1 or 2.
    pub number: u8,
    /// Whether it works.
    pub active: bool,
    /// When it was made, or last changed between active and inactive.
    pub last_rotated: Option<Timestamp>,
    /// When it was last used; `None` where never.
    pub last_used: Option<Timestamp>,
    /// The service that it was last used with, such as `s3`.
    pub last_used_service: Option<Box<str>>,
}

impl Credentials {
    /// Whether any of its keys works.
    #[must_use]
    pub fn has_active_key(&self) -> bool {
        self.access_keys.iter().any(|key| key.active)
    }

    /// When any of them was used last.
    #[must_use]
    pub fn last_used(&self) -> Option<Timestamp> {
        let keys = self.access_keys.iter().map(|key| key.last_used);
        keys.chain([self.password_last_used]).max().flatten()
    }
}
