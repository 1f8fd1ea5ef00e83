//! Where what requests to a gateway are signed with comes from.

use std::fmt::Debug;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use futures_util::future::BoxFuture;

use super::proof::told;
use crate::tools::text::visible;

/// Gives gateway keys that are good at this moment. Asked for each request, so that what expires is renewed in time.
pub trait Keys: Debug + Send + Sync {
    /// The keys.
    fn keys(&self) -> BoxFuture<'_, Result<Credentials, NoKeys>>;

    /// The gateway refused this key as expired, revoked or unknown, so the next ask should give another, where there is one.
    fn refused(&self, _access_key_id: &str) {}
}

/// Why there is nothing to sign with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", .hint.as_ref().map(|hint| format!("\n  {hint}")).unwrap_or_default())]
pub struct NoKeys {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// Keys where AWS's own tools look for keys: environment variables, a profile, `credential_process`.
#[derive(Debug, Clone)]
pub struct ChainKeys {
    chain: SharedCredentialsProvider,
    profile: Option<String>,
}

impl ChainKeys {
    /// What this chain gives; `profile` is the one it looks at, where one is named.
    #[must_use]
    pub fn new(chain: SharedCredentialsProvider, profile: Option<String>) -> Self {
        Self { chain, profile }
    }
}

impl Keys for ChainKeys {
    fn keys(&self) -> BoxFuture<'_, Result<Credentials, NoKeys>> {
        Box::pin(async move {
            self.chain.provide_credentials().await.map_err(|error| NoKeys {
                message: format!("no AWS credentials were found to sign with ({})", told(&error)),
                // What was found and failed says by itself what is wrong.
                hint: matches!(error, CredentialsError::CredentialsNotLoaded(_)).then(|| match &self.profile {
                    Some(profile) => format!("is there a profile {} with credentials?", visible(profile)),
                    None => "set AWS_PROFILE to a profile with a gateway key, or with your AWS identity".to_owned(),
                }),
            })
        })
    }
}
