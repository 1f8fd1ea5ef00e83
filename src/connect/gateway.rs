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
        Ok(self.answer(answer, keys.access_key_id()))
    }

    fn answer(&self, answer: HttpResponse, signed_by: &str) -> Answer {
        let header = |name: &str| answer.headers().get(name).map(str::to_owned);
        let media_type = header("content-type").unwrap_or_default();
        Answer {
            status: answer.status().as_u16(),
            media_type: media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase(),
            signed_by: signed_by.to_owned(),
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

    fn renew(&self, access_key_id: &str) {
        self.keys.refused(access_key_id);
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

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::post;
    use futures_util::StreamExt;
    use http::{HeaderMap, StatusCode};
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::client::exchanged::ExchangedKeys;
    use crate::client::exchanged::tests::Scripted;
    use crate::client::keys::NoKeys;
    use crate::clock::SystemClock;
    use crate::connect::forward::Forwarder;
    use crate::connect::message;

    #[derive(Debug)]
    struct Fixed;

    impl Keys for Fixed {
        fn keys(&self) -> BoxFuture<'_, Result<aws_credential_types::Credentials, NoKeys>> {
            let keys =
                aws_credential_types::Credentials::new("IMGKEXAMPLE", "secret", Some("token".to_owned()), None, "test");
            Box::pin(std::future::ready(Ok(keys)))
        }
    }

    /// A gateway at a server that the test plays.
    async fn gateway() -> (Gateway, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let scope = Scope { service: "iam-mcp".to_owned(), region: "us-east-1".to_owned() };
        let patience = Duration::from_secs(20);
        (Gateway::new(&url, Arc::new(Fixed), scope, Arc::new(SystemClock), patience).unwrap(), listener)
    }

    fn message() -> Outgoing {
        Outgoing { body: "{}".to_owned(), headers: vec![("mcp-method", "ping".to_owned())] }
    }

    /// The head of the next request; its body is `{}`.
    async fn request(peer: &mut TcpStream) -> String {
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n{}") {
            assert!(peer.read_buf(&mut read).await.unwrap() > 0, "the request is whole");
        }
        String::from_utf8(read).unwrap()
    }

    /// A gateway for which the first key of [`Scripted`] is over. It takes two requests with it before it refuses either, and
    /// the second is refused only after one with another key has come.
    async fn over_for_two() -> String {
        let (both, fresh) = (Arc::new(tokio::sync::Barrier::new(2)), Arc::new(tokio::sync::Notify::new()));
        let answer = move |headers: HeaderMap, body: String| {
            let (both, fresh) = (Arc::clone(&both), Arc::clone(&fresh));
            async move {
                let body: Value = serde_json::from_str(&body).unwrap();
                if !headers["authorization"].to_str().unwrap().contains("Credential=IMGT/") {
                    fresh.notify_one();
                    return (StatusCode::OK, json!({"jsonrpc": "2.0", "id": body["id"], "result": {}}).to_string());
                }
                if !both.wait().await.is_leader() {
                    fresh.notified().await;
                }
                let error = json!({"code": -32001, "message": "over", "data": {"code": "credentials_expired"}});
                (StatusCode::UNAUTHORIZED, json!({"jsonrpc": "2.0", "id": null, "error": error}).to_string())
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/mcp", post(answer))).await });
        url
    }

    #[tokio::test]
    async fn of_two_requests_whose_key_is_refused_one_makes_an_exchange() {
        let (url, clock) = (over_for_two().await, Arc::new(SystemClock));
        let exchange = Scripted::giving("IMGT", clock.clone());
        let patience = Duration::from_secs(20);
        let keys = ExchangedKeys::new(Box::new(exchange.clone()), None, patience, clock.clone());
        let scope = Scope { service: "iam-mcp".to_owned(), region: "us-east-1".to_owned() };
        let gateway = Gateway::new(&url, Arc::new(keys), scope, clock, patience).unwrap();
        let (output, mut replies) = tokio::sync::mpsc::channel(10);
        let forwarder = Forwarder::new(Arc::new(gateway), output, false);
        let ask = async |id: i64| {
            let text = json!({"jsonrpc": "2.0", "id": id, "method": "ping"}).to_string();
            let ping = message::parse(&text).unwrap().unwrap();
            forwarder.request(&ping, ping.id.as_ref().unwrap()).await
        };
        assert_eq!(tokio::join!(ask(1), ask(2)), (None, None));
        for _ in 0..2 {
            let reply: Value = serde_json::from_str(&replies.recv().await.unwrap()).unwrap();
            assert_eq!(reply["result"], json!({}), "{reply}");
        }
        assert_eq!(exchange.asked(), 2, "one for the first key, and one for both requests");
    }

    #[tokio::test]
    async fn a_body_is_handed_on_while_it_still_arrives() {
        let (gateway, listener) = gateway().await;
        let (seen, first_seen) = tokio::sync::oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            let (mut peer, _) = listener.accept().await.unwrap();
            let head = request(&mut peer).await;
            let answer = "HTTP/1.1 200 OK\r\ncontent-type: Text/Event-Stream; charset=utf-8\r\nretry-after: 3\r\n\
                transfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n";
            peer.write_all(answer.as_bytes()).await.unwrap();
            first_seen.await.unwrap();
            peer.write_all(b"4\r\nlast\r\n0\r\n\r\n").await.unwrap();
            head
        });
        let mut answer = gateway.post(message()).await.unwrap();
        assert_eq!((answer.status, answer.media_type.as_str()), (200, "text/event-stream"));
        assert_eq!(answer.retry_after, Some(Duration::from_secs(3)));
        assert_eq!(answer.body.next().await, Some(Ok(Bytes::from_static(b"first"))));
        seen.send(()).unwrap();
        assert_eq!(answer.body.next().await, Some(Ok(Bytes::from_static(b"last"))));
        assert_eq!(answer.body.next().await, None);
        let head = server.await.unwrap().to_lowercase();
        let signed = "signedheaders=accept;content-type;host;mcp-method;x-amz-date;x-amz-security-token;x-request-id";
        assert!(head.starts_with("post /mcp http/1.1\r\n") && head.contains(signed), "{head}");
    }

    #[tokio::test]
    async fn whether_anything_was_sent_is_told() {
        let (gateway, listener) = gateway().await;
        let server = tokio::spawn(async move {
            let (mut peer, _) = listener.accept().await.unwrap();
            request(&mut peer).await;
            drop(peer);
            let (mut peer, _) = listener.accept().await.unwrap();
            request(&mut peer).await;
            peer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
        });
        let lost = gateway.post(message()).await.unwrap_err();
        assert!(matches!(lost, Lost::BrokenOff(_)), "{lost:?}");
        let mut answer = gateway.post(message()).await.unwrap();
        assert_eq!(answer.body.next().await, Some(Ok(Bytes::from_static(b"half"))));
        let lost = answer.body.next().await;
        assert!(matches!(lost, Some(Err(Lost::BrokenOff(_)))), "{lost:?}");
        server.await.unwrap();
        let lost = gateway.post(message()).await.unwrap_err();
        assert!(matches!(lost, Lost::Unreachable(_)), "{lost:?}");
    }

    #[tokio::test]
    async fn a_request_that_is_dropped_hangs_up() {
        let (gateway, listener) = gateway().await;
        let (arrived, has_arrived) = tokio::sync::oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            let (mut peer, _) = listener.accept().await.unwrap();
            request(&mut peer).await;
            arrived.send(()).unwrap();
            peer.read(&mut [0; 1]).await.map_or(0, |read| read)
        });
        tokio::select! {
            _ = gateway.post(message()) => unreachable!("the server says nothing"),
            _ = has_arrived => {}
        }
        assert_eq!(server.await.unwrap(), 0, "the connection is closed");
    }
}
