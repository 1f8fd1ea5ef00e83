//! What can be wrong with a keyring.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// One fault of the file's content: where it is and what is wrong. Holds no value that could be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: `keys[2] (IMGK...)` with the id only where it is one, or the field at the file's top level.
    pub place: String,
    /// What is wrong and what is expected.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Why a keyring cannot be read, taken or edited.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The file cannot be opened or read.
    #[error("the keyring {} cannot be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// It is a directory, a pipe or a device.
    #[error("the keyring {} is not a regular file", path.display())]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// Others than its owner may read or change it.
    #[error("the keyring {} has mode {mode:04o}: others than its owner may use it; run: chmod {wanted} {}", path.display(), quoted(path))]
    TooOpen {
        /// The file, after following symbolic links.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What they may be at most, for `chmod`.
        wanted: &'static str,
    },
    /// It is larger than any keyring could be.
    #[error("the keyring is larger than {limit} bytes")]
    TooLarge {
        /// The largest size taken, in bytes.
        limit: usize,
    },
    /// It is not JSON, or not of the shape `{"version": 1, "keys": [{...}]}`.
    #[error("the keyring is not {expected} (line {line}, column {column})")]
    Malformed {
        /// What should stand there.
        expected: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// Entries are wrong; all of them are told.
    #[error("the keyring has {} fault(s): {}", .0.len(), joined(.0))]
    Faults(Vec<Fault>),
    /// An edit could not be written; the file is as it was.
    #[error("the keyring {} cannot be changed: {error}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// An edit names a key that is not there.
    #[error("the keyring has no key with this access key id")]
    NoSuchKey,
    /// The generator made an access key id that is already taken, so it is not random.
    #[error("the random generator repeats itself: no key was made")]
    RandomRepeats,
}

impl KeyringError {
    /// The stable code of this kind of error, for records and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "keyring_unreadable",
            Self::NotAFile { .. } => "keyring_not_a_file",
            Self::TooOpen { .. } => "keyring_too_open",
            Self::TooLarge { .. } => "keyring_too_large",
            Self::Malformed { .. } => "keyring_malformed",
            Self::Faults(_) => "keyring_faults",
            Self::Unwritable { .. } => "keyring_unwritable",
            Self::NoSuchKey => "keyring_no_such_key",
            Self::RandomRepeats => "keyring_random_repeats",
        }
    }
}

fn joined(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("; ")
}

// The command is pasted into a shell.
fn quoted(path: &std::path::Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}
