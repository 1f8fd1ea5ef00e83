//! For tests: a sandbox that is served, with clients of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sdk_sts::config::{BehaviorVersion, Region, SharedCredentialsProvider};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_types::retry::RetryConfig;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::client::sign::{self, Scope};
use crate::clock::{Clock, ManualClock, SharedClock};
use crate::http::Drain;
use crate::iam::http::connections;
use crate::random::SystemRandom;
use crate::sandbox::Sandbox;
use crate::sandbox::account::{AccessKey, Account, KeyStatus, Role, User};
use crate::secret::Secret;

/// Allows everything in IAM.
pub(in crate::sandbox) const ALL_OF_IAM: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}"#;

/// An account with user `alice`, who administers its IAM, and her key, and nothing else.
pub(in crate::sandbox) fn account() -> Account {
    let mut account = Account::empty(crate::arn::Partition::Aws, "123456789012".parse().unwrap());
    add_user(&mut account, "alice").policies.inline.insert("iam".into(), ALL_OF_IAM.into());
    account
}

/// Adds a user with an active key: `AKIA` and the name in capitals, padded with A.
pub(in crate::sandbox) fn add_user<'a>(account: &'a mut Account, name: &str) -> &'a mut User {
    let mut user = User::new(name, "/", format!("AIDA{:A<17}", name.to_ascii_uppercase()), noon());
    user.access_keys.push(AccessKey {
        id: key_id(name),
        secret: Secret::new(format!("made-up-secret-of-{name}")),
        status: KeyStatus::Active,
        created: noon(),
        last_used: None,
    });
    account.users.insert(user);
    account.users.get_mut(name).unwrap()
}

/// Adds a role.
pub(in crate::sandbox) fn add_role<'a>(account: &'a mut Account, name: &str, trust_policy: &str) -> &'a mut Role {
    let id = format!("AROA{:A<17}", name.replace(|c: char| !c.is_ascii_alphanumeric(), "").to_ascii_uppercase());
    account.roles.insert(Role::new(name, "/", id, noon(), trust_policy));
    account.roles.get_mut(name).unwrap()
}

/// The id of a user's key.
pub(in crate::sandbox) fn key_id(user: &str) -> String {
    format!("AKIA{:A<16}", user.to_ascii_uppercase())
}

/// A user's key.
pub(in crate::sandbox) fn keys(user: &str) -> Credentials {
    Credentials::new(key_id(user), format!("made-up-secret-of-{user}"), None, None, "test")
}

/// When tests begin.
pub(in crate::sandbox) fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// A sandbox at work; it ends with the runtime.
#[derive(Debug)]
pub(in crate::sandbox) struct Served {
    pub(in crate::sandbox) sandbox: Sandbox,
    pub(in crate::sandbox) clock: Arc<ManualClock>,
    pub(in crate::sandbox) address: SocketAddr,
}

impl Served {
    /// Serves an account from noon on.
    pub(in crate::sandbox) async fn start(account: Account) -> Self {
        Self::of(|clock| Sandbox::of(account, clock, Arc::new(SystemRandom))).await
    }

    /// Serves a sandbox that was made with this clock, which shows noon.
    pub(in crate::sandbox) async fn of(make: impl FnOnce(SharedClock) -> Sandbox) -> Self {
        let clock = ManualClock::at(noon());
        let sandbox = make(clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = sandbox.clone();
        tokio::spawn(async move { serving.serve(listener, Drain::new()).await });
        Self { sandbox, clock, address }
    }

    /// STS's client of the SDK.
    pub(in crate::sandbox) fn sts(&self, credentials: impl Into<Provider>) -> aws_sdk_sts::Client {
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .endpoint_url(format!("http://{}", self.address))
            .credentials_provider(credentials.into().0)
            .http_client(connections())
            .retry_config(RetryConfig::disabled())
            .time_source(self.time());
        aws_sdk_sts::Client::from_conf(config.build())
    }

    /// IAM's client of the SDK.
    pub(in crate::sandbox) fn iam(&self, credentials: impl Into<Provider>) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(format!("http://{}", self.address))
            .credentials_provider(credentials.into().0)
            .http_client(connections())
            .retry_config(RetryConfig::disabled())
            .time_source(self.time());
        aws_sdk_iam::Client::from_conf(config.build())
    }

    /// CloudTrail's client of the SDK, in this region.
    pub(in crate::sandbox) fn cloudtrail(
        &self,
        region: &'static str,
        credentials: impl Into<Provider>,
    ) -> aws_sdk_cloudtrail::Client {
        let config = aws_sdk_cloudtrail::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .endpoint_url(format!("http://{}", self.address))
            .credentials_provider(credentials.into().0)
            .http_client(connections())
            .retry_config(RetryConfig::disabled())
            .time_source(self.time());
        aws_sdk_cloudtrail::Client::from_conf(config.build())
    }

