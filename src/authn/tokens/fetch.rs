//! Getting an issuer's keys: over HTTPS from where it publishes them, or out of a file.

use std::fmt;
use std::path::PathBuf;
use std::sync::OnceLock;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt, Limited};
use serde_json::Value;
use thiserror::Error;

use super::keys::{KeySet, LONGEST_SET};
use crate::config::{IssuerUrl, KeySource};
use crate::strict_json;

/// What discovery documents are called below an issuer's URL (OpenID Connect Discovery 1.0, section 4).
const DISCOVERY: &str = ".well-known/openid-configuration";

/// An issuer, and where its keys are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Source {
    /// What its tokens call it.
    pub issuer: IssuerUrl,
    /// Where its keys are.
    pub keys: KeySource,
}

/// A document's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// On the issuer's server.
    Url(IssuerUrl),
    /// On this machine.
    File(PathBuf),
}

/// Why keys cannot be had; for the log. Nothing that a server sent stands in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FetchError {
    /// Nobody answers.
    #[error("{0}")]
    Unreachable(String),
    /// No answer in time.
    #[error("there was no answer within {} seconds", super::cache::LONGEST_FETCH.as_secs())]
    TooSlow,
    /// Another answer than 200. Redirects are not followed: they would lead to a server that nobody configured.
    #[error("the answer was HTTP {0}")]
    Status(u16),
    /// Longer than a document may be, or broken off.
    #[error("the answer is longer than {LONGEST_SET} bytes, or broke off")]
    Body,
    /// No discovery document.
    #[error("the discovery document is not one")]
    NoDiscovery,
    /// The discovery document of another issuer.
    #[error("the discovery document is another issuer's")]
    OtherIssuer,
    /// Keys on another server than the issuer's.
    #[error("the discovery document says that the keys are on another server; name it with keys_url if that is right")]
    OtherOrigin,
    /// No key set.
    #[error("the answer is not a JSON Web Key Set")]
    NoKeys,
}

/// How documents are read, so that tests can say what is in them.
pub trait Fetch: fmt::Debug + Send + Sync + 'static {
    /// The whole document, of at most 256 KiB.
    ///
    /// # Errors
    /// When there is none, or a longer one.
    fn get<'a>(&'a self, location: &'a Location) -> BoxFuture<'a, Result<Bytes, FetchError>>;
}

/// The keys of an issuer.
pub(super) async fn keys(fetch: &dyn Fetch, source: &Source) -> Result<KeySet, FetchError> {
    let location = match &source.keys {
        KeySource::Url(url) => Location::Url(url.clone()),
        KeySource::File(path) => Location::File(path.clone()),
        KeySource::Discovery => Location::Url(discover(fetch, &source.issuer).await?),
    };
    let text = fetch.get(&location).await?;
    KeySet::read(&text).map_err(|_| FetchError::NoKeys)
}

/// Where the keys are by the issuer's discovery document, which must be its own (OpenID Connect Discovery 1.0, section 4.3)
/// and lead to its own server.
async fn discover(fetch: &dyn Fetch, issuer: &IssuerUrl) -> Result<IssuerUrl, FetchError> {
    let text = fetch.get(&Location::Url(issuer.below(DISCOVERY))).await?;
    let document = strict_json::read(&text).map_err(|_| FetchError::NoDiscovery)?;
    let member = |name| document.get(name).and_then(Value::as_str).ok_or(FetchError::NoDiscovery);
    if member("issuer")? != issuer.as_str() {
        return Err(FetchError::OtherIssuer);
    }
    let keys: IssuerUrl = member("jwks_uri")?.parse().map_err(|_| FetchError::NoDiscovery)?;
    if keys.origin() == issuer.origin() { Ok(keys) } else { Err(FetchError::OtherOrigin) }
}

/// Reads over the network and from disk.
#[derive(Debug, Default)]
pub struct Documents {
    /// Made when it is first needed: without issuers no TLS roots are loaded.
    connector: OnceLock<Connector>,
}

impl Documents {
    fn connector(&self) -> &Connector {
        self.connector.get_or_init(|| Connector::builder().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build())
    }

    async fn over_network(&self, url: &IssuerUrl) -> Result<Bytes, FetchError> {
        let unreachable = |error: &dyn std::error::Error| {
            // The last of the sources is what the system said.
            let last = std::iter::successors(Some(error), |error| error.source()).last();
            FetchError::Unreachable(last.map(ToString::to_string).unwrap_or_default())
        };
        let request = http::Request::get(url.as_str())
            .header("accept", "application/json")
            .header("user-agent", concat!("iam-mcp-gateway/", env!("CARGO_PKG_VERSION")))
            .body(SdkBody::empty())
            .map_err(|error| unreachable(&error))?;
        let request = HttpRequest::try_from(request).map_err(|error| unreachable(&error))?;
        let answer = self.connector().call(request).await.map_err(|error| unreachable(&error))?;
        let status = answer.status().as_u16();
        if status != 200 {
            return Err(FetchError::Status(status));
        }
        let body = Limited::new(answer.into_body(), LONGEST_SET).collect().await;
        body.map(http_body_util::Collected::to_bytes).map_err(|_| FetchError::Body)
    }

    async fn from_disk(path: &std::path::Path) -> Result<Bytes, FetchError> {
        use tokio::io::AsyncReadExt;

        let unreadable = |error: std::io::Error| FetchError::Unreachable(error.to_string());
        let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
        let mut text = Vec::new();
        let longest = u64::try_from(LONGEST_SET).unwrap_or(u64::MAX);
        file.take(longest + 1).read_to_end(&mut text).await.map_err(unreadable)?;
        if text.len() > LONGEST_SET { Err(FetchError::Body) } else { Ok(text.into()) }
    }
}

impl Fetch for Documents {
    fn get<'a>(&'a self, location: &'a Location) -> BoxFuture<'a, Result<Bytes, FetchError>> {
        match location {
            Location::Url(url) => Box::pin(self.over_network(url)),
            Location::File(path) => Box::pin(Self::from_disk(path)),
        }
    }
}
