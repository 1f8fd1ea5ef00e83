//! AssumeRole, with the stamp.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sts::Client;
use aws_sdk_sts::config::{Builder, SharedCredentialsProvider};
use aws_sdk_sts::operation::RequestId;
use aws_sdk_sts::types::Tag;
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::session::{Session, SessionShape};
use crate::arn::RoleArn;
use crate::iam::endpoint::Endpoint;
use crate::iam::{Account, AwsFailure, ClientSettings, Upstreams};

/// What the broker asks of STS.
pub trait Sts: Debug + Send + Sync {
    /// Assumes the role with everything that shapes the session.
    fn assume<'a>(&'a self, shape: &'a SessionShape) -> BoxFuture<'a, Result<Session, AwsFailure>>;

    /// The gateway's own ARN.
    fn own_identity(&self) -> BoxFuture<'_, Result<String, AwsFailure>>;
}

/// AWS's STS.
#[derive(Debug, Clone)]
pub struct AwsSts {
    client: Client,
    connections: SharedHttpClient,
    upstreams: Arc<Upstreams>,
    /// For one attempt.
    attempt: Duration,
}

impl AwsSts {
    /// STS at `endpoint`, asked with the gateway's own credentials.
    #[must_use]
    pub fn new(
        endpoint: &Endpoint,
        own: SharedCredentialsProvider,
        connections: SharedHttpClient,
        sleep: SharedAsyncSleep,
        settings: &ClientSettings,
        upstreams: Arc<Upstreams>,
    ) -> Self {
        let config = settings.sdk(endpoint, own, connections.clone(), sleep);
        let config = config.into_builder().timeout_config(settings.governed_timeouts()).build();
        Self { client: Client::new(&config), connections, upstreams, attempt: settings.attempt }
    }

    /// What of the client's configuration is a call's own: its way, for the account of the role or for the gateway itself.
    fn way(&self, account: Option<&Account>) -> Builder {
        let way = self.upstreams.way_to_sts(account, self.attempt);
        Builder::new().http_client(way.over(&self.connections)).retry_partition(way.retries())
    }
}

impl Sts for AwsSts {
    fn assume<'a>(&'a self, shape: &'a SessionShape) -> BoxFuture<'a, Result<Session, AwsFailure>> {
        const ACTION: &str = "sts:AssumeRole";
        Box::pin(async move {
            let tags: Vec<Tag> = shape
                .tags
                .iter()
                .map(|(key, value)| Tag::builder().key(key).value(value).build().expect("key and value are set"))
                .collect();
            let account = account_of(&shape.role_arn);
            let answer = self
                .client
                .assume_role()
                .role_arn(&shape.role_arn)
                .role_session_name(&shape.session_name)
                .source_identity(&shape.source_identity)
                .set_tags(Some(tags))
                .set_transitive_tag_keys(Some(shape.tags.keys().cloned().collect()))
                .set_external_id(shape.external_id.clone())
                .policy(&shape.policy)
                .duration_seconds(i32::try_from(shape.duration.as_secs()).unwrap_or(i32::MAX))
                .customize()
                .config_override(self.way(account.as_ref()))
                .send()
                .await
                .map_err(|error| AwsFailure::of(ACTION, shape.role_arn.clone(), &error))?;
            let unreadable = || AwsFailure::unreadable(ACTION, &shape.role_arn);
            let given = answer.credentials().ok_or_else(unreadable)?;
            let expires = Timestamp::from_second(given.expiration().secs()).map_err(|_| unreadable())?;
            let user = answer.assumed_role_user().ok_or_else(unreadable)?;
            let credentials = aws_credential_types::Credentials::new(
                given.access_key_id(),
                given.secret_access_key(),
                Some(given.session_token().to_owned()),
                // The cache decides when a session is too old; the SDK is not to second-guess it with another clock.
                None,
                "assumed-role",
            );
            Ok(Session {
                credentials,
                arn: user.arn().to_owned(),
                principal_id: user.assumed_role_id().to_owned(),
                expires,
                request_id: answer.request_id().map(ToOwned::to_owned),
            })
        })
    }

    fn own_identity(&self) -> BoxFuture<'_, Result<String, AwsFailure>> {
        const ACTION: &str = "sts:GetCallerIdentity";
        Box::pin(async move {
            let answer = self
                .client
                .get_caller_identity()
                .customize()
                .config_override(self.way(None))
                .send()
                .await
                .map_err(|error| AwsFailure::of(ACTION, "*".to_owned(), &error))?;
            answer.arn().map(ToOwned::to_owned).ok_or_else(|| AwsFailure::unreadable(ACTION, "*"))
        })
    }
}

/// The account of a role, which the configuration names by a well-formed ARN.
fn account_of(role_arn: &str) -> Option<Account> {
    let arn = role_arn.parse::<RoleArn>().ok()?;
    Some(Account { partition: arn.partition(), id: arn.account() })
}
