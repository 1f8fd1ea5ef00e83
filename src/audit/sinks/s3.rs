//! A bucket of S3.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ObjectLockMode;
use aws_smithy_types::DateTime;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use super::layout::{Layout, object};
use crate::audit::reconcile::aws::Access;
use crate::audit::shipping::{Batch, Sink, SinkError};
use crate::clock::SharedClock;
use crate::iam::{AwsFailure, ClientSettings};

const ACTION: &str = "s3:PutObject";

/// Which bucket, and how objects are put into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketSettings {
    /// The bucket's name.
    pub bucket: String,
    /// The account that must own it: a bucket of that name in somebody else's hands gets nothing.
    pub owner: String,
    /// How long nobody can remove or replace an object (S3 Object Lock), where that is asked for.
    pub lock: Option<ObjectLock>,
    /// How long one attempt may take.
    pub attempt: Duration,
}

/// S3 Object Lock: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectLock {
    /// For how long.
    pub duration: SignedDuration,
    /// Whether not even the account's root can lift it.
    pub compliance: bool,
}

/// Stores batches as objects.
#[derive(Debug)]
pub struct S3Sink {
    client: Client,
    settings: BucketSettings,
    layout: Layout,
    clock: SharedClock,
}

impl S3Sink {
    /// The bucket, reached as `access` says. Nothing is sent yet.
    #[must_use]
    pub fn new(access: &Access, settings: BucketSettings, layout: Layout, clock: SharedClock) -> Self {
        Self { client: access.s3(&one_attempt(settings.attempt)), settings, layout, clock }
    }

    async fn put(&self, batch: &Batch) -> Result<(), SinkError> {
        let now = self.clock.now();
        let key = self.layout.key(batch, now);
        let lines = batch.lines.clone();
        let body = tokio::task::spawn_blocking(move || object(&lines)).await??;
        let mut request = self
            .client
            .put_object()
            .bucket(&self.settings.bucket)
            .key(&key)
            .expected_bucket_owner(&self.settings.owner)
            .content_type("application/json")
            .content_encoding("gzip")
            .body(ByteStream::from(body));
        if let Some(lock) = self.settings.lock {
            let mode = if lock.compliance { ObjectLockMode::Compliance } else { ObjectLockMode::Governance };
            let until = until(now, lock.duration);
            request = request.object_lock_mode(mode).object_lock_retain_until_date(until);
        }
        let resource = format!("s3://{}/{key}", self.settings.bucket);
        let answer = request.send().await;
        answer.map_err(|error| refused(&AwsFailure::of(ACTION, resource, &error)))?;
        Ok(())
    }
}

impl Sink for S3Sink {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn ship<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Result<(), SinkError>> {
        self.put(batch).boxed()
    }
}

/// One attempt: who asks tries again, and says each time why it has to.
pub(super) fn one_attempt(attempt: Duration) -> ClientSettings {
    ClientSettings { connect: Duration::from_secs(3).min(attempt), attempt, operation: attempt, attempts: 1 }
}

fn until(now: Timestamp, duration: SignedDuration) -> DateTime {
    DateTime::from_secs(now.checked_add(duration).unwrap_or(Timestamp::MAX).as_second())
}

fn refused(failure: &AwsFailure) -> SinkError {
    let hint = match failure.code.as_str() {
        "AccessDenied" => {
            "; the gateway's role needs s3:PutObject on it (with Object Lock: s3:PutObjectRetention; with a KMS \
                           key: kms:GenerateDataKey), and audit.s3.account must own the bucket"
        }
        "NoSuchBucket" => "; create the bucket, or mend audit.s3.bucket and audit.s3.region",
        "InvalidRequest" => "; Object Lock has to be switched on for the bucket",
        _ => "",
    };
    format!("{} {}: {}{hint}", failure.code, failure.resource, failure.message).into()
}
