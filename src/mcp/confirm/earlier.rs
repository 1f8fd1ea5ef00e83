//! Which tokens an earlier process of this replica let be used, as its audit journal tells.
//!
//! An intent is durable before anything is done, and names the token that confirmed it. With `[sealing]` keys a later
//! process opens the same tokens, so it reads these before it takes any. What other replicas let be used stands in their
//! journals, and is not known here.

use std::ops::ControlFlow;
use std::path::Path;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Id, Lifetimes, remembered};
use crate::audit::query::{Filter, QueryError, query};
use crate::shared_state::{Kind, Memory};

/// How a record tells that a token was used up: how it confirmed, or that it was turned down.
const USED_UP: [&str; 5] = ["model", "client", "second-person", "declined", "rejected"];

/// A token that was used, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlierUse {
    pub(super) id: Id,
    pub(super) at: Timestamp,
}

/// Why a journal does not tell.
#[derive(Debug, thiserror::Error)]
pub enum NotTold {
    /// It cannot be read at all.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A file of it cannot be read to its end.
    #[error("{0} cannot be read to its end")]
    Unread(String),
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "eventTime")]
    time: Timestamp,
    #[serde(rename = "additionalEventData")]
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    confirmation: Option<String>,
    #[serde(rename = "confirmationID")]
    id: Option<String>,
}

/// The uses that the journal in this folder tells of since `from`. Blocks; reads no file that ended long before.
///
/// # Errors
/// When it, or a file of it, cannot be read.
pub fn uses_since(directory: &Path, from: Timestamp) -> Result<Vec<EarlierUse>, NotTold> {
    let mut uses = Vec::new();
    let filter = Filter { from: Some(from), ..Filter::default() };
    let summary = query(directory, &filter, None, &mut |line| {
        uses.extend(used(line));
        ControlFlow::Continue(())
    })?;
    match summary.unread.first() {
        Some(unread) => Err(NotTold::Unread(unread.path.display().to_string())),
        None => Ok(uses),
    }
}

/// Has these uses remembered for as long as the same number could be good.
pub fn remember(uses: Vec<EarlierUse>, memory: &Memory, lifetimes: Lifetimes) {
    for EarlierUse { id, at } in uses {
        memory.remember(Kind::Token, remembered(&id), at + lifetimes.longest());
    }
}

fn used(line: &str) -> Option<EarlierUse> {
    // Most records confirm nothing, and are not worth parsing.
    if !line.contains("\"confirmationID\"") {
        return None;
    }
    let line: Line = serde_json::from_str(line).ok()?;
    let is_used_up = line.data.confirmation.is_some_and(|how| USED_UP.contains(&how.as_str()));
    let id = HEXLOWER.decode(line.data.id?.as_bytes()).ok()?.try_into().ok()?;
    is_used_up.then_some(EarlierUse { id, at: line.time })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(how: &str) -> String {
        format!(
            r#"{{"eventTime":"2026-11-20T12:00:00.5Z","stage":"intent","additionalEventData":{{"confirmation":"{how}","confirmationID":"{}"}}}}"#,
            "0a".repeat(16)
        )
    }

    #[test]
    fn what_used_a_token_up_is_known_and_what_only_asked_is_not() {
        for how in USED_UP {
            let at = "2026-11-20T12:00:00.5Z".parse().unwrap();
            assert_eq!(used(&record(how)), Some(EarlierUse { id: [10; 16], at }), "{how}");
        }
        for how in ["asked", "approved", "none", ""] {
            assert_eq!(used(&record(how)), None, "{how}");
        }
        assert_eq!(used(r#"{"additionalEventData":{"confirmationID":"x"}}"#), None);
    }

    #[test]
    fn a_folder_that_tells_nothing_is_no_empty_journal() {
        let folder = tempfile::tempdir().unwrap();
        assert!(uses_since(folder.path(), Timestamp::UNIX_EPOCH).is_err());
    }
}
