//! The account that comes with the sandbox, as STS judges it.

use std::sync::Arc;

use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_sts::types::Tag;

use crate::clock::ManualClock;
use crate::policy::{Document, PolicyKind};
use crate::random::SystemRandom;
use crate::sandbox::Sandbox;
use crate::sandbox::account::Policies;
use crate::sandbox::door::testing::{Served, noon};

#[test]
fn every_document_of_the_account_can_be_judged_by() {
    let sandbox = Sandbox::believable(ManualClock::at(noon()), Arc::new(SystemRandom));
    let state = sandbox.0.state();
    let account = &state.account;
    let read = |kind, whose: &str, json: &str| {
        if let Err(faults) = Document::parse(kind, json) {
            panic!("{whose}: {faults}");
        }
    };
    let inline = |whose: &str, policies: &Policies| {
        for (name, json) in &policies.inline {
            read(PolicyKind::Identity, &format!("{whose}/{name}"), json);
        }
    };
    for role in account.roles.iter() {
        read(PolicyKind::Trust, &role.name, &role.trust_policy);
        inline(&role.name, &role.policies);
    }
    account.users.iter().for_each(|user| inline(&user.name, &user.policies));
    account.groups.iter().for_each(|group| inline(&group.name, &group.policies));
    for policy in account.policies.values() {
        for version in &policy.versions {
            read(PolicyKind::Identity, &policy.arn, &version.document);
        }
    }
}

#[tokio::test]
async fn only_the_gateway_assumes_the_mapped_roles_and_only_with_its_stamp() {
    let served = Served::of(|clock| Sandbox::believable(clock, Arc::new(SystemRandom))).await;
    let assume = async |by: &str, role: &str, stamp: &str| {
        let credentials = served.sandbox.role_credentials(by).provide_credentials().await.unwrap();
        let sts = served.sts(credentials);
        let role = format!("arn:aws:iam::123456789012:role/{role}");
        let stamp = Tag::builder().key("ViaAWSMCPService").value(stamp).build().unwrap();
        let call = sts.assume_role().role_arn(role).role_session_name("admin").source_identity("ada@example.com");
        call.tags(stamp).send().await.is_ok()
    };
    for role in ["mcp-admin", "mcp-auditor"] {
        assert!(assume("iam-mcp-gateway", role, "true").await, "{role}");
        assert!(!assume("iam-mcp-gateway", role, "false").await, "{role}");
        assert!(!assume("mcp-admin", role, "true").await, "{role}");
    }
}
