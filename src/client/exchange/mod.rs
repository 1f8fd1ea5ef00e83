//! Trading a proof of identity for gateway credentials: the client's side of [`crate::exchange`].
//!
//! Each try makes a key pair and a proof of its own, since a proof works once. The reply must be sealed to that key: one that
//! is not was made by somebody who did not get the request as it was sent.

pub mod sealed;
#[cfg(test)]
pub(super) mod tests;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt, Limited};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use self::sealed::{NotSealed, OneTimeKey};
use super::keys::NoKeys;
use super::proof::{self, Prove, told};
use super::{ClientError, credential_process, refused, url};
use crate::authn::credentials::GatewayCredentials;
use crate::http::Service;
use crate::tools::text;

/// How often one exchange is tried at most.
const TRIES: u32 = 3;
/// How long is waited before the next try where the gateway does not say.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest reply that is read, in bytes.
const LONGEST_REPLY: usize = 64 * 1024;

/// Why an exchange gave no credentials.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// There was nothing to prove with.
    #[error(transparent)]
    Proof(#[from] NoKeys),
    /// The gateway refused the proof, or could not be asked.
    #[error(transparent)]
    Gateway(#[from] ClientError),
    /// Its reply is not for whoever asked.
    #[error("{0}; nothing of it is used")]
    NotSealed(#[from] NotSealed),
    /// Its reply is sealed, and holds something else.
    #[error("the gateway's reply holds no credentials of a gateway")]
    NoCredentials,
    /// What it gave is over already.
    #[error("the gateway's credentials expired at {0}, by this machine's clock")]
    Expired(jiff::Timestamp),
    /// The cache cannot be used.
    #[error(transparent)]
    Cache(#[from] super::cache::CacheError),
    /// Another process is at it, and does not come to an end.
    #[error("another process has been asking for the same credentials for longer than {} seconds", .0.as_secs())]
    Busy(Duration),
}

impl From<ExchangeError> for NoKeys {
    fn from(error: ExchangeError) -> Self {
        // What a gateway says ends on a terminal or in a model's context.
        let visible = |said: &str| text::visible(said).into_owned();
        match error {
            ExchangeError::Proof(no_keys) => no_keys,
            ExchangeError::Gateway(ClientError::Refused { code: Some(code), message, .. })
                if code.ends_with("_audience") =>
            {
                let hint = match code.as_str() {
                    "token_audience" => {
                        "name that audience with --audience; where the token comes out of a file, ask whoever puts it there for one \
                         with that audience"
                    }
                    _ => {
                        "name the gateway's own with --audience; it is the name in its configuration, or the audience in its \
                         [exchange]"
                    }
                };
                Self { message: visible(&format!("{code}: {message}")), hint: Some(hint.to_owned()) }
            }
            ExchangeError::Gateway(ClientError::Refused { code: Some(code), message, .. })
                if code == "proof_endpoint" =>
            {
                let hint = "name that STS with --sts-endpoint; a demo prints its own";
                Self { message: visible(&format!("{code}: {message}")), hint: Some(hint.to_owned()) }
            }
            ExchangeError::Gateway(ClientError::Refused { code, message, hint }) => Self {
                message: visible(&format!("{}{message}", code.map(|code| format!("{code}: ")).unwrap_or_default())),
                hint: hint.map(|hint| visible(&hint)),
            },
            ExchangeError::Expired(_) => Self { message: error.to_string(), hint: Some("set the clock".to_owned()) },
            error => Self { message: visible(&error.to_string()), hint: None },
        }
    }
}

/// Gives new gateway credentials.
pub trait Exchanges: Debug + Send + Sync {
    /// New ones, or why there are none, within this time.
    fn exchange(&self, within: Duration) -> BoxFuture<'_, Result<GatewayCredentials, ExchangeError>>;
}

/// The exchange of one gateway's environment.
#[derive(Debug)]
pub struct Exchange {
    url: http::Uri,
    prover: Arc<dyn Prove>,
    connector: Connector,
}

/// What one try came to.
enum Tried {
    Given(GatewayCredentials),
    /// The gateway asks for patience.
    Later(ClientError, Duration),
}

impl Exchange {
    /// The exchange beside the MCP endpoint at `mcp`.
    ///
    /// # Errors
    /// [`ClientError::Url`].
    pub fn new(mcp: &str, prover: Arc<dyn Prove>) -> Result<Self, ClientError> {
        let url = url::parse(&url::beside(mcp, Service::Exchange).map_err(ClientError::Url)?)?;
        let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build();
        Ok(Self { url, prover, connector })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &http::Uri {
        &self.url
    }

    async fn tries(&self, until: Instant) -> Result<GatewayCredentials, ExchangeError> {
        for tries_left in (0..TRIES).rev() {
            match self.try_once().await? {
                Tried::Given(credentials) => return Ok(credentials),
                // However long a gateway says: a wait without an end comes too late, too.
                Tried::Later(refusal, wait)
                    if tries_left == 0 || Instant::now().checked_add(wait).is_none_or(|next| next >= until) =>
                {
                    return Err(refusal.into());
                }
                Tried::Later(_, wait) => sleep(wait).await,
            }
        }
        unreachable!("the last try returns")
    }

    async fn try_once(&self) -> Result<Tried, ExchangeError> {
        let key = OneTimeKey::new();
        let proof = self.prover.prove(key.public()).await?;
        let request = self.request(proof::body(&proof, key.public()).expose())?;
        let unreachable = |reason: String| ClientError::Unreachable { url: self.url.to_string(), reason };
        let answer =
            self.connector.call(request).await.map_err(|error| {
                unreachable(format!("{} (is the gateway running, and at this address?)", told(&error)))
            })?;
        let status = answer.status().as_u16();
        let retry_after =
            answer.headers().get("retry-after").and_then(|wait| wait.parse().ok()).map(Duration::from_secs);
        let body = Limited::new(answer.into_body(), LONGEST_REPLY).collect().await;
        let body = body.map_err(|error| unreachable(format!("its reply broke off or is too long ({error})")))?;
        let body = body.to_bytes();
        if status == 200 {
            let opened = key.open(&body)?;
            let credentials = credential_process::read(&opened).ok_or(ExchangeError::NoCredentials)?;
            return Ok(Tried::Given(credentials));
        }
        let message: Value = serde_json::from_slice(&body).map_err(|_| ClientError::Unreadable(status))?;
        let refusal = refused(status, &message);
        match status {
            429 | 503 => Ok(Tried::Later(refusal, retry_after.unwrap_or(PAUSE))),
            _ => Err(refusal.into()),
        }
    }

    fn request(&self, body: &str) -> Result<HttpRequest, ClientError> {
        let failed = |error: &dyn std::fmt::Display| ClientError::Url(error.to_string());
        let request = http::Request::builder()
            .method("POST")
            .uri(self.url.clone())
            .header("host", self.url.authority().map(ToString::to_string).unwrap_or_default())
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .header("user-agent", concat!("iam-mcp-gateway/", env!("CARGO_PKG_VERSION")))
            .body(SdkBody::from(body))
            .map_err(|error| failed(&error))?;
        HttpRequest::try_from(request).map_err(|error| failed(&error))
    }
}

impl Exchanges for Exchange {
    fn exchange(&self, within: Duration) -> BoxFuture<'_, Result<GatewayCredentials, ExchangeError>> {
        Box::pin(async move {
            let until = Instant::now() + within;
            let no_answer =
                || ClientError::Unreachable { url: self.url.to_string(), reason: "no answer in time".to_owned() };
            timeout_at(until, self.tries(until)).await.map_err(|_| no_answer())?
        })
    }
}
