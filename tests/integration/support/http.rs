//! HTTP requests as raw bytes, signed with the project's own client or tampered with.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use aws_credential_types::Credentials;
use iam_mcp_gateway::client::sign::{self, Scope};
use jiff::Timestamp;
use serde_json::Value;

use super::clients::Keys;
use super::waiting::now;

/// Bounds each wait for the peer, so that a server that never answers fails its test and does not hang it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request before it is sent. What is set before signing is signed; the `sent_` and `unsigned_` parts come after.
#[derive(Clone)]
pub(crate) struct Request {
    address: SocketAddr,
    sent_to: SocketAddr,
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    keys: Option<Keys>,
    signed_at: Timestamp,
    scope: Scope,
    sent_body: Option<Vec<u8>>,
    sent_target: Option<String>,
    omitted: Vec<String>,
    added: Vec<(String, String)>,
}

impl Request {
    /// A POST of MCP's form to `/mcp` at `address`.
    pub(crate) fn post(address: SocketAddr) -> Self {
        let headers = [
            ("host", address.to_string()),
            ("content-type", "application/json".to_owned()),
            ("accept", "application/json, text/event-stream".to_owned()),
        ];
        Self {
            address,
            sent_to: address,
            method: "POST",
            target: "/mcp".to_owned(),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body: Vec::new(),
            keys: None,
            signed_at: now(),
            scope: Scope { service: "iam-mcp".to_owned(), region: "us-east-1".to_owned() },
            sent_body: None,
            sent_target: None,
            omitted: Vec::new(),
            added: Vec::new(),
        }
    }

    /// Signed with these keys.
    pub(crate) fn signed_with(mut self, keys: &Keys) -> Self {
        self.keys = Some(keys.clone());
        self
    }

    /// Signed at this time.
    pub(crate) fn signed_at(mut self, time: Timestamp) -> Self {
        self.signed_at = time;
        self
    }

    /// Signed for another service or region.
    pub(crate) fn scope(mut self, service: &str, region: &str) -> Self {
        self.scope = Scope { service: service.to_owned(), region: region.to_owned() };
        self
    }

    pub(crate) fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    pub(crate) fn target(mut self, target: &str) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    /// With this header, in place of any of that name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(given, _)| given != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without this header, before signing.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(given, _)| given != name);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The very same request, sent to another server than the one it was signed for.
    pub(crate) fn to(&self, address: SocketAddr) -> Self {
        Self { sent_to: address, ..self.clone() }
    }

    /// This body is sent in place of the one that is signed.
    pub(crate) fn sent_body(mut self, body: &str) -> Self {
        self.sent_body = Some(body.into());
        self
    }

    /// This target is sent in place of the one that is signed.
    pub(crate) fn sent_target(mut self, target: &str) -> Self {
        self.sent_target = Some(target.to_owned());
        self
    }

    /// This header is signed and not sent, or was added by signing and is not sent.
    pub(crate) fn omitted(mut self, name: &str) -> Self {
        self.omitted.push(name.to_owned());
        self
    }

    /// This header line is sent as well, unsigned.
    pub(crate) fn unsigned_header(mut self, name: &str, value: &str) -> Self {
        self.added.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The request as it goes on the wire, with a connection that ends after it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.on_the_wire("connection: close\r\n")
    }

    /// The same on a connection that is kept.
    pub(crate) fn kept_bytes(&self) -> Vec<u8> {
        self.on_the_wire("")
    }

