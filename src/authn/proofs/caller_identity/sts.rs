//! Asking STS.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::headers;
use super::reasons::{self, Reason};
use crate::iam::http::forwarding;

/// How long an answer may take, from looking up the host's name to the last byte.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer that is read, in bytes. A true one has about 600.
const LARGEST_ANSWER: usize = 64 * 1024;

/// A request to STS, written by the gateway.
pub struct Forwarded {
    /// The URL: the root of an STS that this gateway asks.
    pub url: String,
    /// Names and values: those that are signed, and authorization.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: &'static str,
}

/// Without what it is signed with.
impl fmt::Debug for Forwarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Forwarded").field("url", &self.url).field("headers", &names).finish_non_exhaustive()
    }
}

/// What STS answered, as it came.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// No connection, or one that broke off.
    Unreachable,
    /// More than is read.
    TooLarge,
}

/// The way to STS.
pub trait Sts: fmt::Debug + Send + Sync {
    /// Sends the request once and gives what comes back, wherever it says to go on.
    fn ask(&self, request: Forwarded) -> BoxFuture<'_, Result<Answer, NoAnswer>>;
}

/// The answer of STS, if it comes in time.
pub(super) async fn ask(sts: &dyn Sts, request: Forwarded) -> Result<Answer, Reason> {
    match tokio::time::timeout(PATIENCE, sts.ask(request)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(NoAnswer::Unreachable)) => Err(reasons::UNREACHABLE),
        Ok(Err(NoAnswer::TooLarge)) => Err(reasons::ANSWER_TOO_LARGE),
        Err(_) => Err(reasons::TIMEOUT),
    }
}

/// STS over HTTP, in a pool of connections that nothing else uses. Redirects are answers, and nothing is tried twice.
#[derive(Debug)]
pub struct OverHttp(Connector);

impl OverHttp {
    /// Connects when it is first asked.
    #[must_use]
    pub fn new() -> Self {
        Self(forwarding())
    }
}

impl Default for OverHttp {
    fn default() -> Self {
        Self::new()
    }
}

impl Sts for OverHttp {
    fn ask(&self, request: Forwarded) -> BoxFuture<'_, Result<Answer, NoAnswer>> {
        Box::pin(async move {
            let answer = self.0.call(built(&request)?).await.map_err(|error| unreachable(&error))?;
            let status = answer.status().as_u16();
            let content_type = answer.headers().get(headers::CONTENT_TYPE).map(ToOwned::to_owned);
            let body = Limited::new(answer.into_body(), LARGEST_ANSWER).collect().await.map_err(|error| {
                if error.is::<LengthLimitError>() { NoAnswer::TooLarge } else { unreachable(&*error) }
            })?;
            Ok(Answer { status, content_type, body: body.to_bytes().into() })
        })
    }
}

fn built(request: &Forwarded) -> Result<HttpRequest, NoAnswer> {
    let mut built = http::Request::post(&request.url);
    if !request.headers.iter().any(|(name, _)| *name == "user-agent") {
        built = built.header("user-agent", concat!("iam-mcp-gateway/", env!("CARGO_PKG_VERSION")));
    }
    for (name, value) in &request.headers {
        built = built.header(*name, value);
    }
    let built = built.body(SdkBody::from(request.body)).map_err(|error| unreachable(&error))?;
    HttpRequest::try_from(built).map_err(|error| unreachable(&error))
}

/// Tells the operators what the system said, which names hosts and addresses alone.
fn unreachable(error: &(dyn Error + 'static)) -> NoAnswer {
    let last = std::iter::successors(Some(error), |error| (*error).source()).last().unwrap_or(error);
    tracing::warn!(error = %last, "STS could not be asked about a proof");
    NoAnswer::Unreachable
}
