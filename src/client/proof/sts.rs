//! Where AWS's STS is.

use crate::arn::{Partition, Region};
use crate::config::LoopbackUrl;
use crate::iam::endpoint::Endpoint;

/// STS of one region, or one on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsEndpoint {
    region: Region,
    own: Option<LoopbackUrl>,
}

impl StsEndpoint {
    /// AWS's own of this region; or `own`, which is a sandbox's.
    #[must_use]
    pub fn new(region: Region, own: Option<LoopbackUrl>) -> Self {
        Self { region, own }
    }

    /// What requests to it are signed for.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Its URL, without a slash at its end
    /// (<https://docs.aws.amazon.com/general/latest/gr/sts.html>).
    #[must_use]
    pub fn url(&self) -> String {
        match &self.own {
            Some(own) => own.as_str().to_owned(),
            None => format!("https://sts.{}.{}", self.region, Partition::of(&self.region).dns_suffix()),
        }
    }

    /// The same for the SDK, which is not left to find it by itself: that obeys `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn sdk(&self) -> Endpoint {
        Endpoint::regional(self.region.as_str(), Some(self.url()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_its_own() {
        for (region, url) in [
            ("us-east-1", "https://sts.us-east-1.amazonaws.com"),
            ("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn"),
            ("us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com"),
            ("us-iso-east-1", "https://sts.us-iso-east-1.c2s.ic.gov"),
            ("eusc-de-east-1", "https://sts.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(StsEndpoint::new(region.parse().unwrap(), None).url(), url);
        }
        let own = "http://127.0.0.1:4566/".parse().unwrap();
        assert_eq!(StsEndpoint::new("eu-west-1".parse().unwrap(), Some(own)).url(), "http://127.0.0.1:4566");
    }
}
