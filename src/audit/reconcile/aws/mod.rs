//! S3 and CloudTrail, asked with AWS's SDK.

mod cloudtrail;
mod s3;

use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::region::Region;

use crate::config::LoopbackUrl;
use crate::iam::ClientSettings;

pub use self::cloudtrail::AwsCloudTrail;
pub use self::s3::AwsBucket;

/// How AWS is reached, and as whom.
#[derive(Debug, Clone)]
pub struct Access {
    /// The region whose service is asked first.
    pub region: Region,
    /// Who asks.
    pub credentials: SharedCredentialsProvider,
    /// Over which connections.
    pub connections: SharedHttpClient,
    /// Replaces AWS's endpoints, on this machine only: for tests.
    pub endpoint: Option<LoopbackUrl>,
}

impl Access {
    /// The same in another region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { region: Region::new(region.to_owned()), ..self.clone() }
    }
}

/// An object may take a while; a request that is not answered in a minute is not going to be.
fn settings(attempts: u32) -> ClientSettings {
    ClientSettings {
        connect: Duration::from_secs(10),
        attempt: Duration::from_secs(60),
        operation: Duration::from_secs(300),
        attempts,
    }
}

pub(in crate::audit) fn sleep() -> SharedAsyncSleep {
    SharedAsyncSleep::new(TokioSleep::new())
}
