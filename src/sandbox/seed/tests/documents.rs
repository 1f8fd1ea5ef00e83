//! Every policy document is well-formed, of the right kind, and within IAM's sizes.

use serde_json::Value;

use super::seeded;
use crate::policy::{Document, PolicyKind};
use crate::sandbox::account::Account;

/// Where each document stands, what it is for, and how many characters it may have, white space not counted
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
fn documents(account: &Account) -> Vec<(String, PolicyKind, usize, String)> {
    let mut documents = Vec::new();
    for policy in account.policies.values().filter(|policy| !policy.is_aws_managed()) {
        for version in &policy.versions {
            let name = format!("{} v{}", policy.name, version.number);
            documents.push((name, PolicyKind::Identity, 6144, version.document.clone()));
        }
    }
    for (arn, policies) in super::principals(account) {
        for (name, document) in &policies.inline {
            documents.push((format!("{arn} {name}"), PolicyKind::Identity, 2048, document.clone()));
        }
    }
    for role in account.roles.iter() {
        let told = account.trust_told(&role.trust_policy);
        documents.push((format!("who may assume {}", role.name), PolicyKind::Trust, 2048, told));
    }
    documents
}

#[test]
fn every_document_parses() {
    for (name, kind, _, document) in documents(&seeded()) {
        Document::parse(kind, &document).unwrap_or_else(|faults| panic!("{name}: {faults}"));
    }
}

#[test]
fn every_document_is_within_the_size_that_iam_takes() {
    for (name, _, most, document) in documents(&seeded()) {
        let size = document.chars().filter(|c| !c.is_whitespace()).count();
        assert!(size <= most, "{name}: {size}");
    }
}

#[test]
fn every_file_of_a_document_is_used() {
    let account = seeded();
    let used: Vec<String> = documents(&account).into_iter().map(|(_, _, _, document)| document).collect();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sandbox/seed/policies");
    let mut files = 0;
    for folder in [root.clone(), root.join("inline"), root.join("trust")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(used.iter().any(|document| document == text.trim_end()), "{}", path.display());
                files += 1;
            }
        }
    }
    assert!(files > 40, "{files}");
}

#[test]
fn the_roles_that_the_gateway_assumes_trust_it_as_the_readme_says() {
    let account = seeded();
    let readme = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
    let shown = readme
        .split("```json\n")
        .filter_map(|block| block.split("```").next())
        .find(|block| block.contains("sts:TagSession"))
        .unwrap();
    let shown: Value = serde_json::from_str(shown).unwrap();
    for name in ["mcp-admin", "mcp-auditor"] {
        let trust: Value =
            serde_json::from_str(&account.trust_told(&account.roles.get(name).unwrap().trust_policy)).unwrap();
        assert_eq!(trust, shown, "{name}");
    }
}

#[test]
fn the_gateway_may_assume_the_two_and_has_nothing_of_iam() {
    let account = seeded();
    let role = account.roles.get("iam-mcp-gateway").unwrap();
    assert!(role.policies.inline.is_empty());
    let documents: Vec<&str> = role.policies.attached.iter().map(|arn| account.policies[arn].document()).collect();
    let [document] = documents[..] else { panic!("one policy: {documents:?}") };
    let document: Value = serde_json::from_str(document).unwrap();
    assert_eq!(
        document["Statement"][0]["Action"],
        serde_json::json!(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])
    );
    let mapped = ["mcp-admin", "mcp-auditor"].map(|name| account.arn(&account.roles.get(name).unwrap().resource()));
    assert_eq!(document["Statement"][0]["Resource"], serde_json::json!(mapped));
    assert_eq!(document["Statement"].as_array().unwrap().len(), 1);
}

#[test]
fn users_and_roles_whom_roles_trust_are_kept_by_their_ids() {
    let account = seeded();
    let mut by_id = 0;
    for role in account.roles.iter() {
        let trust: Value = serde_json::from_str(&role.trust_policy).unwrap();
        let statements = trust["Statement"].as_array().cloned().unwrap_or_else(|| vec![trust["Statement"].clone()]);
        for principal in statements.iter().flat_map(|statement| super::habits::texts(&statement["Principal"]["AWS"])) {
            let named = [account.arn("user/"), account.arn("role/")];
            assert!(!named.iter().any(|named| principal.starts_with(named)), "{}: {principal}", role.name);
            by_id += usize::from(principal.starts_with("AIDA") || principal.starts_with("AROA"));
        }
    }
    assert_eq!(by_id, 4, "two people who break the glass, and two links of the chain");
}
