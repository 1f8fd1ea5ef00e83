//! Changing the keyring's file.
//!
//! An edit holds an exclusive lock on `<file>.lock` from reading to renaming, so of two editors at once the second sees
//! what the first wrote. The new content goes to a temporary file beside the old one (mode 0600), is synced, renamed
//! over it, and the directory is synced: a reader or a power cut meets the old version or the new one, never a mixture.
//! The new file gets the old one's owner, group and (already checked) mode, so that an edit by root does not lock the
//! gateway out.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use data_encoding::{BASE32_NOPAD, BASE64, HEXLOWER};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::document;
use super::error::{Fault, KeyringError};
use super::file::KeyringFile;
use super::key::{Entry, KeyInfo, KeyStatus};
use super::names;
use super::uses::KeyUses;
use crate::clock::SharedClock;
use crate::random::{Random, SharedRandom};
use crate::secret::Secret;

/// What is to be known of a key before it is made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Who will sign with it: 1 to 128 of `[A-Za-z0-9_+=,.@/-]`, not an ARN.
    pub caller: String,
    /// The human behind the caller, by the same rule; absent for machines.
    pub person: Option<String>,
    /// The environments it is good for, at least one.
    pub environments: Vec<String>,
    /// What it may be used for.
    pub uses: KeyUses,
    /// From when on it is refused; must lie in the future.
    pub expires_at: Option<Timestamp>,
    /// Free text, one line of up to 256 characters.
    pub description: Option<String>,
}

/// A key that was just made. This is the only time its secret is told.
#[derive(Debug)]
pub struct AddedKey {
    /// What the file now says about it.
    pub info: KeyInfo,
    /// Its secret: 40 characters, from 30 random bytes.
    pub secret: Secret,
}

/// Adds, lists and disables keys of a keyring's file. All its functions block on disk and on other editors.
#[derive(Debug)]
pub struct KeyringEditor {
    file: KeyringFile,
    clock: SharedClock,
    random: SharedRandom,
}

impl KeyringEditor {
    /// An editor of this file.
    #[must_use]
    pub fn new(file: KeyringFile, clock: SharedClock, random: SharedRandom) -> Self {
        Self { file, clock, random }
    }

