//! What verifying a journal says.

use std::fmt;

use serde::Serialize;

use super::digests::Digests;
use crate::audit::chain::ChainHead;
use crate::audit::scan::{Fault, Problem};
use crate::audit::signing::PublicKey;

/// What was found about a file, or the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Every record is as it was written.
    Verified,
    /// Every confirmed record is as it was written; a failed write left lines that were never confirmed.
    UnconfirmedTail,
    /// Records were changed, removed, added or moved.
    Broken,
}

/// The first record of a file that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BadRecord {
    /// The file's name.
    pub file: String,
    /// The line in that file, from 1.
    pub line: u64,
    /// The sequence number that the record claims, where it can be read.
    pub sequence: Option<u64>,
    /// What is wrong.
    pub fault: Fault,
    /// What is wrong, in plain words.
    pub explanation: String,
}

impl BadRecord {
    pub(in crate::audit) fn new(file: &str, problem: Problem) -> Self {
        Self {
            file: file.to_owned(),
            line: problem.line,
            sequence: problem.sequence,
            explanation: problem.fault.to_string(),
            fault: problem.fault,
        }
    }
}

impl fmt::Display for BadRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.file, self.line)?;
        if let Some(sequence) = self.sequence {
            write!(f, " (record {sequence})")?;
        }
        write!(f, ": {}", self.explanation)
    }
}

/// What one file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileReport {
    /// The file's name.
    pub file: String,
    /// What was found.
    pub verdict: Verdict,
    /// Confirmed records that are as they were written, up to the first that is not. The header is one of them.
    pub records: u64,
    /// The sequence number of the first of them.
    pub first_sequence: Option<u64>,
    /// The sequence number of the last of them.
    pub last_sequence: Option<u64>,
    /// Lines that a failed write left behind.
    pub unconfirmed: u64,
    /// The first record that is not as it was written.
    pub bad: Option<BadRecord>,
}

/// What a journal holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyReport {
    /// The worst verdict of any file.
    pub verdict: Verdict,
    /// The sum over the files.
    pub records: u64,
    /// What the signatures say.
    pub signatures: Signatures,
    /// What the digest files say.
    pub digests: Digests,
    /// Writes that were begun and whose outcome is not in the journal: under way, or their process was killed and none has
    /// been started on the folder since.
    pub unsettled: UnsettledWrites,
    /// Each file, in the order of the chain.
    pub files: Vec<FileReport>,
    /// The first record that is not as it was written.
    pub first_bad: Option<BadRecord>,
    /// The end of the chain: what a witness elsewhere would be asked about. Absent when the last file is broken.
    pub head: Option<ChainHead>,
}

/// What the signatures of a journal say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signatures {
    /// The keys that the segments name, in the order in which they first come.
    pub keys: Vec<PublicKey>,
    /// Whether these are keys that were given, and not only what the journal says of itself. Where none were given, only
    /// signatures by the first of `keys` count: anybody can put a segment behind the others that names a key of his own.
    pub trusted: bool,
    /// The last record that a signature covers.
    pub through: Option<u64>,
    /// How many records come after it. Whoever can write the folder could have changed them.
    pub exposed: u64,
}

/// Intents without an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnsettledWrites {
    /// How many.
    pub count: usize,
    /// The sequence number of the oldest.
    pub since: Option<u64>,
}
