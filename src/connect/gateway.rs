//! The gateway over HTTP, each message signed with the keys of the moment.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Error as HyperError;

use super::transport::{Answer, Lost, Outgoing, Transport};
use crate::client::keys::Keys;
use crate::client::sign::Scope;
use crate::client::{self, ClientError};
use crate::clock::SharedClock;
use crate::random::{SystemRandom, uuid};

/// How long a connection may take to be made, TLS apart.
const CONNECT: Duration = Duration::from_secs(10);
/// Load balancers close idle connections after a minute, so none is used again that is nearly as old.
const IDLE: Duration = Duration::from_secs(30);

/// A gateway's endpoint.
#[derive(Debug)]
pub struct Gateway {
    url: http::Uri,
    keys: Arc<dyn Keys>,
    scope: Scope,
    clock: SharedClock,
    patience: Duration,
    connector: Connector,
}

impl Gateway {
    /// The endpoint at `url`; `patience` is how long it may say nothing while an answer is due.
    ///
    /// # Errors
    /// [`ClientError::Url`].
    pub fn new(
        url: &str,
        keys: Arc<dyn Keys>,
        scope: Scope,
        clock: SharedClock,
        patience: Duration,
    ) -> Result<Self, ClientError> {
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).build();
        let connector = Connector::builder()
            .connector_settings(settings)
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .pool_idle_timeout(IDLE)
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build();
        Ok(Self { url: client::url::parse(url)?, keys, scope, clock, patience, connector })
    }

    async fn send(&self, message: Outgoing) -> Result<Answer, Lost> {
        let keys = self.keys.keys().await.map_err(Lost::NoKeys)?;
        // Two clients may number their messages alike: each is a signed request of its own, and no replay of another.
        let mut headers = message.headers;
        headers.push(("x-request-id", uuid(&SystemRandom)));
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let request = client::signed(&self.url, message.body, &headers, &keys, &self.scope, self.clock.now())
            .map_err(|error| Lost::Unsendable(error.to_string()))?;
        let answer = tokio::time::timeout(self.patience, self.connector.call(request))
            .await
            .map_err(|_| Lost::TimedOut(self.patience))?
            .map_err(|error| lost(&error))?;
        Ok(self.answer(answer))
    }

    fn answer(&self, answer: HttpResponse) -> Answer {
        let header = |name: &str| answer.headers().get(name).map(str::to_owned);
        let media_type = header("content-type").unwrap_or_default();
        Answer {
            status: answer.status().as_u16(),
            media_type: media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase(),
            // A date is not understood: gateways send seconds.
            retry_after: header("retry-after").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs),
            body: chunks(answer.into_body(), self.patience),
        }
    }
}

impl Transport for Gateway {
    fn post(&self, message: Outgoing) -> BoxFuture<'_, Result<Answer, Lost>> {
        Box::pin(self.send(message))
    }

    fn renew(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            // If there are none, the next message says so.
            if let Ok(refused) = self.keys.keys().await {
                self.keys.refused(refused.access_key_id());
            }
        })
    }
}

/// The body as it arrives. A stream that tells progress is kept alive by comments every few seconds.
fn chunks(body: SdkBody, patience: Duration) -> BoxStream<'static, Result<Bytes, Lost>> {
    Box::pin(stream::unfold(Some(body), move |body| async move {
        let mut body = body?;
        loop {
            match tokio::time::timeout(patience, body.frame()).await {
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => return Some((Ok(data), Some(body))),
                    // Trailers say nothing here.
                    Err(_) => continue,
                },
                Ok(Some(Err(error))) => return Some((Err(Lost::BrokenOff(last(&*error))), None)),
                Ok(None) => return None,
                Err(_) => return Some((Err(Lost::TimedOut(patience)), None)),
            }
        }
    }))
}

fn lost(error: &ConnectorError) -> Lost {
    let said = last(error);
    // Hyper's own word for having failed before anything was sent.
    let never_connected =
        sources(error).any(|source| source.downcast_ref::<HyperError>().is_some_and(HyperError::is_connect));
    if never_connected { Lost::Unreachable(said) } else { Lost::BrokenOff(said) }
}

/// The last of the sources: what the system said.
fn last(error: &(dyn Error + 'static)) -> String {
    sources(error).last().unwrap_or(error).to_string()
}

fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source();
        Some(this)
    })
}
