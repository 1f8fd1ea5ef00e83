//! Reaching a running gateway: where it is, and what requests to it are signed with.

use std::sync::Arc;
use std::time::Duration;

use aws_types::region::Region;
use clap::Args;
use serde_json::json;

use super::{Failure, Outcome, out};
use crate::broker::own;
use crate::client::keys::{ChainKeys, Keys};
use crate::client::sign::Scope;
use crate::client::{Client, ClientError};
use crate::clock::SystemClock;
use crate::config::ProcessEnvironment;
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
        let credentials = self.keys().await.keys().await?;
        Client::new(url, credentials, self.scope(), Arc::new(SystemClock)).map_err(Failure::usage)
    }

    /// What requests are signed with.
    pub async fn keys(&self) -> Arc<dyn Keys> {
        let chain = own::credentials(Region::new(self.region.clone())).await;
        Arc::new(ChainKeys::new(chain, &ProcessEnvironment))
    }

    /// What requests are signed for.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope { service: self.service.clone(), region: self.region.clone() }
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
