//! Looks at what the gateway stands on, and changes nothing.
//!
//! Each mapping's sessions are assumed as the broker assumes them, stamp, tags, external id and session policy included: what
//! works here works there. Then each mapped role looks at itself, in a session that may do that and nothing else; where none is
//! to be had, the gateway's own credentials are tried. A few roles are looked at at once, each for a bounded time, in a queue of
//! their own, so that no caller's call waits for it.

mod own;
mod role;
mod trail;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};

use self::role::Looked;
use super::examination::{AccountSeen, Examination, MappingSeen, OwnSeen, RoleSeen, Seen, Unseen};
use super::identity::GatewayIdentity;
use crate::arn::{Partition, RoleArn};
use crate::broker::own as own_credentials;
use crate::broker::sts::{AwsSts, Sts};
use crate::bucket::Rate;
use crate::clock::SharedClock;
use crate::config::{Config, RoleMapping, ServedEnvironment};
use crate::http::Metrics;
use crate::iam::endpoint::Endpoint;
use crate::iam::{
    Account, AwsFailure, ClientFactory, ClientSettings, DeclaredCall, Meter, Reader, RecentWrites, Sent, Upstreams,
    http,
};
use crate::shared_state::{Capacities, Memory};

/// How AWS is called. A call may wait for its turn for a quarter of what an operation may take, and more than that nobody waits
/// with so many roles at once.
const SETTINGS: ClientSettings = ClientSettings {
    connect: Duration::from_secs(3),
    attempt: Duration::from_secs(5),
    operation: Duration::from_secs(40),
    attempts: 2,
};

/// How long one thing is looked at: the gateway's identity, a role, an account's trails.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many roles are looked at at once.
const AT_ONCE: usize = 3;

/// How fast IAM is asked for one account: less than half of what it takes from everybody together.
const PACE: Rate = Rate { per_second: 8.0, most: 10.0 };

/// Looks at what a gateway stands on.
#[derive(Debug)]
pub struct Examiner {
    own: SharedCredentialsProvider,
    sts: AwsSts,
    clients: ClientFactory,
    clock: SharedClock,
    iam_url: Option<String>,
    cloudtrail_url: Option<String>,
    has_cloudtrail: bool,
}

/// A mapping with its environment.
struct Mapping<'c> {
    environment: &'c ServedEnvironment,
    mapping: &'c RoleMapping,
}

impl Examiner {
    /// One for the gateway of this configuration, with these credentials as its own; without any they are found where AWS's tools
    /// look. Nothing is sent yet.
    pub async fn new(config: &Config, own: Option<SharedCredentialsProvider>, clock: SharedClock) -> Self {
        let partition = config.environments.iter().next().map_or(Partition::Aws, |environment| environment.partition);
        let url = |url: &Option<crate::config::LoopbackUrl>| url.as_ref().map(|url| url.as_str().to_owned());
        let sts = Endpoint::regional(config.aws.sts_region(partition).as_str(), url(&config.aws.sts_endpoint));
        let own = match own {
            Some(given) => given,
            None => own_credentials::credentials(sts.region.clone()).await,
        };
        let memory = Memory::new(|_| Capacities { of_all: 0, of_one: 0 }, Arc::clone(&clock));
        let upstreams = Upstreams::new(Arc::new(memory), || PACE, Arc::clone(&clock), &Metrics::new());
        let (connections, sleep) = (http::connections(), SharedAsyncSleep::new(TokioSleep::new()));
        let of_sts = (own.clone(), connections.clone(), sleep.clone(), Arc::clone(&upstreams));
        Self {
            sts: AwsSts::new(&sts, of_sts.0, of_sts.1, of_sts.2, &SETTINGS, of_sts.3),
            clients: ClientFactory::new(connections, sleep, SETTINGS, upstreams),
            own,
            clock,
            iam_url: url(&config.aws.iam_endpoint),
            cloudtrail_url: url(&config.aws.cloudtrail_endpoint),
            has_cloudtrail: config.aws.has_cloudtrail(),
        }
    }

    /// Looks: at everything, or at the one mapping of this name with its role and account.
    ///
    /// Whatever fails is told in what comes back. Without an identity of the gateway's own nothing else is asked.
    pub async fn examine(&self, config: &Config, only: Option<&str>) -> Examination {
        let by_role = by_role(config, only);
        let identity = match tokio::time::timeout(PATIENCE, self.sts.own_identity()).await {
            Ok(Ok(arn)) => {
                GatewayIdentity::of(&arn).ok_or_else(|| AwsFailure::unreadable("sts:GetCallerIdentity", "*"))
            }
            Ok(Err(failure)) => Err(failure),
            Err(_) => Err(AwsFailure {
                message: "STS did not answer in time".to_owned(),
                ..AwsFailure::unreadable("sts:GetCallerIdentity", "*")
            }),
        };
        let identity = match identity {
            Ok(identity) => identity,
            Err(failure) => return blind(config, &by_role, &failure),
        };
        let configured = config.protect.gateway_role_arn.as_ref();
        let own = async { within(self.iam_reach(&identity, configured)).await };
        // On the heap: a task that looks at many roles is no larger for it.
        let looks: Vec<BoxFuture<'_, Looked>> = by_role
            .iter()
            .map(|(role, mappings)| self.look_at_role(config, role, mappings, &identity).boxed())
            .collect();
        let (iam, looked) = futures_util::join!(own, stream::iter(looks).buffered(AT_ONCE).collect::<Vec<_>>());
        let accounts = self.accounts(&looked, &identity).await;
        let (mut mappings, mut roles, mut asked) = (Vec::new(), Vec::new(), Vec::new());
        for looked in looked {
            let Looked { mappings: of_role, role, asked: of_session, .. } = looked;
            mappings.extend(of_role);
            roles.push(role);
            asked.extend(of_session.into_iter().map(role::Session::asked));
        }
        Examination {
            gateway: config.gateway.name.as_str().to_owned(),
            configured_role: configured.cloned(),
            own: OwnSeen { identity: Ok(identity), iam },
            mappings,
            roles,
            accounts,
            asked,
        }
    }