    /// A request of CloudTrail as a client would sign it.
    pub(in crate::sandbox) fn json_request(
        &self,
        operation: &str,
        body: &str,
        credentials: &Credentials,
    ) -> RawRequest {
        let target = format!("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.{operation}");
        let mut request = self.unsigned("POST /", "application/x-amz-json-1.1", body).with("x-amz-target", &target);
        request.sign("cloudtrail", "us-east-1", credentials, self.clock.now());
        request
    }

    fn time(&self) -> SharedTimeSource {
        SharedTimeSource::new(ByClock(self.clock.clone()))
    }

    /// A request as a client would sign it, to be spoiled before it is sent.
    pub(in crate::sandbox) fn request(&self, service: &str, body: &str, credentials: &Credentials) -> RawRequest {
        let mut request = RawRequest {
            line: "POST / HTTP/1.1".into(),
            headers: vec![
                ("host".into(), self.address.to_string()),
                ("content-type".into(), "application/x-www-form-urlencoded".into()),
            ],
            body: body.as_bytes().to_vec(),
            address: self.address,
        };
        request.sign(service, "us-east-1", credentials, self.clock.now());
        request
    }
}

impl Served {
    /// A request that nobody signs.
    pub(in crate::sandbox) fn unsigned(&self, line: &str, content_type: &str, body: &str) -> RawRequest {
        RawRequest {
            line: format!("{line} HTTP/1.1"),
            headers: vec![("host".into(), self.address.to_string()), ("content-type".into(), content_type.into())],
            body: body.as_bytes().to_vec(),
            address: self.address,
        }
    }
}

/// Whatever gives credentials.
#[derive(Debug)]
pub(in crate::sandbox) struct Provider(SharedCredentialsProvider);

impl From<Credentials> for Provider {
    fn from(credentials: Credentials) -> Self {
        Self(SharedCredentialsProvider::new(credentials))
    }
}

impl From<SharedCredentialsProvider> for Provider {
    fn from(provider: SharedCredentialsProvider) -> Self {
        Self(provider)
    }
}

#[derive(Debug)]
struct ByClock(Arc<ManualClock>);

impl TimeSource for ByClock {
    fn now(&self) -> SystemTime {
        self.0.now().into()
    }
}

/// A request as bytes, which nothing keeps valid.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct RawRequest {
    pub(in crate::sandbox) line: String,
    pub(in crate::sandbox) headers: Vec<(String, String)>,
    pub(in crate::sandbox) body: Vec<u8>,
    address: SocketAddr,
}

/// What came back.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct RawReply {
    pub(in crate::sandbox) status: u16,
    pub(in crate::sandbox) head: String,
    pub(in crate::sandbox) body: String,
}

impl RawReply {
    /// The text of the first element of this name.
    pub(in crate::sandbox) fn text(&self, element: &str) -> &str {
        let rest = self.body.split_once(&format!("<{element}>")).map_or("", |(_, rest)| rest);
        rest.split_once("</").map_or("", |(text, _)| text)
    }
}

impl RawRequest {
    /// Signs all headers that are there, and adds those of the signature.
    pub(in crate::sandbox) fn sign(&mut self, service: &str, region: &str, credentials: &Credentials, now: Timestamp) {
        let mut words = self.line.split(' ');
        let (method, target) = (words.next().unwrap(), words.next().unwrap());
        let url: http::Uri = format!("http://{}{target}", self.address).parse().unwrap();
        let headers: Vec<(&str, &str)> = self.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let scope = Scope { service: service.into(), region: region.into() };
        let added = sign::headers(method, &url, &headers, &self.body, credentials, &scope, now).unwrap();
        self.headers.extend(added.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }

    /// With a header changed, or removed where `change` gives nothing.
    pub(in crate::sandbox) fn changed(mut self, name: &str, change: impl Fn(&str) -> Option<String>) -> Self {
        let at = self.headers.iter().position(|(header, _)| header == name).expect("the header is there");
        match change(&self.headers[at].1) {
            Some(value) => self.headers[at].1 = value,
            None => drop(self.headers.remove(at)),
        }
        self
    }

    /// With one more header line.
    pub(in crate::sandbox) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sends it over a connection of its own.
    pub(in crate::sandbox) async fn send(&self) -> RawReply {
        let mut head = format!("{}\r\ncontent-length: {}\r\nconnection: close\r\n", self.line, self.body.len());
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        // A body that is refused before its end may find the connection closed.
        let _refused_early = stream.write_all(&self.body).await.is_err();
        let mut answer = Vec::new();
        let _cut = stream.read_to_end(&mut answer).await.is_err();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        RawReply { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }
}
