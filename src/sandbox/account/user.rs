//! Users, and what belongs to a user.

use jiff::Timestamp;

use super::{Named, Policies, ServiceUses, Tags};
use crate::secret::Secret;

/// A user.
#[derive(Debug)]
pub(in crate::sandbox) struct User {
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) path: String,
    /// `AIDA...`
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) created: Timestamp,
    /// When its console password was last used.
    pub(in crate::sandbox) password_last_used: Option<Timestamp>,
    /// When its console password was set anew, where that was after its login profile was made.
    pub(in crate::sandbox) password_changed: Option<Timestamp>,
    pub(in crate::sandbox) tags: Tags,
    /// The ARN of its permissions boundary.
    pub(in crate::sandbox) boundary: Option<String>,
    pub(in crate::sandbox) policies: Policies,
    pub(in crate::sandbox) access_keys: Vec<AccessKey>,
    pub(in crate::sandbox) login_profile: Option<LoginProfile>,
    pub(in crate::sandbox) mfa_devices: Vec<MfaDevice>,
    pub(in crate::sandbox) ssh_public_keys: Vec<SshPublicKey>,
    pub(in crate::sandbox) signing_certificates: Vec<SigningCertificate>,
    pub(in crate::sandbox) service_specific_credentials: Vec<ServiceSpecificCredential>,
    /// What it called, by any of its credentials; the last uses of its access keys count as well.
    pub(in crate::sandbox) service_uses: ServiceUses,
}

impl User {
    /// A user with nothing of its own yet.
    pub(in crate::sandbox) fn new(name: &str, path: &str, id: String, created: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            path: path.to_owned(),
            id,
            created,
            password_last_used: None,
            password_changed: None,
            tags: Tags::default(),
            boundary: None,
            policies: Policies::default(),
            access_keys: Vec::new(),
            login_profile: None,
            mfa_devices: Vec::new(),
            ssh_public_keys: Vec::new(),
            signing_certificates: Vec::new(),
            service_specific_credentials: Vec::new(),
            service_uses: ServiceUses::default(),
        }
    }

    /// Notes a request to `service` (its namespace) that one of its access keys signed, allowed or denied.
    pub(in crate::sandbox) fn note_use(&mut self, access_key_id: &str, service: &str, region: &str, at: Timestamp) {
        self.service_uses.note(service, region, at);
        if let Some(key) = self.access_keys.iter_mut().find(|key| key.id == access_key_id) {
            key.last_used = Some(KeyUse { at, region: region.to_owned(), service: service.to_owned() });
        }
    }

    /// The resource part of its ARN.
    pub(in crate::sandbox) fn resource(&self) -> String {
        format!("user{}{}", self.path, self.name)
    }
}

impl Named for User {
    fn name(&self) -> &str {
        &self.name
    }
}

/// Whether a key or credential works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum KeyStatus {
    Active,
    Inactive,
}

impl KeyStatus {
    /// AWS's word for it.
    pub(in crate::sandbox) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Inactive => "Inactive",
        }
    }
}

/// An access key.
#[derive(Debug)]
pub(in crate::sandbox) struct AccessKey {
    /// `AKIA...`
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) secret: Secret,
    pub(in crate::sandbox) status: KeyStatus,
    pub(in crate::sandbox) created: Timestamp,
    pub(in crate::sandbox) last_used: Option<KeyUse>,
}

/// The last use of an access key.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct KeyUse {
    pub(in crate::sandbox) at: Timestamp,
    pub(in crate::sandbox) region: String,
    pub(in crate::sandbox) service: String,
}

/// A console password. The password itself is not kept: nobody signs in here.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct LoginProfile {
    pub(in crate::sandbox) created: Timestamp,
    pub(in crate::sandbox) reset_required: bool,
}

/// A multi-factor authentication device of a user.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct MfaDevice {
    pub(in crate::sandbox) serial_number: String,
    pub(in crate::sandbox) enabled: Timestamp,
}

/// An SSH public key, for CodeCommit.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct SshPublicKey {
    /// `APKA...`
    pub(in crate::sandbox) id: String,
    /// As it was uploaded.
    pub(in crate::sandbox) body: String,
    pub(in crate::sandbox) status: KeyStatus,
    pub(in crate::sandbox) uploaded: Timestamp,
}

/// An X.509 certificate that signs requests.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct SigningCertificate {
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) body: String,
    pub(in crate::sandbox) status: KeyStatus,
    pub(in crate::sandbox) uploaded: Timestamp,
}

/// A user name and password, or an API key, for one service. The password is not kept: nobody signs in with it here.
#[derive(Debug)]
pub(in crate::sandbox) struct ServiceSpecificCredential {
    /// `ACCA...`
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) service: String,
    pub(in crate::sandbox) status: KeyStatus,
    pub(in crate::sandbox) created: Timestamp,
    /// The user name, or the alias of an API key.
    pub(in crate::sandbox) service_user_name: String,
    /// When it ends; only API keys do.
    pub(in crate::sandbox) expires: Option<Timestamp>,
}
