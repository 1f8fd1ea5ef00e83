//! No operation is without a rule, and no rule without a case.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{authorize, table};
use super::operations::CASES;
use super::{allow, bench, permit};
use crate::sandbox::call::Call;
use crate::sandbox::iam;
use crate::sandbox::input::Fields;

/// Every name in the sources by which an operation of IAM is found.
fn operations() -> BTreeSet<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sandbox/iam");
    let sources = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = sources.filter(|path| path.is_file()).map(|path| std::fs::read_to_string(path).unwrap());
    let words: Vec<String> = texts.flat_map(|text| text.split('"').map(str::to_owned).collect::<Vec<_>>()).collect();
    words.into_iter().filter(|word| iam::operation(word).is_some()).collect()
}

#[test]
fn every_operation_has_one_rule_and_there_are_no_others() {
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for operation in table::RULES.iter().flat_map(|rule| rule.operations) {
        *rules.entry(operation).or_default() += 1;
    }
    let twice: Vec<_> = rules.iter().filter(|(_, count)| **count != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let operations = operations();
    assert!(operations.len() > 120, "{}", operations.len());
    assert_eq!(rules.into_keys().map(str::to_owned).collect::<BTreeSet<_>>(), operations);
}

#[test]
fn every_operation_has_a_case() {
    let cases: BTreeSet<String> = CASES.iter().map(|case| case.operation.to_owned()).collect();
    assert_eq!(cases, operations());
}

#[test]
fn an_operation_without_a_rule_is_nobodys_to_call() {
    let mut bench = bench();
    permit(&mut bench, &[allow("*", "*")]);
    let fields = Fields::default();
    let call = Call {
        action: "InventUser",
        fields: &fields,
        identity: &bench.identity,
        now: bench.now,
        random: &crate::random::SystemRandom,
        region: "us-east-1",
        source_ip: std::net::Ipv4Addr::LOCALHOST.into(),
        user_agent: None,
    };
    let refused = authorize(&bench.account, &call).unwrap_err();
    assert_eq!((refused.code, refused.status), ("AccessDenied", 403));
    let said =
        "User: arn:aws:iam::123456789012:user/caller is not authorized to perform: iam:InventUser on resource: *";
    assert_eq!(refused.message, said);
}
