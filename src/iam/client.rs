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
use super::upstream::{LONGEST_WAIT, Upstream, Upstreams, Way};

/// How long AWS calls may take, and how often a read is tried.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// For connecting.
    pub connect: Duration,
    /// For one attempt, connecting included, waiting for the account's turn not.
    pub attempt: Duration,
    /// For an operation with all its attempts and waits.
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

    /// The SDK's part of these timeouts where a [`Way`](super::upstream::Way) minds the attempts.
    #[must_use]
    pub(crate) fn governed_timeouts(&self) -> TimeoutConfig {
        TimeoutConfig::builder().connect_timeout(self.connect).operation_timeout(self.operation).build()
    }

    /// How long an attempt may wait for its account's turn: three that wait so long, with the pauses between them, end
    /// within the operation, so that waiting alone is never taken for AWS's silence.
    fn longest_wait(&self) -> Duration {
        (self.operation / 4).min(LONGEST_WAIT)
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
    upstreams: Arc<Upstreams>,
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
    ($sdk:ident, $upstream:expr, $purpose:expr, $factory:expr, $endpoint:expr, $credentials:expr, $meter:expr) => {{
        let (factory, endpoint): (&ClientFactory, &Endpoint) = ($factory, $endpoint);
        let way = factory.way($upstream, $purpose, &$meter);
        let mut config = $sdk::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(endpoint.region.clone())
            .credentials_provider($credentials)
            .identity_cache(IdentityCache::no_cache())
            .http_client(way.over(&factory.connections))
            .sleep_impl(factory.sleep.clone())
            .timeout_config(factory.settings.governed_timeouts())
            .retry_config(RetryConfig::standard().with_max_attempts(factory.settings.attempts))
            .retry_partition(way.retries())
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
    /// A factory over these connections, whose clients go the way of their account and service.
    #[must_use]
    pub fn new(
        connections: SharedHttpClient,
        sleep: SharedAsyncSleep,
        settings: ClientSettings,
        upstreams: Arc<Upstreams>,
    ) -> Self {
        Self { connections, sleep, settings, upstreams }
    }

    fn way(&self, upstream: Upstream, purpose: Purpose, meter: &Arc<Meter>) -> Way {
        let changes = purpose == Purpose::Writing;
        let (attempt, wait) = (self.settings.attempt, self.settings.longest_wait());
        self.upstreams.way_of_call(upstream, changes, Arc::clone(meter), attempt, wait)
    }

    pub(super) fn client(
        &self,
        purpose: Purpose,
        endpoint: &Endpoint,
        credentials: Credentials,
        meter: Arc<Meter>,
    ) -> Client {
        let mut config = metered!(aws_sdk_iam, Upstream::Iam, purpose, self, endpoint, credentials, meter);
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
        let (upstream, purpose) = (Upstream::SecretsManager, Purpose::Writing);
        let config = metered!(aws_sdk_secretsmanager, upstream, purpose, self, endpoint, credentials, meter)
            .retry_classifier(WritesOnce);
        aws_sdk_secretsmanager::Client::from_conf(config.build())
    }

    /// A client of CloudTrail, which is only ever read with.
    pub(super) fn cloudtrail(
        &self,
        endpoint: &Endpoint,
        credentials: Credentials,
        meter: Arc<Meter>,
    ) -> aws_sdk_cloudtrail::Client {
        let (upstream, purpose) = (Upstream::CloudTrail, Purpose::Reading);
        let config = metered!(aws_sdk_cloudtrail, upstream, purpose, self, endpoint, credentials, meter);
        aws_sdk_cloudtrail::Client::from_conf(config.build())
    }

    /// A client of IAM Access Analyzer, which is only ever read with.
    pub(super) fn access_analyzer(
        &self,
        endpoint: &Endpoint,
        credentials: Credentials,
        meter: Arc<Meter>,
    ) -> aws_sdk_accessanalyzer::Client {
        let (upstream, purpose) = (Upstream::AccessAnalyzer, Purpose::Reading);
        let config = metered!(aws_sdk_accessanalyzer, upstream, purpose, self, endpoint, credentials, meter);
        aws_sdk_accessanalyzer::Client::from_conf(config.build())
    }
}
