//! Reading the keyring's file, once its permissions are found to be tight.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::document::MAX_BYTES;
use super::error::KeyringError;

/// Where the keyring is, and who may read it.
///
/// The file must be its owner's alone: any permission for group or others is refused. Symbolic links are followed (a
/// Kubernetes secret is one) and the target's mode counts.
#[derive(Debug, Clone)]
pub struct KeyringFile {
    path: PathBuf,
    allow_group_read: bool,
}

impl KeyringFile {
    /// A keyring that its owner alone may read (mode 0600 or tighter).
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), allow_group_read: false }
    }

    /// Lets the file's group read it too (0640 or tighter): Kubernetes mounts a secret as 0440 when the pod has an
    /// `fsGroup`.
    #[must_use]
    pub fn allow_group_read(mut self, allow: bool) -> Self {
        self.allow_group_read = allow;
        self
    }

    /// The path as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file. The buffer is wiped when dropped.
    pub(super) fn read(&self) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
        let unreadable = |error| KeyringError::Unreadable { path: self.path.clone(), error };
        // Asked before opening, because opening a pipe waits for a writer.
        if !fs::metadata(&self.path).map_err(unreadable)?.is_file() {
            return Err(KeyringError::NotAFile { path: self.path.clone() });
        }
        let file = File::open(&self.path).map_err(unreadable)?;
        // Of the opened file, not of the path: what is checked is what is read.
        let metadata = file.metadata().map_err(unreadable)?;
        self.check_mode(&metadata)?;
        read_limited(&file, &metadata).map_err(unreadable)
    }

    #[cfg(unix)]
    fn check_mode(&self, metadata: &Metadata) -> Result<(), KeyringError> {
        use std::os::unix::fs::PermissionsExt;

        let mode = metadata.permissions().mode() & 0o7777;
        let (forbidden, wanted) = if self.allow_group_read { (0o037, "640") } else { (0o077, "600") };
        if mode & forbidden == 0 {
            return Ok(());
        }
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        Err(KeyringError::TooOpen { path, mode, wanted })
    }

    #[cfg(not(unix))]
    fn check_mode(&self, _metadata: &Metadata) -> Result<(), KeyringError> {
        Ok(())
    }
}

fn read_limited(file: &File, metadata: &Metadata) -> io::Result<Zeroizing<Vec<u8>>> {
    let limit = MAX_BYTES + 1;
    // Room for everything at once: a buffer that grows leaves copies of the secrets behind.
    let room = usize::try_from(metadata.len()).unwrap_or(limit).min(limit) + 64;
    let mut content = Zeroizing::new(Vec::with_capacity(room));
    file.take(limit as u64).read_to_end(&mut content)?;
    Ok(content)
}
