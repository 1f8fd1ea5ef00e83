//! An AWS in memory for the tests of what reads: it answers as told, and keeps what it was asked.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_types::region::Region;

use super::endpoint::Endpoint;
use super::{Account, ClientFactory, ClientSettings, DeclaredCall, Meter, Reader, RecentWrites, Upstreams};
use crate::arn::Partition;
use crate::bucket::Rate;
use crate::clock::{SharedClock, SystemClock};
use crate::http::Metrics;
use crate::shared_state::{Capacities, Memory};

/// What is answered: the inside of a good answer, or the code of a refusal.
pub(crate) type Answer = Result<String, &'static str>;

/// IAM, which answers each operation with what was told for it, in turn; the last is answered for ever.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scripted {
    answers: Arc<Mutex<HashMap<&'static str, VecDeque<Answer>>>>,
    asked: Arc<Mutex<Vec<HashMap<String, String>>>>,
}

impl Scripted {
    /// The same, which answers this operation so.
    pub(crate) fn answering(self, operation: &'static str, answers: impl IntoIterator<Item = Answer>) -> Self {
        self.answers.lock().unwrap().insert(operation, answers.into_iter().collect());
        self
    }

    /// The operations that were asked for, in their order.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.asked().into_iter().map(|mut form| form.remove("Action").unwrap()).collect()
    }

    /// The forms that were sent, in their order.
    pub(crate) fn asked(&self) -> Vec<HashMap<String, String>> {
        self.asked.lock().unwrap().clone()
    }

    /// A tool's reader for these calls.
    pub(crate) fn reader(&self, declared: Vec<DeclaredCall>) -> Reader {
        let connector = self.clone();
        let connections = http_client_fn(move |_, _| SharedHttpConnector::new(connector.clone()));
        let second = Duration::from_secs(1);
        let settings = ClientSettings { connect: second, attempt: second, operation: second, attempts: 1 };
        let clock: SharedClock = Arc::new(SystemClock);
        let shared = Arc::new(Memory::new(|_| Capacities { of_all: 0, of_one: 0 }, Arc::clone(&clock)));
        let upstreams = Upstreams::new(shared, || Rate::per_second(1000), clock, &Metrics::new());
        let factory = ClientFactory::new(connections, SharedAsyncSleep::new(TokioSleep::new()), settings, upstreams);
        let endpoint = Endpoint { region: Region::from_static("us-east-1"), url: Some("http://127.0.0.1:9".into()) };
        let credentials = Credentials::new("AKIAEXAMPLE", "not-a-real-secret", None, None, "test");
        let account = Account { partition: Partition::Aws, id: "123456789012".parse().unwrap() };
        let meter = Meter::new(account, declared);
        Reader::new(&factory, &endpoint, credentials, meter, Arc::new(RecentWrites::default()))
    }
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let form = form(request.body().bytes().unwrap());
        let operation = form["Action"].clone();
        self.asked.lock().unwrap().push(form);
        let mut answers = self.answers.lock().unwrap();
        let told = answers.get_mut(operation.as_str()).unwrap_or_else(|| panic!("nothing was told of {operation}"));
        let answer = if told.len() > 1 { told.pop_front().unwrap() } else { told[0].clone() };
        let (status, body) = match answer {
            Ok(inside) => (
                200_u16,
                format!("<{operation}Response><{operation}Result>{inside}</{operation}Result></{operation}Response>"),
            ),
            Err(code) => {
                (400, format!("<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"))
            }
        };
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))))
    }
}

fn form(body: &[u8]) -> HashMap<String, String> {
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let fields = str::from_utf8(body).unwrap().split('&').map(|field| field.split_once('=').unwrap());
    fields.map(|(name, value)| (decoded(name), decoded(value))).collect()
}
