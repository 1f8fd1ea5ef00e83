//! The sandbox's own operations find the account as they would have made it.

use super::{now, seeded};
use crate::sandbox::account::Policies;
use crate::sandbox::testing::{ALLOW, Bench};

fn bench() -> Bench {
    let mut bench = Bench::new();
    (bench.account, bench.now) = (seeded(), now());
    bench
}

#[test]
fn lists_have_everybody() {
    let mut bench = bench();
    for (action, element, count) in [
        ("ListUsers", "UserName", 44),
        ("ListGroups", "GroupName", 10),
        ("ListRoles", "RoleName", 35),
        ("ListInstanceProfiles", "InstanceProfileName", 4),
    ] {
        let names: Vec<String> = bench.pages(action, &[], 7, element).concat();
        assert_eq!(names.len(), count, "{action}: {names:?}");
    }
    for action in ["ListOpenIDConnectProviders", "ListSAMLProviders"] {
        assert_eq!(bench.ok(action, &[]).all("Arn").len(), 2, "{action}");
    }
    let policies = bench.pages("ListPolicies", &[("Scope", "Local")], 7, "PolicyName").concat();
    assert_eq!(policies.len(), 19);
}

#[test]
fn the_one_who_left_is_deleted_when_all_that_hangs_on_it_is_gone() {
    let mut bench = bench();
    let user = ("UserName", "rosa.delgado");
    let first = |bench: &mut Bench, list: &str, element: &str| bench.ok(list, &[user]).get(element).unwrap();
    let key = first(&mut bench, "ListAccessKeys", "AccessKeyId");
    let serial = first(&mut bench, "ListMFADevices", "SerialNumber");
    let certificate = first(&mut bench, "ListSigningCertificates", "CertificateId");
    let ssh_key = first(&mut bench, "ListSSHPublicKeys", "SSHPublicKeyId");
    let credential = first(&mut bench, "ListServiceSpecificCredentials", "ServiceSpecificCredentialId");
    let inline = first(&mut bench, "ListUserPolicies", "member");
    let attached = first(&mut bench, "ListAttachedUserPolicies", "PolicyArn");
    let group = first(&mut bench, "ListGroupsForUser", "GroupName");
    let steps: [(&str, Option<(&str, &str)>); 9] = [
        ("DeleteLoginProfile", None),
        ("DeleteAccessKey", Some(("AccessKeyId", &key))),
        ("DeleteSigningCertificate", Some(("CertificateId", &certificate))),
        ("DeleteSSHPublicKey", Some(("SSHPublicKeyId", &ssh_key))),
        ("DeleteServiceSpecificCredential", Some(("ServiceSpecificCredentialId", &credential))),
        ("DeactivateMFADevice", Some(("SerialNumber", &serial))),
        ("DeleteUserPolicy", Some(("PolicyName", &inline))),
        ("DetachUserPolicy", Some(("PolicyArn", &attached))),
        ("RemoveUserFromGroup", Some(("GroupName", &group))),
    ];
    for (action, what) in steps {
        bench.refused("DeleteUser", &[user], "DeleteConflict");
        let fields: Vec<(&str, &str)> = [user].into_iter().chain(what).collect();
        bench.ok(action, &fields);
    }
    bench.ok("DeleteUser", &[user]);
}

#[test]
fn keys_and_certificates_are_such_as_could_have_been_uploaded() {
    let mut bench = bench();
    let rosa = bench.account.users.get_mut("rosa.delgado").unwrap();
    let (ssh_key, certificate) = (rosa.ssh_public_keys[0].clone(), rosa.signing_certificates.remove(0));
    let user = ("UserName", "emma.lindqvist");
    bench.ok("UploadSSHPublicKey", &[user, ("SSHPublicKeyBody", &ssh_key.body)]);
    bench.ok("UploadSigningCertificate", &[user, ("CertificateBody", &certificate.body)]);
    let told = bench
        .ok("GetSSHPublicKey", &[("UserName", "rosa.delgado"), ("SSHPublicKeyId", &ssh_key.id), ("Encoding", "SSH")]);
    assert_eq!(told.get("SSHPublicKeyBody").unwrap(), ssh_key.body);
}

/// Every document of the account, with the operation that puts it where it stands, and the parameter that says where.
fn documents() -> Vec<(&'static str, &'static str, String, String)> {
    let account = seeded();
    let mut documents = Vec::new();
    let mut inline = |action, parameter, name: &str, policies: &Policies| {
        documents.extend(policies.inline.values().map(|text| (action, parameter, name.to_owned(), text.clone())));
    };
    for user in account.users.iter() {
        inline("PutUserPolicy", "UserName", &user.name, &user.policies);
    }
    for group in account.groups.iter() {
        inline("PutGroupPolicy", "GroupName", &group.name, &group.policies);
    }
    for role in account.roles.iter() {
        inline("PutRolePolicy", "RoleName", &role.name, &role.policies);
    }
    for role in account.roles.iter().filter(|role| !role.is_service_linked()) {
        documents.push((
            "UpdateAssumeRolePolicy",
            "RoleName",
            role.name.clone(),
            account.trust_told(&role.trust_policy),
        ));
    }
    for policy in account.policies.values().filter(|policy| !policy.is_aws_managed()) {
        documents.extend(policy.versions.iter().map(|version| {
            let name = format!("{}-{}", policy.name, version.number);
            ("CreatePolicy", "PolicyName", name, version.document.clone())
        }));
    }
    documents
}

#[test]
fn every_document_could_have_been_put_where_it_stands() {
    let mut bench = bench();
    for (action, parameter, name, document) in documents() {
        let mut fields = vec![(parameter, name.as_str()), ("PolicyDocument", &document)];
        if action.starts_with("Put") {
            fields.push(("PolicyName", "again"));
        }
        bench.ok(action, &fields);
        if action.starts_with("Put") {
            bench.ok(&action.replace("Put", "Delete"), &[(parameter, &name), ("PolicyName", "again")]);
        }
    }
}

#[test]
fn the_alias_and_saml_metadata_are_such_as_could_have_been_given() {
    let mut bench = bench();
    let alias = bench.account.alias.take().unwrap();
    bench.ok("CreateAccountAlias", &[("AccountAlias", &alias)]);
    for (arn, provider) in std::mem::take(&mut bench.account.saml_providers) {
        let name = arn.rsplit('/').next().unwrap_or_default();
        let fields = [("Name", name), ("SAMLMetadataDocument", &provider.metadata)];
        assert_eq!(bench.ok("CreateSAMLProvider", &fields).get("SAMLProviderArn"), Some(arn));
    }
}

#[test]
fn a_policy_with_five_versions_takes_no_sixth() {
    let mut bench = bench();
    let arn = bench.account.arn("policy/terraform-apply");
    bench.refused("CreatePolicyVersion", &[("PolicyArn", &arn), ("PolicyDocument", ALLOW)], "LimitExceeded");
}