    /// Makes a key and writes it to the file, which is created (mode 0600) when there is none.
    ///
    /// # Errors
    /// When a value of `new` is not allowed (all faults are told), the file is bad, or it cannot be written.
    pub fn add(&self, new: NewKey) -> Result<AddedKey, KeyringError> {
        let now = self.clock.now();
        check(&new, now)?;
        let (access_key_id, secret) = generate(&*self.random);
        let info = KeyInfo {
            access_key_id,
            caller: new.caller,
            person: new.person,
            environments: new.environments,
            uses: new.uses,
            status: KeyStatus::Active,
            expires_at: new.expires_at,
            created_at: Timestamp::from_second(now.as_second()).expect("a second of a valid time is valid"),
            description: new.description,
        };
        let lock = self.lock()?;
        let mut entries = match self.file.read() {
            Ok(content) => document::parse(&content)?,
            Err(KeyringError::Unreadable { error, .. }) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        if entries.iter().any(|entry| entry.info.access_key_id == info.access_key_id) {
            return Err(KeyringError::RandomRepeats);
        }
        entries.push(Entry { info: info.clone(), secret: secret.clone() });
        self.write(&lock, &entries)?;
        Ok(AddedKey { info, secret })
    }

    /// All keys in the file's order, without their secrets.
    ///
    /// # Errors
    /// When the file cannot be read or is bad.
    pub fn list(&self) -> Result<Vec<KeyInfo>, KeyringError> {
        Ok(document::parse(&self.file.read()?)?.into_iter().map(|entry| entry.info).collect())
    }

    /// Makes a key inactive. Returns whether it was active: disabling twice is fine and changes nothing.
    ///
    /// # Errors
    /// When there is no such key, the file cannot be read or is bad, or it cannot be written.
    pub fn disable(&self, access_key_id: &str) -> Result<bool, KeyringError> {
        let lock = self.lock()?;
        let mut entries = document::parse(&self.file.read()?)?;
        let entry = entries
            .iter_mut()
            .find(|entry| entry.info.access_key_id == access_key_id)
            .ok_or(KeyringError::NoSuchKey)?;
        if entry.info.status == KeyStatus::Inactive {
            return Ok(false);
        }
        entry.info.status = KeyStatus::Inactive;
        self.write(&lock, &entries)?;
        Ok(true)
    }

    /// Waits until no other editor holds the file.
    fn lock(&self) -> Result<Lock, KeyringError> {
        // The target, not the link: renaming over a symbolic link would leave the real file as it was.
        let target = match fs::canonicalize(self.file.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.file.path().to_owned(),
            other => other.map_err(|error| self.unwritable(error))?,
        };
        let file = private(OpenOptions::new().create(true).truncate(false).write(true))
            .open(with_suffix(&target, ".lock"))
            .map_err(|error| self.unwritable(error))?;
        file.lock().map_err(|error| self.unwritable(error))?;
        Ok(Lock { target, _file: file })
    }

    fn write(&self, lock: &Lock, entries: &[Entry]) -> Result<(), KeyringError> {
        let content = document::render(entries);
        if content.len() > document::MAX_BYTES {
            return Err(KeyringError::TooLarge { limit: document::MAX_BYTES });
        }
        let mut nonce = [0u8; 8];
        self.random.fill(&mut nonce);
        let temporary = with_suffix(&lock.target, &format!(".{}.tmp", HEXLOWER.encode(&nonce)));
        let written = replace(&lock.target, &temporary, &content);
        if written.is_err() {
            // Best effort: the error of the write is the one to tell.
            let _ = fs::remove_file(&temporary);
        }
        written.map_err(|error| self.unwritable(error))
    }

    fn unwritable(&self, error: io::Error) -> KeyringError {
        KeyringError::Unwritable { path: self.file.path().to_owned(), error }
    }
}

/// The right to change the file, until dropped.
struct Lock {
    target: PathBuf,
    // Never deleted: an editor that waits on the deleted file would not see one that locks its successor.
    _file: File,
}

fn replace(target: &Path, temporary: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = private(OpenOptions::new().create_new(true).write(true)).open(temporary)?;
    match fs::metadata(target) {
        Ok(old) => keep_owner(&file, &old)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(temporary, target)?;
    let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn keep_owner(file: &File, old: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let new = file.metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        fchown(file, Some(old.uid()), Some(old.gid()))?;
    }
    // Writing goes on through the open file, even where the mode is 0400.
    file.set_permissions(old.permissions())
}

#[cfg(not(unix))]
fn keep_owner(_file: &File, _old: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// `IMGK` and 80 random bits in base32; 240 random bits in base64, as long as AWS's own secrets.
fn generate(random: &dyn Random) -> (String, Secret) {
    let mut id = [0u8; 10];
    random.fill(&mut id);
    let mut secret = Zeroizing::new([0u8; 30]);
    random.fill(&mut *secret);
    (format!("IMGK{}", BASE32_NOPAD.encode(&id)), Secret::new(BASE64.encode(&*secret)))
}

/// By the very rules by which the file is read.
fn check(new: &NewKey, now: Timestamp) -> Result<(), KeyringError> {
    let mut faults = Vec::new();
    let mut rule = |place: &str, outcome: Result<(), &'static str>| {
        if let Err(message) = outcome {
            faults.push(Fault { place: place.into(), message: message.into() });
        }
    };
    rule("caller", names::name(&new.caller));
    rule("person", new.person.as_deref().map_or(Ok(()), names::name));
    rule("description", new.description.as_deref().map_or(Ok(()), names::description));
    if new.environments.is_empty() {
        rule("environments", Err("must name at least one environment"));
    }
    for (index, environment) in new.environments.iter().enumerate() {
        rule("environments", names::environment(environment));
        if new.environments[..index].contains(environment) {
            rule("environments", Err("names one environment twice"));
        }
    }
    if new.expires_at.is_some_and(|expires| expires <= now) {
        rule("expires_at", Err("must lie in the future"));
    }
    if faults.is_empty() { Ok(()) } else { Err(KeyringError::Faults(faults)) }
}
