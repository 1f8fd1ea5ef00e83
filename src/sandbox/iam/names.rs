//! Finding entities by name, and what IAM says of those that are missing, already there or protected.

use crate::arn::{PolicyArn, PolicyArnError};
use crate::sandbox::account::{Account, Group, InstanceProfile, Role, User};
use crate::sandbox::error::ServiceError;

/// Finds something of the entity of a name, to be changed.
pub(super) type Find<T> = for<'a> fn(&'a mut Account, &str) -> Result<&'a mut T, ServiceError>;

impl Account {
    /// The user of this name.
    pub(in crate::sandbox) fn user(&self, name: &str) -> Result<&User, ServiceError> {
        self.users.get(name).ok_or_else(|| missing("user", name))
    }

    /// The user of this name, to be changed.
    pub(in crate::sandbox) fn user_mut(&mut self, name: &str) -> Result<&mut User, ServiceError> {
        self.users.get_mut(name).ok_or_else(|| missing("user", name))
    }

    /// The group of this name.
    pub(in crate::sandbox) fn group(&self, name: &str) -> Result<&Group, ServiceError> {
        self.groups.get(name).ok_or_else(|| missing("group", name))
    }

    /// The group of this name, to be changed.
    pub(in crate::sandbox) fn group_mut(&mut self, name: &str) -> Result<&mut Group, ServiceError> {
        self.groups.get_mut(name).ok_or_else(|| missing("group", name))
    }

    /// The role of this name.
    pub(in crate::sandbox) fn role(&self, name: &str) -> Result<&Role, ServiceError> {
        self.roles.get(name).ok_or_else(|| missing("role", name))
    }

    /// The role of this name, to be changed.
    pub(in crate::sandbox) fn role_mut(&mut self, name: &str) -> Result<&mut Role, ServiceError> {
        self.roles.get_mut(name).ok_or_else(|| missing("role", name))
    }

    /// The role of this name, to be changed in a way that service-linked roles are protected from.
    pub(in crate::sandbox) fn modifiable_role(&mut self, name: &str) -> Result<&mut Role, ServiceError> {
        let role = self.role_mut(name)?;
        if role.is_service_linked() {
            return Err(ServiceError::unmodifiable(format!(
                "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
                role.name
            )));
        }
        Ok(role)
    }

    /// The instance profile of this name.
    pub(in crate::sandbox) fn instance_profile(&self, name: &str) -> Result<&InstanceProfile, ServiceError> {
        self.instance_profiles.get(name).ok_or_else(|| missing_instance_profile(name))
    }

    /// The instance profile of this name, to be changed.
    pub(in crate::sandbox) fn instance_profile_mut(
        &mut self,
        name: &str,
    ) -> Result<&mut InstanceProfile, ServiceError> {
        self.instance_profiles.get_mut(name).ok_or_else(|| missing_instance_profile(name))
    }
}

fn missing_instance_profile(name: &str) -> ServiceError {
    ServiceError::no_such_entity(format!("Instance Profile {name} cannot be found."))
}

/// `The user with name bob cannot be found.`
pub(super) fn missing(kind: &str, name: &str) -> ServiceError {
    ServiceError::no_such_entity(format!("The {kind} with name {name} cannot be found."))
}

/// `User with name bob already exists.`
pub(super) fn taken(kind: &str, name: &str) -> ServiceError {
    ServiceError::already_exists(format!("{kind} with name {name} already exists."))
}

/// The ARN of a managed policy, of one that need not exist.
///
/// # Errors
/// When it is the ARN of something else, or none.
pub(super) fn policy_arn(arn: &str) -> Result<PolicyArn, ServiceError> {
    arn.parse().map_err(|error| {
        let message = format!("ARN {arn} is not valid.");
        match error {
            PolicyArnError::Arn(_) => ServiceError::validation(message),
            _ => ServiceError::invalid_input(message),
        }
    })
}

/// `Cannot exceed quota for GroupsPerUser: 10`
pub(super) fn over_quota(quota: &str, most: usize) -> ServiceError {
    ServiceError::limit_exceeded(format!("Cannot exceed quota for {quota}: {most}"))
}

/// `Cannot delete entity, must delete policies first.`, with the first reason that stands against it.
pub(super) fn deletable(reasons: &[(bool, &str)]) -> Result<(), ServiceError> {
    match reasons.iter().find(|(blocks, _)| *blocks) {
        Some((_, first)) => Err(ServiceError::delete_conflict(format!("Cannot delete entity, must {first} first."))),
        None => Ok(()),
    }
}
