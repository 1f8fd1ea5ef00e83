//! The ARN of a key in AWS KMS, or of an alias of one.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

use super::{AccountId, Arn, ArnError, Partition, Region, RegionError};

/// `arn:PARTITION:kms:REGION:ACCOUNT:key/ID` or `arn:PARTITION:kms:REGION:ACCOUNT:alias/NAME`: the two forms of a key
/// identifier that say account and region, too
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id>).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KmsKeyArn {
    partition: Partition,
    region: Region,
    account: AccountId,
    name: Name,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Name {
    Key(String),
    Alias(String),
}

impl KmsKeyArn {
    /// The partition the key lives in.
    #[must_use]
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// The region the key lives in.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Whether `answered` can be the key that this names: the same key or, for an alias, a key of its account and region.
    /// KMS answers with the key's own ARN in either case.
    #[must_use]
    pub fn can_be(&self, answered: &Self) -> bool {
        match (&self.name, &answered.name) {
            (Name::Key(_), _) => self == answered,
            (Name::Alias(_), Name::Key(_)) => {
                (self.partition, &self.region, self.account) == (answered.partition, &answered.region, answered.account)
            }
            (Name::Alias(_), Name::Alias(_)) => false,
        }
    }
}

/// Why a text is not the ARN of a KMS key or alias.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KmsKeyArnError {
    /// Not an ARN at all.
    #[error("{0}; write the whole ARN, arn:aws:kms:REGION:ACCOUNT:key/ID or arn:aws:kms:REGION:ACCOUNT:alias/NAME")]
    Arn(#[from] ArnError),
    /// An ARN of another service.
    #[error("is not a KMS key's ARN, which begins arn:{partition}:kms:", partition = .0)]
    NotKms(Partition),
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
    /// The account is empty or `aws`.
    #[error("has no account: twelve digits belong before the last colon")]
    NoAccount,
    /// Neither a key nor an alias.
    #[error("names {0:?}, which is neither a key nor an alias; a KMS key's ARN ends in key/ID or alias/NAME")]
    NotAKey(String),
    /// The key's id is none.
    #[error("the key id {0:?} is none: a UUID in lower case, or mrk- and 32 hexadecimal digits")]
    Id(String),
    /// The alias breaks KMS's rule.
    #[error("the alias {0:?} is none: 1-250 letters, digits or /_-, not beginning with aws/")]
    Alias(String),
}

impl FromStr for KmsKeyArn {
    type Err = KmsKeyArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let arn: Arn = text.parse()?;
        let partition = arn.partition();
        if arn.service() != "kms" {
            return Err(KmsKeyArnError::NotKms(partition));
        }
        let region: Region = arn.region().parse()?;
        let own = Partition::of(&region);
        if own != partition {
            return Err(KmsKeyArnError::OtherPartition { region, own, said: partition });
        }
        let account = arn.account().parse().map_err(|_| KmsKeyArnError::NoAccount)?;
        let name = match arn.resource().split_once('/') {
            Some(("key", id)) if is_key_id(id) => Name::Key(id.to_owned()),
            Some(("key", id)) => return Err(KmsKeyArnError::Id(id.to_owned())),
            Some(("alias", name)) if is_alias(name) => Name::Alias(name.to_owned()),
            Some(("alias", name)) => return Err(KmsKeyArnError::Alias(name.to_owned())),
            _ => return Err(KmsKeyArnError::NotAKey(arn.resource().to_owned())),
        };
        Ok(Self { partition, region, account, name })
    }
}

/// A UUID, or `mrk-` and 32 digits for a multi-Region key.
fn is_key_id(text: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    match text.strip_prefix("mrk-") {
        Some(digits) => digits.len() == 32 && is_hex(digits),
        None => text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && text.split('-').all(is_hex),
    }
}

/// As CreateAlias takes it, 256 characters with `alias/`; `alias/aws/` is for keys of AWS's own, none of which signs.
fn is_alias(text: &str) -> bool {
    (1..=250).contains(&text.len())
        && !text.starts_with("aws/")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_-".contains(&b))
}

