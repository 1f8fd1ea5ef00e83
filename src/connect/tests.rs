//! Forwarding over a transport that answers as told.

mod failures;
mod order;
mod read_only;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::bridge::Bridge;
use super::forward::Forwarder;
use super::input::Input;
use super::message::parse;
use super::transport::{Answer, Lost, Outgoing, Transport};

/// What becomes of a message.
enum Turn {
    Answered(Answer),
    Lost(Lost),
    /// This result, whatever the request's id.
    Result(Value),
    /// Answered when the test says so; dropping the request is told to the test.
    Held(oneshot::Receiver<Answer>, oneshot::Sender<()>),
}

type Headers = Vec<(&'static str, String)>;

#[derive(Default)]
struct Stand {
    turns: Mutex<VecDeque<Turn>>,
    sent: Mutex<Vec<(Value, Headers)>>,
    renewals: Mutex<Vec<String>>,
}

impl std::fmt::Debug for Stand {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Stand")
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stand {
    fn push(&self, turn: Turn) {
        locked(&self.turns).push_back(turn);
    }

    fn sent(&self) -> Vec<Value> {
        locked(&self.sent).iter().map(|(message, _)| message.clone()).collect()
    }

    fn methods(&self) -> Vec<String> {
        self.sent().iter().map(|message| message["method"].as_str().unwrap().to_owned()).collect()
    }
}

impl Transport for Stand {
    fn post(&self, message: Outgoing) -> BoxFuture<'_, Result<Answer, Lost>> {
        locked(&self.sent).push((serde_json::from_str(&message.body).unwrap(), message.headers));
        let turn = locked(&self.turns).pop_front().expect("the test says what becomes of each message");
        let id = self.sent().last().map(|message| message["id"].clone()).unwrap_or_default();
        let signed_by = format!("KEY{}", self.sent().len());
        Box::pin(async move {
            match turn {
                Turn::Answered(answer) => Ok(Answer { signed_by, ..answer }),
                Turn::Lost(lost) => Err(lost),
                Turn::Result(value) => {
                    let body = Bytes::from(result(id, value).to_string());
                    Ok(answer(200, "application/json", vec![Ok(body)]))
                }
                Turn::Held(answer, _gone_with_the_request) => Ok(answer.await.unwrap()),
            }
        })
    }

    fn renew(&self, access_key_id: &str) {
        locked(&self.renewals).push(access_key_id.to_owned());
    }
}

fn answer(status: u16, media_type: &str, chunks: Vec<Result<Bytes, Lost>>) -> Answer {
    Answer {
        status,
        media_type: media_type.to_owned(),
        signed_by: "KEY".to_owned(),
        retry_after: None,
        body: stream::iter(chunks).boxed(),
    }
}

fn said(status: u16, message: &Value) -> Turn {
    Turn::Answered(answer(status, "application/json", vec![Ok(Bytes::from(message.to_string()))]))
}

fn result(id: impl Into<Value>, result: Value) -> Value {
    let mut message = json!({"jsonrpc": "2.0", "id": id.into()});
    message["result"] = result;
    message
}

fn refused(status: u16, code: &str) -> Turn {
    let error = json!({"code": -32001, "message": "no", "data": {"code": code, "hint": "do this"}});
    said(status, &json!({"jsonrpc": "2.0", "id": null, "error": error}))
}

fn held(stand: &Stand) -> (oneshot::Sender<Answer>, oneshot::Receiver<()>) {
    let (answer, waits) = oneshot::channel();
    let (gone, watch) = oneshot::channel();
    stand.push(Turn::Held(waits, gone));
    (answer, watch)
}

/// A client at a bridge.
struct Client {
    stand: Arc<Stand>,
    to: Option<Sender<Input>>,
    from: Receiver<String>,
    bridge: JoinHandle<()>,
}

impl Client {
    fn new(read_only: bool) -> Self {
        let stand = Arc::new(Stand::default());
        let (to, input) = channel(1000);
        let (output, from) = channel(1000);
        let forwarder = Arc::new(Forwarder::new(Arc::clone(&stand) as Arc<dyn Transport>, output, read_only));
        let bridge = tokio::spawn(Bridge::new(forwarder, |_said| {}).run(input));
        Self { stand, to: Some(to), from, bridge }
    }

    async fn say(&self, message: Value) {
        let message = parse(&message.to_string()).unwrap().unwrap();
        self.to.as_ref().unwrap().send(Input::Message(message)).await.unwrap();
    }

    async fn ask(&self, id: impl Into<Value>, method: &str, params: Value) {
        self.say(json!({"jsonrpc": "2.0", "id": id.into(), "method": method, "params": params})).await;
    }

    async fn hear(&mut self) -> Value {
        let line = self.from.recv().await.expect("there is a reply");
        assert!(!line.contains(['\n', '\r']), "{line:?}");
        serde_json::from_str(&line).unwrap()
    }

    /// Until everything that can go on has gone on.
    async fn settle(&self) {
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }

    /// Closes the input; what is still said.
    async fn finish(mut self) -> Vec<Value> {
        self.to = None;
        self.bridge.await.unwrap();
        let mut heard = Vec::new();
        while let Some(line) = self.from.recv().await {
            heard.push(serde_json::from_str(&line).unwrap());
        }
        heard
    }
}

fn code(reply: &Value) -> &str {
    reply["error"]["data"]["code"].as_str().unwrap_or_else(|| panic!("no error: {reply}"))
}

fn tool(name: &str, reads: bool) -> Value {
    json!({"name": name, "annotations": {"readOnlyHint": reads}})
}
