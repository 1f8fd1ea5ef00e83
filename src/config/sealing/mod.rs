//! `[sealing]`: the keys of tokens that any replica must be able to open.

mod material;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use material::{SealingKey, SealingKeyError, SealingKeyFaults, read_sealing_keys};

use super::fault::{FaultCode, Place};
use super::file;
use super::section::Section;
use super::sink::Problem;

/// `[sealing]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sealing {
    /// The keys' files; empty when none is configured, else exactly one of them seals.
    pub keys: Vec<SealingKeyFile>,
    /// Whether the files may be readable by their group, as a Kubernetes secret with `fsGroup` is.
    pub keys_group_readable: bool,
    /// Whether no other replica has the keys: whoever says so knows that confirmations are used once.
    pub single_replica: bool,
}

/// One key's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealingKeyFile {
    /// The name that tokens carry: 1-32 characters of `[A-Za-z0-9_-]`.
    pub id: String,
    /// Holds 32 random bytes in base64.
    pub file: PathBuf,
    /// What the key is used for.
    pub state: SealingState,
}

/// What a sealing key is used for. A key is rolled by adding the new one as `open` everywhere, then making it `seal` and
/// the old one `open`, then removing the old one when the last token it sealed has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SealingState {
    /// Seals new tokens and opens its own.
    Seal,
    /// Only opens what it sealed.
    Open,
}

pub(super) fn read(section: &Section<'_>, folder: &Path) -> Sealing {
    let seen: RefCell<Vec<(String, Place)>> = RefCell::default();
    let keys = section.tables("keys", |section| key(section, folder, &seen));
    let complete = keys.iter().all(Option::is_some);
    let keys: Vec<SealingKeyFile> = keys.into_iter().flatten().collect();
    let sealing = keys.iter().filter(|key| key.state == SealingState::Seal).count();
    if complete && !keys.is_empty() && sealing != 1 {
        let problem = Problem::conflict(format!("{sealing} keys have state = \"seal\"; exactly one must"));
        let remedy = "give one key state = \"seal\", and state = \"open\" to those that only open older tokens";
        section.fault_at("keys", problem.remedy(remedy));
    }
    Sealing {
        keys,
        keys_group_readable: section.boolean("keys_group_readable", false),
        single_replica: section.boolean("single_replica", false),
    }
}

fn key(section: &Section<'_>, folder: &Path, seen: &RefCell<Vec<(String, Place)>>) -> Option<SealingKeyFile> {
    let id = section.required("id", "write id = \"2026-11\"").and_then(|item| {
        let id = item.check(|text| {
            let valid = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
            if (1..=32).contains(&text.len()) && text.bytes().all(valid) {
                Ok(text.to_owned())
            } else {
                let problem = Problem::invalid(format!("{text:?} is not a key's id"));
                Err(problem.remedy("1 to 32 letters, digits, hyphens and underscores are possible"))
            }
        })?;
        let mut seen = seen.borrow_mut();
        if let Some((_, first)) = seen.iter().find(|(other, _)| *other == id) {
            item.fault(Problem::new(FaultCode::Duplicate, format!("{id:?} is already declared at {first}")));
        }
        seen.push((id.clone(), item.place().clone()));
        Some(id)
    });
    let file = section.required("file", "write file = \"sealing/2026-11.key\"").and_then(|item| file(&item, folder));
    let states = [("seal", SealingState::Seal), ("open", SealingState::Open)];
    let state =
        section.required("state", "write state = \"seal\" or state = \"open\"").and_then(|item| item.choice(&states));
    Some(SealingKeyFile { id: id?, file: file?, state: state? })
}
