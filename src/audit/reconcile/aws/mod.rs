//! S3 and CloudTrail, asked with AWS's SDK.

mod cloudtrail;
mod s3;

use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::config::LoopbackUrl;
use crate::iam::ClientSettings;
use crate::iam::endpoint::Endpoint;

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

    /// What a client is made from.
    fn sdk(&self, settings: &ClientSettings) -> SdkConfig {
        let url = self.endpoint.as_ref().map(|url| url.as_str().to_owned());
        let endpoint = Endpoint { region: self.region.clone(), url };
        let sleep = SharedAsyncSleep::new(TokioSleep::new());
        settings.sdk(&endpoint, self.credentials.clone(), self.connections.clone(), sleep)
    }

    /// A client of S3.
    pub(in crate::audit) fn s3(&self, settings: &ClientSettings) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.sdk(settings));
        // A bucket's name is no part of the name of this machine.
        aws_sdk_s3::Client::from_conf(config.force_path_style(self.endpoint.is_some()).build())
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
