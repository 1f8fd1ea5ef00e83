//! Every code is provoked by some test and explained to operators.

use std::collections::BTreeSet;

use super::corpus::cases;
use super::*;
use crate::authn::proofs::ProofClass;

/// Codes of what no single proof and answer can provoke, and the tests that provoke them. As functions, so that none can go
/// without this list being looked at.
const ELSEWHERE: [(&str, fn()); 6] = [
    ("proof_used", good::a_proof_works_once),
    ("proof_memory_full", flood::no_proof_is_shown_that_could_not_be_remembered),
    ("sts_budget_spent", flood::ten_thousand_proofs_ask_sts_no_more_than_the_budget_allows),
    ("sts_busy", flood::sixteen_at_most_are_waited_for),
    ("sts_timeout", network::an_sts_that_does_not_answer_is_given_up_after_ten_seconds),
    ("sts_unreachable", network::an_sts_that_cannot_be_reached_is_told_of),
];

#[test]
fn every_code_is_provoked() {
    let codes: BTreeSet<&str> = reasons::ALL.iter().map(|reason| reason.code).collect();
    assert_eq!(codes.len(), reasons::ALL.len(), "each reason has a code of its own");
    let cases = cases();
    let elsewhere = ELSEWHERE.iter().map(|(code, _)| *code);
    let provoked: BTreeSet<&str> = cases.iter().map(|case| case.code.as_str()).chain(elsewhere).collect();
    assert_eq!(codes, provoked);
}

#[test]
fn every_code_has_a_row_in_the_documentation() {
    let documentation = include_str!("../../../../../docs/errors.md");
    let (_, section) = documentation.split_once("## Exchanging a proof: `POST /credentials`").expect("the section");
    for reason in reasons::ALL {
        let status = match reason.class {
            ProofClass::Malformed => 400,
            ProofClass::Refused => 401,
            ProofClass::NotAccepted | ProofClass::NoPlace => 403,
            ProofClass::Unavailable { .. } => 503,
        };
        let quoted = format!("`{}`", reason.code);
        let row = section.lines().find(|line| line.starts_with("| ") && line.contains(&quoted));
        let row = row.unwrap_or_else(|| panic!("{} has no row", reason.code));
        assert!(row.starts_with(&format!("| {status} ")), "{}: {row}", reason.code);
    }
}

#[test]
fn everything_that_sts_does_wrong_can_be_tried_again() {
    for reason in reasons::ALL.iter().filter(|reason| reason.code.starts_with("sts_")) {
        assert!(matches!(reason.class, ProofClass::Unavailable { .. }), "{}", reason.code);
    }
}
