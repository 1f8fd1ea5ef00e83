//! A client of a gateway: signs with AWS credentials and posts MCP messages.

pub mod automatic;
pub mod cache;
pub mod credential_process;
pub mod exchange;
pub mod exchanged;
pub mod identity;
pub mod keys;
pub mod process_line;
pub mod proof;
pub mod sign;
pub mod url;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::SharedClock;
use crate::random::{SystemRandom, uuid};
use sign::{Scope, SigningError};

/// The MCP revision that this client speaks: without sessions, so one request is one call.
const PROTOCOL: &str = "2026-07-28";

/// Why a call got no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The URL cannot be called.
    #[error("{0}")]
    Url(String),
    /// The request could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The gateway could not be reached, or broke off.
    #[error("the gateway at {url} cannot be reached: {reason}")]
    Unreachable {
        /// Where.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The answer is no MCP message.
    #[error("the answer (HTTP {0}) is no message of a gateway; is this the URL of its /mcp endpoint?")]
    Unreadable(u16),
    /// The gateway refused the request.
    #[error("{message}{}", .hint.as_ref().map(|hint| format!("\n  {hint}")).unwrap_or_default())]
    Refused {
        /// The stable code, where one was given.
        code: Option<String>,
        /// What it said.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
}

/// A client of one gateway endpoint.
#[derive(Debug)]
pub struct Client {
    url: http::Uri,
    credentials: Credentials,
    scope: Scope,
    clock: SharedClock,
    connector: Connector,
}

impl Client {
    /// A client for the endpoint at `url`, `https://iam-mcp.example.internal/mcp`; plain HTTP to loopback only.
    ///
    /// # Errors
    /// [`ClientError::Url`].
    pub fn new(url: &str, credentials: Credentials, scope: Scope, clock: SharedClock) -> Result<Self, ClientError> {
        let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build();
        Ok(Self { url: url::parse(url)?, credentials, scope, clock, connector })
    }

    /// Calls a tool and answers its result, `{structuredContent, isError, ...}`.
    ///
    /// # Errors
    /// When there is no result: the gateway cannot be reached, or refused the request before the tool.
    pub async fn call_tool(&self, name: &str, arguments: &Value, timeout: Duration) -> Result<Value, ClientError> {
        // Two equal calls in one second would else be one signed request, of which the second is a replay.
        self.call_tool_as(&uuid(&SystemRandom), name, arguments, timeout).await
    }

    /// The same, with a JSON-RPC id of the caller's own, by which the audit records of the call can be found.
    ///
    /// # Errors
    /// As [`Client::call_tool`].
    pub async fn call_tool_as(
        &self,
        id: &str,
        name: &str,
        arguments: &Value,
        timeout: Duration,
    ) -> Result<Value, ClientError> {
        let body = json!({
            "jsonrpc": "2.0",
            "id": id,
            "method": "tools/call",
            "params": {
                "name": name,
                "arguments": arguments,
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": PROTOCOL,
                    "io.modelcontextprotocol/clientCapabilities": {},
                    "io.modelcontextprotocol/clientInfo":
                        {"name": "iam-mcp-gateway call", "version": env!("CARGO_PKG_VERSION")},
                },
            },
        });
        let headers = [("mcp-protocol-version", PROTOCOL), ("mcp-method", "tools/call"), ("mcp-name", name)];
        let (status, message) = self.exchange(&body, &headers, timeout).await?;
        message.get("result").cloned().ok_or_else(|| refused(status, &message))
    }

    /// Asks for something at an endpoint that is not MCP's, and answers what it said.
    ///
    /// # Errors
    /// As [`Client::call_tool`].
    pub async fn ask(&self, body: &Value, timeout: Duration) -> Result<Value, ClientError> {
        // Two equal requests in one second would else be one signed request, of which the second is a replay.
        let id = uuid(&SystemRandom);
        let (status, message) = self.exchange(body, &[("x-request-id", &id)], timeout).await?;
        if status == 200 && message.get("error").is_none() { Ok(message) } else { Err(refused(status, &message)) }
    }

    /// Signs and sends `body`; answers the status and the answer's body, which is JSON.
    async fn exchange(
        &self,
        body: &Value,
        headers: &[(&str, &str)],
        timeout: Duration,
    ) -> Result<(u16, Value), ClientError> {
        let now = self.clock.now();
        let request = signed(&self.url, body.to_string(), headers, &self.credentials, &self.scope, now)?;
        let unreachable = |reason: String| ClientError::Unreachable { url: self.url.to_string(), reason };
        let exchange = async {
            let answer = self.connector.call(request).await.map_err(|error| {
                // The last of the sources is what the system said.
                let first: &dyn std::error::Error = &error;
                let last = std::iter::successors(Some(first), |error| error.source()).last().unwrap_or(first);
                unreachable(format!("{last} (is the gateway running, and at this address?)"))
            })?;
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await.map_err(|error| unreachable(error.to_string()))?;
            Ok::<_, ClientError>((status, body.to_bytes()))
        };
        let (status, answer) =
            tokio::time::timeout(timeout, exchange).await.map_err(|_| unreachable("no answer in time".into()))??;
        let message = serde_json::from_slice(&answer).map_err(|_| ClientError::Unreadable(status))?;
        Ok((status, message))
    }
}

/// A POST of a JSON body, signed.
///
/// # Errors
/// [`ClientError::Signing`], or [`ClientError::Url`] when no request can be made of it.
pub fn signed(
    url: &http::Uri,
    body: String,
    headers: &[(&str, &str)],
    credentials: &Credentials,
    scope: &Scope,
    now: Timestamp,
) -> Result<HttpRequest, ClientError> {
    let host = url.authority().map(ToString::to_string).unwrap_or_default();
    let mut all = vec![
        ("host", host.as_str()),
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
    ];
    all.extend_from_slice(headers);
    let added = sign::headers("POST", url, &all, body.as_bytes(), credentials, scope, now)?;
    let agent = concat!("iam-mcp-gateway/", env!("CARGO_PKG_VERSION"));
    let mut request = http::Request::builder().method("POST").uri(url.clone()).header("user-agent", agent);
    for (name, value) in all.iter().copied().chain(added.iter().map(|(name, value)| (*name, value.as_str()))) {
        request = request.header(name, value);
    }
    let request = request.body(SdkBody::from(body)).map_err(|error| ClientError::Url(error.to_string()))?;
    HttpRequest::try_from(request).map_err(|error| ClientError::Url(error.to_string()))
}

/// The refusal that an answer is, or that it cannot be read as one.
fn refused(status: u16, message: &Value) -> ClientError {
    let Some(error) = message.get("error") else { return ClientError::Unreadable(status) };
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    ClientError::Refused {
        code: text(&error["data"]["code"]),
        message: text(&error["message"]).unwrap_or_else(|| format!("the gateway answered HTTP {status}")),
        hint: text(&error["data"]["hint"]),
    }
}
