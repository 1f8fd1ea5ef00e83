//! A folder's closed files, and whose digests of them are believed.

use std::io::Read;
use std::sync::Arc;

use super::{Anchor, KeepingError};
use crate::audit::digest::{DigestName, LARGEST, SignedDigest, file_hash};
use crate::audit::files::{of_the_journal, plain};
use crate::audit::folder::{DiskError, Folder};
use crate::audit::signing::PublicKey;

/// The closed files of a folder.
#[derive(Debug)]
pub(super) struct Closed {
    folder: Arc<Folder>,
    /// In a signed journal, the keys of digests that are believed.
    keys: Option<Vec<PublicKey>>,
}

impl Closed {
    pub(super) fn of(folder: Arc<Folder>, former_keys: &[PublicKey]) -> Self {
        let keys = folder.believed_keys(former_keys);
        Self { folder, keys }
    }

    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The names of the files before the one that is written, in the order of the chain.
    pub(super) fn files(names: &[String], open: &str) -> Vec<String> {
        of_the_journal(names.to_vec()).into_iter().take_while(|name| plain(name) != open).collect()
    }

    /// A digest, which a key of the journal must have signed: what it says decides which files are removed, and when. That a
    /// later digest or an anchor names it is what `audit verify` sees.
    pub(super) fn digest(&self, name: &DigestName) -> Result<(SignedDigest, Anchor), KeepingError> {
        let failed = || DiskError::when("reading", name.as_str());
        let mut bytes = Vec::new();
        let reader = self.folder.storage.read(&self.folder.directory.join(name.as_str())).map_err(failed())?;
        reader.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed())?;
        let changed = |why: String| KeepingError::Changed { file: name.to_string(), why };
        let signed = SignedDigest::read(name, &bytes).map_err(|why| changed(why.to_string()))?;
        if let Some(keys) = &self.keys
            && !signed.digest.signing_key.is_some_and(|key| keys.contains(&key))
        {
            return Err(changed(format!(
                "its key is neither that of audit.signing_key nor one of audit.former_public_keys: {}",
                signed.digest.signing_key.map_or_else(|| "none".to_owned(), |key| key.to_string())
            )));
        }
        let anchor = anchor(name, &signed, &bytes);
        Ok((signed, anchor))
    }
}

/// What is anchored of a digest whose file has these bytes.
pub(super) fn anchor(name: &DigestName, signed: &SignedDigest, bytes: &[u8]) -> Anchor {
    Anchor { file: name.to_string(), number: name.number, sha256: file_hash(bytes), head: signed.digest.head }
}
