//! The objects of a bucket, for what replicas tell each other.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::io::AsyncReadExt;

use super::replicas::{Listed, Shelf};
use super::s3::one_attempt;
use crate::audit::reconcile::aws::Access;
use crate::audit::shipping::SinkError;
use crate::iam::AwsFailure;

/// How long one request may take.
const ATTEMPT: Duration = Duration::from_secs(30);

/// The largest object that is read, as it is stored.
const LARGEST: u64 = 16 * 1024 * 1024;
/// How many objects are listed at once: far more than replicas and a day's objects of one are.
const MOST_LISTED: usize = 500_000;

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
    fn list<'a>(&'a self, prefix: &'a str, after: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, SinkError>> {
        async move {
            let mut listed = Vec::new();
            let mut next: Option<String> = None;
            loop {
                let request = self.client.list_objects_v2().bucket(&self.bucket).expected_bucket_owner(&self.owner);
                let request =
                    request.prefix(prefix).set_start_after(Some(after.to_owned()).filter(|key| !key.is_empty()));
                let answer = request.set_continuation_token(next.take()).send().await;
                let answer = answer
                    .map_err(|error| self.failed(&AwsFailure::of("s3:ListBucket", self.named(prefix), &error)))?;
                listed.extend(answer.contents().iter().filter_map(|object| {
                    let stored = Timestamp::from_second(object.last_modified()?.secs()).ok()?;
                    Some(Listed { key: object.key()?.to_owned(), stored })
                }));
                next = answer.next_continuation_token().map(str::to_owned);
                if listed.len() > MOST_LISTED {
                    return Err(format!("{} has more than {MOST_LISTED} objects", self.named(prefix)).into());
                }
                if next.is_none() {
                    return Ok(listed);
                }
            }
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

    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), SinkError>> {
        async move {
            let request = self.client.delete_object().bucket(&self.bucket).expected_bucket_owner(&self.owner).key(key);
            let answer = request.send().await;
            answer.map_err(|error| self.failed(&AwsFailure::of("s3:DeleteObject", self.named(key), &error)))?;
            Ok(())
        }
        .boxed()
    }
}
