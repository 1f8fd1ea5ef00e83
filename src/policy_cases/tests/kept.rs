//! The files of cases that are kept in the repository, run as `policy test` runs them.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use crate::policy_cases::{Case, CaseResult, run};

fn results(file: &str) -> Vec<CaseResult> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let folder = path.parent().unwrap();
    run(&text, &|name| fs::read_to_string(folder.join(name)).map_err(|error| error.to_string()))
}

/// Runs a file of at least `least` cases, each with its own name.
fn passes(file: &str, least: usize) -> Vec<CaseResult> {
    let results = results(file);
    let failed: Vec<_> = results.iter().filter(|result| !result.passed).collect();
    assert!(failed.is_empty(), "{file}: {failed:#?}");
    assert!(results.len() >= least, "{file}: {}", results.len());
    let names: HashSet<_> = results.iter().map(|result| result.name.as_deref().unwrap()).collect();
    assert_eq!(names.len(), results.len(), "{file}: a name stands twice");
    results
}

fn invalid(results: &[CaseResult]) -> usize {
    results.iter().filter(|result| result.expected == Some("invalid")).count()
}

#[test]
fn the_published_policies_decide_as_their_text_says() {
    passes("tests/policies/published.jsonl", 170);
}

#[test]
fn the_worked_examples_of_aws_end_as_aws_says_and_name_their_page() {
    passes("tests/policies/aws-worked-examples.jsonl", 170);
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies/aws-worked-examples.jsonl"));
    for line in text.unwrap().lines() {
        let source = Case::read(line).unwrap().source.unwrap();
        assert!(source.starts_with("https://docs.aws.amazon.com/"), "{source}");
    }
}

#[test]
fn the_rules_of_the_language_hold_and_what_is_malformed_is_refused() {
    let results = passes("tests/policies/rules.jsonl", 250);
    let invalid = invalid(&results);
    assert!(invalid >= 85 && results.len() - invalid >= 165, "{invalid} of {}", results.len());
}

#[test]
fn the_example_policies_keep_what_they_promise() {
    let results = passes("deploy/policies/cases.jsonl", 230);
    for policy in [
        "deny-all-via-mcp",
        "read-only-via-mcp",
        "no-privilege-escalation-via-mcp",
        "only-tagged-resources",
        "only-from-one-vpc-endpoint",
        "only-one-mcp-server",
    ] {
        let of_policy = |result: &&CaseResult| result.name.as_deref().unwrap().starts_with(&format!("{policy}: "));
        assert!(results.iter().filter(of_policy).count() >= 30, "{policy}");
    }
}
