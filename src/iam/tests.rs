//! The metered client against a connection that counts: what was not declared is not sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_types::region::Region;

use super::endpoint::Endpoint;
use super::{
    Account, Action, AwsFailure, ClientFactory, ClientSettings, DeclaredCall, EntityKind, Meter, Reader, RecentWrites,
    Resource, Sent, Upstreams,
};
use crate::arn::Partition;
use crate::bucket::Rate;
use crate::clock::{SharedClock, SystemClock};
use crate::http::Metrics;
use crate::shared_state::{Capacities, Memory};

const GET_USER: Action = Action::new("iam:GetUser");
const LIST_USERS: Action = Action::new("iam:ListUsers");

/// Answers every request alike, and counts them.
#[derive(Debug, Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl HttpConnector for Counting {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        self.0.fetch_add(1, Ordering::SeqCst);
        let body = "<ListUsersResponse><ListUsersResult><Users/><IsTruncated>false</IsTruncated></ListUsersResult>\
            </ListUsersResponse>";
        HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::from(body))))
    }
}

/// A tool's reader, for these calls; its meter, and the connection behind it.
fn reader(declared: Vec<DeclaredCall>) -> (Reader, Arc<Meter>, Counting) {
    let sent = Counting::default();
    let connector = sent.clone();
    let connections = http_client_fn(move |_, _| SharedHttpConnector::new(connector.clone()));
    let second = Duration::from_secs(1);
    let settings = ClientSettings { connect: second, attempt: second, operation: second, attempts: 1 };
    let clock: SharedClock = Arc::new(SystemClock);
    let shared = Arc::new(Memory::new(|_| Capacities { of_all: 0, of_one: 0 }, Arc::clone(&clock)));
    let upstreams = Upstreams::new(shared, || Rate::per_second(10), clock, &Metrics::new());
    let factory = ClientFactory::new(connections, SharedAsyncSleep::new(TokioSleep::new()), settings, upstreams);
    let endpoint = Endpoint { region: Region::from_static("us-east-1"), url: Some("http://127.0.0.1:9".into()) };
    let credentials = Credentials::new("AKIAEXAMPLE", "not-a-real-secret", None, None, "test");
    let account = Account { partition: Partition::Aws, id: "123456789012".parse().unwrap() };
    let meter = Meter::new(account, declared);
    let reader = Reader::new(&factory, &endpoint, credentials, Arc::clone(&meter), Arc::new(RecentWrites::default()));
    (reader, meter, sent)
}

fn declared() -> Vec<DeclaredCall> {
    let users = Resource::Below(EntityKind::User, "/team/".into());
    vec![
        DeclaredCall::new(GET_USER, Resource::user("bob")).with("UserName", "bob"),
        DeclaredCall::new(LIST_USERS, users).with("PathPrefix", "/team/"),
    ]
}

#[track_caller]
fn assert_not_sent<T: std::fmt::Debug>(result: Result<T, AwsFailure>, meter: &Meter, sent: &Counting) {
    let failure = result.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.sent), ("UndeclaredAwsCall", Sent::No));
    assert!(!failure.retryable);
    assert_eq!((sent.0.load(Ordering::SeqCst), meter.calls()), (0, Vec::new()));
}

#[tokio::test]
async fn an_operation_that_was_not_declared_is_not_sent() {
    let (reader, meter, sent) = reader(declared());
    let bob = Resource::user("bob");
    let writing = reader.iam().create_user().user_name("bob").send();
    assert_not_sent(reader.read(GET_USER, &bob, Box::pin(writing)).await, &meter, &sent);
    let deleting = reader.iam().delete_user().user_name("bob").send();
    assert_not_sent(reader.read(GET_USER, &bob, Box::pin(deleting)).await, &meter, &sent);
}

#[tokio::test]
async fn a_declared_operation_on_something_else_is_not_sent() {
    let (reader, meter, sent) = reader(declared());
    let bob = Resource::user("bob");
    let of_another = reader.iam().get_user().user_name("alice").send();
    assert_not_sent(reader.read(GET_USER, &bob, Box::pin(of_another)).await, &meter, &sent);
    // Without a name IAM tells of whoever asks.
    let of_itself = reader.iam().get_user().send();
    assert_not_sent(reader.read(GET_USER, &bob, Box::pin(of_itself)).await, &meter, &sent);
    let everybody = reader.iam().list_users().send();
    assert_not_sent(reader.read(LIST_USERS, &bob, Box::pin(everybody)).await, &meter, &sent);
    let elsewhere = reader.iam().list_users().path_prefix("/").send();
    assert_not_sent(reader.read(LIST_USERS, &bob, Box::pin(elsewhere)).await, &meter, &sent);
}

#[tokio::test]
async fn what_was_declared_is_sent_and_counted() {
    let (reader, meter, sent) = reader(declared());
    let users = Resource::Below(EntityKind::User, "/team/".into());
    let listed = reader.iam().list_users().path_prefix("/team/").max_items(1).send();
    let listed = reader.read(LIST_USERS, &users, Box::pin(listed)).await.unwrap();
    assert!(listed.users().is_empty());
    assert_eq!(sent.0.load(Ordering::SeqCst), 1);
    let calls = meter.calls();
    assert_eq!((calls.len(), calls[0].action, calls[0].status), (1, "iam:ListUsers", Some(200)));
}
