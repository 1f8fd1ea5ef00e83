//! The sandbox, moto, boto3 and the SDK for Rust at one table of AWS calls (`tests/aws_calls/`, which has a README).
//!
//! Each table starts with an account that has nobody in it, so that the order of files means nothing.

mod account;
mod answers;
mod calls;
mod sdk;
mod table;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use iam_mcp_gateway::clock::SystemClock;
use iam_mcp_gateway::random::SystemRandom;
use iam_mcp_gateway::sandbox::Sandbox;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

pub(crate) use self::account::Account;
use self::table::Table;
pub(crate) use self::values::{Saved, with_folded_names};
use super::support::clients::Keys;
use super::support::program::Program;
use super::support::sandbox::RunningSandbox;

#[test]
fn boto3_and_the_sandbox_agree_on_every_call() {
    let mut python = Program::python("aws_calls.py", &[], &[]);
    let mut wrong = Vec::new();
    for table in Table::all() {
        let (sandbox, root) = empty_account();
        python.say(&json!({
            "table": table.path,
            "url": sandbox.url(),
            "access_key_id": root.access_key_id,
            "secret_access_key": root.secret_access_key,
        }));
        let answered = python.hear();
        assert_eq!(answered["cases"], table.cases.len());
        for (case, difference) in answered["differences"].as_object().expect("differences have names") {
            wrong.push(format!("{}: {case}: {difference}", table.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn boto3_and_moto_agree_but_where_a_case_says_how_moto_differs() {
    let mut python = Program::python("aws_calls.py", &[], &[]);
    for table in Table::all() {
        python.say(&json!({ "table": table.path }));
    }
    for (table, answered) in Table::all().iter().zip(python.finish()) {
        let found: BTreeMap<&String, &Value> =
            answered["differences"].as_object().expect("differences have names").iter().collect();
        for case in &table.cases {
            match (&case.moto, found.get(&case.name)) {
                (None, Some(difference)) => {
                    unreachable!("{}: {}: moto differs: {difference}", table.path, case.name)
                }
                (Some(note), None) => unreachable!("{}: {}: moto no longer {note}", table.path, case.name),
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
    }
}

#[test]
fn the_sdk_for_rust_and_the_sandbox_agree_on_every_call() {
    let runtime = Runtime::new().expect("a runtime can be made");
    let mut wrong = Vec::new();
    for table in Table::all() {
        let (sandbox, root) = empty_account();
        let mut run = sdk::Run::new(sandbox.url(), &root);
        for case in &table.cases {
            if let Err(difference) = runtime.block_on(run.case(case)) {
                wrong.push(format!("{}: {}: {difference}", table.path, case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_tables_are_all_there_and_their_cases_have_names_of_their_own() {
    let tables = Table::all();
    assert!(tables.iter().map(|table| table.cases.len()).sum::<usize>() > 400);
    for table in tables {
        let names: BTreeSet<&String> = table.cases.iter().map(|case| &case.name).collect();
        assert_eq!(names.len(), table.cases.len(), "{}", table.path);
    }
}

/// A sandbox with nobody in it, and the key of its root user.
fn empty_account() -> (RunningSandbox, Keys) {
    let sandbox = Sandbox::empty(Arc::new(SystemClock), Arc::new(SystemRandom));
    let (access_key_id, secret) = sandbox.root_keys();
    let root = Keys { access_key_id, secret_access_key: secret.expose().to_owned(), session_token: None };
    (RunningSandbox::serve(sandbox), root)
}
