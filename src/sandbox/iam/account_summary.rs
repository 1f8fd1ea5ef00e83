//! The account in numbers.

use super::access_keys::MOST_KEYS;
use super::certificates::MOST_CERTIFICATES;
use super::policies::{MOST_CHARACTERS, MOST_POLICIES, count};
use super::versions::MOST_VERSIONS;
use super::{Answer, Guarded, Operation, mfa};
use crate::sandbox::account::Account;
use crate::sandbox::call::Call;
use crate::sandbox::xml::Xml;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    match action {
        "GetAccountSummary" => Some(get),
        _ => None,
    }
}

fn get(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let account = guarded.open(call)?;
    Ok(Xml::of("SummaryMap", |xml| {
        for (key, value) in summary(account) {
            xml.element("entry", |xml| {
                xml.text("key", key).value("value", value);
            });
        }
    }))
}

/// Every key that AWS answers (`summaryKeyType` of the API reference), with its default quotas
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
fn summary(account: &Account) -> [(&'static str, usize); 34] {
    let (mfa_devices, mfa_devices_in_use) = mfa::counts(account);
    [
        ("Users", account.users.len()),
        ("UsersQuota", 5000),
        ("Groups", account.groups.len()),
        ("GroupsQuota", 300),
        ("ServerCertificates", 0),
        ("ServerCertificatesQuota", 20),
        ("UserPolicySizeQuota", 2048),
        ("GroupPolicySizeQuota", 5120),
        ("GroupsPerUserQuota", 10),
        ("SigningCertificatesPerUserQuota", MOST_CERTIFICATES),
        ("AccessKeysPerUserQuota", MOST_KEYS),
        ("MFADevices", mfa_devices),
        ("MFADevicesInUse", mfa_devices_in_use),
        ("AccountMFAEnabled", usize::from(account.root.mfa_active)),
        // The root user of this sandbox has a password, and neither access keys nor certificates.
        ("AccountAccessKeysPresent", 0),
        ("AccountPasswordPresent", 1),
        ("AccountSigningCertificatesPresent", 0),
        ("AttachedPoliciesPerGroupQuota", 10),
        ("AttachedPoliciesPerRoleQuota", 10),
        ("AttachedPoliciesPerUserQuota", 10),
        ("Policies", count(account)),
        ("PoliciesQuota", MOST_POLICIES),
        ("PolicySizeQuota", MOST_CHARACTERS),
        ("PolicyVersionsInUse", versions_in_use(account)),
        ("PolicyVersionsInUseQuota", 10_000),
        ("VersionsPerPolicyQuota", MOST_VERSIONS),
        ("GlobalEndpointTokenVersion", 1),
        ("AssumeRolePolicySizeQuota", 2048),
        ("InstanceProfiles", account.instance_profiles.len()),
        ("InstanceProfilesQuota", 1000),
        ("Providers", account.oidc_providers.len() + account.saml_providers.len()),
        ("RolePolicySizeQuota", 10_240),
        ("Roles", account.roles.len()),
        ("RolesQuota", 1000),
    ]
}

/// The versions of the account's own policies, and those of AWS's that are attached.
fn versions_in_use(account: &Account) -> usize {
    let in_use = |arn: &str| {
        let usage = account.policy_usage(arn);
        usage.attachments + usage.boundaries > 0
    };
    account
        .policies
        .values()
        .map(|policy| match policy.is_aws_managed() {
            false => policy.versions.len(),
            true => usize::from(in_use(&policy.arn)),
        })
        .sum()
}

#[cfg(test)]
mod tests;
