//! Where CloudTrail's events come from: the options, and what they open.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;

use aws_credential_types::provider::ProvideCredentials;
use aws_types::region::Region as SdkRegion;
use clap::Args;
use jiff::Timestamp;

use crate::arn::{Partition, Region};
use crate::audit::reconcile::aws::{Access, AwsBucket, AwsCloudTrail};
use crate::audit::reconcile::{Bucket, CloudTrail, Folder, History};
use crate::broker::own;
use crate::cli::Failure;
use crate::config::{Environment, LoopbackUrl, ProcessEnvironment};
use crate::iam::http::connections;

/// Where CloudTrail's events come from.
#[derive(Debug, Args)]
#[command(next_help_heading = "CloudTrail")]
pub(super) struct SourceOptions {
    /// Log files of a trail, in a folder or one file of it, or in a bucket: s3://BUCKET/PREFIX. May be given several times.
    #[arg(long, value_name = "FOLDER|s3://BUCKET/PREFIX", required_unless_present = "lookup_events")]
    cloudtrail: Vec<Files>,
    /// Ask CloudTrail for the last 90 days, at two calls (100 events) a second; it has management events only.
    #[arg(long)]
    pub(super) lookup_events: bool,
    /// The region whose CloudTrail is asked, and in which a bucket is looked for first; may be given several times. IAM's
    /// events are in the region of the partition's global services, which is the default.
    #[arg(long = "region", value_name = "REGION")]
    regions: Vec<Region>,
    /// Ask S3 and CloudTrail on this machine instead of AWS's, for tests: http://127.0.0.1:PORT.
    #[arg(long, value_name = "URL", value_parser = endpoint)]
    endpoint_url: Option<LoopbackUrl>,
}

/// Log files.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Files {
    Folder(PathBuf),
    Bucket { name: String, prefix: String },
}

impl FromStr for Files {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(place) = text.strip_prefix("s3://") else { return Ok(Self::Folder(text.into())) };
        let (name, prefix) = place.split_once('/').unwrap_or((place, ""));
        if name.is_empty() {
            return Err("there is no bucket in it: write s3://BUCKET/PREFIX");
        }
        // A prefix of S3 may end within a name; a folder of this name is meant.
        let prefix = if prefix.is_empty() || prefix.ends_with('/') { prefix.to_owned() } else { format!("{prefix}/") };
        Ok(Self::Bucket { name: name.to_owned(), prefix })
    }
}

impl SourceOptions {
    /// The sources. `known` are the regions in which the journals say that AWS was asked.
    pub(super) async fn open(
        &self,
        known: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<Vec<Box<dyn CloudTrail>>, Failure> {
        let mut sources: Vec<Box<dyn CloudTrail>> = Vec::new();
        let regions = self.regions(known);
        let mut access = None;
        for files in &self.cloudtrail {
            match files {
                Files::Folder(path) => sources.push(Box::new(Folder::new(path.clone()))),
                Files::Bucket { name, prefix } => {
                    let bucket = Box::new(AwsBucket::open(self.access(&mut access, &regions[0]).await?, name).await);
                    sources.push(Box::new(Bucket::new(bucket, name, prefix, now)));
                }
            }
        }
        if self.lookup_events {
            let access = self.access(&mut access, &regions[0]).await?;
            for region in &regions {
                let cloudtrail = AwsCloudTrail::new(&access.in_region(region.as_str()));
                sources.push(Box::new(History::new(Box::new(cloudtrail), region.as_str(), now)));
            }
        }
        Ok(sources)
    }

    /// The regions that are asked: those given, else those of the journals, else that of the commercial partition.
    fn regions(&self, known: &BTreeSet<String>) -> Vec<Region> {
        let mut regions = self.regions.clone();
        if regions.is_empty() {
            regions = known.iter().filter_map(|region| region.parse().ok()).collect();
        }
        if regions.is_empty() {
            regions.push(Partition::Aws.global_region());
        }
        regions
    }

    /// How AWS is reached; found out when it is needed first.
    async fn access<'a>(&self, access: &'a mut Option<Access>, region: &Region) -> Result<&'a Access, Failure> {
        if let Some(access) = access {
            return Ok(access);
        }
        let region = SdkRegion::new(region.as_str().to_owned());
        let credentials = own::credentials(region.clone()).await;
        credentials.provide_credentials().await.map_err(|error| {
            let profile = ProcessEnvironment.get("AWS_PROFILE");
            let hint = profile.map_or_else(
                || "set AWS_PROFILE to a profile that may read the trail".to_owned(),
                |profile| format!("is there a profile {profile}, as AWS_PROFILE says?"),
            );
            Failure::from(format!("no AWS credentials were found to read CloudTrail with ({error}); {hint}"))
        })?;
        let endpoint = self.endpoint_url.clone();
        Ok(access.insert(Access { region, credentials, connections: connections(), endpoint }))
    }
}

fn endpoint(text: &str) -> Result<LoopbackUrl, String> {
    text.parse().map_err(|error| format!("it {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_told_from_a_folder() {
        let bucket = |prefix: &str| Files::Bucket { name: "b".to_owned(), prefix: prefix.to_owned() };
        for (text, expected) in [
            ("s3://b", bucket("")),
            ("s3://b/", bucket("")),
            ("s3://b/org/AWSLogs", bucket("org/AWSLogs/")),
            ("s3://b/org/", bucket("org/")),
            ("./s3", Files::Folder("./s3".into())),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        assert!("s3://".parse::<Files>().is_err() && "s3:///x".parse::<Files>().is_err());
    }
}
