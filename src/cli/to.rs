//! Reaching a running gateway: where it is, and what requests to it are signed with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use clap::Args;
use serde_json::json;

use super::exchanging::Exchanging;
use super::{Failure, Outcome, out};
use crate::arn::{Partition, Region};
use crate::client::automatic::{AutomaticKeys, is_of_aws};
use crate::client::identity::AwsIdentity;
use crate::client::keys::{ChainKeys, Keys, NoKeys};
use crate::client::sign::Scope;
use crate::client::{Client, ClientError, url};
use crate::clock::SystemClock;
use crate::config::{Environment, ProcessEnvironment};
use crate::tools::text;

/// Where a running gateway is, and what it expects of signatures.
#[derive(Debug, Args)]
pub struct Endpoint {
    /// The gateway's MCP endpoint.
    #[arg(long)]
    pub url: String,
    /// The service name that the gateway expects in signatures.
    #[arg(long, default_value = "iam-mcp")]
    service: String,
    /// The region that the gateway expects in signatures.
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// Seconds to wait for the answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

/// A running gateway, called with keys of its own or with what it gives for AWS's.
#[derive(Debug, Args)]
pub struct To {
    #[command(flatten)]
    endpoint: Endpoint,
    #[command(flatten)]
    exchanging: Exchanging,
}

/// A running gateway where approvals are given: signed with a key of its keyring, and with nothing that an exchange gave.
#[derive(Debug, Args)]
pub struct ToApprove {
    #[command(flatten)]
    endpoint: Endpoint,
    /// The profile of AWS's tools with the key; without it, the usual chain.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The file that profiles stand in, in place of ~/.aws/config.
    #[arg(long, value_name = "FILE")]
    aws_config: Option<PathBuf>,
}

impl Endpoint {
    /// How long an answer is waited for.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    /// Runs what speaks with it.
    ///
    /// # Errors
    /// When nothing can be run.
    pub fn block_on<T>(&self, speaking: impl Future<Output = T>) -> std::io::Result<T> {
        Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(speaking))
    }

    fn client_at(&self, url: &str, credentials: Credentials) -> Result<Client, Failure> {
        Client::new(url, credentials, self.scope(), Arc::new(SystemClock)).map_err(Failure::usage)
    }

    /// What requests are signed for.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope { service: self.service.clone(), region: self.region.clone() }
    }
}

impl To {
    /// Where it is.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A client of its MCP endpoint.
    ///
    /// # Errors
    /// When there are no credentials, or the URL cannot be called.
    pub async fn client(&self) -> Result<Client, Failure> {
        let url = &self.endpoint.url;
        url::parse(url).map_err(Failure::usage)?;
        let credentials = self.keys().await.keys().await?;
        self.endpoint.client_at(url, credentials)
    }

    /// What requests are signed with: a gateway key from where AWS's own tools look for keys; where AWS's own are found there,
    /// or an exchange is asked for, what the gateway gives for them.
    pub async fn keys(&self) -> Arc<dyn Keys> {
        let exchanged = self.exchanging.keys(&self.endpoint.url, self.endpoint.timeout(), &ProcessEnvironment).await;
        let exchanged = exchanged.map_err(|failure| NoKeys { message: failure.message, hint: None });
        let chain = match self.exchanging.is_asked_for() {
            true => None,
            false => Some(chain(self.exchanging.identity(), self.exchanging.sts_region.as_ref()).await),
        };
        Arc::new(AutomaticKeys::new(chain, exchanged))
    }
}

impl ToApprove {
    /// Where it is.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A client of the endpoint at `url` where approvals are given.
    ///
    /// # Errors
    /// When there is no key for it, or the URL cannot be called.
    pub async fn client_at(&self, url: &str) -> Result<Client, Failure> {
        let identity = AwsIdentity { profile: self.profile.clone(), config: self.aws_config.clone() };
        let credentials = chain(identity, None).await.keys().await?;
        if is_of_aws(credentials.access_key_id()) {
            return Err(Failure::usage(
                "these are AWS's own credentials, which no gateway can check; approvals are signed with a key of the gateway's \
                 keyring, which its operators make (keyring add --use approvals): name its profile with --profile or AWS_PROFILE",
            ));
        }
        self.endpoint.client_at(url, credentials)
    }
}

/// Keys from where AWS's own tools look for them. AWS is asked for a profile's role in STS's region; what that is matters to
/// no gateway.
async fn chain(identity: AwsIdentity, sts_region: Option<&Region>) -> ChainKeys {
    let region = match sts_region {
        Some(region) => region.clone(),
        None => identity.region(&ProcessEnvironment).await.unwrap_or_else(|_| Partition::Aws.global_region()),
    };
    let profile = identity.profile.clone().or_else(|| ProcessEnvironment.get("AWS_PROFILE"));
    ChainKeys::new(identity.credentials(&region).await, profile, Arc::new(SystemClock))
}

/// Says that the gateway refused, or could not be asked.
///
/// # Errors
/// When it could not be asked.
pub fn refused(error: ClientError, json: bool) -> Result<Outcome, Failure> {
    match error {
        ClientError::Refused { code, message, hint } if json => {
            out::json_line(&json!({"error": {"code": code, "message": message, "hint": hint}}));
            Ok(Outcome::Failed)
        }
        ClientError::Refused { code, message, hint } => {
            // The gateway's words, which quote others': a terminal must not obey them.
            let code = code.map(|code| format!("{code}: ")).unwrap_or_default();
            out::error(&text::visible(&format!("{code}{message}")));
            // Agents read the message alone, so it may say the hint too.
            if let Some(hint) = hint.filter(|hint| !message.contains(hint.as_str())) {
                out::note(&format!("  {}", text::visible(&hint)));
            }
            Ok(Outcome::Failed)
        }
        error => Err(Failure::from(error)),
    }
}
