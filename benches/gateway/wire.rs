//! A cheap HTTP client: requests are bytes made beforehand, connections are kept, and of a reply only its status and
//! length are looked at. The same client asks both sides of a comparison.

use std::net::SocketAddr;
use std::time::Duration;

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::Uri;
use iam_mcp_gateway::client::sign::{self, Scope};
use iam_mcp_gateway::clock::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Outcome;

const PROTOCOL: &str = "2026-07-28";

/// A tools/call as bytes; signed with these keys, if any.
///
/// One signed request is sent many times: the gateway lets reads be repeated while their signature is valid, as clients
/// that retry do. Only writes are single use.
pub(crate) fn call(address: SocketAddr, tool: &str, keys: Option<&Credentials>) -> Outcome<Bytes> {
    call_with(address, tool, &json!({}), keys)
}

/// The same with arguments.
pub(crate) fn call_with(
    address: SocketAddr,
    tool: &str,
    arguments: &Value,
    keys: Option<&Credentials>,
) -> Outcome<Bytes> {
    let body = json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {
            "name": tool,
            "arguments": arguments,
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": PROTOCOL,
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
            },
        },
    })
    .to_string();
    let host = address.to_string();
    let headers = [
        ("host", host.as_str()),
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", PROTOCOL),
        ("mcp-method", "tools/call"),
        ("mcp-name", tool),
    ];
    let signature = match keys {
        Some(keys) => {
            let url: Uri = format!("http://{address}/mcp/dev").parse()?;
            let scope = Scope { service: "iam-mcp".to_owned(), region: "us-east-1".to_owned() };
            sign::headers("POST", &url, &headers, body.as_bytes(), keys, &scope, SystemClock.now())?
        }
        None => Vec::new(),
    };
    let mut request = format!("POST /mcp/dev HTTP/1.1\r\ncontent-length: {}\r\n", body.len());
    let signature = signature.iter().map(|(name, value)| (*name, value.as_str()));
    for (name, value) in headers.into_iter().chain(signature) {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    Ok(format!("{request}\r\n{body}").into())
}

/// Where the head of the message in `received` ends and how long its body is, if the head is there.
pub(crate) fn framing(received: &[u8]) -> Outcome<Option<(usize, usize)>> {
    let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&received[..end])?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim())
    });
    Ok(Some((end + 4, length.ok_or("a message without Content-Length")?.parse()?)))
}

/// A connection to one server.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a request; answers the status and the body.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Outcome<(u16, &[u8])> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let mut whole = None;
        loop {
            if whole.is_none() {
                whole = framing(&self.received)?;
            }
            if let Some((start, length)) = whole
                && self.received.len() >= start + length
            {
                let status = self.received.get(9..12).ok_or("a reply without a status")?;
                return Ok((std::str::from_utf8(status)?.parse()?, &self.received[start..start + length]));
            }
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err("the server hung up".into());
            }
        }
    }

    /// Waits until the server hangs up.
    pub(crate) async fn until_closed(&mut self) -> Outcome<()> {
        while self.stream.read_buf(&mut self.received).await? > 0 {}
        Ok(())
    }

    /// Calls a tool; answers its structured content and the length of the reply's body.
    pub(crate) async fn call(&mut self, request: &[u8]) -> Outcome<(Value, usize)> {
        let (status, body) = self.ask(request).await?;
        let mut answer: Value = serde_json::from_slice(body)?;
        if status != 200 || answer["result"]["isError"] != false {
            return Err(format!("the server answered {status} {answer}").into());
        }
        Ok((answer["result"]["structuredContent"].take(), body.len()))
    }
}

/// Asks over `connections` connections at once for as long as `lasting`; answers the calls per second. The first reply
/// of each connection is read, and all others must be as long as that.
pub(crate) async fn load(address: SocketAddr, request: &Bytes, connections: usize, lasting: Duration) -> Outcome<f64> {
    let mut open = Vec::new();
    for _ in 0..connections {
        let mut connection = Connection::open(address).await?;
        let (_, length) = connection.call(request).await?;
        open.push((connection, length));
    }
    let began = Instant::now();
    let mut asking = JoinSet::new();
    for (mut connection, expected) in open {
        let request = request.clone();
        asking.spawn(async move {
            let mut calls = 0_u32;
            while began.elapsed() < lasting {
                let (status, body) = connection.ask(&request).await?;
                if status != 200 || body.len() != expected {
                    return Err(format!("a reply changed to {status}: {}", String::from_utf8_lossy(body)).into());
                }
                calls += 1;
            }
            Outcome::Ok(calls)
        });
    }
    let mut calls = 0;
    while let Some(asked) = asking.join_next().await {
        calls += asked??;
    }
    Ok(f64::from(calls) / began.elapsed().as_secs_f64())
}
