//! What verifying a journal says.

use std::fmt;

use serde::Serialize;

use crate::audit::chain::{ChainHead, Hash};
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

/// What the digests show.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Digests {
    /// How many there are.
    pub count: usize,
    /// The end of the chain that the newest vouches for.
    pub through: Option<ChainHead>,
    /// The end of the chain up to which what was anchored elsewhere vouches for the journal.
    pub anchored: Option<ChainHead>,
    /// The first digest that does not hold, or an anchor that the journal does not have.
    pub first_bad: Option<BadDigest>,
}

/// A digest that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BadDigest {
    /// The digest file's name; none for an anchor, and where there is no digest.
    pub file: Option<String>,
    /// What is wrong.
    pub fault: DigestFault,
    /// What is wrong, in plain words.
    pub explanation: String,
}

/// What is wrong with a digest, or with the journal as a digest knows it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum DigestFault {
    /// The file is no digest, or was changed.
    #[error("{why}")]
    Changed {
        /// What is wrong with it.
        why: String,
    },
    /// It was to be signed by one of the given keys.
    #[error("it is not signed by a key that was given")]
    KeyDiffers,
    /// It was to be signed by one of the given KMS keys.
    #[error("it is not signed by a KMS key that was given")]
    KmsDiffers,
    /// Digests were to be signed by one of the given KMS keys, and there are none.
    #[error("there is no digest that a KMS key could have signed: none was made yet, or all were removed")]
    NoDigest,
    /// The one before it is missing, or another than it names.
    #[error("the digest before it is missing, or is another than the one that it names")]
    PreviousDiffers,
    /// What it names was removed for its age, as a record says that is signed by another key than the first that the journal
    /// names. Without keys from elsewhere only the first counts.
    #[error(
        "{name}, which it names, was removed for its age, as a record under the key {key} says, which is not the key that the \
         journal names first: if both are yours, give both with --public-key, once for each"
    )]
    RemovedUnderAnotherKey {
        /// The file, or the digest before it.
        name: String,
        /// The key that signed the record.
        key: PublicKey,
    },
    /// A file that it names is missing, and no retention record says that it was removed.
    #[error("{name}, which it names, is missing, and no record says that it was removed for its age")]
    MissingFile {
        /// The file.
        name: String,
    },
    /// A file that it names has other content.
    #[error("{name} is not as it was when the digest was made")]
    FileDiffers {
        /// The file.
        name: String,
    },
    /// The chain does not reach the record that it vouches for.
    #[error("records up to {through} were there when it was made: what came after record {last} was cut off")]
    CutOff {
        /// The last record that it vouches for.
        through: u64,
        /// The last record there is.
        last: u64,
    },
    /// The record that it vouches for is another.
    #[error("record {sequence} is another than when it was made: the chain was computed anew")]
    RecordDiffers {
        /// The record.
        sequence: u64,
    },
    /// The anchor is the hash of no digest and no record of the journal.
    #[error(
        "{anchor} is the hash of no digest and of no record of this journal: it was cut off before it, or replaced"
    )]
    AnchorMissing {
        /// What was given.
        anchor: Hash,
    },
}
