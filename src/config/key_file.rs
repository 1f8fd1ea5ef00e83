//! Files that hold one secret: a key of 32 bytes in base64, or a line of text.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use data_encoding::BASE64;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::secret::Secret;

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

/// Why a file that only its owner may read is not read. Never shows its content.
#[derive(Debug, Error)]
pub enum PrivateFileError {
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
}

/// Why a file is not one of a key. Never shows its content.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// The file is not read.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// The content is not one key.
    #[error("does not hold {KEY_BYTES} bytes in base64; make one with: openssl rand -base64 {KEY_BYTES}")]
    Content,
}

/// Why a file does not hold a line of secret text. Never shows its content.
#[derive(Debug, Error)]
pub enum SecretFileError {
    /// The file is not read.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// The content is not one line.
    #[error("does not hold one line of at most {MAX_LINE_BYTES} bytes")]
    Content,
}

/// The longest line: a token of ElastiCache's IAM authentication has about 1,500 bytes.
const MAX_LINE_BYTES: u64 = 4096;

/// Reads a key.
///
/// # Errors
/// When the file cannot be read, others can read it too, or it is no key.
pub(super) fn read_key(path: &Path, readers: Readers) -> Result<Zeroizing<[u8; KEY_BYTES]>, KeyFileError> {
    decode(&read_private(path, readers, MAX_FILE_BYTES)?).ok_or(KeyFileError::Content)
}

/// Reads a line of secret text.
///
/// # Errors
/// When the file cannot be read, others can read it too, or it does not hold one line.
pub(super) fn read_secret_line(path: &Path, readers: Readers) -> Result<Secret, SecretFileError> {
    let text = read_private(path, readers, MAX_LINE_BYTES + 2)?;
    let line = std::str::from_utf8(&text).map_err(|_| SecretFileError::Content)?;
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let is_one = !line.is_empty() && !line.contains(['\n', '\r', '\0']);
    let fits = u64::try_from(line.len()).is_ok_and(|length| length <= MAX_LINE_BYTES);
    if is_one && fits { Ok(Secret::new(line.to_owned())) } else { Err(SecretFileError::Content) }
}

/// The first `most` bytes of a file that nobody else may read.
fn read_private(path: &Path, readers: Readers, most: u64) -> Result<Zeroizing<Vec<u8>>, PrivateFileError> {
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode() & 0o7777;
    let forbidden = if readers.group { 0o037 } else { 0o077 };
    if mode & forbidden != 0 {
        return Err(PrivateFileError::Mode { mode, option: readers.option });
    }
    let mut text = Zeroizing::new(Vec::with_capacity(usize::try_from(most).unwrap_or_default()));
    file.take(most).read_to_end(&mut text)?;
    Ok(text)
}

/// The key that this text is.
pub(super) fn decode(text: &[u8]) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    let decoded = BASE64.decode(text.trim_ascii()).map(Zeroizing::new).ok()?;
    let bytes: [u8; KEY_BYTES] = decoded.as_slice().try_into().ok()?;
    Some(Zeroizing::new(bytes))
}
