//! Keys that fit a gateway, whatever the usual chain has.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_credential_types::Credentials;
use futures_util::future::BoxFuture;

use super::exchanged::ExchangedKeys;
use super::keys::{ChainKeys, Keys, NoKeys};

/// The gateway keys of the chain; or, where it has AWS's own, what they are exchanged for: no gateway can check a signature
/// that was made with AWS's.
#[derive(Debug)]
pub struct AutomaticKeys {
    chain: Option<ChainKeys>,
    /// Or why nothing can be exchanged, which matters only where it must be.
    exchanged: Result<ExchangedKeys, NoKeys>,
    /// The chain has AWS's own; it need not be asked for each request.
    are_aws: AtomicBool,
}

/// Whether AWS issued the key of this id
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes>).
#[must_use]
pub fn is_of_aws(access_key_id: &str) -> bool {
    ["AKIA", "ASIA"].iter().any(|prefix| access_key_id.starts_with(prefix))
}

impl AutomaticKeys {
    /// Those of `chain`, or `exchanged`; without a chain, `exchanged` alone.
    #[must_use]
    pub fn new(chain: Option<ChainKeys>, exchanged: Result<ExchangedKeys, NoKeys>) -> Self {
        Self { chain, exchanged, are_aws: AtomicBool::new(false) }
    }
}

impl Keys for AutomaticKeys {
    fn keys(&self) -> BoxFuture<'_, Result<Credentials, NoKeys>> {
        Box::pin(async move {
            if let Some(chain) = &self.chain
                && !self.are_aws.load(Ordering::Relaxed)
            {
                let keys = chain.keys().await?;
                if !is_of_aws(keys.access_key_id()) {
                    return Ok(keys);
                }
                self.are_aws.store(true, Ordering::Relaxed);
            }
            match &self.exchanged {
                Ok(exchanged) => exchanged.keys().await,
                Err(no_keys) => Err(no_keys.clone()),
            }
        })
    }

    fn refused(&self, access_key_id: &str) {
        if let Ok(exchanged) = &self.exchanged {
            exchanged.refused(access_key_id);
        }
        if let Some(chain) = &self.chain {
            chain.refused(access_key_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use aws_credential_types::provider::SharedCredentialsProvider;

    use super::*;
    use crate::client::exchanged::tests::Scripted;
    use crate::clock::SystemClock;

    fn keys_of(access_key_id: &str) -> AutomaticKeys {
        let keys = Credentials::new(access_key_id, "secret", None, None, "test");
        let chain = ChainKeys::new(SharedCredentialsProvider::new(keys), None, Arc::new(SystemClock));
        let clock = Arc::new(SystemClock);
        let exchange = Scripted::giving("IMGTNEW", clock.clone());
        AutomaticKeys::new(Some(chain), Ok(ExchangedKeys::new(Box::new(exchange), None, Duration::from_secs(5), clock)))
    }

    #[tokio::test]
    async fn a_gateways_keys_sign_and_awss_are_exchanged() {
        for (id, signs) in [
            ("IMGKEXAMPLE", "IMGKEXAMPLE"),
            ("IMGTEXAMPLE", "IMGTEXAMPLE"),
            ("AKIAEXAMPLE", "IMGTNEW"),
            ("ASIAEXAMPLE", "IMGTNEW"),
        ] {
            let keys = keys_of(id);
            for _ in 0..2 {
                assert_eq!(keys.keys().await.unwrap().access_key_id(), signs, "{id}");
            }
        }
    }

    #[tokio::test]
    async fn where_nothing_can_be_exchanged_a_gateways_keys_sign_all_the_same() {
        for (id, signs) in [("IMGKEXAMPLE", true), ("AKIAEXAMPLE", false)] {
            let mut keys = keys_of(id);
            keys.exchanged = Err(NoKeys { message: "no exchange".to_owned(), hint: None });
            assert_eq!(keys.keys().await.is_ok(), signs, "{id}");
        }
    }

    #[tokio::test]
    async fn where_an_exchange_is_asked_for_the_chain_is_not_looked_at() {
        let mut keys = keys_of("IMGKEXAMPLE");
        keys.chain = None;
        assert_eq!(keys.keys().await.unwrap().access_key_id(), "IMGTNEW");
    }
}
