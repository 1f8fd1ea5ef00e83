//! Reading the sealing keys themselves.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Sealing, SealingKeyEntry, SealingKeyPlace, SealingState};
use crate::arn::SecretArn;
use crate::config::key_file::{KEY_BYTES, KeyFileError, Readers, decode, read_key};
use crate::secret::Secret;

/// A sealing key: never printed, wiped from memory when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SealingKey {
    #[zeroize(skip)]
    id: String,
    #[zeroize(skip)]
    state: SealingState,
    bytes: [u8; KEY_BYTES],
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
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
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
    /// The file is not one of a key.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// Secrets Manager did not give it.
    #[error("cannot be had: {0}")]
    NotFetched(String),
    /// The secret holds no key.
    #[error("does not hold {KEY_BYTES} bytes in base64 as its text; make one with: openssl rand -base64 {KEY_BYTES}")]
    NoKey,
    /// Two ids with the same key.
    #[error("holds the same key as {0:?}; each id needs a key of its own")]
    Same(String),
}

/// What Secrets Manager answered for each secret: its text, or why there is none.
pub type FetchedSecrets = BTreeMap<SecretArn, Result<Secret, String>>;

/// Every sealing key that cannot be used: where it is, with the reason.
#[derive(Debug)]
pub struct SealingKeyFaults(pub Vec<(SealingKeyPlace, SealingKeyError)>);

impl fmt::Display for SealingKeyFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (place, error)) in self.0.iter().enumerate() {
            write!(f, "{}sealing key {place}: {error}", if index > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for SealingKeyFaults {}

/// Reads every configured key: from its file, or out of what was fetched of secrets.
///
/// # Errors
/// All keys that cannot be read, that others can read too, or that are no key.
pub fn read_sealing_keys(sealing: &Sealing, secrets: &FetchedSecrets) -> Result<Vec<SealingKey>, SealingKeyFaults> {
    let readers = Readers { group: sealing.keys_group_readable, option: "sealing.keys_group_readable" };
    let mut keys: Vec<SealingKey> = Vec::new();
    let mut faults = Vec::new();
    for SealingKeyEntry { id, place, state } in &sealing.keys {
        let read = match place {
            SealingKeyPlace::File(file) => read_key(file, readers).map_err(SealingKeyError::from),
            SealingKeyPlace::Secret(arn) => match secrets.get(arn) {
                Some(Ok(text)) => decode(text.expose().as_bytes()).ok_or(SealingKeyError::NoKey),
                Some(Err(reason)) => Err(SealingKeyError::NotFetched(reason.clone())),
                None => Err(SealingKeyError::NotFetched("nobody has asked for it".to_owned())),
            },
        };
        match read {
            Ok(bytes) => {
                let key = SealingKey { id: id.clone(), state: *state, bytes: *bytes };
                match keys.iter().find(|other| other.bytes == key.bytes) {
                    Some(twin) => faults.push((place.clone(), SealingKeyError::Same(twin.id.clone()))),
                    None => keys.push(key),
                }
            }
            Err(error) => faults.push((place.clone(), error)),
        }
    }
    if faults.is_empty() { Ok(keys) } else { Err(SealingKeyFaults(faults)) }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use data_encoding::BASE64;

    use super::*;
    use crate::config::PrivateFileError;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn key(&self, id: &str, content: &str, mode: u32) -> SealingKeyEntry {
            let file = self.0.path().join(id);
            fs::write(&file, content).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            SealingKeyEntry { id: id.to_owned(), place: SealingKeyPlace::File(file), state: SealingState::Open }
        }
    }

    fn read(keys: Vec<SealingKeyEntry>, keys_group_readable: bool) -> Result<Vec<SealingKey>, SealingKeyFaults> {
        read_sealing_keys(&Sealing { keys, keys_group_readable, single_replica: false }, &FetchedSecrets::new())
    }

    fn path(entry: &SealingKeyEntry) -> &std::path::Path {
        let SealingKeyPlace::File(path) = &entry.place else { panic!("it is in a file") };
        path
    }

    #[test]
    fn a_key_is_taken_out_of_a_secret_and_none_that_is_not_there() {
        let arn = |name: &str| -> SecretArn {
            format!("arn:aws:secretsmanager:eu-central-1:123456789012:secret:{name}-AbCdEf").parse().unwrap()
        };
        let entry = |name: &str| SealingKeyEntry {
            id: name.to_owned(),
            place: SealingKeyPlace::Secret(arn(name)),
            state: SealingState::Open,
        };
        let sealing =
            |names: &[&str]| Sealing { keys: names.iter().map(|name| entry(name)).collect(), ..Sealing::default() };
        let fetched = FetchedSecrets::from([
            (arn("good"), Ok(Secret::new(encoded(7)))),
            (arn("text"), Ok(Secret::new("hunter2".to_owned()))),
            (arn("denied"), Err("AccessDeniedException".to_owned())),
        ]);
        assert_eq!(read_sealing_keys(&sealing(&["good"]), &fetched).unwrap()[0].expose(), &[7; KEY_BYTES]);
        let faults = read_sealing_keys(&sealing(&["text", "denied", "unasked"]), &fetched).unwrap_err();
        let reasons: Vec<_> = faults.0.iter().map(|(_, error)| error).collect();
        assert!(matches!(
            reasons.as_slice(),
            [SealingKeyError::NoKey, SealingKeyError::NotFetched(_), SealingKeyError::NotFetched(_)]
        ));
        assert!(!faults.to_string().contains("hunter2"), "{faults}");
    }

    fn encoded(byte: u8) -> String {
        BASE64.encode(&[byte; KEY_BYTES])
    }

    #[test]
    fn a_key_is_read_and_not_shown() {
        let folder = Folder(tempfile::tempdir().unwrap());
        let keys = read(vec![folder.key("a", &format!("{}\n", encoded(7)), 0o600)], false).unwrap();
        assert_eq!(keys[0].expose(), &[7; KEY_BYTES]);
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
                    assert!(
                        matches!(faults.0[0].1, SealingKeyError::File(KeyFileError::File(PrivateFileError::Mode { mode: found, .. })) if found == mode)
                    );
                }
            }
            fs::remove_file(path(&key)).unwrap();
        }
    }

    #[test]
    fn every_bad_key_is_named_and_none_is_shown() {
        let folder = Folder(tempfile::tempdir().unwrap());
        let mut missing = folder.key("missing", "", 0o600);
        missing.place = SealingKeyPlace::File(path(&missing).with_extension("gone"));
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
                SealingKeyError::File(KeyFileError::Content),
                SealingKeyError::File(KeyFileError::Content),
                SealingKeyError::File(KeyFileError::Content),
                SealingKeyError::File(KeyFileError::File(PrivateFileError::Unreadable(_))),
                SealingKeyError::Same(one),
            ] if one == "one"
        ));
        let text = faults.to_string();
        assert_eq!(text.lines().count(), 5);
        assert!(!text.contains("hunter2") && !text.contains(&encoded(1)));
    }
}
