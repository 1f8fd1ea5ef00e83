//! A bucket of S3.

use aws_sdk_s3::Client;
use futures_util::future::BoxFuture;

use super::{Access, settings};
use crate::arn::{Partition, Region};
use crate::audit::reconcile::bucket::{LARGEST_OBJECT, Objects, Page};
use crate::iam::{AwsFailure, Sent};

/// How often a request is tried.
const ATTEMPTS: u32 = 5;

/// The header in which S3 says where a bucket is, also to those who may not see it.
const REGION_HEADER: &str = "x-amz-bucket-region";

/// A bucket.
#[derive(Debug, Clone)]
pub struct AwsBucket {
    client: Client,
    name: String,
}

impl AwsBucket {
    /// The bucket of this name, which is asked in its own region, wherever in the partition that is.
    pub async fn open(access: &Access, name: &str) -> Self {
        let client = access.s3(&settings(ATTEMPTS));
        let told = match client.head_bucket().bucket(name).send().await {
            Ok(answer) => answer.bucket_region().map(str::to_owned),
            Err(error) => {
                error.raw_response().and_then(|response| response.headers().get(REGION_HEADER)).map(str::to_owned)
            }
        };
        // What else went wrong, listing tells.
        let client = match told.and_then(|told| elsewhere(access.region.as_ref(), &told)) {
            Some(region) => access.in_region(region.as_str()).s3(&settings(ATTEMPTS)),
            None => client,
        };
        Self { client, name: name.to_owned() }
    }
}

/// The region that S3 named, where it is another one of the same partition.
fn elsewhere(asked: &str, told: &str) -> Option<Region> {
    let (asked, told): (Region, Region) = (asked.parse().ok()?, told.parse().ok()?);
    (asked != told && Partition::of(&asked) == Partition::of(&told)).then_some(told)
}

impl Objects for AwsBucket {
    fn list<'a>(&'a self, prefix: &'a str, next: Option<String>) -> BoxFuture<'a, Result<Page, AwsFailure>> {
        let request =
            self.client.list_objects_v2().bucket(&self.name).prefix(prefix).delimiter("/").set_continuation_token(next);
        Box::pin(async move {
            let answer =
                request.send().await.map_err(|error| AwsFailure::of("s3:ListBucket", self.arn(prefix), &error))?;
            let prefixes = answer.common_prefixes().iter().filter_map(|below| below.prefix());
            let objects = answer.contents().iter().filter_map(|object| {
                Some((
                    object.key()?.to_owned(),
                    object.size().and_then(|size| size.try_into().ok()).unwrap_or(u64::MAX),
                ))
            });
            Ok(Page {
                prefixes: prefixes.map(str::to_owned).collect(),
                objects: objects.collect(),
                next: answer.next_continuation_token().map(str::to_owned),
            })
        })
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Vec<u8>, AwsFailure>> {
        const ACTION: &str = "s3:GetObject";
        Box::pin(async move {
            let request = self.client.get_object().bucket(&self.name).key(key);
            let answer = request.send().await.map_err(|error| AwsFailure::of(ACTION, self.arn(key), &error))?;
            let mut body = answer.body;
            let mut bytes = Vec::new();
            while let Some(piece) = body.next().await {
                let piece = piece.map_err(|_| self.broken_off(key, "the object broke off while it was read", true))?;
                if (bytes.len() + piece.len()) as u64 > LARGEST_OBJECT {
                    return Err(self.broken_off(key, "the object is larger than the listing said", false));
                }
                bytes.extend_from_slice(&piece);
            }
            Ok(bytes)
        })
    }
}

impl AwsBucket {
    fn arn(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.name)
    }

    fn broken_off(&self, key: &str, message: &str, retryable: bool) -> AwsFailure {
        AwsFailure {
            code: "AwsAnswerUnreadable".to_owned(),
            message: message.to_owned(),
            request_id: None,
            action: "s3:GetObject",
            resource: self.arn(key),
            retryable,
            sent: Sent::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_followed_to_another_region_of_the_partition_only() {
        let elsewhere = |told| elsewhere("us-east-1", told).map(|region| region.as_str().to_owned());
        assert_eq!(elsewhere("eu-central-1").as_deref(), Some("eu-central-1"));
        for told in ["us-east-1", "cn-north-1", "us-gov-west-1", "EU", "evil.example/"] {
            assert_eq!(elsewhere(told), None, "{told}");
        }
    }
}
