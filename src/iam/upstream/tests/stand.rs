//! A gateway's way to the AWS in memory: sessions of the broker's cache, and the clients of tools' calls.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};

use super::aws::Aws;
use crate::authn::Caller;
use crate::broker::sts::AwsSts;
use crate::broker::{CacheSettings, Purpose, Session, SessionCache, SessionShape};
use crate::http::Metrics;
use crate::iam::client::{self, ClientFactory, ClientSettings};
use crate::iam::endpoint::Endpoint;
use crate::iam::upstream::Upstreams;
use crate::iam::upstream::testing::{Following, account, memory};
use crate::iam::{Action, AwsFailure, Change, DeclaredCall, Meter, PlannedCall, Reader, RecentWrites, Resource};
use crate::shared_state::{Rate, SharedState};

const GET_USER: Action = Action::new("iam:GetUser");

/// What the calls of STS and of IAM may take, as the configuration has it by default.
pub(super) const STS: Duration = Duration::from_secs(8);
pub(super) const IAM: Duration = Duration::from_secs(15);

pub(super) const ACCOUNT: &str = "123456789012";

pub(super) struct Stand {
    pub(super) aws: Aws,
    pub(super) metrics: Metrics,
    pub(super) sts: Arc<AwsSts>,
    pub(super) upstreams: Arc<Upstreams>,
    sessions: SessionCache,
    clients: ClientFactory,
}

fn settings(operation: Duration) -> ClientSettings {
    ClientSettings { connect: Duration::from_secs(3), attempt: operation / 2, operation, attempts: 3 }
}

impl Stand {
    /// With a budget that nothing here uses up.
    pub(super) fn new() -> Self {
        Self::with(memory(&Following::clock()))
    }

    pub(super) fn with(shared: Arc<dyn SharedState>) -> Self {
        Self::at(Rate::per_second(1000), shared)
    }

    pub(super) fn at(rate: Rate, shared: Arc<dyn SharedState>) -> Self {
        let (aws, clock, metrics) = (Aws::default(), Following::clock(), Metrics::new());
        let connector = aws.clone();
        let connections = http_client_fn(move |_, _| SharedHttpConnector::new(connector.clone()));
        let sleep = SharedAsyncSleep::new(TokioSleep::new());
        let upstreams = Upstreams::new(shared, move || rate, Arc::clone(&clock), &metrics);
        let own = Credentials::new("AKIAGATEWAY", "not-a-real-secret", None, None, "test");
        let sts = Arc::new(AwsSts::new(
            &Endpoint::regional("us-east-1", None),
            SharedCredentialsProvider::new(own),
            connections.clone(),
            sleep.clone(),
            &settings(STS),
            Arc::clone(&upstreams),
        ));
        let cache = CacheSettings { refresh_ahead: Duration::from_secs(120), capacity: 1000 };
        Self {
            aws,
            metrics,
            sessions: SessionCache::new(Arc::clone(&sts) as _, cache, clock),
            sts,
            clients: ClientFactory::new(connections, sleep, settings(IAM), Arc::clone(&upstreams)),
            upstreams,
        }
    }

    /// The session of `who`, whose RoleSessionName is their name.
    pub(super) async fn session(&self, who: &str, purpose: Purpose) -> Result<Arc<Session>, AwsFailure> {
        let shape = SessionShape {
            environment: "dev".into(),
            caller: Caller::keyring(who, None),
            role_arn: format!("arn:aws:iam::{ACCOUNT}:role/agent"),
            external_id: None,
            purpose,
            session_name: who.into(),
            source_identity: who.into(),
            tags: BTreeMap::new(),
            policy: "{}".into(),
            duration: Duration::from_secs(900),
        };
        self.sessions.get(shape).await
    }

    pub(super) fn meter(who: &str, id: &str, declared: DeclaredCall) -> Arc<Meter> {
        Meter::of_caller(&Arc::new(Caller::keyring(who, None)), account(id), vec![declared])
    }

    pub(super) fn read_meter(who: &str, id: &str) -> Arc<Meter> {
        Self::meter(who, id, DeclaredCall::new(GET_USER, Resource::user(who)).with("UserName", who))
    }

    /// A tool's read of the user of the same name, with this session, in this account.
    pub(super) async fn read_with(&self, session: &Session, who: &str, meter: Arc<Meter>) -> Result<(), AwsFailure> {
        Self::ask(&self.reader(session, meter), who).await
    }

    /// What one tool call reads with.
    pub(super) fn reader(&self, session: &Session, meter: Arc<Meter>) -> Reader {
        let recent = Arc::new(RecentWrites::default());
        Reader::new(&self.clients, &iam(), session.credentials.clone(), meter, recent)
    }

    /// One of its calls.
    pub(super) async fn ask(reader: &Reader, who: &str) -> Result<(), AwsFailure> {
        let call = reader.iam().get_user().user_name(who).send();
        reader.read(GET_USER, &Resource::user(who), Box::pin(call)).await.map(drop)
    }

    /// A tool's call that reads the user of the caller's own name.
    pub(super) async fn read(&self, who: &str) -> Result<(), AwsFailure> {
        let session = self.session(who, Purpose::Read).await?;
        self.read_with(&session, who, Self::read_meter(who, ACCOUNT)).await
    }

    /// One that deletes them.
    pub(super) async fn change(&self, who: &str) -> Result<(), AwsFailure> {
        let session = self.session(who, Purpose::Write).await?;
        let change = Change::DeleteUser { user_name: who.to_owned() };
        let call = PlannedCall { change: change.clone(), resource: Resource::user(who), also: Vec::new() };
        let meter = Self::meter(who, ACCOUNT, call.declared());
        let client = self.clients.client(client::Purpose::Writing, &iam(), session.credentials.clone(), meter);
        change.send(&client, who.to_owned()).await.map(drop)
    }
}

fn iam() -> Endpoint {
    Endpoint::iam("aws".parse().unwrap(), None)
}
