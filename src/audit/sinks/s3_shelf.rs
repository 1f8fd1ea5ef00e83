//! The objects of a bucket, for what replicas tell each other.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::Object;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::io::AsyncReadExt;

use super::s3::one_attempt;
use super::shelf::{Listed, Page, Shelf};
use crate::audit::reconcile::aws::Access;
use crate::audit::shipping::SinkError;
use crate::iam::AwsFailure;

/// How long one request may take.
const ATTEMPT: Duration = Duration::from_secs(30);

/// The largest object that is read, as it is stored.
const LARGEST: u64 = 16 * 1024 * 1024;

/// A bucket.
#[derive(Debug)]
pub struct S3Shelf {
    client: Client,
    bucket: String,
    owner: String,
}

impl S3Shelf {
    /// The bucket of this name, which `owner` has to own. Nothing is sent yet.
    #[must_use]
    pub fn new(access: &Access, bucket: String, owner: String) -> Self {
        Self { client: access.s3(&one_attempt(ATTEMPT)), bucket, owner }
    }

    fn failed(&self, failure: &AwsFailure) -> SinkError {
        format!("{} {}: {} ({})", failure.code, failure.resource, failure.message, failure.action).into()
    }

    fn named(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }
}

impl Shelf for S3Shelf {
    fn list<'a>(&'a self, prefix: &'a str, after: &'a str) -> BoxFuture<'a, Result<Page, SinkError>> {
        async move {
            let request = self.client.list_objects_v2().bucket(&self.bucket).expected_bucket_owner(&self.owner);
            let after = Some(after.to_owned()).filter(|key| !key.is_empty());
            let answer = request.prefix(prefix).set_start_after(after).send().await;
            let answer =
                answer.map_err(|error| self.failed(&AwsFailure::of("s3:ListBucket", self.named(prefix), &error)))?;
            let listed = |object: &Object| {
                let stored = Timestamp::from_second(object.last_modified()?.secs()).ok()?;
                Some(Listed { key: object.key()?.to_owned(), stored, tag: object.e_tag()?.to_owned() })
            };
            let objects = answer.contents().iter().map(listed).collect::<Option<Vec<_>>>();
            let objects = objects.ok_or("an object was listed without its key, its time or its tag")?;
            Ok(Page { objects, more: answer.is_truncated().unwrap_or(false) })
        }
        .boxed()
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Vec<u8>, SinkError>> {
        async move {
            let request = self.client.get_object().bucket(&self.bucket).expected_bucket_owner(&self.owner).key(key);
            let answer = request.send().await;
            let answer =
                answer.map_err(|error| self.failed(&AwsFailure::of("s3:GetObject", self.named(key), &error)))?;
            let mut content = Vec::new();
            answer.body.into_async_read().take(LARGEST + 1).read_to_end(&mut content).await?;
            if content.len() as u64 > LARGEST {
                return Err(format!("{} is larger than any object of a gateway", self.named(key)).into());
            }
            Ok(content)
        }
        .boxed()
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        content: Vec<u8>,
        only_if_absent: bool,
    ) -> BoxFuture<'a, Result<bool, SinkError>> {
        async move {
            let request = self.client.put_object().bucket(&self.bucket).expected_bucket_owner(&self.owner).key(key);
            // Conditional writes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
            let request = request.set_if_none_match(only_if_absent.then(|| "*".to_owned()));
            match request.body(ByteStream::from(content)).send().await {
                Ok(_) => Ok(true),
                Err(error) => {
                    let failure = AwsFailure::of("s3:PutObject", self.named(key), &error);
                    let is_there = matches!(failure.code.as_str(), "PreconditionFailed" | "ConditionalRequestConflict");
                    if only_if_absent && is_there { Ok(false) } else { Err(self.failed(&failure)) }
                }
            }
        }
        .boxed()
    }

    fn remove<'a>(&'a self, key: &'a str, only: Option<&'a str>) -> BoxFuture<'a, Result<bool, SinkError>> {
        async move {
            let request = self.client.delete_object().bucket(&self.bucket).expected_bucket_owner(&self.owner).key(key);
            // Conditional deletes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
            match request.set_if_match(only.map(str::to_owned)).send().await {
                Ok(_) => Ok(true),
                Err(error) => {
                    let failure = AwsFailure::of("s3:DeleteObject", self.named(key), &error);
                    match failure.code.as_str() {
                        "PreconditionFailed" | "ConditionalRequestConflict" if only.is_some() => Ok(false),
                        "NoSuchKey" | "NotFound" => Ok(true),
                        _ => Err(self.failed(&failure)),
                    }
                }
            }
        }
        .boxed()
    }
}
