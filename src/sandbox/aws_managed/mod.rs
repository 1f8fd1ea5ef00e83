//! AWS's own managed policies, the well-known ones of the thousand and more: what every account has from its first day.
//!
//! Names, paths, version numbers, dates and documents are those of AWS
//! (<https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>, November 2026). The documents of a
//! few are far too long to be kept; they are abridged, grant nothing that the whole ones do not, and say so in the
//! policy's description. Only the version in force is there, and the ids are made up.

mod table;

use std::collections::BTreeMap;

use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::account::{KeyCase, ManagedPolicy, PolicyVersion, Tags};
use crate::arn::Partition;

/// What an abridged policy's description ends with.
const ABRIDGED: &str = " (Abridged: this sandbox holds a part of what the policy grants.)";

/// One of AWS's managed policies.
#[derive(Debug)]
struct AwsManaged {
    path: &'static str,
    name: &'static str,
    /// The number of the version in force.
    version: u32,
    /// When it was created and when its version in force was.
    dates: [&'static str; 2],
    description: &'static str,
    document: &'static str,
    abridged: bool,
}

/// AWS's managed policies as a partition has them, by ARN.
pub(super) fn policies(partition: Partition) -> BTreeMap<String, ManagedPolicy> {
    table::POLICIES.iter().map(|policy| policy.made(partition)).map(|policy| (policy.arn.clone(), policy)).collect()
}

impl AwsManaged {
    fn made(&self, partition: Partition) -> ManagedPolicy {
        let Self { path, name, version, dates: [created, updated], description, document, abridged } = *self;
        let arn = format!("arn:{partition}:iam::aws:policy{path}{name}");
        let document = document.trim_end().replace("\"arn:aws:", &format!("\"arn:{partition}:"));
        ManagedPolicy {
            id: id(&arn),
            arn,
            name: name.to_owned(),
            path: path.to_owned(),
            created: time(created),
            updated: time(updated),
            description: Some(format!("{description}{}", if abridged { ABRIDGED } else { "" })),
            tags: Tags::none(KeyCase::Kept),
            versions: vec![PolicyVersion { number: version, document, created: time(updated) }],
            default_version: version,
            next_version: version + 1,
        }
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("the table's dates are RFC 3339")
}

/// An id that is the same in every account and at every start, as AWS's own are.
fn id(arn: &str) -> String {
    let digest = BASE32_NOPAD.encode(&Sha256::digest(arn.as_bytes()));
    format!("ANPA{}", &digest[..17])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn every_policy_has_its_arn_an_id_of_its_own_and_one_version_with_a_document() {
        let policies = policies(Partition::Aws);
        assert_eq!(policies.len(), table::POLICIES.len(), "no ARN twice");
        let ids: BTreeSet<&str> = policies.values().map(|policy| policy.id.as_str()).collect();
        assert_eq!(ids.len(), policies.len());
        for (arn, policy) in &policies {
            assert_eq!(*arn, format!("arn:aws:iam::aws:policy{}{}", policy.path, policy.name));
            assert!(policy.is_aws_managed() && policy.id.len() == 21 && policy.created <= policy.updated, "{arn}");
            assert!(policy.version(policy.default_version).is_some() && policy.versions.len() == 1, "{arn}");
            let document: Value = serde_json::from_str(policy.document()).unwrap();
            assert_eq!(document["Version"], "2012-10-17", "{arn}");
            let statements = document["Statement"].as_array().unwrap();
            assert!(statements.iter().all(|s| s["Effect"] == "Allow" || s["Effect"] == "Deny"), "{arn}");
        }
    }

    #[test]
    fn paths_are_those_of_aws() {
        let policies = policies(Partition::Aws);
        for resource in [
            "AdministratorAccess",
            "job-function/ViewOnlyAccess",
            "service-role/AWSLambdaBasicExecutionRole",
            "AmazonSSMManagedInstanceCore",
        ] {
            assert!(policies.contains_key(&format!("arn:aws:iam::aws:policy/{resource}")), "{resource}");
        }
    }

    #[test]
    fn an_abridged_document_is_said_to_be_abridged() {
        let policies = policies(Partition::Aws);
        let said = |name: &str| {
            policies[&format!("arn:aws:iam::aws:policy/{name}")].description.as_deref().unwrap().ends_with(ABRIDGED)
        };
        assert!(said("ReadOnlyAccess") && said("SecurityAudit") && !said("AdministratorAccess"));
    }

    #[test]
    fn arns_within_a_document_are_those_of_the_partition() {
        let policies = policies(Partition::AwsCn);
        let document = policies["arn:aws-cn:iam::aws:policy/IAMUserChangePassword"].document();
        assert!(document.contains("arn:aws-cn:iam::*:user/${aws:username}") && !document.contains("arn:aws:"));
    }
}
