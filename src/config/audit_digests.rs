//! `[audit] digest_kms_key`: the key in AWS KMS that signs digests.

use std::collections::BTreeSet;

use super::environments::Environments;
use super::section::Section;
use super::sink::Problem;
use crate::arn::KmsKeyArn;

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
