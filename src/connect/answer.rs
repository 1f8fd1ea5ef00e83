//! Reading what the gateway answers: one JSON message, or a stream of them that ends with the reply.

use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::mpsc::Sender;

use super::failure::{Failure, NO_ANSWER};
use super::message::Id;
use super::sse::Parser;
use super::transport::{Answer, Lost};
use crate::tools::text;

/// The longest answer, or event of a stream, in bytes: several times what the longest list and report take.
const LONGEST: usize = 16 * 1024 * 1024;

/// The gateway's reply to a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The message in one line, with the request's id.
    pub text: String,
    /// The stable code, where it is an error that has one.
    pub error_code: Option<String>,
}

/// Why no reply was read.
#[derive(Debug, Clone, PartialEq)]
pub enum NoReply {
    /// The connection failed.
    Lost(Lost),
    /// It is no gateway's answer.
    Unreadable(Failure),
}

/// Reads the reply to the request `id`. What the gateway tells before it goes to `told` at once.
///
/// # Errors
/// When there is no reply in it.
pub async fn read(mut answer: Answer, id: &Id, told: &Sender<String>) -> Result<Reply, NoReply> {
    if answer.media_type != "text/event-stream" {
        let body = whole(&mut answer).await?;
        return match read_message(&body, id) {
            Some(Said::Reply(reply)) => Ok(reply),
            _ => Err(NoReply::Unreadable(unreadable(answer.status))),
        };
    }
    let mut parser = Parser::new(LONGEST);
    while let Some(chunk) = answer.body.next().await {
        let events = parser.push(&chunk.map_err(NoReply::Lost)?).map_err(|_| too_long())?;
        for event in events {
            match read_message(&event, id) {
                Some(Said::Reply(reply)) => return Ok(reply),
                // Whoever read has gone, if it fails: the end of the output ends the process.
                Some(Said::Told(line)) => drop(told.send(line).await),
                None => {}
            }
        }
    }
    Err(NoReply::Lost(Lost::BrokenOff("the stream ended before the reply".to_owned())))
}

/// The body, as text.
///
/// # Errors
/// When it breaks off or is too long.
pub async fn whole(answer: &mut Answer) -> Result<String, NoReply> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.body.next().await {
        let chunk = chunk.map_err(NoReply::Lost)?;
        if body.len() + chunk.len() > LONGEST {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

fn too_long() -> NoReply {
    let said = format!("the gateway's answer is longer than {LONGEST} bytes");
    NoReply::Unreadable(Failure::new(NO_ANSWER, "GatewayAnswerUnreadable", said).with_hint("ask for less at once"))
}

/// The failure that an answer is which no gateway gives.
#[must_use]
pub fn unreadable(status: u16) -> Failure {
    let said = format!("the answer (HTTP {status}) is no message of a gateway");
    let (code, hint) = match status {
        401 | 403 => ("GatewayAnswerUnreadable", "something in front of the gateway refused the request"),
        404 | 405 => ("GatewayAnswerUnreadable", "is --url the gateway's /mcp endpoint?"),
        413 => ("GatewayAnswerUnreadable", "the message is too large for what stands in front of the gateway"),
        429 => ("GatewayAnswerUnreadable", "too many requests; try again later"),
        502..=504 => ("GatewayUnreachable", "the gateway behind this address is not available; try again later"),
        _ => ("GatewayAnswerUnreadable", "is --url the gateway's /mcp endpoint, and is it well?"),
    };
    Failure::new(NO_ANSWER, code, said).with_hint(hint)
}

enum Said {
    Reply(Reply),
    Told(String),
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(default)]
    id: Option<Id>,
    #[serde(default)]
    method: Option<String>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<Value>,
}

fn read_message(message: &str, id: &Id) -> Option<Said> {
    let envelope: Envelope<'_> = serde_json::from_str(message).ok()?;
    match envelope {
        // A request of the server's could not be answered: there is no session.
        Envelope { method: Some(_), id, .. } => id.is_none().then(|| Said::Told(one_line(message))),
        // What was refused before it was read has no id.
        Envelope { error: Some(error), id: given, .. } if given.is_none() || given.as_ref() == Some(id) => {
            let error_code = error["data"]["code"].as_str().map(ToOwned::to_owned);
            let text = json!({"jsonrpc": "2.0", "id": id, "error": with_hint(error)}).to_string();
            Some(Said::Reply(Reply { text, error_code }))
        }
        Envelope { result: Some(_), id: given, .. } if given.as_ref() == Some(id) => {
            Some(Said::Reply(Reply { text: one_line(message), error_code: None }))
        }
        _ => None,
    }
}

/// Many clients show an error's message alone, so that says what to do, too.
fn with_hint(mut error: Value) -> Value {
    let (message, hint) = (error["message"].as_str(), error["data"]["hint"].as_str());
    if let (Some(message), Some(hint)) = (message, hint)
        && !message.contains(hint)
    {
        error["message"] = text::visible(&format!("{message} ({hint})")).into();
    }
    error
}

/// Within JSON a line end stands between tokens only.
fn one_line(message: &str) -> String {
    message.replace(['\r', '\n'], " ")
}
