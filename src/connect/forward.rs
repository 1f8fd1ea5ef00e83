//! One message's way to the gateway and its answer's way back, with what is tried once more and what is not.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::Sender;

use super::answer::{self, NoReply, Reply};
use super::era::{Era, VERSION_META};
use super::failure::{Failure, NO_ANSWER};
use super::message::{Id, Message};
use super::tools::{self, Tools};
use super::transport::{Answer, Lost, Outgoing, Transport};
use crate::random::{SystemRandom, uuid};

/// The gateway refused the key before anything ran, and may take another.
/// What was issued before a date can be revoked alone: whoever proves themselves anew is let in again.
const RENEWED_FOR: [&str; 4] = ["credentials_expired", "credentials_foreign", "expired_key", "revoked"];
/// The gateway refused the date of the signature before anything ran, and may take a newer one: a machine that slept signs
/// with an old one. Its keys are as good as before.
const OUT_OF_TIME: &str = "clock_skew";
/// The longest delay that the gateway may ask for and is waited for.
const LONGEST_DELAY: Duration = Duration::from_secs(5);
/// More pages of tools than this are not asked for.
const MOST_PAGES: usize = 50;

/// Forwards messages.
///
/// A message is sent again at most once for each of these reasons: its keys or its date had expired (nothing ran); the connection
/// broke off before the answer, and the message only reads; the gateway asked to wait, and the message calls no tool. A
/// tool that writes, or is not known to only read, is never sent twice after it may have arrived.
#[derive(Debug)]
pub struct Forwarder {
    transport: Arc<dyn Transport>,
    output: Sender<String>,
    read_only: bool,
    tools: Tools,
    era: Mutex<Era>,
}

/// What was tried already.
#[derive(Default)]
struct Tried {
    renewed: bool,
    resent: bool,
    waited: bool,
}

