//! `[audit] digest_kms_key` and `former_public_keys`: the key in AWS KMS that signs digests, and those that signed earlier ones.

use std::collections::BTreeSet;

use super::environments::Environments;
use super::section::{Item, Section};
use super::sink::Problem;
use crate::arn::KmsKeyArn;
use crate::audit::PublicKey;

/// The key; it is used with the gateway's own credentials, which are good in one partition.
pub(super) fn read(section: &Section<'_>, environments: &Environments) -> Option<KmsKeyArn> {
    section.optional("digest_kms_key").and_then(|item| {
        let key: KmsKeyArn = item.parse()?;
        let own = key.partition();
        let others: BTreeSet<_> = environments.iter().map(|e| e.partition).filter(|p| *p != own).collect();
        for other in others {
            item.fault(
                Problem::conflict(format!("is in partition {own}, and an environment is in {other}"))
                    .remedy("name a key that the gateway's own credentials are good for"),
            );
        }
        Some(key)
    })
}

/// The public halves of keys that signed the journal before its present one.
pub(super) fn former_public_keys(section: &Section<'_>) -> Vec<PublicKey> {
    let Some(item) = section.optional("former_public_keys") else { return Vec::new() };
    if section.optional("signing_key").is_none() {
        item.fault(
            Problem::conflict("means nothing without audit.signing_key".to_owned())
                .remedy("name the key that signs the journal now, or leave this out"),
        );
    }
    item.list(Item::parse)
}
