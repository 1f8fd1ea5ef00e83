//! The names of AWS's STS.

use std::fmt;

use crate::arn::{Partition, Region};

/// A name of AWS's STS, by the endpoint rules that ship with the SDK: `sts.{suffix}`, or `sts.{region}.{suffix}` and
/// `sts-fips.{region}.{suffix}` with either suffix of the region's partition.
///
/// The region's form matters as much as the suffix: below the suffixes there are names that anybody can own, such as
/// those of load balancers, API Gateway and buckets (`sts.s3.amazonaws.com` is a bucket called sts).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsHost {
    partition: Partition,
    regional: Option<Regional>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Regional {
    service: &'static str,
    region: Region,
    suffix: &'static str,
}

impl StsHost {
    /// The STS that this name in lower case is of.
    #[must_use]
    pub fn of(host: &str) -> Option<Self> {
        Partition::ALL.into_iter().find_map(|partition| {
            if host.strip_prefix("sts.") == Some(partition.dns_suffix()) {
                return Some(Self { partition, regional: None });
            }
            let suffixes = [partition.dns_suffix(), dual_stack_suffix(partition)];
            let regional = suffixes.into_iter().find_map(|suffix| {
                let (service, region) = host.strip_suffix(suffix)?.strip_suffix('.')?.split_once('.')?;
                let service = ["sts", "sts-fips"].into_iter().find(|known| *known == service)?;
                Some(Regional { service, region: region_of(region, partition)?, suffix })
            })?;
            Some(Self { partition, regional: Some(regional) })
        })
    }

    /// The partition that it answers for.
    #[must_use]
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// Whether its region is one that there is. Strangers may name no others: such a name is nobody's today, and could be
    /// somebody's tomorrow. What the configuration names may be newer than this list.
    #[must_use]
    pub fn is_of_a_known_region(&self) -> bool {
        REGIONS.contains(&self.region().as_str())
    }

    /// The region that requests to it are signed for.
    #[must_use]
    pub fn region(&self) -> Region {
        self.regional.as_ref().map_or_else(|| self.partition.global_region(), |regional| regional.region.clone())
    }
}

impl fmt::Display for StsHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.regional {
            None => write!(f, "sts.{}", self.partition.dns_suffix()),
            Some(Regional { service, region, suffix }) => write!(f, "{service}.{region}.{suffix}"),
        }
    }
}

/// The regions that there are, by the endpoint rules that ship with the SDK (aws-sdk-sts 1.124).
const REGIONS: [&str; 46] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
];

/// The region of `partition` that `text` is: of the commercial one, it has two letters, a word and a number.
fn region_of(text: &str, partition: Partition) -> Option<Region> {
    let region: Region = text.parse().ok()?;
    let has_commercial_form = text.split('-').count() == 3 && text.find('-') == Some(2);
    (Partition::of(&region) == partition && (partition != Partition::Aws || has_commercial_form)).then_some(region)
}

/// What the names of a partition's dual-stack endpoints end in.
fn dual_stack_suffix(partition: Partition) -> &'static str {
    match partition {
        Partition::Aws | Partition::AwsUsGov => "api.aws",
        Partition::AwsCn => "api.amazonwebservices.com.cn",
        Partition::AwsIso => "api.aws.ic.gov",
        Partition::AwsIsoB => "api.aws.scloud",
        Partition::AwsIsoE => "api.cloud-aws.adc-e.uk",
        Partition::AwsIsoF => "api.aws.hci.ic.gov",
        Partition::AwsEusc => "api.amazonwebservices.eu",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_partition_and_region_and_is_written_as_it_was() {
        for (host, partition, region) in [
            ("sts.amazonaws.com", Partition::Aws, "us-east-1"),
            ("sts.eu-central-1.amazonaws.com", Partition::Aws, "eu-central-1"),
            ("sts-fips.us-west-2.api.aws", Partition::Aws, "us-west-2"),
            ("sts-fips.us-gov-east-1.amazonaws.com", Partition::AwsUsGov, "us-gov-east-1"),
            ("sts.amazonaws.com.cn", Partition::AwsCn, "cn-north-1"),
            ("sts.cn-northwest-1.api.amazonwebservices.com.cn", Partition::AwsCn, "cn-northwest-1"),
        ] {
            let sts = StsHost::of(host).expect("a name of STS");
            assert_eq!((sts.partition(), sts.region().as_str()), (partition, region), "{host}");
            assert_eq!(sts.to_string(), host);
        }
    }

    #[test]
    fn a_name_that_only_looks_like_a_region_s_is_told() {
        for (host, is_known) in [
            ("sts.amazonaws.com", true),
            ("sts.eu-central-1.amazonaws.com", true),
            ("sts.us-gov-west-1.amazonaws.com", true),
            ("sts.eu-imaginary-1.amazonaws.com", false),
            ("sts.us-gov-imaginary-1.amazonaws.com", false),
        ] {
            assert_eq!(StsHost::of(host).map(|sts| sts.is_of_a_known_region()), Some(is_known), "{host}");
        }
    }

    #[test]
    fn other_spellings_are_no_names() {
        for host in ["", "STS.amazonaws.com", "sts.amazonaws.com.", "sts.us-east-1.amazonaws.com:443", "sts.amazonaws"]
        {
            assert_eq!(StsHost::of(host), None, "{host}");
        }
    }
}
