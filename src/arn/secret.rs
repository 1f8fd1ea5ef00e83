//! The ARN of a secret in AWS Secrets Manager.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

use super::{AccountId, Arn, ArnError, Partition, Region, RegionError};

/// `arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX`
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretArn {
    region: Region,
    arn: Arn,
}

impl SecretArn {
    /// The region that the secret is in.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }
}

/// Why a text is not the ARN of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SecretArnError {
    /// Not an ARN at all.
    #[error("{0}; write the whole ARN, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX")]
    Arn(#[from] ArnError),
    /// An ARN of something else.
    #[error("is not a secret's ARN, which reads arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX")]
    NotASecret,
    /// The region is none.
    #[error(transparent)]
    Region(#[from] RegionError),
    /// The region is in another partition.
    #[error("region {region} is in partition {own}, and the ARN says {said}")]
    OtherPartition {
        /// The region.
        region: Region,
        /// The partition that it is in.
        own: Partition,
        /// The partition of the ARN.
        said: Partition,
    },
}

impl FromStr for SecretArn {
    type Err = SecretArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let arn: Arn = text.parse()?;
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b"/_+=.@-".contains(&b);
        let name = arn.resource().strip_prefix("secret:");
        let is_secret = arn.service() == "secretsmanager"
            && arn.account().parse::<AccountId>().is_ok()
            && name.is_some_and(|name| (1..=519).contains(&name.len()) && name.bytes().all(is_name));
        if !is_secret {
            return Err(SecretArnError::NotASecret);
        }
        let region: Region = arn.region().parse()?;
        let own = Partition::of(&region);
        if own != arn.partition() {
            return Err(SecretArnError::OtherPartition { region, own, said: arn.partition() });
        }
        Ok(Self { region, arn })
    }
}

impl fmt::Display for SecretArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.arn.fmt(f)
    }
}

impl Serialize for SecretArn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_named_with_region_and_account() {
        let text = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:iam-mcp/sealing-AbCdEf";
        let arn: SecretArn = text.parse().unwrap();
        assert_eq!((arn.region().as_str(), arn.to_string().as_str()), ("eu-central-1", text));
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        for text in [
            "iam-mcp/sealing",
            "arn:aws:secretsmanager:eu-central-1::secret:a",
            "arn:aws:secretsmanager:eu-central-1:123456789012:a",
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:",
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a b",
            "arn:aws:secretsmanager::123456789012:secret:a",
            "arn:aws:kms:eu-central-1:123456789012:key/x",
            "arn:aws:secretsmanager:cn-north-1:123456789012:secret:a",
        ] {
            assert!(text.parse::<SecretArn>().is_err(), "{text}");
        }
    }
}
