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
use serde_json::{Value, json};

use super::endpoint::Endpoint;
use super::upstream::testing::Following;
use super::{Account, ClientFactory, ClientSettings, DeclaredCall, Meter, Reader, RecentWrites, Upstreams};
use crate::arn::Partition;
use crate::bucket::Rate;
use crate::http::Metrics;
use crate::shared_state::{Capacities, Memory};

/// What is answered: the inside of a good answer, or the code of a refusal.
pub(crate) type Answer = Result<String, &'static str>;

/// IAM and CloudTrail, which answer each operation with what was told for it, in turn; the last is answered for ever.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scripted {
    answers: Arc<Mutex<HashMap<&'static str, VecDeque<Answer>>>>,
    asked: Arc<Mutex<Vec<HashMap<String, String>>>>,
    asked_json: Arc<Mutex<Vec<Value>>>,
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

    /// The objects that were sent to CloudTrail, in their order.
    pub(crate) fn asked_json(&self) -> Vec<Value> {
        self.asked_json.lock().unwrap().clone()
    }

    /// A tool's reader for these calls.
    pub(crate) fn reader(&self, declared: Vec<DeclaredCall>) -> Reader {
        let (factory, meter) = (self.factory(), Self::meter(declared));
        self.reader_of(&factory, &meter).with_cloudtrail(&factory, &endpoint(), credentials(), meter)
    }

    /// The same where there is no CloudTrail.
    pub(crate) fn reader_of_iam(&self, declared: Vec<DeclaredCall>) -> Reader {
        self.reader_of(&self.factory(), &Self::meter(declared))
    }

    fn reader_of(&self, factory: &ClientFactory, meter: &Arc<Meter>) -> Reader {
        Reader::new(factory, &endpoint(), credentials(), Arc::clone(meter), Arc::new(RecentWrites::default()))
    }

    fn meter(declared: Vec<DeclaredCall>) -> Arc<Meter> {
        Meter::new(Account { partition: Partition::Aws, id: "123456789012".parse().unwrap() }, declared)
    }

    fn factory(&self) -> ClientFactory {
        let connector = self.clone();
        let connections = http_client_fn(move |_, _| SharedHttpConnector::new(connector.clone()));
        let second = Duration::from_secs(1);
        let settings = ClientSettings { connect: second, attempt: second, operation: second * 4, attempts: 1 };
        let clock = Following::clock();
        let shared = Arc::new(Memory::new(|_| Capacities { of_all: 0, of_one: 0 }, Arc::clone(&clock)));
        let upstreams = Upstreams::new(shared, || Rate::per_second(1000), clock, &Metrics::new());
        ClientFactory::new(connections, SharedAsyncSleep::new(TokioSleep::new()), settings, upstreams)
    }

    fn answer(&self, operation: &str) -> Answer {
        let mut answers = self.answers.lock().unwrap();
        let told = answers.get_mut(operation).unwrap_or_else(|| panic!("nothing was told of {operation}"));
        if told.len() > 1 { told.pop_front().unwrap() } else { told[0].clone() }
    }

    /// As services answer whose requests and answers are JSON.
    fn json(&self, operation: &str, body: &[u8]) -> (u16, String) {
        self.asked_json.lock().unwrap().push(serde_json::from_slice(body).unwrap());
        match self.answer(operation) {
            Ok(answer) => (200, answer),
            Err(code) => (400, json!({"__type": code, "Message": "no"}).to_string()),
        }
    }

    /// As IAM answers.
    fn xml(&self, body: &[u8]) -> (u16, String) {
        let form = form(body);
        let operation = form["Action"].clone();
        self.asked.lock().unwrap().push(form);
        match self.answer(&operation) {
            Ok(inside) => {
                let result = format!("<{operation}Result>{inside}</{operation}Result>");
                (200, format!("<{operation}Response>{result}</{operation}Response>"))
            }
            Err(code) => {
                let error = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
                (400, format!("<ErrorResponse>{error}</ErrorResponse>"))
            }
        }
    }
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap();
        let (status, body) = match request.headers().get("x-amz-target") {
            Some(target) => self.json(target.rsplit('.').next().unwrap(), body),
            None => self.xml(body),
        };
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))))
    }
}

fn form(body: &[u8]) -> HashMap<String, String> {
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let fields = str::from_utf8(body).unwrap().split('&').map(|field| field.split_once('=').unwrap());
    fields.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn endpoint() -> Endpoint {
    Endpoint { region: Region::from_static("us-east-1"), url: Some("http://127.0.0.1:9".into()) }
}

fn credentials() -> Credentials {
    Credentials::new("AKIAEXAMPLE", "not-a-real-secret", None, None, "test")
}
