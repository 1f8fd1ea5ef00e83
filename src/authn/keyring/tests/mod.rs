//! Tests of the keyring.

mod content;
mod edits;
mod permissions;
mod reloads;

use super::KeyringError;

/// The faults as text, one each.
fn faults(error: KeyringError) -> Vec<String> {
    match error {
        KeyringError::Faults(faults) => faults.iter().map(ToString::to_string).collect(),
        other => panic!("not faults: {other}"),
    }
}