impl fmt::Display for KmsKeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, region, account, name } = self;
        write!(f, "arn:{partition}:kms:{region}:{account}:")?;
        match name {
            Name::Key(id) => write!(f, "key/{id}"),
            Name::Alias(name) => write!(f, "alias/{name}"),
        }
    }
}

impl Serialize for KmsKeyArn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const ALIAS: &str = "arn:aws:kms:eu-central-1:123456789012:alias/audit/digests";

    fn parse(text: &str) -> Result<KmsKeyArn, KmsKeyArnError> {
        text.parse()
    }

    #[test]
    fn a_key_and_an_alias_say_their_region_and_read_back_the_same() {
        let multi = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab";
        for (text, partition, region) in [
            (KEY, Partition::Aws, "eu-central-1"),
            (ALIAS, Partition::Aws, "eu-central-1"),
            (multi, Partition::AwsUsGov, "us-gov-west-1"),
        ] {
            let arn = parse(text).unwrap();
            assert_eq!((arn.partition(), arn.region().as_str()), (partition, region));
            assert_eq!(arn.to_string(), text);
            assert_eq!(serde_json::to_value(&arn).unwrap(), text);
        }
        assert!(parse(&format!("arn:aws:kms:eu-central-1:123456789012:alias/{}", "a".repeat(250))).is_ok());
    }

    #[test]
    fn what_is_no_key_is_refused_with_its_reason() {
        let fault = |text: &str| parse(text).unwrap_err();
        let with = |resource: &str| fault(&format!("arn:aws:kms:eu-central-1:123456789012:{resource}"));
        assert_eq!(fault("alias/audit"), KmsKeyArnError::Arn(ArnError::Form));
        assert_eq!(fault("1234abcd-12ab-34cd-56ef-1234567890ab"), KmsKeyArnError::Arn(ArnError::Form));
        assert_eq!(fault(&KEY.replace("kms", "iam")), KmsKeyArnError::NotKms(Partition::Aws));
        assert!(matches!(fault(&KEY.replace("eu-central-1", "")), KmsKeyArnError::Region(_)));
        assert!(matches!(fault(&KEY.replace("eu-central-1", "central")), KmsKeyArnError::Region(_)));
        let other = fault(&KEY.replace("eu-central-1", "cn-north-1"));
        assert!(matches!(other, KmsKeyArnError::OtherPartition { own: Partition::AwsCn, .. }), "{other}");
        assert_eq!(fault(&KEY.replace("123456789012", "")), KmsKeyArnError::NoAccount);
        assert_eq!(fault(&KEY.replace("123456789012", "aws")), KmsKeyArnError::NoAccount);
        assert_eq!(with("key"), KmsKeyArnError::NotAKey("key".into()));
        assert_eq!(with("secret/x"), KmsKeyArnError::NotAKey("secret/x".into()));
        let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        for id in
            ["", "*", &id.to_uppercase(), &id[1..], &id.replace('-', ""), &format!("{id}/x"), "mrk-1234", "alias/x"]
        {
            assert_eq!(with(&format!("key/{id}")), KmsKeyArnError::Id(id.into()));
        }
        for name in ["", "*", "aws/kms", "a:b", "é", &"a".repeat(251)] {
            let fault = with(&format!("alias/{name}"));
            assert!(matches!(fault, KmsKeyArnError::Alias(_) | KmsKeyArnError::Arn(ArnError::Resource(_))), "{name}");
        }
    }

    #[test]
    fn kms_answers_with_the_key_that_was_asked_or_one_that_the_alias_can_mean() {
        let (key, alias) = (parse(KEY).unwrap(), parse(ALIAS).unwrap());
        let other = parse(&KEY.replace("1234abcd-", "4321abcd-")).unwrap();
        assert!(key.can_be(&key) && alias.can_be(&key) && alias.can_be(&other));
        assert!(!key.can_be(&other) && !key.can_be(&alias) && !alias.can_be(&alias));
        for elsewhere in [("eu-central-1", "us-east-1"), ("123456789012", "210987654321")] {
            let elsewhere = parse(&KEY.replace(elsewhere.0, elsewhere.1)).unwrap();
            assert!(!alias.can_be(&elsewhere) && !key.can_be(&elsewhere), "{elsewhere}");
        }
    }
}
