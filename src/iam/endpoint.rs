//! Where the services of AWS are reached.

use aws_types::region::Region;

use crate::arn::Partition;

/// The endpoint of one AWS service, fixed by the gateway's configuration and never by the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The region that requests are signed for.
    pub region: Region,
    /// The URL, when it is not AWS's own (loopback only; the configuration sees to that).
    pub url: Option<String>,
}

impl Endpoint {
    /// IAM's endpoint: one region for each partition.
    ///
    /// Source: <https://docs.aws.amazon.com/general/latest/gr/iam-service.html>.
    #[must_use]
    pub fn iam(partition: Partition, url: Option<String>) -> Self {
        Self { region: Region::new(partition.global_region().as_str().to_owned()), url }
    }

    /// The endpoint of a service that each region has of its own.
    #[must_use]
    pub fn regional(region: &str, url: Option<String>) -> Self {
        Self { region: Region::new(region.to_owned()), url }
    }
}
