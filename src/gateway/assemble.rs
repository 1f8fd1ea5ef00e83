//! From a configuration to a gateway that can answer.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use axum::Router;
use jiff::SignedDuration;
use tower::service_fn;

use super::doors::{self, Behind, Doors};
use super::journal::{journal_options, keeper, keeping_options};
use super::reload;
use super::secrets::SecretReader;
use super::shared_state::{self, Found, Remembering, Teller};
use super::signals::SignalWatch;
use super::sinks::{self, Sinks, Surroundings};
use super::tokens::lifetimes;
use crate::arn::Partition;
use crate::audit::{HashKey, Journal, Keeper, KeepingError, KeepingOptions, OpenError, Redaction, RequestLog, Storage};
use crate::authn::keyring::{Keyring, KeyringError, KeyringFile};
use crate::authn::replay::ReplayTable;
use crate::authn::sigv4::{SigV4Options, SigV4OptionsError};
use crate::authorize::{Authorizer, DocumentFaults, Documents, Protected};
use crate::broker::sts::AwsSts;
use crate::broker::{Broker, CacheSettings, own};
use crate::clock::SharedClock;
use crate::config::{Config, HashKeyFault, SealingKeyFaults, SigningKeyFault, read_hash_key, read_sealing_keys};
use crate::current::Current;
use crate::http::{
    Alarm, BodyLimits, CallLimits, Callers, Drain, Health, HttpSettings, Metrics, Readiness, ServerLimits, Services,
    metrics_router, router,
};
use crate::iam::endpoint::Endpoint;
use crate::iam::{ClientFactory, ClientSettings, LookUps, RecentWrites, Upstreams, http};
use crate::mcp::approvals::Approvals;
use crate::mcp::calls::Calls;
use crate::mcp::confirm::Confirmer;
use crate::mcp::decisions::Decisions;
use crate::mcp::handler::Handler;
use crate::mcp::limits::Limits;
use crate::mcp::road::{Deadlines, InForce, Road};
use crate::mcp::service::service;
use crate::mcp::trail::Stationery;
use crate::random::SharedRandom;
use crate::sealing::{Keyset, SharedKeyset};
use crate::shared_state::{Rate, SharedState};
use crate::tools::catalogue::Catalogue;

/// What the gateway takes from the outside, so that tests can decide it.
#[derive(Debug, Clone)]
pub struct Outside {
    /// Time.
    pub clock: SharedClock,
    /// Randomness.
    pub random: SharedRandom,
    /// The audit journal's disk.
    pub storage: Arc<dyn Storage>,
    /// The tools.
    pub catalogue: Catalogue,
    /// The gateway's own AWS credentials; without any they are found where AWS's tools look.
    pub own_credentials: Option<SharedCredentialsProvider>,
    /// Whether every key of the keyring was made for this process, as the demo's are. An earlier process can then have let
    /// no write of theirs pass, and writes need not wait for the first seconds to be over.
    pub keys_are_new: bool,
}

