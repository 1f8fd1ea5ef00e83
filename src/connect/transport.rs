//! Getting one message to the gateway: what is sent, what comes back, and how it can fail.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use crate::client::keys::NoKeys;

/// One message with the headers that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The JSON text.
    pub body: String,
    /// MCP's headers.
    pub headers: Vec<(&'static str, String)>,
}

/// The beginning of an answer, and the stream that the rest comes from.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type, without parameters, in small letters.
    pub media_type: String,
    /// The access key id that the request was signed with.
    pub signed_by: String,
    /// How long the gateway asks to wait.
    pub retry_after: Option<Duration>,
    /// The body as it arrives. Dropping it hangs up, which cancels the call.
    pub body: BoxStream<'static, Result<Bytes, Lost>>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Answer").field("status", &self.status).field("type", &self.media_type).finish()
    }
}

/// Why there is no answer, or no whole one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// No connection could be made: nothing was sent.
    Unreachable(String),
    /// The connection ended after the message was, or may have been, sent.
    BrokenOff(String),
    /// Nothing came for too long.
    TimedOut(Duration),
    /// There is nothing to sign with.
    NoKeys(NoKeys),
    /// The message cannot be signed or sent.
    Unsendable(String),
}

/// Sends messages to the gateway.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Signs and sends a message. Dropping the future hangs up.
    fn post(&self, message: Outgoing) -> BoxFuture<'_, Result<Answer, Lost>>;

    /// Signs no more with the key of this id, since the gateway holds it for expired.
    fn renew(&self, access_key_id: &str);
}
