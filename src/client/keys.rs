//! Where what requests to a gateway are signed with comes from.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use futures_util::future::BoxFuture;

use super::proof::told;
use crate::clock::SharedClock;
use crate::tools::text::visible;

/// Gives gateway keys that are good at this moment. Asked for each request, so that what expires is renewed in time.
pub trait Keys: Debug + Send + Sync {
    /// The keys.
    fn keys(&self) -> BoxFuture<'_, Result<Credentials, NoKeys>>;

    /// The gateway refused this key, so the next ask should give another, where there is one. Nothing happens where another
    /// key is in use by now: of several requests that are under way with one key, each is refused.
    ///
    /// [`crate::connect`] calls it when a gateway says that a key has expired, or that it is of another gateway's making.
    fn refused(&self, _access_key_id: &str) {}
}

/// Why there is nothing to sign with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", .hint.as_ref().map(|hint| format!("\n  {hint}")).unwrap_or_default())]
pub struct NoKeys {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// Keys where AWS's own tools look for keys: environment variables, a profile, `credential_process`.
///
/// What says when it ends is kept until then, or until the gateway refuses it: finding it may cost a process each time.
#[derive(Debug, Clone)]
pub struct ChainKeys {
    chain: SharedCredentialsProvider,
    profile: Option<String>,
    clock: SharedClock,
    kept: Arc<Mutex<Option<Credentials>>>,
}

/// Keys that end sooner are looked for again.
const LEAST_LEFT: Duration = Duration::from_secs(60);

impl ChainKeys {
    /// What this chain gives; `profile` is the one it looks at, where one is named.
    #[must_use]
    pub fn new(chain: SharedCredentialsProvider, profile: Option<String>, clock: SharedClock) -> Self {
        Self { chain, profile, clock, kept: Arc::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Option<Credentials>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that are kept, if they are good for some time.
    fn good(&self) -> Option<Credentials> {
        let now = SystemTime::from(self.clock.now());
        self.kept().clone().filter(|kept| kept.expiry().is_some_and(|expiry| expiry > now + LEAST_LEFT))
    }
}

impl Keys for ChainKeys {
    fn keys(&self) -> BoxFuture<'_, Result<Credentials, NoKeys>> {
        Box::pin(async move {
            if let Some(good) = self.good() {
                return Ok(good);
            }
            let found = self.chain.provide_credentials().await.map_err(|error| NoKeys {
                message: format!("no AWS credentials were found to sign with ({})", told(&error)),
                // What was found and failed says by itself what is wrong.
                hint: matches!(error, CredentialsError::CredentialsNotLoaded(_)).then(|| match &self.profile {
                    Some(profile) => format!("is there a profile {} with credentials?", visible(profile)),
                    None => "set AWS_PROFILE to a profile with a gateway key, or with your AWS identity".to_owned(),
                }),
            })?;
            *self.kept() = Some(found.clone());
            Ok(found)
        })
    }

    fn refused(&self, access_key_id: &str) {
        self.kept().take_if(|kept| kept.access_key_id() == access_key_id);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use aws_credential_types::provider::future;
    use jiff::SignedDuration;

    use super::*;
    use crate::authn::testing::noon;
    use crate::clock::{Clock, ManualClock};

    /// Gives keys of one quarter of an hour each, numbered.
    #[derive(Debug)]
    struct Numbered(AtomicU32, Arc<ManualClock>);

    impl ProvideCredentials for Numbered {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            let expiry = SystemTime::from(self.1.now() + SignedDuration::from_mins(15));
            future::ProvideCredentials::ready(Ok(Credentials::new(
                number.to_string(),
                "secret",
                None,
                Some(expiry),
                "test",
            )))
        }
    }

    #[tokio::test]
    async fn keys_are_kept_until_shortly_before_they_end_or_are_refused() {
        let clock = ManualClock::at(noon());
        let chain = SharedCredentialsProvider::new(Numbered(AtomicU32::new(1), Arc::clone(&clock)));
        let keys = ChainKeys::new(chain, None, Arc::clone(&clock) as SharedClock);
        let given = async || keys.keys().await.unwrap().access_key_id().to_owned();
        assert_eq!([given().await, given().await], ["1", "1"]);
        clock.advance(SignedDuration::from_mins(14));
        assert_eq!([given().await, given().await], ["2", "2"]);
        keys.refused("1");
        assert_eq!(given().await, "2", "another key was refused");
        keys.refused("2");
        assert_eq!(given().await, "3");
    }
}