    fn on_the_wire(&self, last_line: &str) -> Vec<u8> {
        let mut headers = self.headers.clone();
        if let Some(keys) = &self.keys {
            let url = format!("http://{}{}", self.address, self.target).parse().expect("tests use URLs");
            let given: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let credentials = Credentials::new(
                &keys.access_key_id,
                &keys.secret_access_key,
                keys.session_token.clone(),
                None,
                "test",
            );
            let signed =
                sign::headers(self.method, &url, &given, &self.body, &credentials, &self.scope, self.signed_at)
                    .expect("the tests' requests can be signed");
            headers.extend(signed.into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
        headers.retain(|(name, _)| !self.omitted.contains(name));
        headers.extend(self.added.iter().cloned());
        let body = self.sent_body.as_ref().unwrap_or(&self.body);
        let target = self.sent_target.as_ref().unwrap_or(&self.target);
        let mut bytes = format!("{} {target} HTTP/1.1\r\n", self.method).into_bytes();
        for (name, value) in &headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(format!("content-length: {}\r\n{last_line}\r\n", body.len()).as_bytes());
        bytes.extend_from_slice(body);
        bytes
    }

    /// Sends it and waits for the answer.
    pub(crate) fn send(&self) -> Answer {
        exchange(self.sent_to, &self.bytes())
    }

    /// Sends it to a server that may be killed meanwhile; the answer, if all of it arrived.
    pub(crate) fn send_to_mortal(&self) -> Option<Answer> {
        let mut stream = try_connect(self.sent_to).ok()?;
        stream.write_all(&self.bytes()).ok()?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).map_err(|error| assert_ne!(error.kind(), ErrorKind::WouldBlock)).ok()?;
        Answer::is_whole(&bytes).then(|| Answer::parse(&bytes))
    }
}

/// Opens a connection whose waits are bounded.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    try_connect(address).expect("the gateway accepts connections")
}

fn try_connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE)).expect("a read timeout can be set");
    stream.set_write_timeout(Some(PATIENCE)).expect("a write timeout can be set");
    Ok(stream)
}

/// Sends the bytes and reads the answer to its end.
pub(crate) fn exchange(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = connect(address);
    // A server that refuses by the head may close before it has all of the body; its answer is what counts.
    let _refused_early = stream.write_all(bytes);
    Answer::read(&mut stream)
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Reads one answer from a connection that its sender closes after it.
    pub(crate) fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        if let Err(error) = stream.read_to_end(&mut bytes) {
            // A connection that was closed with unread bytes of ours in it is reset after the answer.
            assert_eq!(error.kind(), ErrorKind::ConnectionReset, "the answer broke off after {} bytes", bytes.len());
        }
        Self::parse(&bytes)
    }

    /// Whether nothing is missing of an answer whose length its head tells.
    pub(super) fn is_whole(bytes: &[u8]) -> bool {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let length: usize = length.expect("the gateway tells the length of what is no stream of events");
        bytes.len() == end + 4 + length
    }

    pub(super) fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("the answer has a whole head");
        let head = std::str::from_utf8(&bytes[..end]).expect("the gateway's heads are text");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = if chunked { joined(&bytes[end + 4..]) } else { bytes[end + 4..].to_vec() };
        Self { status: status.expect("the answer begins with a status"), headers, body }
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The values of all lines of a header, in order.
    pub(crate) fn lines(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(given, _)| given == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| unreachable!("this is not JSON: {}", self.text()))
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The stable code of a refusal: of the gateway's HTTP layers, or of a tool.
    pub(crate) fn code(&self) -> String {
        let body = self.json();
        let places = ["/error/data/code", "/result/structuredContent/error/code"];
        let code = places.iter().find_map(|place| body.pointer(place)?.as_str());
        code.unwrap_or_else(|| unreachable!("this is no refusal: {body}")).to_owned()
    }

    /// The messages of an event stream.
    pub(crate) fn events(&self) -> Vec<Value> {
        let text = self.text();
        let data = text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| !data.is_empty());
        data.map(|data| serde_json::from_str(data).expect("each event is a JSON-RPC message")).collect()
    }
}

/// The content of a chunked body (RFC 9112 section 7.1).
fn joined(mut bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = bytes.windows(2).position(|two| two == b"\r\n") {
        let length = std::str::from_utf8(&bytes[..end]).ok().and_then(|hex| usize::from_str_radix(hex, 16).ok());
        let length = length.expect("a chunk begins with its length");
        if length == 0 {
            break;
        }
        whole.extend_from_slice(&bytes[end + 2..end + 2 + length]);
        bytes = &bytes[end + 2 + length + 2..];
    }
    whole
}
