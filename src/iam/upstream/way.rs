//! The HTTP client of one SDK client: every attempt through the breaker and, for a tool's call, the account's lane.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_iam::config::retry::RetryPartition;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::shared::IntoShared;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use bytes::Bytes;
use http_body::Frame;
use tokio::time::timeout;

use super::answer::{Ended, is_whole};
use super::figures::Figures;
use super::lane::{Class, Lane, Who};
use super::reach::told_apart;
use super::{NotSent, SCAN_AFTER, Target, Upstream};
use crate::iam::meter::Meter;

/// How the attempts of one SDK client go to AWS.
#[derive(Debug, Clone)]
pub struct Way(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    target: Arc<Target>,
    turn: Option<Turn>,
    attempt: Duration,
    figures: Figures,
}

/// The account's turn that each attempt waits for.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) lane: Arc<Lane>,
    pub(super) meter: Arc<Meter>,
    pub(super) changes: bool,
    pub(super) longest: Duration,
}

impl Turn {
    fn who(&self) -> Who {
        self.meter.caller().cloned()
    }

    async fn wait(&self) -> Result<(), NotSent> {
        let class = match self.changes {
            true => Class::Change,
            false if self.meter.attempts() > SCAN_AFTER => Class::Scan,
            false => Class::Read,
        };
        self.lane.turn(self.who(), class, self.longest).await.map_err(|retry_in| NotSent::BudgetSpent { retry_in })
    }
}

impl Way {
    pub(super) fn new(target: Arc<Target>, turn: Option<Turn>, attempt: Duration, figures: Figures) -> Self {
        Self(Arc::new(Inner { target, turn, attempt, figures }))
    }

    /// These connections, gone this way.
    #[must_use]
    pub fn over(&self, connections: &SharedHttpClient) -> SharedHttpClient {
        Governed { connections: connections.clone(), way: self.clone() }.into_shared()
    }

    /// The SDK's retries for this upstream and account, apart from all others.
    #[must_use]
    pub fn retries(&self) -> RetryPartition {
        self.0.target.retries.clone()
    }

    /// Sends one attempt, if it may be sent, and reads its answer to the end.
    ///
    /// How long an attempt may take is minded here and not by the SDK, which would count the wait for the turn, too.
    async fn send(self, connector: SharedHttpConnector, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let Inner { target, turn, attempt, figures } = &*self.0;
        let not_sent = |why: NotSent| {
            figures.refused(target.upstream, &why);
            // The SDK does not try a user's error again.
            ConnectorError::user(Box::new(why))
        };
        let unavailable = |retry_in| not_sent(NotSent::Unavailable { upstream: target.upstream, retry_in });
        let who = turn.as_ref().and_then(Turn::who);
        // Before the wait: while AWS does not answer only the probe waits, and uses up a turn.
        let admitted = target.breaker.admit(&who).map_err(unavailable)?;
        if let Some(turn) = turn {
            tokio::select! {
                biased;
                // Whoever waits when the breaker opens leaves the queue.
                retry_in = admitted.overtaken() => return Err(unavailable(retry_in)),
                came = turn.wait() => came.map_err(not_sent)?,
            }
        }
        let limit = admitted.limit(*attempt);
        let answered = match timeout(limit, answer_of(target.upstream, &connector, request)).await {
            Ok(answered) => answered.map_err(told_apart),
            Err(elapsed) => Err(ConnectorError::timeout(elapsed.into())),
        };
        let ended = match &answered {
            Ok((_, ended)) => *ended,
            Err(error) => Ended::of_error(error),
        };
        figures.ended(target.upstream, ended);
        match ended {
            // Says nothing of AWS, so a probe is still to come.
            Ended::Unsendable => drop(admitted),
            ended => admitted.end(ended.is_failure()),
        }
        if let (Ended::Throttled, Upstream::Iam | Upstream::CloudTrail, Some(turn)) = (ended, target.upstream, turn) {
            turn.lane.throttled();
        }
        answered.map(|(response, _)| response)
    }
}

/// The whole answer, and how the attempt ended with it.
///
/// What is no whole answer keeps its head, and its body fails when it is read, so that the SDK takes it for what it is.
async fn answer_of(
    upstream: Upstream,
    connector: &SharedHttpConnector,
    request: HttpRequest,
) -> Result<(HttpResponse, Ended), ConnectorError> {
    let mut response = connector.call(request).await?;
    let body = ByteStream::new(response.take_body()).collect().await;
    let (body, ended) = match body {
        Ok(body) => {
            let body = body.into_bytes();
            let status = response.status().as_u16();
            let error_type = response.headers().get("x-amzn-errortype").and_then(|value| value.split(':').next());
            let ended = Ended::of_answer(upstream, status, error_type, &body);
            let broken = status < 300 && !is_whole(upstream, &body);
            (if broken { Broken::body("it is not the whole of an answer of AWS's") } else { body.into() }, ended)
        }
        Err(_) => (Broken::body("the connection ended within it"), Ended::Unreadable),
    };
    *response.body_mut() = body;
    Ok((response, ended))
}

/// A body that cannot be read.
#[derive(Debug)]
struct Broken(Option<&'static str>);

impl Broken {
    fn body(why: &'static str) -> SdkBody {
        SdkBody::from_body_1_x(Self(Some(why)))
    }
}

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Ready(self.0.take().map(|why| Err(why.into())))
    }
}

#[derive(Debug)]
struct Governed {
    connections: SharedHttpClient,
    way: Way,
}

impl HttpClient for Governed {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let connector = self.connections.http_connector(settings, components);
        SharedHttpConnector::new(GovernedConnector { connector, way: self.way.clone() })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.connections.connector_metadata()
    }
}

#[derive(Debug)]
struct GovernedConnector {
    connector: SharedHttpConnector,
    way: Way,
}

impl HttpConnector for GovernedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.way.clone().send(self.connector.clone(), request))
    }
}
