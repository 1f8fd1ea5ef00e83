//! Sealing keys for gateways under test.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use data_encoding::BASE64;
use tempfile::TempDir;

use super::prepared::Prepared;

/// Files with keys, which several gateways can be given; gone with this value.
pub(crate) struct SealingKeys(TempDir);

impl SealingKeys {
    /// No keys yet.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory can be made"))
    }

    /// The file of the key that consists of this byte.
    pub(crate) fn file(&self, byte: u8) -> PathBuf {
        let path = self.0.path().join(format!("{byte}.key"));
        fs::write(&path, BASE64.encode(&[byte; 32])).expect("the folder is ours");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("the file is ours");
        path
    }

    /// The value of `sealing.keys` with these keys, called `root-BYTE`; the first one seals.
    pub(crate) fn value(&self, keys: &[u8]) -> String {
        let entry = |(at, byte): (usize, &u8)| {
            let state = if at == 0 { "seal" } else { "open" };
            format!("{{ id = \"root-{byte}\", file = {:?}, state = \"{state}\" }}", self.file(*byte))
        };
        format!("[{}]", keys.iter().enumerate().map(entry).collect::<Vec<_>>().join(", "))
    }
}

impl Prepared {
    /// One that seals with the first of these keys and opens with all of them.
    pub(crate) fn sealing(self, keys: &SealingKeys, bytes: &[u8]) -> Self {
        self.set("sealing.keys", &keys.value(bytes)).set("sealing.single_replica", "true")
    }
}
