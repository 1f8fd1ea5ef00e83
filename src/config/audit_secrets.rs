//! `[audit] secrets`: whether the journal has hashes of secrets, and the key they are made with.

use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use super::key_file::{KEY_BYTES, KeyFileError, Readers, read_key};
use super::section::Section;
use super::sink::Problem;
use super::{Config, SealingKey, file, read_signing_seed};

/// What stands in the place of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Secrets {
    /// Nothing.
    #[default]
    Omit,
    /// A keyed hash, so that equal values can be matched.
    Hash(HashKeyFile),
}

/// Where the key of the hashes is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashKeyFile {
    /// Holds 32 random bytes in base64.
    pub file: PathBuf,
    /// Whether the group of that file may read it.
    pub group_readable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Omit,
    Hash,
}

pub(super) fn read(section: &Section<'_>, folder: &Path) -> Secrets {
    let mode = section.choice("secrets", &[("omit", Mode::Omit), ("hash", Mode::Hash)], Mode::Omit);
    let given = section.optional("hash_key");
    let group_readable = section.boolean("hash_key_group_readable", false);
    match (mode, given) {
        (Mode::Hash, Some(item)) => {
            // A path that is none is a fault by now.
            file(&item, folder).map_or(Secrets::Omit, |file| Secrets::Hash(HashKeyFile { file, group_readable }))
        }
        (Mode::Hash, None) => {
            let problem = Problem::conflict("is \"hash\", and there is no key to hash with");
            section.fault_at("secrets", problem.remedy("write hash_key = \"audit-hash.key\", or secrets = \"omit\""));
            Secrets::Omit
        }
        (Mode::Omit, Some(item)) => {
            let problem = Problem::conflict("is given, and nothing is hashed");
            item.fault(problem.remedy("write secrets = \"hash\", or leave hash_key out"));
            Secrets::Omit
        }
        (Mode::Omit, None) => Secrets::Omit,
    }
}

/// Why the key of the hashes cannot be used. Never shows the file's content.
#[derive(Debug, Error)]
#[error("the hash key {}: {error}", file.display())]
pub struct HashKeyFault {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub error: HashKeyError,
}

/// What is wrong with the key of the hashes.
#[derive(Debug, Error)]
pub enum HashKeyError {
    /// The file is not one of a key.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// The key has another use.
    #[error("holds the same key as {0}; each use needs a key of its own")]
    Same(&'static str),
}

/// Reads a key of hashes from its file.
///
/// # Errors
/// When the file cannot be read, others can read it too, or it is no key.
pub fn read_hash_key_file(key: &HashKeyFile) -> Result<Zeroizing<[u8; KEY_BYTES]>, HashKeyFault> {
    let readers = Readers { group: key.group_readable, option: "audit.hash_key_group_readable" };
    read_key(&key.file, readers).map_err(|error| HashKeyFault { file: key.file.clone(), error: error.into() })
}

/// Reads the key of the hashes; none where nothing is hashed. `sealing` are the sealing keys, as far as they could be read.
///
/// # Errors
/// When the file cannot be read, others can read it too, it is no key, or it is one that signs or seals as well: whoever
/// needs it to look for a value could then do that, too.
pub fn read_hash_key(
    config: &Config,
    sealing: &[SealingKey],
) -> Result<Option<Zeroizing<[u8; KEY_BYTES]>>, HashKeyFault> {
    let Secrets::Hash(key) = &config.audit.secrets else { return Ok(None) };
    let bytes = read_hash_key_file(key)?;
    let same = |of| Err(HashKeyFault { file: key.file.clone(), error: HashKeyError::Same(of) });
    // Whether those can be read is said where they are used.
    let signing = config.audit.signing_key.as_ref();
    let signing = signing.and_then(|file| read_signing_seed(file, config.audit.signing_key_group_readable).ok());
    if signing.is_some_and(|seed| seed == bytes) {
        return same("audit.signing_key");
    }
    if sealing.iter().any(|key| *key.expose() == *bytes) {
        return same("one of sealing.keys");
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use data_encoding::BASE64;

    use super::*;
    use crate::config::testing::{config, minimal_with};
    use crate::config::{FetchedSecrets, read_sealing_keys};

    fn sealing_keys(config: &Config) -> Vec<SealingKey> {
        read_sealing_keys(&config.sealing, &FetchedSecrets::new()).unwrap_or_default()
    }

    /// A configuration whose hash key has this content and mode, and whose other keys are of these bytes.
    fn with_keys(content: &str, mode: u32, others: u8) -> (tempfile::TempDir, Config) {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        for (name, text, mode) in [("hash", content, mode), ("other", &BASE64.encode(&[others; 32]), 0o600)] {
            fs::write(path(name), text).unwrap();
            fs::set_permissions(path(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        let keys = format!("[audit]\nsecrets = \"hash\"\nhash_key = {:?}\n", path("hash"));
        let other = match others {
            2 => format!("[sealing]\nkeys = [{{ id = \"a\", file = {:?}, state = \"seal\" }}]\n", path("other")),
            _ => String::new(),
        };
        let signing = if others == 1 { format!("signing_key = {:?}\n", path("other")) } else { String::new() };
        let config = config(&format!("{}{other}", minimal_with("[audit]\n", &(keys + &signing))));
        (folder, config)
    }

    #[test]
    fn the_key_is_read_and_nothing_is_where_nothing_is_hashed() {
        let (_folder, config) = with_keys(&BASE64.encode(&[7; 32]), 0o600, 1);
        assert_eq!(*read_hash_key(&config, &[]).unwrap().unwrap(), [7; 32]);
        assert!(read_hash_key(&self::config(&minimal_with("", "")), &[]).unwrap().is_none());
    }

    #[test]
    fn a_key_that_others_can_read_or_that_is_none_is_refused_and_not_shown() {
        let good = BASE64.encode(&[7; 32]);
        for (content, mode, said) in
            [(good.as_str(), 0o640, "audit.hash_key_group_readable"), ("hunter2", 0o600, "base64")]
        {
            let (_folder, config) = with_keys(content, mode, 0);
            let said_of_it = read_hash_key(&config, &sealing_keys(&config)).unwrap_err().to_string();
            assert!(said_of_it.contains(said) && !said_of_it.contains(content), "{said_of_it}");
        }
    }

    #[test]
    fn a_key_that_signs_or_seals_is_not_one_to_hash_with() {
        for (byte, said) in [(1, "audit.signing_key"), (2, "sealing.keys")] {
            let (_folder, config) = with_keys(&BASE64.encode(&[byte; 32]), 0o600, byte);
            let fault = read_hash_key(&config, &sealing_keys(&config)).unwrap_err().to_string();
            assert!(fault.contains(said), "{fault}");
        }
    }
}
