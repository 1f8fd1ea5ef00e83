//! Reading the sealing keys themselves.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{Sealing, SealingKeyFile, SealingState};

/// The length of a sealing key.
pub const SEALING_KEY_BYTES: usize = 32;

/// The most that is read of a file: a key in base64 has 44 characters.
const MAX_FILE_BYTES: u64 = 256;

/// A sealing key: never printed, wiped from memory when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SealingKey {
    #[zeroize(skip)]
    id: String,
    #[zeroize(skip)]
    state: SealingState,
    bytes: [u8; SEALING_KEY_BYTES],
}

impl SealingKey {
    /// The name that tokens carry.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the key is used for.
    #[must_use]
    pub fn state(&self) -> SealingState {
        self.state
    }

    /// The key itself, for sealing and opening.
    #[must_use]
    pub fn expose(&self) -> &[u8; SEALING_KEY_BYTES] {
        &self.bytes
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({:?}, {:?}, ..)", self.id, self.state)
    }
}

/// Why a sealing key cannot be used. Never shows the file's content.
#[derive(Debug, Error)]
pub enum SealingKeyError {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Others than its owner can read the file.
    #[error(
        "has mode {0:04o}, so others can read it; run chmod 600, or for a group that needs it set [sealing] keys_group_readable = true and mode 640"
    )]
    Mode(u32),
    /// The content is not one key.
    #[error(
        "does not hold {SEALING_KEY_BYTES} bytes in base64; make one with: openssl rand -base64 {SEALING_KEY_BYTES}"
    )]
    Content,
    /// Two ids with the same key.
    #[error("holds the same key as {0:?}; each id needs a key of its own")]
    Same(String),
}

/// Every sealing key that cannot be used: the file with the reason.
#[derive(Debug)]
pub struct SealingKeyFaults(pub Vec<(PathBuf, SealingKeyError)>);

impl fmt::Display for SealingKeyFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (file, error)) in self.0.iter().enumerate() {
            write!(f, "{}sealing key {}: {error}", if index > 0 { "\n" } else { "" }, file.display())?;
        }
        Ok(())
    }
}

impl std::error::Error for SealingKeyFaults {}

/// Reads every configured key.
///
/// # Errors
/// All keys that cannot be read, that others can read too, or that are no key.
pub fn read_sealing_keys(sealing: &Sealing) -> Result<Vec<SealingKey>, SealingKeyFaults> {
    let mut keys: Vec<SealingKey> = Vec::new();
    let mut faults = Vec::new();
    for SealingKeyFile { id, file, state } in &sealing.keys {
        match read_key(file, sealing.keys_group_readable) {
            Ok(bytes) => {
                let key = SealingKey { id: id.clone(), state: *state, bytes: *bytes };
                match keys.iter().find(|other| other.bytes == key.bytes) {
                    Some(twin) => faults.push((file.clone(), SealingKeyError::Same(twin.id.clone()))),
                    None => keys.push(key),
                }
            }
            Err(error) => faults.push((file.clone(), error)),
        }
    }
    if faults.is_empty() { Ok(keys) } else { Err(SealingKeyFaults(faults)) }
}

fn read_key(path: &Path, group_readable: bool) -> Result<Zeroizing<[u8; SEALING_KEY_BYTES]>, SealingKeyError> {
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode() & 0o7777;
    let forbidden = if group_readable { 0o037 } else { 0o077 };
    if mode & forbidden != 0 {
        return Err(SealingKeyError::Mode(mode));
    }
    let mut text = Zeroizing::new(Vec::with_capacity(usize::try_from(MAX_FILE_BYTES).expect("256 fits")));
    file.take(MAX_FILE_BYTES).read_to_end(&mut text)?;
    let decoded = BASE64.decode(text.trim_ascii()).map(Zeroizing::new).map_err(|_| SealingKeyError::Content)?;
    let bytes: [u8; SEALING_KEY_BYTES] = decoded.as_slice().try_into().map_err(|_| SealingKeyError::Content)?;
    Ok(Zeroizing::new(bytes))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn key(&self, id: &str, content: &str, mode: u32) -> SealingKeyFile {
            let file = self.0.path().join(id);
            fs::write(&file, content).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            SealingKeyFile { id: id.to_owned(), file, state: SealingState::Open }
        }
    }

    fn read(keys: Vec<SealingKeyFile>, keys_group_readable: bool) -> Result<Vec<SealingKey>, SealingKeyFaults> {
        read_sealing_keys(&Sealing { keys, keys_group_readable })
    }

    fn encoded(byte: u8) -> String {
        BASE64.encode(&[byte; SEALING_KEY_BYTES])
    }

    #[test]
    fn a_key_is_read_and_not_shown() {
        let folder = Folder(tempfile::tempdir().unwrap());
        let keys = read(vec![folder.key("a", &format!("{}\n", encoded(7)), 0o600)], false).unwrap();
        assert_eq!(keys[0].expose(), &[7; SEALING_KEY_BYTES]);
        assert_eq!((keys[0].id(), keys[0].state()), ("a", SealingState::Open));
        assert_eq!(format!("{keys:?}"), "[SealingKey(\"a\", Open, ..)]");
        assert!(read(Vec::new(), false).unwrap().is_empty());
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = Folder(tempfile::tempdir().unwrap());
        for (mode, alone, with_group) in
            [(0o400, true, true), (0o640, false, true), (0o660, false, false), (0o604, false, false)]
        {
            let key = folder.key("a", &encoded(7), mode);
            for (group, expected) in [(false, alone), (true, with_group)] {
                let outcome = read(vec![key.clone()], group);
                assert_eq!(outcome.is_ok(), expected, "{mode:o} {group}");
                if let Err(faults) = outcome {
                    assert!(matches!(faults.0[0].1, SealingKeyError::Mode(found) if found == mode));
                }
            }
            fs::remove_file(&key.file).unwrap();
        }
    }

    #[test]
    fn every_bad_key_is_named_and_none_is_shown() {
        let folder = Folder(tempfile::tempdir().unwrap());
        let mut missing = folder.key("missing", "", 0o600);
        missing.file.set_extension("gone");
        let keys = vec![
            folder.key("short", &BASE64.encode(&[1; 31]), 0o600),
            folder.key("long", &"A".repeat(4000), 0o600),
            folder.key("text", "hunter2", 0o600),
            missing,
            folder.key("one", &encoded(1), 0o600),
            folder.key("two", &encoded(1), 0o600),
        ];
        let faults = read(keys, false).unwrap_err();
        let reasons: Vec<_> = faults.0.iter().map(|(_, error)| error).collect();
        assert!(matches!(
            reasons.as_slice(),
            [
                SealingKeyError::Content,
                SealingKeyError::Content,
                SealingKeyError::Content,
                SealingKeyError::Unreadable(_),
                SealingKeyError::Same(one),
            ] if one == "one"
        ));
        let text = faults.to_string();
        assert_eq!(text.lines().count(), 5);
        assert!(!text.contains("hunter2") && !text.contains(&encoded(1)));
    }
}