    /// What reads with these credentials, and what keeps account of it.
    fn reader(&self, account: &Account, credentials: Credentials, declared: Vec<DeclaredCall>) -> (Reader, Arc<Meter>) {
        let meter = Meter::new(account.clone(), declared);
        let endpoint = Endpoint::iam(account.partition, self.iam_url.clone());
        let recent = Arc::new(RecentWrites::default());
        let mut reader = Reader::new(&self.clients, &endpoint, credentials.clone(), Arc::clone(&meter), recent)
            .with_clock(Arc::clone(&self.clock));
        if self.has_cloudtrail {
            // IAM's events are where the partition's global services are.
            let endpoint = Endpoint { url: self.cloudtrail_url.clone(), ..endpoint };
            reader = reader.with_cloudtrail(&self.clients, &endpoint, credentials, Arc::clone(&meter));
        }
        (reader, meter)
    }

    /// The gateway's own credentials.
    async fn own_credentials(&self) -> Seen<Credentials> {
        let found = self.own.provide_credentials().await;
        found.map_err(|_| Unseen::new("NoGatewayCredentials", "the gateway has no AWS credentials of its own"))
    }

    async fn accounts(&self, looked: &[Looked], identity: &GatewayIdentity) -> Vec<AccountSeen> {
        let accounts = each_once(looked.iter().map(|looked| looked.account.clone()));
        let seen = accounts.into_iter().map(|account| async {
            let trails = self.trails(&account, looked, identity).await;
            AccountSeen { account, trails }
        });
        stream::iter(seen).buffered(AT_ONCE).collect().await
    }
}

/// The mappings that are looked at, by their roles.
fn by_role<'c>(config: &'c Config, only: Option<&str>) -> BTreeMap<&'c RoleArn, Vec<Mapping<'c>>> {
    let mut by_role: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for mapping in config.role_mappings.iter().filter(|mapping| only.is_none_or(|only| mapping.id == only)) {
        if let Some(environment) = config.environments.get(mapping.environment.as_str()) {
            by_role.entry(&mapping.role_arn).or_default().push(Mapping { environment, mapping });
        }
    }
    by_role
}

/// What is seen without an identity.
fn blind(config: &Config, by_role: &BTreeMap<&RoleArn, Vec<Mapping<'_>>>, failure: &AwsFailure) -> Examination {
    let unseen = || Unseen::from(failure.clone());
    // Nobody was asked for the role's sake.
    let not_asked = AwsFailure { sent: Sent::No, ..failure.clone() };
    let accounts = by_role.iter().flat_map(|(role, mappings)| mappings.iter().map(|mapping| account_of(role, mapping)));
    let accounts = each_once(accounts);
    let names = |mappings: &[Mapping<'_>]| mappings.iter().map(|mapping| mapping.mapping.id.clone()).collect();
    Examination {
        gateway: config.gateway.name.as_str().to_owned(),
        configured_role: config.protect.gateway_role_arn.clone(),
        own: OwnSeen { identity: Err(unseen()), iam: Err(unseen()) },
        mappings: by_role.values().flatten().map(|mapping| seen(mapping.mapping, Err(not_asked.clone()))).collect(),
        roles: by_role
            .iter()
            .map(|(role, mappings)| RoleSeen {
                role_arn: (*role).clone(),
                mappings: names(mappings),
                writes: mappings.iter().any(|mapping| mapping.mapping.writes()),
                read: Err(unseen()),
            })
            .collect(),
        accounts: accounts.into_iter().map(|account| AccountSeen { account, trails: Err(unseen()) }).collect(),
        asked: Vec::new(),
    }
}

fn seen(mapping: &RoleMapping, assumed: Result<(), AwsFailure>) -> MappingSeen {
    MappingSeen {
        mapping: mapping.id.clone(),
        role_arn: mapping.role_arn.clone(),
        has_external_id: mapping.external_id.is_some(),
        assumed,
    }
}

fn account_of(role: &RoleArn, mapping: &Mapping<'_>) -> Account {
    Account { partition: mapping.environment.partition, id: role.account() }
}

/// The accounts of roles that come in their order.
fn each_once(accounts: impl Iterator<Item = Account>) -> Vec<Account> {
    let mut each: Vec<Account> = accounts.collect();
    each.dedup();
    each
}

/// Looks for a bounded time.
async fn within<T>(look: impl Future<Output = Seen<T>>) -> Seen<T> {
    tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| Err(Unseen::in_time()))
}
