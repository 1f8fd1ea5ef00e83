//! The services behind the one door.

use crate::arn::{Partition, Region};

/// A service, told apart by what a request is signed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Service {
    Iam,
    Sts,
    CloudTrail,
}

impl Service {
    /// The service of a credential scope.
    pub(in crate::sandbox) fn of_scope(name: &str) -> Option<Self> {
        [Self::Iam, Self::Sts, Self::CloudTrail].into_iter().find(|service| service.scope() == name)
    }

    /// What a request for it is signed for.
    pub(in crate::sandbox) fn scope(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::CloudTrail => "cloudtrail",
        }
    }

    /// The `Version` of its API.
    pub(in crate::sandbox) fn version(self) -> &'static str {
        match self {
            Self::Iam => "2010-05-08",
            Self::Sts => "2011-06-15",
            Self::CloudTrail => "2013-11-01",
        }
    }

    /// What it is called in the JSON protocol; none of a service that speaks the query protocol.
    pub(in crate::sandbox) fn target(self) -> Option<&'static str> {
        match self {
            Self::Iam | Self::Sts => None,
            Self::CloudTrail => Some("CloudTrail_20131101"),
        }
    }

    /// The namespace of its answers; JSON has none.
    pub(in crate::sandbox) fn namespace(self) -> &'static str {
        match self {
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            Self::CloudTrail => "",
        }
    }

    /// How the trail calls it.
    pub(in crate::sandbox) fn event_source(self) -> &'static str {
        match self {
            Self::Iam => "iam.amazonaws.com",
            Self::Sts => "sts.amazonaws.com",
            Self::CloudTrail => "cloudtrail.amazonaws.com",
        }
    }

    /// Whether it answers in this region: IAM in one of each partition
    /// (<https://docs.aws.amazon.com/general/latest/gr/iam-service.html>), the others in all.
    pub(in crate::sandbox) fn is_in(self, region: &str, partition: Partition) -> bool {
        match self {
            Self::Iam => region == partition.global_region().as_str(),
            Self::Sts | Self::CloudTrail => {
                region.parse::<Region>().is_ok_and(|region| Partition::of(&region) == partition)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iam_has_one_region_and_the_others_all_of_its_partition() {
        for (service, region, is_in) in [
            (Service::Iam, "us-east-1", true),
            (Service::Iam, "eu-central-1", false),
            (Service::Sts, "us-east-1", true),
            (Service::CloudTrail, "eu-central-1", true),
            (Service::CloudTrail, "cn-north-1", false),
            (Service::Sts, "eu-central-1", true),
            (Service::Sts, "cn-north-1", false),
            (Service::Sts, "aws-global", false),
            (Service::Sts, "", false),
        ] {
            assert_eq!(service.is_in(region, Partition::Aws), is_in, "{service:?} {region}");
        }
    }
}
