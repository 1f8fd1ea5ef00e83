//! `[sealing]`: the keys of tokens that any replica must be able to open.

mod material;

use std::cell::RefCell;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use material::{FetchedSecrets, SealingKey, SealingKeyError, SealingKeyFaults, read_sealing_keys};

use super::fault::{FaultCode, Place};
use super::file;
use super::section::Section;
use super::sink::Problem;
use crate::arn::SecretArn;

/// `[sealing]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sealing {
    /// The keys; empty when none is configured, else exactly one of them seals.
    pub keys: Vec<SealingKeyEntry>,
    /// Whether the files may be readable by their group, as a Kubernetes secret with `fsGroup` is.
    pub keys_group_readable: bool,
    /// Whether no other replica has the keys: whoever says so knows that confirmations are used once.
    pub single_replica: bool,
}

/// One key, as the configuration names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealingKeyEntry {
    /// What records and revocations call it: 1-32 characters of `[A-Za-z0-9_-]`.
    pub id: String,
    /// Where its 32 random bytes are, in base64.
    pub place: SealingKeyPlace,
    /// What the key is used for.
    pub state: SealingState,
}

/// Where a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealingKeyPlace {
    /// In this file.
    File(PathBuf),
    /// In this secret of AWS Secrets Manager, which the gateway reads with its own role.
    Secret(SecretArn),
}

impl fmt::Display for SealingKeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Secret(arn) => arn.fmt(f),
        }
    }
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
    let keys: Vec<SealingKeyEntry> = keys.into_iter().flatten().collect();
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

fn key(section: &Section<'_>, folder: &Path, seen: &RefCell<Vec<(String, Place)>>) -> Option<SealingKeyEntry> {
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
    let place = match (section.optional("file"), section.optional("secret")) {
        (Some(_), Some(item)) => {
            item.fault(Problem::conflict("file and secret are both set").remedy("keep one of the two"));
            None
        }
        (Some(item), None) => file(&item, folder).map(SealingKeyPlace::File),
        (None, Some(item)) => item.parse().map(SealingKeyPlace::Secret),
        (None, None) => {
            section.missing(
                "file",
                "write file = \"sealing/2026-11.key\", or secret with the ARN of a secret that holds it",
            );
            None
        }
    };
    let states = [("seal", SealingState::Seal), ("open", SealingState::Open)];
    let state =
        section.required("state", "write state = \"seal\" or state = \"open\"").and_then(|item| item.choice(&states));
    Some(SealingKeyEntry { id: id?, place: place?, state: state? })
}
