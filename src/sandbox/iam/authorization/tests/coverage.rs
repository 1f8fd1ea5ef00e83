//! No operation is without a rule, and no rule without a case.

use std::collections::{BTreeMap, BTreeSet};

use std::path::Path;

use super::super::table;
use super::operations::CASES;
use super::{allow, bench, judged, permit, simulations};
use crate::sandbox::iam;

/// Every name in the sources by which an operation of IAM is found.
fn operations() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sandbox/iam"), &mut words);
    words.into_iter().filter(|word| iam::operation(word).is_some()).collect()
}

/// All that stands between quotes in the sources of a folder and of those below it.
fn collect(folder: &Path, words: &mut BTreeSet<String>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect(&path, words);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            words.extend(std::fs::read_to_string(path).unwrap().split('"').map(str::to_owned));
        }
    }
}

/// The operations, and those whose rules and cases stand here whether they are there or not.
fn operations_and_simulations() -> BTreeSet<String> {
    let simulations = simulations::CASES.iter().map(|(operation, ..)| (*operation).to_owned());
    operations().into_iter().chain(simulations).collect()
}

#[test]
fn every_operation_has_one_rule_and_there_are_no_others() {
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for operation in table::RULES.iter().flat_map(|rule| rule.operations) {
        *rules.entry(operation).or_default() += 1;
    }
    let twice: Vec<_> = rules.iter().filter(|(_, count)| **count != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert!(operations().len() > 120, "{}", operations().len());
    assert_eq!(rules.into_keys().map(str::to_owned).collect::<BTreeSet<_>>(), operations_and_simulations());
}

#[test]
fn every_operation_has_a_case() {
    let simulations = simulations::CASES.iter().map(|(operation, ..)| *operation);
    let cases = CASES.iter().map(|case| case.operation).chain(simulations);
    assert_eq!(cases.map(str::to_owned).collect::<BTreeSet<_>>(), operations_and_simulations());
}

#[test]
fn an_operation_without_a_rule_is_nobodys_to_call() {
    let mut bench = bench();
    permit(&mut bench, &[allow("*", "*")]);
    let refused = judged(&bench, "InventUser", &[]).unwrap_err();
    assert_eq!((refused.code, refused.status), ("AccessDenied", 403));
    let said =
        "User: arn:aws:iam::123456789012:user/caller is not authorized to perform: iam:InventUser on resource: *";
    assert_eq!(refused.message, said);
}
