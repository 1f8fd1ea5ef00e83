//! Amazon Resource Names, parsed into types that cannot be wrong.
//!
//! The form is `arn:partition:service:region:account:resource`
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>). [`Arn`] is any ARN; [`RoleArn`] and
//! [`PolicyArn`] hold exactly what IAM's API reference allows of a role and a managed policy, [`KmsKeyArn`] what KMS's
//! does of a key and an alias, [`SecretArn`] the ARN of a secret.

mod account;
mod kms_key;
mod partition;
mod pattern;
mod policy;
mod region;
mod role;
mod secret;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

pub use account::{AccountId, AccountIdError};
pub use kms_key::{KmsKeyArn, KmsKeyArnError};
pub use partition::{Partition, UnknownPartition};
pub use pattern::{ArnPattern, ArnPatternError};
pub use policy::{PolicyArn, PolicyArnError, PolicyOwner};
pub use region::{Region, RegionError};
pub use role::{RoleArn, RoleArnError};
pub use secret::{SecretArn, SecretArnError};

/// The longest ARN that IAM takes, in characters (`arnType` in IAM's API reference).
pub const MAX_ARN_LENGTH: usize = 2048;

/// An ARN, split into its parts. The resource keeps its colons and slashes; service, region and account may be empty
/// where the service leaves them so, as IAM does with the region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    partition: Partition,
    service: String,
    region: String,
    account: String,
    resource: String,
}

impl Arn {
    /// The partition, such as `aws`.
    #[must_use]
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// The service, such as `iam`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The region; empty for a global service such as IAM.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The account: twelve digits, `aws` for what AWS itself owns, or empty.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Everything after the fifth colon, such as `role/ops/deploy`.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }
}

/// Why a text is not an ARN.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ArnError {
    /// Fewer than six parts, or the first is not `arn`.
    #[error("is not an ARN; an ARN reads arn:partition:service:region:account:resource")]
    Form,
    /// Longer than IAM takes.
    #[error("has {0} characters; an ARN has at most {MAX_ARN_LENGTH}")]
    Length(usize),
    /// The partition is not one of AWS's.
    #[error(transparent)]
    Partition(#[from] UnknownPartition),
    /// The service is empty or has characters that no service name has.
    #[error("the service {0:?} is not a service name: lower-case letters, digits and hyphens")]
    Service(String),
    /// The region is neither empty nor a region's name.
    #[error("the region {0:?} is not a region name such as us-east-1")]
    Region(String),
    /// The account is neither empty, nor `aws`, nor twelve digits.
    #[error("the account {0:?} is not twelve digits")]
    Account(String),
    /// Nothing stands after the account, or it has spaces or control characters.
    #[error("the resource {0:?} is empty or has characters outside printable ASCII")]
    Resource(String),
}

impl FromStr for Arn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length = text.chars().count();
        if length > MAX_ARN_LENGTH {
            return Err(ArnError::Length(length));
        }
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().ok_or(ArnError::Form);
        if next()? != "arn" {
            return Err(ArnError::Form);
        }
        let (partition, service, region, account, resource) = (next()?, next()?, next()?, next()?, next()?);

        let partition = partition.parse()?;
        if service.is_empty() || !is_lower_word(service) {
            return Err(ArnError::Service(service.to_owned()));
        }
        if !is_lower_word(region) {
            return Err(ArnError::Region(region.to_owned()));
        }
        if !account.is_empty() && account != "aws" && account.parse::<AccountId>().is_err() {
            return Err(ArnError::Account(account.to_owned()));
        }
        if resource.is_empty() || !resource.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(ArnError::Resource(resource.to_owned()));
        }
        let [service, region, account, resource] = [service, region, account, resource].map(str::to_owned);
        Ok(Self { partition, service, region, account, resource })
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

impl Serialize for Arn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Lower-case letters, digits and hyphens only; the empty text too.
fn is_lower_word(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A name as IAM's API reference spells it for users, roles and policies: `[\w+=,.@-]+`, ASCII.
fn is_entity_name(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

/// A path as IAM's API reference spells it (`pathType`): `/`, or `/.../` of printable ASCII, at most 512 characters.
fn is_path(text: &str) -> bool {
    text.len() <= 512
        && text.starts_with('/')
        && text.ends_with('/')
        && text != "//"
        && text.bytes().all(|b| b.is_ascii_graphic())
}

/// Splits `ops/ci/deploy` into its path `/ops/ci/` and its name `deploy`.
fn split_path(resource: &str) -> (String, &str) {
    match resource.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), resource),
    }
}
