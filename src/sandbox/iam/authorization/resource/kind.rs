//! The kinds of things that calls name.

use crate::sandbox::account::{Account, Tags};

/// A kind of resource that has a name, most with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox::iam::authorization) enum Kind {
    User,
    Group,
    Role,
    InstanceProfile,
    Policy,
    MfaDevice,
    ServerCertificate,
}

/// One that is there.
#[derive(Debug)]
pub(super) struct Entity<'a> {
    /// The resource part of its ARN.
    pub(super) resource: String,
    pub(super) path: &'a str,
    pub(super) tags: Option<&'a Tags>,
    /// The ARN of its permissions boundary.
    pub(super) boundary: Option<&'a str>,
    /// A user or a role.
    pub(super) is_identity: bool,
}

impl Kind {
    /// The parameter that names one.
    pub(super) fn parameter(self) -> &'static str {
        match self {
            Self::User => "UserName",
            Self::Group => "GroupName",
            Self::Role => "RoleName",
            Self::InstanceProfile => "InstanceProfileName",
            Self::Policy => "PolicyName",
            Self::MfaDevice => "VirtualMFADeviceName",
            Self::ServerCertificate => "ServerCertificateName",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
            Self::InstanceProfile => "instance-profile",
            Self::Policy => "policy",
            Self::MfaDevice => "mfa",
            Self::ServerCertificate => "server-certificate",
        }
    }

    /// The resource part of the ARN of one of this path and name.
    pub(super) fn resource(self, path: &str, name: &str) -> String {
        format!("{}{path}{name}", self.word())
    }

    /// The one of this name, of those that are found by name.
    pub(super) fn find<'a>(self, account: &'a Account, name: &str) -> Option<Entity<'a>> {
        Some(match self {
            Self::User => {
                let user = account.users.get(name)?;
                let boundary = user.boundary.as_deref();
                let (resource, path, tags) = (user.resource(), user.path.as_str(), Some(&user.tags));
                Entity { resource, path, tags, boundary, is_identity: true }
            }
            Self::Role => {
                let role = account.roles.get(name)?;
                let boundary = role.boundary.as_deref();
                let (resource, path, tags) = (role.resource(), role.path.as_str(), Some(&role.tags));
                Entity { resource, path, tags, boundary, is_identity: true }
            }
            Self::Group => {
                let group = account.groups.get(name)?;
                Entity { resource: group.resource(), path: &group.path, tags: None, boundary: None, is_identity: false }
            }
            Self::InstanceProfile => {
                let profile = account.instance_profiles.get(name)?;
                let (resource, tags) = (profile.resource(), Some(&profile.tags));
                Entity { resource, path: &profile.path, tags, boundary: None, is_identity: false }
            }
            Self::Policy | Self::MfaDevice | Self::ServerCertificate => return None,
        })
    }

    /// The user, group, role or instance profile of exactly this ARN.
    pub(super) fn find_by_arn<'a>(account: &'a Account, arn: &str) -> Option<Entity<'a>> {
        let resource = arn.strip_prefix(&account.arn(""))?;
        let (_, name) = resource.rsplit_once('/')?;
        [Self::User, Self::Group, Self::Role, Self::InstanceProfile]
            .into_iter()
            .filter_map(|kind| kind.find(account, name))
            .find(|entity| entity.resource == resource)
    }
}
