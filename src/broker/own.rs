//! The gateway's own AWS credentials.

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::provider_config::ProviderConfig;
use aws_sdk_sts::config::SharedCredentialsProvider;
use aws_types::region::Region;

use crate::iam::http::credential_connections;

/// The usual chain (environment, profile, web identity, ECS and EKS, instance metadata), over connections that go to
/// AWS and its metadata services only.
pub async fn credentials(region: Region) -> SharedCredentialsProvider {
    let config =
        ProviderConfig::without_region().with_region(Some(region.clone())).with_http_client(credential_connections());
    SharedCredentialsProvider::new(DefaultCredentialsChain::builder().configure(config).region(region).build().await)
}
