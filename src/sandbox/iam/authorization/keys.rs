//! The condition keys that some actions have beside those of every call and of every resource.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>

use super::super::{tags, users};
use super::resource::Resource;
use crate::policy::Context;
use crate::sandbox::account::Account;
use crate::sandbox::call::Call;
use crate::sandbox::error::ServiceError;

const BOUNDARY: &str = "iam:PermissionsBoundary";

/// A key, or a few that come together, and where its value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// `iam:PolicyARN`: the policy that is attached or detached.
    PolicyArn,
    /// `iam:PermissionsBoundary`: the boundary that the call sets.
    Boundary,
    /// `iam:PermissionsBoundary`: the boundary that the user or role has.
    HeldBoundary,
    /// `aws:RequestTag/*` and `aws:TagKeys`, by the tags that the call sets.
    Tags,
    /// `aws:TagKeys`, by the keys that the call takes away.
    TagKeys,
    /// `iam:AWSServiceName`.
    ServiceName,
    /// `iam:PassedToService`: instance profiles hand roles to EC2.
    PassedToInstances,
    /// `iam:ServiceSpecificCredentialServiceName`: of the credential that the call makes or names.
    CredentialService,
    /// `iam:ServiceSpecificCredentialAgeDays`.
    CredentialAge,
}

impl Key {
    /// Sets it; one that the call gives no value stays away.
    ///
    /// # Errors
    /// A parameter that breaks its constraints.
    pub(super) fn set(
        self,
        context: &mut Context,
        account: &Account,
        call: &Call<'_>,
        resource: &Resource<'_>,
    ) -> Result<(), ServiceError> {
        let given = |name: &str| call.fields.get(name);
        let (key, value) = match self {
            Self::PolicyArn => ("iam:PolicyARN", given("PolicyArn")),
            Self::Boundary => (BOUNDARY, given("PermissionsBoundary")),
            Self::HeldBoundary => (BOUNDARY, resource.boundary),
            Self::ServiceName => ("iam:AWSServiceName", given("AWSServiceName")),
            Self::PassedToInstances => ("iam:PassedToService", Some("ec2.amazonaws.com")),
            Self::CredentialService => {
                let service = given("ServiceName").or_else(|| service_of_credential(account, call));
                ("iam:ServiceSpecificCredentialServiceName", service)
            }
            Self::CredentialAge => ("iam:ServiceSpecificCredentialAgeDays", given("CredentialAgeDays")),
            Self::Tags => {
                let tags = call.fields.read(tags::read)?;
                for (key, value) in &tags {
                    context.set(&format!("aws:RequestTag/{key}"), *value);
                }
                context.set_all("aws:TagKeys", tags.iter().map(|(key, _)| *key));
                return Ok(());
            }
            Self::TagKeys => {
                context.set_all("aws:TagKeys", call.fields.read(tags::read_keys)?);
                return Ok(());
            }
        };
        if let Some(value) = value {
            context.set(key, value);
        }
        Ok(())
    }
}

fn service_of_credential<'a>(account: &'a Account, call: &Call<'_>) -> Option<&'a str> {
    let id = call.fields.get("ServiceSpecificCredentialId")?;
    let user = account.users.get(users::own_name(call, call.fields.get("UserName")).ok()?)?;
    let credential = user.service_specific_credentials.iter().find(|credential| credential.id == id)?;
    Some(&credential.service)
}