/// Why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The SigV4 settings.
    #[error(transparent)]
    SigV4(#[from] SigV4OptionsError),
    /// The sealing keys.
    #[error(transparent)]
    Sealing(#[from] SealingKeyFaults),
    /// The key that signs the audit journal.
    #[error(transparent)]
    Signing(#[from] SigningKeyFault),
    /// The key that secrets in the audit journal are hashed with.
    #[error(transparent)]
    Hashing(#[from] HashKeyFault),
    /// The endpoint policies.
    #[error("the endpoint policies cannot be used\n{0}")]
    Documents(#[from] DocumentFaults),
    /// The audit journal.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// What names this replica's records in a bucket.
    #[error("the name of this replica cannot be kept beside the audit journal: {0}")]
    Replica(#[source] KeepingError),
}

/// A gateway that can answer as soon as its routers are served.
#[derive(Debug)]
pub struct Gateway {
    /// The public listener's router.
    pub router: Router,
    /// The metrics listener's router.
    pub metrics_router: Router,
    /// The public listener's limits.
    pub server_limits: ServerLimits,
    /// The figures.
    pub metrics: Metrics,
    /// How the end begins.
    pub drain: Drain,
    /// The audit journal.
    pub journal: Journal,
    /// What keeps the journal's closed files.
    pub keeper: Keeper,
    /// What ships the journal's records to sinks beside it.
    pub sinks: Sinks,
    /// The configuration in force.
    pub in_force: Arc<Current<InForce>>,
    /// The keys in force.
    pub keyring: Arc<Keyring>,
    /// What tokens are sealed with.
    pub keyset: SharedKeyset,
    /// Where sealing keys are read that are in no file.
    pub(super) secret_reader: SecretReader,
    /// Time and identifiers for records.
    pub stationery: Stationery,
    /// Whether the audit journal takes records.
    pub audit_readiness: Readiness,
    /// Whether the endpoint policies in force are the newest.
    pub policy_alarm: Alarm,
    /// Whether the configuration in force is the newest.
    pub configuration_alarm: Alarm,
    /// What tells signals from the audit journal.
    pub signals: SignalWatch,
}

impl InForce {
    /// The configuration with its judge, who holds these endpoint policies.
    #[must_use]
    pub fn new(config: Config, documents: Arc<Documents>) -> Self {
        Self { authorizer: Authorizer::new(Protected::of(&config), documents), config }
    }
}

impl Gateway {
    /// Puts a gateway together.
    ///
    /// # Errors
    /// What keeps it from starting; nothing listens yet.
    pub async fn assemble(config: Config, outside: Outside) -> Result<Self, StartError> {
        let Outside { clock, random, storage, catalogue, own_credentials, keys_are_new } = outside;
        let keyring_file =
            KeyringFile::new(&config.sigv4.keyring).allow_group_read(config.sigv4.keyring_group_readable);
        let keyring = Arc::new(Keyring::open(keyring_file)?);
        let max_skew = SignedDuration::try_from(config.sigv4.max_skew).unwrap_or(SignedDuration::MAX);
        let sigv4 = SigV4Options::new(config.sigv4.service.clone(), config.sigv4.regions.clone(), max_skew)?;
        let metrics = Metrics::new();
        let to_aws = ToAws::new(&config, own_credentials).await;
        let secret_reader = secret_reader(&config, &to_aws);
        let roots = read_sealing_keys(&config.sealing, &secret_reader.fetch(&config.sealing).await)?;
        let keyset = Keyset::shared(config.gateway.name.as_str(), &roots, &random);
        keyset.get().revoke(|id| config.revoked.cover_key(id));
        let redaction = match read_hash_key(&config, &roots)? {
            Some(key) => Redaction::hashing(HashKey::new(&key)),
            None => Redaction::omitting(),
        };
        let documents = Arc::new(Documents::load(&config)?);
        reload::warn_of(&documents);
        let journal =
            Journal::open(journal_options(&config)?, storage, Arc::clone(&clock), Arc::clone(&random)).await?;

        let stationery = Stationery { clock: Arc::clone(&clock), random: Arc::clone(&random), redaction };
        let found = Found { keys_are_new, tokens_are_own: keyset.get().are_own() };
        let Remembering { state, no_tokens_before, replicated } = shared_state::open(&config, found, &clock).await;
        let replay = ReplayTable::new(Arc::clone(&state), max_skew, Arc::clone(&clock));
        let confirmer = Confirmer::new(
            Arc::clone(&keyset),
            lifetimes(&config),
            Arc::clone(&state),
            no_tokens_before,
            Arc::clone(&clock),
            Arc::clone(&random),
        );
        let drain = Drain::lasting(config.limits.shutdown_announce + config.limits.shutdown_grace);
        let health = Health::new(drain.clone());
        let signals = SignalWatch::new(&config.audit, &journal, &metrics, clock.now());
        let settings = http_settings(&config);
        let server_limits = server_limits(&config);
        let in_force = Arc::new(Current::new(InForce::new(config, documents)));
        let keeping = keeping_options(&in_force.get().config, &to_aws);
        let (own, connections) = (to_aws.own.clone(), to_aws.connections.clone());
        let behind = Behind {
            in_force: &in_force,
            keyring: &keyring,
            keyset: &keyset,
            catalogue,
            journal: &journal,
            stationery: &stationery,
            state: &state,
        };
        let Doors { authenticator, exchange, resource, limits } = doors::open(sigv4, &behind);
        let admission = Admission {
            limits: Arc::clone(&limits),
            replay,
            confirmer,
            keyring: Arc::clone(&keyring),
            upstreams: upstreams(&in_force, state, &stationery.clock, &metrics),
        };
        let road = road(&in_force, &journal, &stationery, admission, catalogue, to_aws);
        let road = Arc::new(Road { decisions: Decisions::new(&metrics), ..road });
        let policy_alarm = health.alarm("policy", &metrics);
        let configuration_alarm = health.alarm("configuration", &metrics);
        let keeping_alarm = health.alarm("audit_files", &metrics);
        let current = in_force.get();
        if let (Some(replicated), Some(server)) = (replicated, &current.config.shared_state) {
            let teller = Teller {
                alarm: health.alarm("shared_state", &metrics),
                journal: journal.clone(),
                stationery: stationery.clone(),
                in_force: Arc::clone(&in_force),
                unavailable: server.unavailable,
            };
            tokio::spawn(teller.keep(replicated));
        }
        let around = Surroundings {
            journal: &journal,
            clock: &stationery.clock,
            own: &own,
            connections: &connections,
            health: &health,
            metrics: &metrics,
        };
        let sinks = sinks::begin(&current.config, &around)?;
        let keeping = KeepingOptions { shipped: sinks.shipped(), ..keeping };
        let keeper = keeper(keeping, &journal, keeping_alarm);
        let approvals = Approvals::new(Arc::clone(&road), drain.clone());
        let approvals = service_fn(move |request| approvals.clone().answer(request));
        let handler = Handler::new(road, drain.clone(), Calls::new(&metrics));
        let (mcp, health2, metrics2) = (service(handler), health.clone(), metrics.clone());
        let services = Services { mcp, approvals, exchange, resource };
        let callers = Callers { authenticator, admit: limits };
        let router = router(services, callers, settings, health2, metrics2, random);
        Ok(Self {
            router,
            metrics_router: metrics_router(health.clone(), metrics.clone()),
            server_limits,
            metrics,
            drain,
            journal,
            keeper,
            sinks,
            in_force,
            keyring,
            keyset,
            secret_reader,
            stationery,
            audit_readiness: health.component("audit"),
            policy_alarm,
            configuration_alarm,
            signals,
        })
    }
}

/// What every call to AWS goes through, and the credentials of those that are the gateway's own.
pub(super) struct ToAws {
    pub(super) connections: SharedHttpClient,
    pub(super) sleep: SharedAsyncSleep,
    pub(super) sts: Endpoint,
    pub(super) own: SharedCredentialsProvider,
}

impl ToAws {
    async fn new(config: &Config, own_credentials: Option<SharedCredentialsProvider>) -> Self {
        // The configuration sees to it that there is an environment, and that all partitions agree on the region of STS.
        let partition = config.environments.iter().next().map_or(Partition::Aws, |environment| environment.partition);
        let url = config.aws.sts_endpoint.as_ref().map(|url| url.as_str().to_owned());
        let sts = Endpoint::regional(config.aws.sts_region(partition).as_str(), url);
        let own = match own_credentials {
            Some(given) => given,
            None => own::credentials(sts.region.clone()).await,
        };
        Self { connections: http::connections(), sleep: SharedAsyncSleep::new(TokioSleep::new()), sts, own }
    }
}

/// What lets a call pass, beside policies.
struct Admission {
    limits: Arc<Limits>,
    replay: ReplayTable,
    confirmer: Confirmer,
    keyring: Arc<Keyring>,
    upstreams: Arc<Upstreams>,
}

fn road(
    in_force: &Arc<Current<InForce>>,
    journal: &Journal,
    stationery: &Stationery,
    admission: Admission,
    catalogue: Catalogue,
    to_aws: ToAws,
) -> Road {
    let current = in_force.get();
    let config = &current.config;
    let ToAws { connections, sleep, sts, own } = to_aws;
    let Admission { limits, replay, confirmer, keyring, upstreams } = admission;
    let analyzer_region = sts.region.clone();
    let settings = client_settings(config.broker.sts_timeout);
    let sts = AwsSts::new(&sts, own, connections.clone(), sleep.clone(), &settings, Arc::clone(&upstreams));
    let cache = CacheSettings {
        refresh_ahead: config.broker.refresh_ahead,
        capacity: usize::try_from(config.broker.cached_sessions).unwrap_or(usize::MAX),
    };
    let clock = &stationery.clock;
    Road {
        catalogue,
        in_force: Arc::clone(in_force),
        limits,
        replay,
        broker: Broker::new(Arc::new(sts), cache, Arc::clone(clock)),
        clients: ClientFactory::new(connections, sleep, client_settings(config.broker.aws_timeout), upstreams),
        recent: Arc::new(RecentWrites::default()),
        look_ups: LookUps::default(),
        decisions: Decisions::default(),
        confirmer,
        keyring,
        journal: journal.clone(),
        stationery: stationery.clone(),
        iam_url: config.aws.iam_endpoint.as_ref().map(|url| url.as_str().to_owned()),
        secrets_manager_url: config.aws.secrets_manager_endpoint.as_ref().map(|url| url.as_str().to_owned()),
        access_analyzer: config.aws.has_access_analyzer().then(|| {
            let url = config.aws.access_analyzer_endpoint.as_ref().map(|url| url.as_str().to_owned());
            Endpoint { region: analyzer_region, url }
        }),
        deadlines: Deadlines { usual: config.limits.call, scan: config.limits.scan },
        has_cloudtrail: config.aws.has_cloudtrail(),
        cloudtrail_url: config.aws.cloudtrail_endpoint.as_ref().map(|url| url.as_str().to_owned()),
        requests: Arc::new(RequestLog::of(&config.audit.directory)),
    }
}

/// The ways to AWS, whose calls for an account are counted with those of all replicas.
fn upstreams(
    in_force: &Arc<Current<InForce>>,
    state: Arc<dyn SharedState>,
    clock: &SharedClock,
    metrics: &Metrics,
) -> Arc<Upstreams> {
    let in_force = Arc::clone(in_force);
    let rate = move || {
        let in_force = in_force.get();
        let broker = &in_force.config.broker;
        Rate { per_second: f64::from(broker.account_calls_per_second), most: f64::from(broker.account_burst) }
    };
    Upstreams::new(state, rate, Arc::clone(clock), metrics)
}

fn secret_reader(config: &Config, to_aws: &ToAws) -> SecretReader {
    let url = config.aws.secrets_manager_endpoint.as_ref().map(|url| url.as_str().to_owned());
    let settings = client_settings(config.broker.sts_timeout);
    let ToAws { own, connections, sleep, .. } = to_aws;
    SecretReader::new(own.clone(), connections.clone(), sleep.clone(), settings, url)
}

/// Three attempts within `operation`, each with its share of it.
pub(super) fn client_settings(operation: Duration) -> ClientSettings {
    ClientSettings { connect: Duration::from_secs(3).min(operation), attempt: operation / 2, operation, attempts: 3 }
}

fn http_settings(config: &Config) -> HttpSettings {
    HttpSettings {
        hosts: config.listen.hosts.clone(),
        origins: config.listen.origins.clone(),
        trusted_proxies: config.listen.trusted_proxies.clone(),
        signed_host: config.listen.signed_host.clone(),
        body: BodyLimits {
            max_bytes: usize::try_from(config.limits.body_bytes).unwrap_or(usize::MAX),
            deadline: config.limits.body,
            ..BodyLimits::default()
        },
        calls: CallLimits {
            concurrent: usize::try_from(config.limits.concurrent_requests).unwrap_or(usize::MAX),
            // What was begun when the call's own deadline ran out, applying a plan, is finished; the reply waits for it.
            deadline: config.limits.scan + config.broker.aws_timeout + config.audit.durable * 2,
        },
    }
}

fn server_limits(config: &Config) -> ServerLimits {
    ServerLimits {
        connections: usize::try_from(config.limits.connections).unwrap_or(usize::MAX),
        idle: config.limits.idle,
        head: config.limits.head,
        announce: config.limits.shutdown_announce,
        grace: config.limits.shutdown_grace,
        ..ServerLimits::default()
    }
}
