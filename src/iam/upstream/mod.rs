//! The governed way to AWS: what one account or one service of AWS does wrong is not felt by the calls of others.
//!
//! Every attempt of a tool's AWS call, of AssumeRole and of the gateway's own GetCallerIdentity takes a [`Way`], which
//! knows the upstream, the account, the caller and what the call is for. Before an attempt is sent, the way
//!
//! 1. asks the [`Breaker`] of this upstream and account: while AWS does not answer it, nothing is sent but one probe;
//! 2. waits its turn in the account's [`Lane`]: the rate at which AWS takes IAM calls is the account's, not the caller's.
//!    Whoever waits when the breaker opens leaves;
//!
//! and afterwards it tells both how the attempt ended. What is refused was not sent ([`NotSent`]) and is not tried again
//! by the SDK. The retries, too, are each upstream's and account's own: the SDK would share them in the whole process.
//!
//! What is kept grows with the accounts that role mappings name, and with nothing that a caller sends.

mod answer;
pub mod breaker;
mod easing;
mod figures;
pub mod lane;
mod not_sent;
mod queue;
mod rate;
pub mod reach;
mod shares;
mod way;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_iam::config::retry::{RetryPartition, TokenBucket};

use super::entity::Account;
use super::meter::Meter;
use crate::bucket::Rate;
use crate::clock::SharedClock;
use crate::http::Metrics;
use crate::shared_state::{Counted, SharedState};

pub use answer::Ended;
pub use breaker::Breaker;
pub use figures::Figures;
pub use lane::{Class, Lane};
pub use not_sent::NotSent;
pub use rate::AccountRate;
pub use reach::Unconnected;
pub use way::Way;

/// The longest that an attempt waits for its turn, whatever the operation may take.
pub const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// A tool call that made more attempts than this is a scan from there on, and lets everybody else go first, but for one turn in eight.
pub const SCAN_AFTER: usize = 10;

/// A service of AWS that calls go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Upstream {
    /// AWS Security Token Service.
    Sts,
    /// AWS IAM.
    Iam,
    /// AWS Secrets Manager.
    SecretsManager,
    /// AWS IAM Access Analyzer.
    AccessAnalyzer,
    /// AWS CloudTrail.
    CloudTrail,
}

impl Upstream {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Sts, Self::Iam, Self::SecretsManager, Self::AccessAnalyzer, Self::CloudTrail];

    /// The label in figures.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Iam => "iam",
            Self::SecretsManager => "secretsmanager",
            Self::AccessAnalyzer => "access-analyzer",
            Self::CloudTrail => "cloudtrail",
        }
    }

    /// The name in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sts => "AWS STS",
            Self::Iam => "AWS IAM",
            Self::SecretsManager => "AWS Secrets Manager",
            Self::AccessAnalyzer => "AWS IAM Access Analyzer",
            Self::CloudTrail => "AWS CloudTrail",
        }
    }
}

/// One upstream for one account: what is known of it, and the SDK's retries for it.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) upstream: Upstream,
    pub(super) breaker: Breaker,
    /// The SDK's own partitions by name are kept for ever and by the whole process; this one owns its tokens.
    pub(super) retries: RetryPartition,
}

/// A service for an account; the gateway's own calls have no account of a role.
type Key = (Upstream, Option<Account>);

/// The upstreams of all accounts.
#[derive(Debug)]
pub struct Upstreams {
    shared: Arc<dyn SharedState>,
    clock: SharedClock,
    rate: AccountRate,
    figures: Figures,
    targets: Mutex<HashMap<Key, Arc<Target>>>,
    lanes: Mutex<HashMap<(Budget, Account), Arc<Lane>>>,
}

/// What calls take turns in. IAM's quota is what calls for an account have in common; CloudTrail has one of its own, and would
/// turn away what IAM's lets pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Budget {
    Account,
    CloudTrail,
}

/// How many LookupEvents CloudTrail takes of an account in a region.
/// Source: <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>.
const LOOK_UPS: Rate = Rate { per_second: 2.0, most: 1.0 };

impl Upstreams {
    /// Upstreams whose accounts take calls at the rate that `rate` says is in force, counted in `shared` with all replicas together.
    #[must_use]
    pub fn new(
        shared: Arc<dyn SharedState>,
        rate: impl Fn() -> Rate + Send + Sync + 'static,
        clock: SharedClock,
        metrics: &Metrics,
    ) -> Arc<Self> {
        let (rate, figures) = (AccountRate::new(rate), Figures::new(metrics));
        Arc::new(Self { shared, clock, rate, figures, targets: Mutex::default(), lanes: Mutex::default() })
    }

    /// The way of one tool call's client to `upstream`, for the meter's account and caller.
    ///
    /// An attempt may take `attempt`, and waits for its turn for `longest_wait` at most before that.
    pub(super) fn way_of_call(
        &self,
        upstream: Upstream,
        changes: bool,
        meter: Arc<Meter>,
        attempt: Duration,
        longest_wait: Duration,
    ) -> Way {
        let account = meter.account();
        let target = self.target(upstream, Some(account));
        let turn = way::Turn { lane: self.lane(upstream, account), meter, changes, longest: longest_wait };
        Way::new(target, Some(turn), attempt, self.figures.clone())
    }

    /// The way to STS for a role's account, or for the gateway itself: STS's quota is another one, so there is no turn to wait for.
    #[must_use]
    pub fn way_to_sts(&self, account: Option<&Account>, attempt: Duration) -> Way {
        Way::new(self.target(Upstream::Sts, account), None, attempt, self.figures.clone())
    }

    fn target(&self, upstream: Upstream, account: Option<&Account>) -> Arc<Target> {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let made = targets.entry((upstream, account.cloned())).or_insert_with(|| {
            let whose = account.map_or_else(|| "the gateway".to_owned(), |account| account.id.to_string());
            let retries = RetryPartition::custom(upstream.as_str()).token_bucket(TokenBucket::default()).build();
            let breaker = Breaker::new(upstream, whose, self.figures.not_closed(upstream));
            Arc::new(Target { upstream, breaker, retries })
        });
        Arc::clone(made)
    }

    fn lane(&self, upstream: Upstream, account: &Account) -> Arc<Lane> {
        let whose = format!("{}/{}", account.partition, account.id);
        let (budget, counted, rate) = match upstream {
            // Only one region of an account is asked.
            Upstream::CloudTrail => {
                (Budget::CloudTrail, format!("{whose}/{}", upstream.as_str()), AccountRate::new(|| LOOK_UPS))
            }
            _ => (Budget::Account, whose, self.rate.clone()),
        };
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let made = lanes.entry((budget, account.clone())).or_insert_with(|| {
            let (shared, clock) = (Arc::clone(&self.shared), Arc::clone(&self.clock));
            Arc::new(Lane::new(Counted::Account(counted), shared, rate, clock, self.figures.clone()))
        });
        Arc::clone(made)
    }
}

#[cfg(test)]
pub(in crate::iam) mod testing;
#[cfg(test)]
mod tests;
