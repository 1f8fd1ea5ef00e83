//! `[aws]`: which of AWS's endpoints are called.

use std::collections::BTreeSet;

use super::environments::Environments;
use super::loopback::LoopbackUrl;
use super::section::Section;
use super::sink::Problem;
use crate::arn::{Partition, Region};

/// `[aws]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aws {
    sts_region: Option<Region>,
    /// Replaces AWS's STS, for tests and the sandbox.
    pub sts_endpoint: Option<LoopbackUrl>,
    /// Replaces AWS's IAM, for tests and the sandbox.
    pub iam_endpoint: Option<LoopbackUrl>,
    /// Replaces AWS's IAM Access Analyzer, for tests.
    pub access_analyzer_endpoint: Option<LoopbackUrl>,
    /// Replaces AWS's CloudTrail, for tests and the sandbox.
    pub cloudtrail_endpoint: Option<LoopbackUrl>,
    /// Replaces AWS's Secrets Manager, for tests.
    pub secrets_manager_endpoint: Option<LoopbackUrl>,
    /// Replaces AWS's S3, for tests.
    pub s3_endpoint: Option<LoopbackUrl>,
    /// Replaces AWS's KMS, for tests.
    pub kms_endpoint: Option<LoopbackUrl>,
}

impl Aws {
    /// The region whose STS is asked: the configured one, else the region of the partition's global services.
    #[must_use]
    pub fn sts_region(&self, partition: Partition) -> Region {
        self.sts_region.clone().unwrap_or_else(|| partition.global_region())
    }

    /// Whether IAM Access Analyzer may be asked: with an IAM that is not AWS's, only one that is not AWS's either. The
    /// credentials of a sandbox open nothing at AWS, and documents that are tried out on this machine stay on it.
    #[must_use]
    pub fn has_access_analyzer(&self) -> bool {
        self.access_analyzer_endpoint.is_some() || self.iam_endpoint.is_none()
    }

    /// Whether CloudTrail may be asked: with an IAM that is not AWS's, only one that is not AWS's either.
    #[must_use]
    pub fn has_cloudtrail(&self) -> bool {
        self.cloudtrail_endpoint.is_some() || self.iam_endpoint.is_none()
    }
}

pub(super) fn read(section: &Section<'_>, environments: &Environments, stores_secrets: bool) -> Aws {
    let sts_region = section.optional("sts_region").and_then(|item| {
        let region: Region = item.parse()?;
        let own = Partition::of(&region);
        let others: BTreeSet<_> = environments.iter().map(|e| e.partition).filter(|p| *p != own).collect();
        for other in others {
            item.fault(
                Problem::conflict(format!("{region} is in partition {own}, and an environment is in {other}"))
                    .remedy("leave it out: each partition's own region is then used"),
            );
        }
        Some(region)
    });
    let sts_endpoint = section.optional("sts_endpoint").and_then(|item| item.parse());
    let iam_endpoint = section.optional("iam_endpoint").and_then(|item| item.parse());
    let access_analyzer_endpoint = section.optional("access_analyzer_endpoint").and_then(|item| item.parse());
    let cloudtrail_endpoint = section.optional("cloudtrail_endpoint").and_then(|item| item.parse());
    let secrets_manager_endpoint = section.optional("secrets_manager_endpoint").and_then(|item| item.parse());
    if stores_secrets && section.optional("iam_endpoint").is_some() && secrets_manager_endpoint.is_none() {
        let problem = Problem::conflict("is missing: the keys of an IAM that is not AWS's are not stored at AWS");
        section.fault_at("secrets_manager_endpoint", problem.remedy("name one, or leave iam_endpoint out"));
    }
    let s3_endpoint = section.optional("s3_endpoint").and_then(|item| item.parse());
    let kms_endpoint = section.optional("kms_endpoint").and_then(|item| item.parse());
    Aws {
        sts_region,
        sts_endpoint,
        iam_endpoint,
        access_analyzer_endpoint,
        cloudtrail_endpoint,
        secrets_manager_endpoint,
        s3_endpoint,
        kms_endpoint,
    }
}
