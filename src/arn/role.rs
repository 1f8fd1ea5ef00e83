//! The ARN of an IAM role.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;

use super::{AccountId, Arn, ArnError, Partition, is_entity_name, is_path, split_path};

/// `arn:PARTITION:iam::ACCOUNT:role/[path/]name`, with path and name as IAM's API reference allows them (CreateRole):
/// a name of 1-64 characters of `[\w+=,.@-]`, a path of at most 512.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleArn {
    partition: Partition,
    account: AccountId,
    path: String,
    name: String,
}

impl RoleArn {
    /// The partition the role lives in.
    #[must_use]
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// The account the role lives in.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The path with its slashes; `/` when the role has none.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The role's name without its path, as IAM's API takes it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Why a text is not the ARN of a role.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RoleArnError {
    /// Not an ARN at all.
    #[error(transparent)]
    Arn(#[from] ArnError),
    /// An ARN of another service, or with a region.
    #[error("is not a role's ARN; a role's ARN begins arn:{partition}:iam::", partition = .0)]
    NotIam(Partition),
    /// The session that assuming a role makes, not the role.
    #[error("is the ARN of an assumed-role session; name the role itself: arn:{partition}:iam::ACCOUNT:role/NAME", partition = .0)]
    Session(Partition),
    /// An IAM resource that is not a role.
    #[error("names {0:?}, which is not a role; a role's ARN ends in role/NAME or role/PATH/NAME")]
    NotARole(String),
    /// The account is empty or `aws`.
    #[error("has no account: twelve digits belong between the last two colons")]
    NoAccount,
    /// The path breaks IAM's rule.
    #[error("the path {0:?} is not a role path: at most 512 printable ASCII characters, with / at both ends")]
    Path(String),
    /// The name breaks IAM's rule.
    #[error("the role name {0:?} is not valid: 1-64 letters, digits or _+=,.@-")]
    Name(String),
}

impl FromStr for RoleArn {
    type Err = RoleArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let arn: Arn = text.parse()?;
        if arn.service() == "sts" && arn.resource().starts_with("assumed-role/") {
            return Err(RoleArnError::Session(arn.partition()));
        }
        if arn.service() != "iam" || !arn.region().is_empty() {
            return Err(RoleArnError::NotIam(arn.partition()));
        }
        let account = arn.account().parse().map_err(|_| RoleArnError::NoAccount)?;
        let resource =
            arn.resource().strip_prefix("role/").ok_or_else(|| RoleArnError::NotARole(arn.resource().to_owned()))?;
        let (path, name) = split_path(resource);
        if !is_path(&path) {
            return Err(RoleArnError::Path(path));
        }
        if !is_entity_name(name, 64) {
            return Err(RoleArnError::Name(name.to_owned()));
        }
        Ok(Self { partition: arn.partition(), account, path, name: name.to_owned() })
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, account, path, name } = self;
        write!(f, "arn:{partition}:iam::{account}:role{path}{name}")
    }
}

impl Serialize for RoleArn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RoleArn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
