//! The headers of a proof.

use super::audience::AUDIENCE_HEADER;
use super::reasons::{self, Reason};

pub(super) const HOST: &str = "host";
pub(super) const CONTENT_TYPE: &str = "content-type";
pub(super) const CONTENT_LENGTH: &str = "content-length";
pub(super) const ACCEPT: &str = "accept";
pub(super) const ACCEPT_ENCODING: &str = "accept-encoding";
pub(super) const AUTHORIZATION: &str = "authorization";
pub(super) const DATE: &str = "x-amz-date";
pub(super) const TOKEN: &str = "x-amz-security-token";
pub(super) const CONTENT_HASH: &str = "x-amz-content-sha256";

/// All that a proof may have: what SDKs send to STS, and whom it is for.
const KNOWN: [&str; 14] = [
    HOST,
    CONTENT_TYPE,
    CONTENT_LENGTH,
    ACCEPT,
    ACCEPT_ENCODING,
    AUTHORIZATION,
    DATE,
    TOKEN,
    CONTENT_HASH,
    AUDIENCE_HEADER,
    "user-agent",
    "x-amz-user-agent",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
];

/// The longest session token. STS names no bound; the exchange does.
const LONGEST_TOKEN: usize = 4096;
/// The longest value of any other header.
const LONGEST: usize = 1024;

/// Checked headers: known names, each once, each with a value that can be sent.
#[derive(Debug)]
pub(super) struct Headers<'a>(Vec<(&'static str, &'a str)>);

impl<'a> Headers<'a> {
    pub(super) fn read(given: &'a [(String, String)]) -> Result<Self, Reason> {
        let mut headers = Self(Vec::with_capacity(KNOWN.len()));
        for (name, value) in given {
            let known = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name));
            let name = known.ok_or(reasons::HEADER_UNKNOWN)?;
            if headers.get(name).is_some() {
                return Err(reasons::HEADER_REPEATED);
            }
            if name == TOKEN && value.len() > LONGEST_TOKEN {
                return Err(reasons::TOKEN_TOO_LONG);
            }
            if name != TOKEN && value.len() > LONGEST {
                return Err(reasons::HEADER_TOO_LONG);
            }
            // Line breaks would be further headers, and what is trimmed on the way is not what was checked.
            let is_printable = value.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
            if value.is_empty() || value.trim() != value || !is_printable {
                return Err(reasons::HEADER_VALUE);
            }
            headers.0.push((name, value));
        }
        Ok(headers)
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(own, _)| *own == name).map(|(_, value)| *value)
    }

    /// The header of that name, with its name as the gateway writes it.
    pub(super) fn entry(&self, name: &str) -> Option<(&'static str, &'a str)> {
        self.0.iter().find(|(own, _)| *own == name).copied()
    }
}