impl Forwarder {
    /// One that writes replies to `output`, and with `read_only` lets only tools through that read.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>, output: Sender<String>, read_only: bool) -> Self {
        Self { transport, output, read_only, tools: Tools::default(), era: Mutex::default() }
    }

    /// Forwards a request and writes its reply, whatever happens; a failure is answered for diagnosis, too.
    pub async fn request(&self, request: &Message, id: &Id) -> Option<Failure> {
        let outcome = match self.may_pass(request).await {
            Ok(true) => self.exchange(request, id).await.and_then(|reply| self.seen(request, reply)),
            Ok(false) => Ok(tools::refusal(request, id)),
            Err(failure) => Err(failure),
        };
        let (line, failure) = match outcome {
            Ok(line) => (line, None),
            Err(failure) => (failure.reply(Some(id)), Some(failure)),
        };
        self.write(line).await;
        failure
    }

    /// Forwards a notification.
    ///
    /// # Errors
    /// When the gateway did not take it.
    pub async fn notify(&self, notification: &Message) -> Result<(), Failure> {
        let mut tried = Tried::default();
        loop {
            let mut answer = self.send(notification, &mut tried).await?;
            if (200..300).contains(&answer.status) {
                return Ok(());
            }
            let (status, signed_by) = (answer.status, answer.signed_by.clone());
            let body = answer::whole(&mut answer).await.unwrap_or_default();
            let body: Value = serde_json::from_str(&body).unwrap_or_default();
            if self.renews(status, body["error"]["data"]["code"].as_str(), &signed_by, &mut tried) {
                continue;
            }
            return Err(match body["error"]["message"].as_str() {
                Some(said) => Failure::new(NO_ANSWER, "NotificationRefused", said),
                None => answer::unreadable(status),
            });
        }
    }

    /// Writes a line for the client.
    pub async fn write(&self, line: String) {
        // Whoever read has gone, if it fails: the end of the output ends the process.
        drop(self.output.send(line).await);
    }

    /// Sends a request until it is answered or has failed.
    async fn exchange(&self, request: &Message, id: &Id) -> Result<Reply, Failure> {
        let mut tried = Tried::default();
        loop {
            let answer = self.send(request, &mut tried).await?;
            let (status, signed_by) = (answer.status, answer.signed_by.clone());
            match answer::read(answer, id, &self.output).await {
                Ok(reply) if self.renews(status, reply.error_code.as_deref(), &signed_by, &mut tried) => {}
                Ok(reply) => return Ok(reply),
                Err(NoReply::Lost(lost)) => return Err(self.failure(lost, request)),
                Err(NoReply::Unreadable(failure)) => return Err(failure),
            }
        }
    }

    /// Sends a message until an answer begins.
    async fn send(&self, message: &Message, tried: &mut Tried) -> Result<Answer, Failure> {
        loop {
            let headers = self.era().headers(message)?;
            match self.transport.post(Outgoing { body: message.text.clone(), headers }).await {
                Ok(Answer { status: 429 | 503, retry_after: Some(delay), .. })
                    if message.method != "tools/call" && delay <= LONGEST_DELAY && !tried.waited =>
                {
                    tried.waited = true;
                    tokio::time::sleep(delay).await;
                }
                Ok(answer) => return Ok(answer),
                // The gateway may have closed an idle connection at that moment.
                Err(Lost::BrokenOff(_)) if self.only_reads(message) && !tried.resent => tried.resent = true,
                Err(lost) => return Err(self.failure(lost, message)),
            }
        }
    }

    /// Whether the message is to be sent once more, signed anew: with another key than `signed_by`, if that was refused.
    fn renews(&self, status: u16, code: Option<&str>, signed_by: &str, tried: &mut Tried) -> bool {
        let Some(code) = code.filter(|_| status == 401 && !tried.renewed) else { return false };
        let is_refused = RENEWED_FOR.contains(&code);
        if is_refused {
            self.transport.renew(signed_by);
        }
        tried.renewed = is_refused || code == OUT_OF_TIME;
        tried.renewed
    }

    /// What the reply teaches, and the reply as the client gets it.
    fn seen(&self, request: &Message, reply: Reply) -> Result<String, Failure> {
        if !matches!(request.method.as_str(), "initialize" | "tools/list") {
            return Ok(reply.text);
        }
        let unreadable =
            |error| Failure::new(NO_ANSWER, "GatewayAnswerUnreadable", format!("the answer is odd: {error}"));
        let mut message = serde_json::from_str::<Value>(&reply.text).map_err(unreadable)?;
        if let Some(version) = message["result"]["protocolVersion"].as_str() {
            self.era().agreed(version);
        }
        self.tools.learn(&mut message, self.read_only);
        Ok(if self.read_only { message.to_string() } else { reply.text })
    }

    /// Whether `--read-only` lets a request pass; of a tool that was not listed yet, the list is asked for.
    async fn may_pass(&self, request: &Message) -> Result<bool, Failure> {
        if !self.read_only || request.method != "tools/call" {
            return Ok(true);
        }
        let Some(name) = request.params.get("name").and_then(Value::as_str) else { return Ok(false) };
        if self.tools.only_reads(name).is_none() {
            self.list(request).await?;
        }
        Ok(self.tools.only_reads(name) == Some(true))
    }

    /// Asks for the tools, page after page, as the request at hand would be asked.
    async fn list(&self, request: &Message) -> Result<(), Failure> {
        let mut params = json!({});
        if request.meta(VERSION_META).is_some() {
            params["_meta"] = request.params["_meta"].clone();
            // Progress of this is not the client's.
            params["_meta"].as_object_mut().map(|meta| meta.remove("progressToken"));
        }
        for _ in 0..MOST_PAGES {
            let id = Id::Text(uuid(&SystemRandom));
            let text = json!({"jsonrpc": "2.0", "id": id, "method": "tools/list", "params": params}).to_string();
            let own = Message {
                id: Some(id.clone()),
                method: "tools/list".to_owned(),
                params: params.as_object().cloned().unwrap_or_default(),
                text,
            };
            let reply = self.exchange(&own, &id).await?;
            let mut page = serde_json::from_str(&reply.text).unwrap_or_default();
            let Some(cursor) = self.tools.learn(&mut page, false) else { break };
            params["cursor"] = cursor.into();
        }
        Ok(())
    }

    /// Whether a message changes nothing, so that it may be sent again.
    fn only_reads(&self, message: &Message) -> bool {
        let name = || message.params.get("name").and_then(Value::as_str);
        message.method != "tools/call" || name().and_then(|name| self.tools.only_reads(name)) == Some(true)
    }

    fn failure(&self, lost: Lost, message: &Message) -> Failure {
        let failure = |code, said| Failure::new(NO_ANSWER, code, said);
        let unknown = match self.only_reads(message) {
            true => "try again",
            false => "the call may have been carried out: look before you repeat it",
        };
        match lost {
            Lost::Unreachable(reason) => {
                failure("GatewayUnreachable", format!("the gateway cannot be reached: {reason}"))
                    .with_hint("nothing was done; is the gateway running, and at this address? Try again later")
            }
            Lost::BrokenOff(reason) => {
                failure("GatewayBrokeOff", format!("the connection to the gateway broke off: {reason}"))
                    .with_hint(unknown)
            }
            Lost::TimedOut(patience) => {
                failure("GatewayTimeout", format!("the gateway said nothing for {} seconds", patience.as_secs()))
                    .with_hint(unknown)
            }
            Lost::NoKeys(none) => failure("NoCredentials", none.message)
                .with_hint(none.hint.unwrap_or_else(|| "nothing was sent".to_owned())),
            Lost::Unsendable(reason) => failure("MessageUnsendable", reason),
        }
    }

    fn era(&self) -> std::sync::MutexGuard<'_, Era> {
        self.era.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
