//! The users, as tables: [`people`] and [`machines`].

mod machines;
mod people;

use super::ages::Ages;
use super::entity::{Permitted, Tagged, arn};
use super::seeded;
use crate::sandbox::ACCOUNT_ID;
use crate::sandbox::account::{
    AccessKey, KeyStatus, KeyUse, LoginProfile, MfaDevice, Policies, ServiceSpecificCredential, SigningCertificate,
    SshPublicKey, Tags, User,
};
use crate::sandbox::ids::IdKind;

/// All of them.
pub(super) fn all(ages: Ages) -> Vec<Member> {
    let mut users = people::all(ages);
    users.extend(machines::all(ages));
    users
}

/// A user and the groups it is in.
#[derive(Debug)]
pub(super) struct Member {
    ages: Ages,
    /// The age in days.
    age: u32,
    pub(super) user: User,
    pub(super) groups: Vec<&'static str>,
}

impl Member {
    fn new(ages: Ages, path: &str, name: &str, age: u32) -> Self {
        let user = User::new(name, path, seeded::id(IdKind::User, name), ages.ago(age, name));
        Self { ages, age, user, groups: Vec::new() }
    }

    fn groups(mut self, groups: &[&'static str]) -> Self {
        self.groups.extend(groups);
        self
    }

    fn boundary(mut self, policy: &str) -> Self {
        self.user.boundary = Some(arn(&format!("policy/{policy}")));
        self
    }

    /// A console password, last used so many days ago.
    fn signs_in(mut self, days_ago: u32) -> Self {
        let name = &self.user.name;
        self.user.password_last_used = Some(self.ages.ago(days_ago, &format!("{name} signs in")));
        self.user.login_profile = Some(LoginProfile { created: self.user.created, reset_required: false });
        self
    }

    /// A first password that nobody ever used.
    fn never_signed_in(mut self) -> Self {
        self.user.login_profile = Some(LoginProfile { created: self.user.created, reset_required: true });
        self
    }

    /// A virtual MFA device, enabled on the user's second day.
    fn mfa(mut self) -> Self {
        let name = &self.user.name;
        let enabled = self.ages.ago(self.age.saturating_sub(1), &format!("{name} MFA"));
        let device = MfaDevice { serial_number: arn(&format!("mfa/{name}")), enabled };
        self.user.mfa_devices.push(device);
        self
    }

    /// What it called on the console, and how many days ago last.
    fn calls(mut self, calls: &[(&str, u32)]) -> Self {
        for (service, days_ago) in calls {
            let at = self.ages.ago(*days_ago, &format!("{service} called by {}", self.user.name));
            self.user.service_uses.note(service, "eu-west-1", at);
        }
        self
    }

    /// What came with CodeCommit: an SSH key, and a password for git over HTTPS.
    fn code_commit(mut self, age: u32) -> Self {
        let name = &self.user.name;
        let created = self.ages.ago(age, &format!("{name} CodeCommit"));
        self.user.ssh_public_keys.push(SshPublicKey {
            id: seeded::id(IdKind::SshPublicKey, name),
            body: seeded::ssh_public_key(name),
            status: KeyStatus::Active,
            uploaded: created,
        });
        self.user.service_specific_credentials.push(ServiceSpecificCredential {
            id: seeded::id(IdKind::ServiceSpecificCredential, name),
            service: "codecommit.amazonaws.com".to_owned(),
            status: KeyStatus::Active,
            created,
            service_user_name: format!("{name}-at-{ACCOUNT_ID}"),
            expires: None,
        });
        self
    }

    /// An X.509 certificate that signs requests, as SOAP once had them.
    fn signing_certificate(mut self, age: u32, body: &str) -> Self {
        let name = &self.user.name;
        self.user.signing_certificates.push(SigningCertificate {
            id: seeded::certificate_id(name),
            body: body.to_owned(),
            status: KeyStatus::Active,
            uploaded: self.ages.ago(age, &format!("{name} certificate")),
        });
        self
    }

    fn key(mut self, key: &Key) -> Self {
        let label = format!("{} {}", self.user.name, self.user.access_keys.len() + 1);
        self.user.access_keys.push(AccessKey {
            id: seeded::id(IdKind::AccessKey, &label),
            secret: seeded::secret_access_key(&label),
            status: key.status,
            created: self.ages.ago(key.age, &format!("key {label}")),
            last_used: key.used.map(|(days_ago, service, region)| KeyUse {
                at: self.ages.ago(days_ago, &format!("use of key {label}")),
                region: region.to_owned(),
                service: service.to_owned(),
            }),
        });
        self
    }
}

impl Permitted for Member {
    fn policies(&mut self) -> &mut Policies {
        &mut self.user.policies
    }
}

impl Tagged for Member {
    fn all_tags(&mut self) -> &mut Tags {
        &mut self.user.tags
    }
}

/// An access key to be made.
#[derive(Debug)]
struct Key {
    /// In days.
    age: u32,
    status: KeyStatus,
    /// How many days ago, for which service, in which region.
    used: Option<(u32, &'static str, &'static str)>,
}

impl Key {
    fn used(mut self, days_ago: u32, service: &'static str, region: &'static str) -> Self {
        self.used = Some((days_ago, service, region));
        self
    }
}

/// An active key of this age in days, never used.
fn active(age: u32) -> Key {
    Key { age, status: KeyStatus::Active, used: None }
}

/// The same, and inactive.
fn inactive(age: u32) -> Key {
    Key { age, status: KeyStatus::Inactive, used: None }
}
