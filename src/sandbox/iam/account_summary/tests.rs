use std::collections::BTreeMap;

use crate::sandbox::testing::{ALLOW, Bench, TRUST};

fn summary(bench: &mut Bench) -> BTreeMap<String, i64> {
    let reply = bench.ok("GetAccountSummary", &[]);
    let entries = reply.all("entry").len();
    let summary: BTreeMap<String, i64> =
        reply.all("key").into_iter().zip(reply.all("value").iter().map(|value| value.parse().unwrap())).collect();
    assert_eq!(summary.len(), entries);
    summary
}

#[test]
fn every_key_is_there_with_aws_default_quotas() {
    let summary = summary(&mut Bench::new());
    assert_eq!(summary.len(), 34);
    for (key, quota) in [
        ("AccessKeysPerUserQuota", 2),
        ("AssumeRolePolicySizeQuota", 2048),
        ("AttachedPoliciesPerRoleQuota", 10),
        ("GroupPolicySizeQuota", 5120),
        ("GroupsQuota", 300),
        ("PoliciesQuota", 1500),
        ("PolicySizeQuota", 6144),
        ("PolicyVersionsInUseQuota", 10_000),
        ("RolePolicySizeQuota", 10_240),
        ("RolesQuota", 1000),
        ("ServerCertificatesQuota", 20),
        ("SigningCertificatesPerUserQuota", 2),
        ("UserPolicySizeQuota", 2048),
        ("UsersQuota", 5000),
        ("VersionsPerPolicyQuota", 5),
        ("GlobalEndpointTokenVersion", 1),
        ("AccountMFAEnabled", 1),
        ("AccountAccessKeysPresent", 0),
    ] {
        assert_eq!(summary[key], quota, "{key}");
    }
}

#[test]
fn what_is_made_is_counted() {
    let mut bench = Bench::new();
    let before = summary(&mut bench);
    bench.ok("CreateUser", &[("UserName", "bob")]);
    bench.ok("CreateGroup", &[("GroupName", "g")]);
    bench.ok("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", TRUST)]);
    bench.ok("CreateInstanceProfile", &[("InstanceProfileName", "i")]);
    let policy = bench.ok("CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", ALLOW)]).get("Arn").unwrap();
    bench.ok("CreatePolicyVersion", &[("PolicyArn", &policy), ("PolicyDocument", ALLOW)]);
    bench.ok("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")]);
    bench.ok("CreateOpenIDConnectProvider", &[("Url", "https://example.com")]);
    for name in ["phone", "tablet"] {
        bench.ok("CreateVirtualMFADevice", &[("VirtualMFADeviceName", name)]);
    }
    for serial_number in ["arn:aws:iam::123456789012:mfa/phone", "GAHT12345678"] {
        let codes = [("AuthenticationCode1", "111111"), ("AuthenticationCode2", "222222")];
        bench.ok("EnableMFADevice", &[("UserName", "bob"), ("SerialNumber", serial_number), codes[0], codes[1]]);
    }
    let grown: BTreeMap<String, i64> = summary(&mut bench)
        .into_iter()
        .map(|(key, value)| (value - before[&key], key))
        .filter(|(grown, _)| *grown != 0)
        .map(|(grown, key)| (key, grown))
        .collect();
    let expected = [
        ("Groups", 1),
        ("InstanceProfiles", 1),
        ("MFADevices", 2),
        ("MFADevicesInUse", 2),
        ("Policies", 1),
        ("PolicyVersionsInUse", 3),
        ("Providers", 1),
        ("Roles", 1),
        ("Users", 1),
    ];
    assert_eq!(grown, expected.map(|(key, grown)| (key.to_owned(), grown)).into());
}
