//! What a tool reads IAM with.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_iam::Client;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::client::{ClientFactory, Purpose};
use super::declared::Action;
use super::endpoint::Endpoint;
use super::entity::{Account, EntityKind, Resource};
use super::failure::AwsFailure;
use super::meter::Meter;
use super::recent::RecentWrites;
use crate::clock::{SharedClock, SystemClock};

/// The pause before an entity that was created a moment ago is looked up again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How many calls of one tool call are made at once. Tools ask for all groups of a policy together; in their account's queue
/// they would wait longer than anybody may, and be refused however often they are tried.
const AT_ONCE: usize = 8;

/// IAM through the caller's read session: its credentials allow reading only, and its meter lets only declared
/// operations through.
#[derive(Debug, Clone)]
pub struct Reader {
    client: Client,
    access_analyzer: Option<aws_sdk_accessanalyzer::Client>,
    cloudtrail: Option<aws_sdk_cloudtrail::Client>,
    account: Account,
    recent: Arc<RecentWrites>,
    /// Outside of the SDK, whose timeouts begin when a call is made.
    at_once: Arc<Semaphore>,
    told: Told,
    clock: SharedClock,
}

/// Hears how many items were read, of how many, and what they are.
type Hears = dyn Fn(usize, Option<usize>, &'static str) + Send + Sync;

/// Who hears of a reader's progress, if anybody does.
#[derive(Clone, Default)]
struct Told(Option<Arc<Hears>>);

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Told").field(&self.0.is_some()).finish()
    }
}

impl Reader {
    /// A reader with the credentials of the caller's read session.
    #[must_use]
    pub fn new(
        factory: &ClientFactory,
        endpoint: &Endpoint,
        credentials: Credentials,
        meter: Arc<Meter>,
        recent: Arc<RecentWrites>,
    ) -> Self {
        let account = meter.account().clone();
        let client = factory.client(Purpose::Reading, endpoint, credentials, meter);
        Self {
            client,
            access_analyzer: None,
            cloudtrail: None,
            account,
            recent,
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            told: Told::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// The same reader, which reaches IAM Access Analyzer too, under the same meter.
    #[must_use]
    pub fn with_access_analyzer(
        mut self,
        factory: &ClientFactory,
        endpoint: &Endpoint,
        credentials: Credentials,
        meter: Arc<Meter>,
    ) -> Self {
        self.access_analyzer = Some(factory.access_analyzer(endpoint, credentials, meter));
        self
    }

    /// The same reader, which goes by this clock.
    #[must_use]
    pub fn with_clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The same reader, which tells `told` how far it has come: how many items were read, of how many where that is known,
    /// and what they are.
    #[must_use]
    pub fn telling(mut self, told: impl Fn(usize, Option<usize>, &'static str) + Send + Sync + 'static) -> Self {
        self.told = Told(Some(Arc::new(told)));
        self
    }

    /// Whether anybody hears of its progress: what is read for that alone need not be read else.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.told.0.is_some()
    }

    /// Tells how far a tool has come. `done` never gets less within one call.
    pub fn tell(&self, done: usize, total: Option<usize>, items: &'static str) {
        if let Some(told) = &self.told.0 {
            told(done, total, items);
        }
    }

    /// The same reader, which reaches CloudTrail too, under the same meter.
    #[must_use]
    pub fn with_cloudtrail(
        mut self,
        factory: &ClientFactory,
        endpoint: &Endpoint,
        credentials: Credentials,
        meter: Arc<Meter>,
    ) -> Self {
        self.cloudtrail = Some(factory.cloudtrail(endpoint, credentials, meter));
        self
    }

    /// The SDK's client of CloudTrail, where there is one; undeclared operations fail before they are sent.
    #[must_use]
    pub fn cloudtrail(&self) -> Option<&aws_sdk_cloudtrail::Client> {
        self.cloudtrail.as_ref()
    }

    /// The SDK's client of IAM Access Analyzer, where there is one; undeclared operations fail before they are sent.
    #[must_use]
    pub fn access_analyzer(&self) -> Option<&aws_sdk_accessanalyzer::Client> {
        self.access_analyzer.as_ref()
    }

    /// The SDK's client; undeclared operations fail before they are sent.
    #[must_use]
    pub fn iam(&self) -> &Client {
        &self.client
    }

    /// The account that is read.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Awaits a call that was made with [`Reader::iam`] and says what failed in terms of `action` on `resource`.
    ///
    /// # Errors
    /// The call's failure.
    pub async fn read<T, E>(
        &self,
        action: Action,
        resource: &Resource,
        // The SDK's futures are kilobytes: on the heap they do not swell every future that awaits them.
        call: Pin<Box<impl Future<Output = Result<T, SdkError<E, HttpResponse>>>>>,
    ) -> Result<T, AwsFailure>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        // It is never closed.
        let _place = self.at_once.acquire().await;
        call.await.map_err(|error| AwsFailure::of(action.as_str(), resource.display(&self.account), &error))
    }

    /// Looks an entity up by name; one that was created through this gateway within the last seconds is waited for
    /// while AWS answers that it does not exist.
    ///
    /// # Errors
    /// The last look-up's failure.
    pub async fn settled<T, F>(
        &self,
        kind: EntityKind,
        name: &str,
        mut look_up: impl FnMut() -> F,
    ) -> Result<T, AwsFailure>
    where
        F: Future<Output = Result<T, AwsFailure>>,
    {
        let mut pause = FIRST_PAUSE;
        loop {
            let failure = match look_up().await {
                Err(failure) if failure.is_no_such_entity() => failure,
                answer => return answer,
            };
            match self.recent.settles_at(&self.account, kind, name) {
                Some(until) if Instant::now() + pause <= until => tokio::time::sleep(pause).await,
                _ => return Err(failure),
            }
            pause *= 2;
        }
    }
}
