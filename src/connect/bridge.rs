//! Messages in, replies out: what runs at a time, in which order, and what cancels it.
//!
//! Messages wait in the order in which they came. At most [`AT_ONCE`] requests run; notifications are sent one at a time.
//! While `initialize` runs, everything behind it waits, since its reply says which revision is spoken. A request that is
//! cancelled is taken out of the queue, or its connection is dropped, which cancels the call at the gateway.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::task::{self, AbortHandle, JoinError, JoinSet};
use tokio::time::Instant;

use super::failure::{Failure, INVALID_REQUEST, NO_ANSWER};
use super::forward::Forwarder;
use super::input::Input;
use super::message::{Id, Message};

/// How many requests run at a time.
pub const AT_ONCE: usize = 32;
/// How many messages wait before no more are read.
const MOST_WAITING: usize = 256;
/// How long requests may run on after the input has ended.
const GRACE: Duration = Duration::from_secs(10);

/// Says what went wrong to whoever watches the process.
pub type Say = fn(&str);

/// The messages of one client.
#[derive(Debug)]
pub struct Bridge {
    forwarder: Arc<Forwarder>,
    say: Say,
    waiting: VecDeque<Message>,
    notifications: VecDeque<Message>,
    tasks: JoinSet<Option<Failure>>,
    running: HashMap<Id, AbortHandle>,
    works: HashMap<task::Id, Work>,
    opening: Option<Id>,
    is_notifying: bool,
}

#[derive(Debug)]
enum Work {
    Request(Id),
    Notification,
}

impl Bridge {
    /// One that forwards through `forwarder`.
    #[must_use]
    pub fn new(forwarder: Arc<Forwarder>, say: Say) -> Self {
        Self {
            forwarder,
            say,
            waiting: VecDeque::new(),
            notifications: VecDeque::new(),
            tasks: JoinSet::new(),
            running: HashMap::new(),
            works: HashMap::new(),
            opening: None,
            is_notifying: false,
        }
    }

    /// Serves until the input has ended and everything is answered, or the time for that is over.
    pub async fn run(mut self, mut input: Receiver<Input>) {
        let mut until = None;
        loop {
            self.start();
            if until.is_some() && self.tasks.is_empty() {
                return;
            }
            let has_room = self.waiting.len() + self.notifications.len() < MOST_WAITING;
            let grace = tokio::time::sleep_until(until.unwrap_or_else(Instant::now));
            tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended).await,
                read = input.recv(), if until.is_none() && has_room => match read {
                    Some(Input::Message(message)) => self.take(message).await,
                    Some(Input::Faulty(id, failure)) => {
                        (self.say)(&failure.told());
                        self.forwarder.write(failure.reply(id.as_ref())).await;
                    }
                    None => until = Some(Instant::now() + GRACE),
                },
                () = grace, if until.is_some() => {
                    let left = self.running.len() + self.waiting.len();
                    (self.say)(&format!("the input has ended, and {left} requests are left without a reply"));
                    return;
                }
            }
        }
    }

    async fn take(&mut self, message: Message) {
        if let Some(id) = message.cancels() {
            // A gateway without sessions cannot connect it with the request: hanging up is what cancels.
            return self.cancel(&id);
        }
        if let Some(id) = &message.id
            && (self.running.contains_key(id) || self.waiting.iter().any(|other| other.id.as_ref() == Some(id)))
        {
            let failure = Failure::new(INVALID_REQUEST, "IdInUse", "a request with this id is not answered yet");
            (self.say)(&failure.told());
            // With its id, it would pass for the first one's reply.
            return self.forwarder.write(failure.reply(None)).await;
        }
        self.waiting.push_back(message);
    }

    fn cancel(&mut self, id: &Id) {
        // MCP: `initialize` is not cancelled.
        if self.opening.as_ref() == Some(id) {
            return;
        }
        self.waiting.retain(|message| message.id.as_ref() != Some(id) || message.method == "initialize");
        if let Some(running) = self.running.remove(id) {
            running.abort();
        }
    }

    /// Starts what may run now.
    fn start(&mut self) {
        while self.opening.is_none() {
            let Some(next) = self.waiting.pop_front() else { break };
            match &next.id {
                None => self.notifications.push_back(next),
                Some(_) if self.running.len() >= AT_ONCE => {
                    self.waiting.push_front(next);
                    break;
                }
                Some(id) => {
                    let id = id.clone();
                    if next.method == "initialize" {
                        self.opening = Some(id.clone());
                    }
                    let (forwarder, own) = (Arc::clone(&self.forwarder), id.clone());
                    let handle = self.tasks.spawn(async move { forwarder.request(&next, &own).await });
                    self.works.insert(handle.id(), Work::Request(id.clone()));
                    self.running.insert(id, handle);
                }
            }
        }
        if self.is_notifying {
            return;
        }
        if let Some(next) = self.notifications.pop_front() {
            let forwarder = Arc::clone(&self.forwarder);
            let handle = self.tasks.spawn(async move { forwarder.notify(&next).await.err() });
            self.works.insert(handle.id(), Work::Notification);
            self.is_notifying = true;
        }
    }

    async fn ended(&mut self, ended: Result<(task::Id, Option<Failure>), JoinError>) {
        let (task, failure) = match ended {
            Ok((task, failure)) => (task, failure),
            Err(error) if error.is_panic() => {
                let failure = Failure::new(NO_ANSWER, "ConnectFailed", "connect made a mistake");
                if let Some(Work::Request(id)) = self.works.get(&error.id()) {
                    self.forwarder.write(failure.reply(Some(id))).await;
                }
                (error.id(), Some(failure))
            }
            Err(error) => (error.id(), None),
        };
        if let Some(failure) = failure {
            (self.say)(&failure.told());
        }
        match self.works.remove(&task) {
            Some(Work::Request(id)) => {
                if self.opening.as_ref() == Some(&id) {
                    self.opening = None;
                }
                // A cancelled request's id may be in use again.
                if self.running.get(&id).is_some_and(|running| running.id() == task) {
                    self.running.remove(&id);
                }
            }
            Some(Work::Notification) => self.is_notifying = false,
            None => {}
        }
    }
}
