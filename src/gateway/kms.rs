//! Digests of the audit journal, signed with a key in AWS KMS that the gateway can use and nobody can read.
//!
//! A digest is written once and its signature is looked at much later, so nothing is taken from KMS unseen: the answer has to
//! name the key that was asked for, and the key's public half, fetched once, has to confirm the signature. A key of another
//! kind than P-256 is found at the first digest and not when somebody verifies the journal.

use std::fmt::Debug;

use aws_sdk_kms::Client;
use aws_sdk_kms::config::SharedCredentialsProvider;
use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use data_encoding::BASE64;
use tokio::sync::Mutex;

use crate::arn::KmsKeyArn;
use crate::audit::{DigestSigner, KmsPublicKey, KmsSignature, SigningFuture};
use crate::iam::endpoint::Endpoint;
use crate::iam::{AwsFailure, ClientSettings};

const SIGN: &str = "kms:Sign";
const GET_PUBLIC_KEY: &str = "kms:GetPublicKey";

/// A key in AWS KMS.
#[derive(Debug)]
pub(super) struct KmsSigner {
    client: Client,
    /// The key, or an alias of it.
    key: KmsKeyArn,
    /// The key that answered last, and its public half: an alias may come to mean another.
    known: Mutex<Option<(KmsKeyArn, KmsPublicKey)>>,
}

/// Why KMS gave no signature that can be kept.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum KmsFault {
    /// KMS refused, or was not reached.
    #[error("AWS KMS did not answer {} for {}: {failure}; {}", failure.action, failure.resource, remedy(&failure.code))]
    Failed { failure: AwsFailure },
    /// The answer names another key.
    #[error("AWS KMS was asked for a signature of {asked} and answered one of {answered:?}: see audit.digest_kms_key")]
    OtherKey { asked: KmsKeyArn, answered: String },
    /// The answer names another algorithm.
    #[error("AWS KMS was asked for {} and answered {answered:?}", KmsSignature::ALGORITHM)]
    OtherAlgorithm { answered: String },
    /// The key is not on P-256.
    #[error("the KMS key {key} is of spec {spec}: {NEEDED}")]
    OtherSpec { key: KmsKeyArn, spec: String },
    /// The public half of the key does not confirm it.
    #[error("AWS KMS answered a signature that the public half of {key} does not confirm: it is not kept")]
    NotConfirmed { key: KmsKeyArn },
}

const NEEDED: &str =
    "digests need a key of usage SIGN_VERIFY and spec ECC_NIST_P256; neither can be changed, so create another";

/// What to do about an error code.
fn remedy(code: &str) -> &'static str {
    match code {
        "AccessDeniedException" => {
            "allow the gateway's own role kms:Sign and kms:GetPublicKey on the key that audit.digest_kms_key names, in the \
             role's policies or the key's, and in the key's if it is another account's"
        }
        "NotFoundException" => "audit.digest_kms_key has to name a key, or an alias of one, that is there",
        "DisabledException" | "KMSInvalidStateException" => {
            "enable the key; if its deletion is scheduled, cancel that first"
        }
        "InvalidKeyUsageException" | "ValidationException" | "UnsupportedOperationException" => NEEDED,
        "NoGatewayCredentials" => "it needs those that it calls STS with",
        _ => "digests wait until KMS signs them, and records are taken all the same",
    }
}

impl KmsSigner {
    /// The key at `endpoint`, used with the gateway's own credentials.
    pub(super) fn new(
        key: KmsKeyArn,
        endpoint: &Endpoint,
        own: SharedCredentialsProvider,
        connections: SharedHttpClient,
        sleep: SharedAsyncSleep,
        settings: &ClientSettings,
    ) -> Self {
        let client = Client::new(&settings.sdk(endpoint, own, connections, sleep));
        Self { client, key, known: Mutex::new(None) }
    }

    async fn signature(&self, message: Vec<u8>) -> Result<KmsSignature, KmsFault> {
        let asked = self.key.to_string();
        let answer = self
            .client
            .sign()
            .key_id(&asked)
            .message(Blob::new(message.clone()))
            .message_type(MessageType::Raw)
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .send()
            .await
            .map_err(|error| failed(SIGN, &self.key, &error))?;
        let key = self.answered(answer.key_id())?;
        let algorithm = answer.signing_algorithm().map_or("", SigningAlgorithmSpec::as_str);
        if algorithm != KmsSignature::ALGORITHM {
            return Err(KmsFault::OtherAlgorithm { answered: algorithm.to_owned() });
        }
        let signature = answer.signature().ok_or_else(|| unreadable(SIGN, &key))?.as_ref();
        if !self.public_key(&key).await?.has_signed(&message, signature) {
            return Err(KmsFault::NotConfirmed { key });
        }
        Ok(KmsSignature {
            key_id: key.to_string(),
            algorithm: algorithm.to_owned(),
            signature: BASE64.encode(signature),
        })
    }

    /// The key that KMS says has signed, if it can be the one that was asked for.
    fn answered(&self, key_id: Option<&str>) -> Result<KmsKeyArn, KmsFault> {
        let answered = key_id.unwrap_or_default();
        let key = answered.parse().ok().filter(|key| self.key.can_be(key));
        key.ok_or_else(|| KmsFault::OtherKey { asked: self.key.clone(), answered: answered.to_owned() })
    }

    async fn public_key(&self, key: &KmsKeyArn) -> Result<KmsPublicKey, KmsFault> {
        let mut known = self.known.lock().await;
        if let Some((_, public)) = known.as_ref().filter(|(of, _)| of == key) {
            return Ok(public.clone());
        }
        let answer = self
            .client
            .get_public_key()
            .key_id(key.to_string())
            .send()
            .await
            .map_err(|error| failed(GET_PUBLIC_KEY, key, &error))?;
        let der = answer.public_key().ok_or_else(|| unreadable(GET_PUBLIC_KEY, key))?;
        let public = KmsPublicKey::from_der(der.as_ref()).map_err(|_| {
            let spec = answer.key_spec().map_or("unknown", |spec| spec.as_str());
            KmsFault::OtherSpec { key: key.clone(), spec: spec.to_owned() }
        })?;
        *known = Some((key.clone(), public.clone()));
        Ok(public)
    }
}

impl DigestSigner for KmsSigner {
    fn sign(&self, message: Vec<u8>) -> SigningFuture<'_> {
        Box::pin(async move { Ok(self.signature(message).await?) })
    }
}

fn failed<E>(action: &'static str, key: &KmsKeyArn, error: &SdkError<E, HttpResponse>) -> KmsFault
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    KmsFault::Failed { failure: AwsFailure::of(action, key.to_string(), error) }
}

fn unreadable(action: &'static str, key: &KmsKeyArn) -> KmsFault {
    KmsFault::Failed { failure: AwsFailure::unreadable(action, &key.to_string()) }
}
