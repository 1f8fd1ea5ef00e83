//! What an account holds: plain data, and the few rules that concern more than one entity.

mod entities;
mod group;
mod instance_profile;
mod jobs;
mod managed_policy;
mod password_policy;
mod policies;
mod policy_usage;
mod provider;
mod role;
mod root;
mod service_uses;
mod tags;
mod trust;
mod user;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use entities::{Entities, Named};
pub(super) use group::Group;
pub(super) use instance_profile::InstanceProfile;
pub(super) use jobs::{CredentialReport, LastAccess, LastAccessedJob, ServiceAccess};
pub(super) use managed_policy::{ManagedPolicy, PolicyVersion};
pub(super) use password_policy::PasswordPolicy;
pub(super) use policies::Policies;
pub(super) use provider::{OidcProvider, SamlProvider};
pub(super) use role::{Role, SERVICE_LINKED_PATH};
pub(super) use root::RootUser;
pub(super) use service_uses::{ServiceUse, ServiceUses};
pub(super) use tags::{KeyCase, Tags, folded};
pub(super) use user::{
    AccessKey, KeyStatus, KeyUse, LoginProfile, MfaDevice, ServiceSpecificCredential, SigningCertificate, SshPublicKey,
    User,
};

use super::aws_managed;
use crate::arn::{AccountId, Partition};

/// An AWS account's IAM.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) partition: Partition,
    pub(super) id: AccountId,
    pub(super) alias: Option<String>,
    pub(super) users: Entities<User>,
    pub(super) groups: Entities<Group>,
    pub(super) roles: Entities<Role>,
    pub(super) instance_profiles: Entities<InstanceProfile>,
    /// What DeleteServiceLinkedRole gave out: ids of deletions, which are all done.
    pub(super) deletion_tasks: BTreeSet<String>,
    /// The account's own managed policies and those of AWS that it knows, by ARN.
    pub(super) policies: BTreeMap<String, ManagedPolicy>,
    pub(super) root: RootUser,
    /// Virtual MFA devices that CreateVirtualMFADevice made, by serial number, with their tags; a user's device with an
    /// ARN as its serial number is a virtual one, too, whether it stands here or not.
    pub(super) virtual_mfa_devices: BTreeMap<String, Tags>,
    /// By ARN.
    pub(super) oidc_providers: BTreeMap<String, OidcProvider>,
    /// By ARN.
    pub(super) saml_providers: BTreeMap<String, SamlProvider>,
    /// Whether GetWebIdentityToken gives tokens.
    pub(super) outbound_federation: bool,
    pub(super) password_policy: Option<PasswordPolicy>,
    pub(super) credential_report: Option<CredentialReport>,
    /// By job id.
    pub(super) last_accessed_jobs: BTreeMap<String, LastAccessedJob>,
}

impl Account {
    /// An account with nothing in it but AWS's own managed policies.
    pub(super) fn empty(partition: Partition, id: AccountId) -> Self {
        Self {
            partition,
            id,
            alias: None,
            users: Entities::default(),
            groups: Entities::default(),
            roles: Entities::default(),
            instance_profiles: Entities::default(),
            deletion_tasks: BTreeSet::new(),
            policies: aws_managed::policies(partition),
            root: RootUser::default(),
            virtual_mfa_devices: BTreeMap::new(),
            oidc_providers: BTreeMap::new(),
            saml_providers: BTreeMap::new(),
            outbound_federation: false,
            password_policy: None,
            credential_report: None,
            last_accessed_jobs: BTreeMap::new(),
        }
    }

    /// The ARN of an IAM resource of this account: `arn(&format!("user{path}{name}"))`.
    pub(super) fn arn(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.id)
    }

    /// The user that has this access key.
    pub(super) fn owner_of_key(&self, access_key_id: &str) -> Option<(&User, &AccessKey)> {
        self.users
            .iter()
            .find_map(|user| user.access_keys.iter().find(|key| key.id == access_key_id).map(|key| (user, key)))
    }
}
