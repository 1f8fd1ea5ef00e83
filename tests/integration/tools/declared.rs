//! What a tool asks AWS for is what its specification declares: sessions and endpoint policies are made of that. An AWS call
//! that a tool has not declared is refused before it is sent (`src/iam/tests.rs`), so here is shown that it declares no more.

use std::collections::BTreeSet;

use serde_json::Value;

use super::called::aws_calls;
use super::rows::Trial;

/// What differs, over the records of a call that went well.
pub(super) fn differences(trial: &Trial, records: &[Value]) -> Option<String> {
    let declared: BTreeSet<&str> = trial.sent(trial.spec.reads).chain(trial.sent(trial.spec.writes)).collect();
    let made: BTreeSet<&str> =
        aws_calls(records).iter().map(|call| call["action"].as_str().expect("a call has one")).collect();
    if declared == made {
        return None;
    }
    let idle: Vec<_> = declared.difference(&made).collect();
    let undeclared: Vec<_> = made.difference(&declared).collect();
    Some(format!("{}: declared and not made: {idle:?}; made and not declared: {undeclared:?}", trial.label))
}
