//! Reaching a running gateway: where it is, and what requests to it are signed with.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials;
use aws_types::region::Region;
use clap::Args;
use serde_json::json;

use super::{Failure, Outcome, out};
use crate::broker::own;
use crate::client::sign::Scope;
use crate::client::{Client, ClientError};
use crate::clock::SystemClock;
use crate::config::{Environment, ProcessEnvironment};
use crate::tools::text;

/// A running gateway.
#[derive(Debug, Args)]
pub struct To {
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

impl To {
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

    /// A client of one of its endpoints, which signs with a gateway key from where AWS's own tools look for keys.
    ///
    /// # Errors
    /// When there are no credentials, or the URL cannot be called.
    pub async fn client(&self, url: &str) -> Result<Client, Failure> {
        let credentials = own::credentials(Region::new(self.region.clone())).await;
        let credentials = credentials.provide_credentials().await.map_err(|error| {
            Failure::from(format!(
                "no AWS credentials were found to sign with ({error}); {}",
                match ProcessEnvironment.get("AWS_PROFILE") {
                    Some(profile) => format!("is there a profile {profile} with a gateway key, as AWS_PROFILE says?"),
                    None => "set AWS_PROFILE to a profile with a gateway key".to_owned(),
                }
            ))
        })?;
        let scope = Scope { service: self.service.clone(), region: self.region.clone() };
        Client::new(url, credentials, scope, Arc::new(SystemClock)).map_err(Failure::usage)
    }
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
