//! An SDK client for each tool call, over the shared connections.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_iam::Client;
use aws_sdk_iam::config::{BehaviorVersion, IdentityCache, StalledStreamProtectionConfig};
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;

use super::endpoint::Endpoint;
use super::meter::{IDENTIFYING_MEMBERS, Meter, MeterInterceptor};
use super::retry::WritesOnce;

/// How long AWS calls may take, and how often a read is tried.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// For connecting.
    pub connect: Duration,
    /// For one attempt, connecting included.
    pub attempt: Duration,
    /// For an operation with all its attempts.
    pub operation: Duration,
    /// Attempts at most, the first included.
    pub attempts: u32,
}

impl ClientSettings {
    /// The SDK's form of these timeouts.
    #[must_use]
    pub fn timeouts(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect)
            .operation_attempt_timeout(self.attempt)
            .operation_timeout(self.operation)
            .build()
    }

    /// What the SDK's clients of every service are made from, where it is not a tool's call that they serve.
    #[must_use]
    pub fn sdk(
        &self,
        endpoint: &Endpoint,
        credentials: SharedCredentialsProvider,
        connections: SharedHttpClient,
        sleep: SharedAsyncSleep,
    ) -> SdkConfig {
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(endpoint.region.clone())
            .credentials_provider(credentials)
            .http_client(connections)
            .sleep_impl(sleep)
            .timeout_config(self.timeouts())
            .retry_config(RetryConfig::standard().with_max_attempts(self.attempts));
        if let Some(url) = &endpoint.url {
            config = config.endpoint_url(url);
        }
        config.build()
    }
}

/// Makes the client of each tool call.
///
/// A client is 15 KiB and takes about 30 µs to build over shared connections, so it is built for each call and the
/// credentials are what is cached.
#[derive(Debug, Clone)]
pub struct ClientFactory {
    connections: SharedHttpClient,
    sleep: SharedAsyncSleep,
    settings: ClientSettings,
}

/// Whether a client's calls change something: writes are never sent twice after an unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Reading,
    Writing,
}

/// The configuration of a client of one service for one tool's call: nothing passes that the meter does not let through.
///
/// A macro, because every service's builder is a type of its own without a trait.
macro_rules! metered {
    ($sdk:ident, $factory:expr, $endpoint:expr, $credentials:expr, $meter:expr) => {{
        let (factory, endpoint): (&ClientFactory, &Endpoint) = ($factory, $endpoint);
        let mut config = $sdk::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(endpoint.region.clone())
            .credentials_provider($credentials)
            .identity_cache(IdentityCache::no_cache())
            .http_client(factory.connections.clone())
            .sleep_impl(factory.sleep.clone())
            .timeout_config(factory.settings.timeouts())
            .retry_config(RetryConfig::standard().with_max_attempts(factory.settings.attempts))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .capture_input_attributes(IDENTIFYING_MEMBERS.iter().copied())
            .interceptor(MeterInterceptor($meter));
        if let Some(url) = &endpoint.url {
            config = config.endpoint_url(url);
        }
        config
    }};
}

impl ClientFactory {
    /// A factory over these connections.
    #[must_use]
    pub fn new(connections: SharedHttpClient, sleep: SharedAsyncSleep, settings: ClientSettings) -> Self {
        Self { connections, sleep, settings }
    }

    pub(super) fn client(
        &self,
        purpose: Purpose,
        endpoint: &Endpoint,
        credentials: Credentials,
        meter: Arc<Meter>,
    ) -> Client {
        let mut config = metered!(aws_sdk_iam, self, endpoint, credentials, meter);
        if purpose == Purpose::Writing {
            config = config.retry_classifier(WritesOnce);
        }
        Client::from_conf(config.build())
    }

    /// A client of Secrets Manager, which is only ever written with.
    pub(super) fn secrets_manager(
        &self,
        endpoint: &Endpoint,
        credentials: Credentials,
        meter: Arc<Meter>,
    ) -> aws_sdk_secretsmanager::Client {
        let config = metered!(aws_sdk_secretsmanager, self, endpoint, credentials, meter).retry_classifier(WritesOnce);
        aws_sdk_secretsmanager::Client::from_conf(config.build())
    }

    /// A client of IAM Access Analyzer, which is only ever read with.
    pub(super) fn access_analyzer(
        &self,
        endpoint: &Endpoint,
        credentials: Credentials,
        meter: Arc<Meter>,
    ) -> aws_sdk_accessanalyzer::Client {
        let config = metered!(aws_sdk_accessanalyzer, self, endpoint, credentials, meter);
        aws_sdk_accessanalyzer::Client::from_conf(config.build())
    }
}
