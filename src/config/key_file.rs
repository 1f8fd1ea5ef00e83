//! Files that hold one key: 32 bytes in base64.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use data_encoding::BASE64;
use thiserror::Error;
use zeroize::Zeroizing;

/// The length of a key.
pub const KEY_BYTES: usize = 32;

/// The most that is read of a file: a key in base64 has 44 characters.
const MAX_FILE_BYTES: u64 = 256;

/// Who may read a key's file beside its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Readers {
    /// Whether the file's group may.
    pub(super) group: bool,
    /// The key of the configuration that lets the group.
    pub(super) option: &'static str,
}

/// Why a file is not one of a key. Never shows its content.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Others than its owner can read the file.
    #[error(
        "has mode {mode:04o}, so others can read it; run chmod 600, or for a group that needs it set {option} = true and mode 640"
    )]
    Mode {
        /// The mode it has.
        mode: u32,
        /// The key of the configuration that lets the group read it.
        option: &'static str,
    },
    /// The content is not one key.
    #[error("does not hold {KEY_BYTES} bytes in base64; make one with: openssl rand -base64 {KEY_BYTES}")]
    Content,
}

/// Reads a key.
///
/// # Errors
/// When the file cannot be read, others can read it too, or it is no key.
pub(super) fn read_key(path: &Path, readers: Readers) -> Result<Zeroizing<[u8; KEY_BYTES]>, KeyFileError> {
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode() & 0o7777;
    let forbidden = if readers.group { 0o037 } else { 0o077 };
    if mode & forbidden != 0 {
        return Err(KeyFileError::Mode { mode, option: readers.option });
    }
    let mut text = Zeroizing::new(Vec::with_capacity(usize::try_from(MAX_FILE_BYTES).expect("256 fits")));
    file.take(MAX_FILE_BYTES).read_to_end(&mut text)?;
    decode(&text).ok_or(KeyFileError::Content)
}

/// The key that this text is.
pub(super) fn decode(text: &[u8]) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    let decoded = BASE64.decode(text.trim_ascii()).map(Zeroizing::new).ok()?;
    let bytes: [u8; KEY_BYTES] = decoded.as_slice().try_into().ok()?;
    Some(Zeroizing::new(bytes))
}
