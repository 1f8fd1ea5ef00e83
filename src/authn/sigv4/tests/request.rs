//! Requests, and a signer that shares no code with the verifier.

use std::fmt::Write;

use data_encoding::HEXLOWER;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Uri};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::authn::testing::{KEY_ID, REGION, SECRET, SERVICE, noon};

/// A request as it goes over the wire; nothing keeps it valid.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
    /// Headers that the signer leaves out.
    pub(super) unsigned: Vec<String>,
}

impl Request {
    pub(super) fn new(method: &str, target: &str, body: &[u8]) -> Self {
        let (method, target) = (method.into(), target.into());
        Self { method, target, headers: Vec::new(), body: body.into(), unsigned: Vec::new() }
    }

    pub(super) fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().into()));
        self
    }

    pub(super) fn unsigned(mut self, name: &str, value: &str) -> Self {
        self.unsigned.push(name.into());
        self.with(name, value)
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(header, _)| header != name);
        self
    }

    /// With another target than the one that was signed.
    pub(super) fn retarget(mut self, target: &str) -> Self {
        self.target = target.into();
        self
    }

    /// With the header's value changed after signing.
    pub(super) fn altered(mut self, name: &str, change: impl Fn(&str) -> String) -> Self {
        let value = change(&self.value(name));
        let header = self.headers.iter_mut().find(|(header, _)| header == name).expect("the header is there");
        header.1 = value.into_bytes();
        self
    }

    pub(super) fn value(&self, name: &str) -> String {
        let (_, value) = self.headers.iter().find(|(header, _)| header == name).expect("the header is there");
        String::from_utf8(value.clone()).expect("text")
    }

    /// What the HTTP server would make of it; nothing when HTTP does not allow it.
    pub(super) fn parts(&self) -> Option<Parts> {
        let mut head = http::Request::new(()).into_parts().0;
        head.method = Method::from_bytes(self.method.as_bytes()).ok()?;
        head.uri = self.target.parse::<Uri>().ok()?;
        for (name, value) in &self.headers {
            head.headers.append(HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value).ok()?);
        }
        Some(head)
    }

    /// The canonical request, for paths that are canonical as they stand.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
    pub(super) fn canonical(&self, signed: &[String], payload: &str) -> Vec<u8> {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let mut pairs: Vec<(String, String)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (recoded(name), recoded(value)))
            .collect();
        pairs.sort();
        let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut out = format!("{}\n{path}\n{}\n", self.method, pairs.join("&")).into_bytes();
        for name in signed {
            let same = |header: &&(String, Vec<u8>)| header.0.eq_ignore_ascii_case(name);
            let values: Vec<Vec<u8>> = self.headers.iter().filter(same).map(|(_, value)| trimmed(value)).collect();
            out.extend_from_slice(name.as_bytes());
            out.push(b':');
            out.extend(values.join(&b','));
            out.push(b'\n');
        }
        out.extend(format!("\n{}\n{payload}", signed.join(";")).bytes());
        out
    }
}

/// Percent-decoded, and encoded again as SigV4 does it.
fn recoded(text: &str) -> String {
    let mut out = String::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let byte = match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                at += 2;
                byte
            }
            (byte, _) => byte,
        };
        at += 1;
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").unwrap();
        }
    }
    out
}

fn trimmed(value: &[u8]) -> Vec<u8> {
    value.split(|b| *b == b' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(&b' ')
}

pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// HMAC-SHA256 as RFC 2104 defines it, for keys of up to 64 bytes.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0u8; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize().to_vec()
}

/// Signs as told, be it sensible or not.
#[derive(Debug, Clone)]
pub(super) struct Signer {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) at: Timestamp,
    pub(super) region: String,
    pub(super) service: String,
    /// Signed in place of the body's hash.
    pub(super) payload: Option<String>,
}

impl Default for Signer {
    fn default() -> Self {
        Self {
            id: KEY_ID.into(),
            secret: SECRET.into(),
            at: noon(),
            region: REGION.into(),
            service: SERVICE.into(),
            payload: None,
        }
    }
}

impl Signer {
    /// Adds `x-amz-date` and `authorization`, with every header signed but the request's `unsigned` ones.
    pub(super) fn sign(&self, request: Request) -> Request {
        let date = self.at.strftime("%Y%m%dT%H%M%SZ").to_string();
        let request = request.with("x-amz-date", &date);
        let mut signed: Vec<String> = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        signed.retain(|name| !request.unsigned.contains(name));
        signed.sort();
        signed.dedup();
        let payload = self.payload.clone().unwrap_or_else(|| sha256_hex(&request.body));
        let canonical = request.canonical(&signed, &payload);
        let scope = format!("{}/{}/{}/aws4_request", &date[..8], self.region, self.service);
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256_hex(&canonical));
        let key =
            scope.split('/').fold(format!("AWS4{}", self.secret).into_bytes(), |key, part| hmac(&key, part.as_bytes()));
        let signature = HEXLOWER.encode(&hmac(&key, to_sign.as_bytes()));
        let (id, names) = (&self.id, signed.join(";"));
        let value = format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}");
        request.with("authorization", value)
    }
}
