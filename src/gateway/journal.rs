//! What the audit journal is opened with, and what keeps its files.

use std::sync::Arc;

use serde_json::json;

use super::assemble::{ToAws, client_settings};
use super::kms::KmsSigner;
use crate::audit::{DigestSigner, Journal, JournalOptions, Keeper, KeepingError, KeepingOptions, Record, SigningKey};
use crate::config::{Config, SigningKeyFault, read_signing_seed};
use crate::http::Alarm;
use crate::iam::endpoint::Endpoint;

/// What every header of the journal says of the gateway, and all else that the journal itself writes.
pub(super) fn journal_context(config: &Config) -> Record {
    let context = json!({
        "gateway": config.gateway.name.as_str(),
        "version": env!("CARGO_PKG_VERSION"),
        "configuration": config.digest,
    });
    Record::from_fields(&context).expect("an object without integrity")
}

pub(super) fn journal_options(config: &Config) -> Result<JournalOptions, SigningKeyFault> {
    let seed = config.audit.signing_key.as_ref();
    let seed = seed.map(|file| read_signing_seed(file, config.audit.signing_key_group_readable)).transpose()?;
    if seed.is_none() {
        tracing::warn!(
            "the audit journal is not signed: whoever can write its folder can compute it anew; see audit.signing_key"
        );
    }
    Ok(JournalOptions {
        durable_deadline: config.audit.durable,
        note_delay: config.audit.delay,
        largest_segment: config.audit.segment_bytes,
        remote: config.audit.sinks.remote,
        oldest_segment: config.audit.segment_age,
        context: journal_context(config),
        signing_key: seed.map(|seed| Arc::new(SigningKey::from_seed(&seed))),
        ..JournalOptions::new(&config.audit.directory)
    })
}

/// What is done with the journal's closed files. KMS has as long as STS: both are asked with the gateway's own credentials.
pub(super) fn keeping_options(config: &Config, to_aws: &ToAws) -> KeepingOptions {
    let signer = config.audit.digest_kms_key.as_ref().map(|key| {
        let url = config.aws.kms_endpoint.as_ref().map(|url| url.as_str().to_owned());
        Arc::new(KmsSigner::new(
            key.clone(),
            &Endpoint::regional(key.region().as_str(), url),
            to_aws.own.clone(),
            to_aws.connections.clone(),
            to_aws.sleep.clone(),
            &client_settings(config.broker.sts_timeout),
        )) as Arc<dyn DigestSigner>
    });
    KeepingOptions {
        compress: config.audit.compress,
        keep: config.audit.keep,
        signer,
        shipped: Vec::new(),
        former_keys: config.audit.former_public_keys.clone(),
    }
}

/// Keeps the journal's closed files; an alarm says when that fails, since records are taken all the same.
pub(super) fn keeper(options: KeepingOptions, journal: &Journal, alarm: Alarm) -> Keeper {
    let tell = move |failure: Option<&KeepingError>| match failure {
        Some(failure) => alarm.raise(failure.to_string()),
        None => drop(alarm.quiet()),
    };
    Keeper::begin(journal, options, Box::new(tell))
}
