//! Sealing keys out of AWS Secrets Manager, read with the gateway's own role.

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_secretsmanager::Client;
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use tokio::runtime::Handle;

use crate::arn::SecretArn;
use crate::config::{FetchedSecrets, Sealing, SealingKeyPlace};
use crate::iam::endpoint::Endpoint;
use crate::iam::{AwsFailure, ClientSettings};
use crate::secret::Secret;

const GET_SECRET_VALUE: &str = "secretsmanager:GetSecretValue";

/// Reads secrets.
#[derive(Debug, Clone)]
pub(super) struct SecretReader {
    own: SharedCredentialsProvider,
    connections: SharedHttpClient,
    sleep: SharedAsyncSleep,
    settings: ClientSettings,
    url: Option<String>,
}

impl SecretReader {
    /// A reader of AWS's Secrets Manager, or of the one at `url`.
    pub(super) fn new(
        own: SharedCredentialsProvider,
        connections: SharedHttpClient,
        sleep: SharedAsyncSleep,
        settings: ClientSettings,
        url: Option<String>,
    ) -> Self {
        Self { own, connections, sleep, settings, url }
    }

    /// The secrets that hold keys of this section, each with its text or why there is none.
    pub(super) async fn fetch(&self, sealing: &Sealing) -> FetchedSecrets {
        let mut fetched = FetchedSecrets::new();
        for entry in &sealing.keys {
            if let SealingKeyPlace::Secret(arn) = &entry.place {
                fetched.insert(arn.clone(), self.text(arn).await);
            }
        }
        fetched
    }

    /// The same, on a thread that may wait. Without a runtime nothing can be fetched.
    pub(super) fn fetch_blocking(&self, sealing: &Sealing) -> FetchedSecrets {
        let are_secret = sealing.keys.iter().any(|entry| matches!(entry.place, SealingKeyPlace::Secret(_)));
        match Handle::try_current() {
            Ok(runtime) if are_secret => runtime.block_on(self.fetch(sealing)),
            Ok(_) | Err(_) => FetchedSecrets::new(),
        }
    }

    async fn text(&self, arn: &SecretArn) -> Result<Secret, String> {
        let endpoint = Endpoint::regional(arn.region().as_str(), self.url.clone());
        let client = Client::from_conf(
            aws_sdk_secretsmanager::config::Builder::from(&self.settings.sdk(
                &endpoint,
                self.own.clone(),
                self.connections.clone(),
                self.sleep.clone(),
            ))
            .build(),
        );
        let asked = client.get_secret_value().secret_id(arn.to_string()).send().await;
        let answer = asked.map_err(|error| AwsFailure::of(GET_SECRET_VALUE, arn.to_string(), &error).to_string())?;
        let text = answer.secret_string().ok_or("it is binary, and a key is kept as text in base64")?;
        Ok(Secret::new(text.to_owned()))
    }
}
