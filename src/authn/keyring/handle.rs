//! The keyring in force.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::document;
use super::error::KeyringError;
use super::file::KeyringFile;
use super::key::{Key, KeyInfo};

/// One version of the keyring; never changes.
#[derive(Debug, Default)]
struct Snapshot {
    keys: HashMap<String, Arc<Key>>,
    digest: String,
}

impl Snapshot {
    fn parse(content: &[u8]) -> Result<Self, KeyringError> {
        let entries = document::parse(content)?;
        let mut public: Vec<&KeyInfo> = entries.iter().map(|entry| &entry.info).collect();
        public.sort_by(|a, b| a.access_key_id.cmp(&b.access_key_id));
        let public = serde_json::to_vec(&public).expect("texts and lists are always JSON");
        let digest = HEXLOWER.encode(&Sha256::digest(&public));
        let keys = entries.into_iter().map(|e| (e.info.access_key_id.clone(), Arc::new(Key::new(e)))).collect();
        Ok(Self { keys, digest })
    }
}

/// What a new version changed, as sorted access key ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Keys that were not there before.
    pub added: Vec<String>,
    /// Keys that are gone.
    pub removed: Vec<String>,
    /// Keys of which anything is different, the secret included.
    pub changed: Vec<String>,
}

/// What came of looking for a new version.
#[derive(Debug)]
pub enum Reload {
    /// The content is the one in force.
    Unchanged,
    /// A new version is in force. No change at all means that only its spelling differs.
    Reloaded(Changes),
    /// There is a new version and it is bad; the one in force stays.
    Refused {
        /// Why.
        error: KeyringError,
        /// Whether this very refusal was told before: a poller warns once, not at every look.
        repeated: bool,
    },
}

/// What the last look at the source found.
#[derive(Debug, Default)]
struct LastLook {
    /// SHA-256 of the content in force: the content itself would be one more copy of the secrets.
    taken: Option<[u8; 32]>,
    refusal: Option<String>,
}

/// The keys in force: looked up by every request, replaced as a whole by a reload.
#[derive(Debug)]
pub struct Keyring {
    file: Option<KeyringFile>,
    current: RwLock<Arc<Snapshot>>,
    last: Mutex<LastLook>,
}

impl Keyring {
    /// Reads the keyring from its file.
    ///
    /// # Errors
    /// When the file cannot be read, is readable by others than its owner, or its content is bad.
    pub fn open(file: KeyringFile) -> Result<Self, KeyringError> {
        let content = file.read()?;
        Self::build(Some(file), &content)
    }

    /// A keyring from content that came from elsewhere than a file (a secret store); new versions come by
    /// [`Keyring::offer`].
    ///
    /// # Errors
    /// When the content is bad.
    pub fn from_json(content: &[u8]) -> Result<Self, KeyringError> {
        Self::build(None, content)
    }

    fn build(file: Option<KeyringFile>, content: &[u8]) -> Result<Self, KeyringError> {
        let snapshot = Snapshot::parse(content)?;
        let last = LastLook { taken: Some(Sha256::digest(content).into()), refusal: None };
        Ok(Self { file, current: RwLock::new(Arc::new(snapshot)), last: Mutex::new(last) })
    }

    fn current(&self) -> Arc<Snapshot> {
        // Only whole snapshots are ever stored, so a panic elsewhere cannot have left half of one.
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The key with this id, whatever its status.
    #[must_use]
    pub fn lookup(&self, access_key_id: &str) -> Option<Arc<Key>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).keys.get(access_key_id).cloned()
    }

    /// All keys, whatever their status, in no order.
    #[must_use]
    pub fn keys(&self) -> Vec<Arc<Key>> {
        self.current().keys.values().cloned().collect()
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.current().keys.len()
    }

    /// Whether there is no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// SHA-256, in hex, of what may be shown of all keys (sorted by id, no secrets), for audit records. Replacing only a
    /// secret does not change it; [`Changes::changed`] tells that.
    #[must_use]
    pub fn digest(&self) -> String {
        self.current().digest.clone()
    }

    /// Reads the file again, and takes it when it is another and good. Reads from disk: call it where blocking is fine.
    pub fn reload_if_changed(&self) -> Reload {
        let Some(file) = &self.file else { return Reload::Unchanged };
        match file.read() {
            Ok(content) => self.offer(&content),
            Err(error) => Self::refused(&mut self.last(), error),
        }
    }

    /// Takes new content when it is another and good.
    pub fn offer(&self, content: &[u8]) -> Reload {
        let digest: [u8; 32] = Sha256::digest(content).into();
        // Held to the end, so that of two reloads at once the later look wins.
        let mut last = self.last();
        if last.taken == Some(digest) {
            last.refusal = None;
            return Reload::Unchanged;
        }
        let next = match Snapshot::parse(content) {
            Ok(next) => Arc::new(next),
            Err(error) => return Self::refused(&mut last, error),
        };
        let changes = changes(&self.current(), &next);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
        *last = LastLook { taken: Some(digest), refusal: None };
        Reload::Reloaded(changes)
    }

    fn last(&self) -> std::sync::MutexGuard<'_, LastLook> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(last: &mut LastLook, error: KeyringError) -> Reload {
        let text = error.to_string();
        let repeated = last.refusal.as_deref() == Some(text.as_str());
        last.refusal = Some(text);
        Reload::Refused { error, repeated }
    }
}

fn changes(old: &Snapshot, new: &Snapshot) -> Changes {
    let mut changes = Changes::default();
    for (id, key) in &new.keys {
        match old.keys.get(id) {
            None => changes.added.push(id.clone()),
            Some(before) if before.info() != key.info() || !before.same_secret(key) => changes.changed.push(id.clone()),
            Some(_) => {}
        }
    }
    changes.removed.extend(old.keys.keys().filter(|id| !new.keys.contains_key(*id)).cloned());
    for ids in [&mut changes.added, &mut changes.removed, &mut changes.changed] {
        ids.sort();
    }
    changes
}
