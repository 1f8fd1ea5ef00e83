//! The keys of a gateway, as files.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use data_encoding::{BASE64, HEXLOWER};
use tempfile::TempDir;

use super::canary::Canary;

/// Files of keys, for their owner alone.
pub(super) struct KeyFiles(TempDir);

impl KeyFiles {
    /// One of each kind.
    pub(super) fn new() -> Self {
        let files = Self(tempfile::tempdir().expect("a temporary directory can be made"));
        for (name, byte) in [("signing", 0x51), ("hash", 0x52), ("sealing", 0x53)] {
            fs::write(files.path(name), Self::text(byte)).expect("the folder is ours");
            fs::set_permissions(files.path(name), fs::Permissions::from_mode(0o600)).expect("the folder is ours");
        }
        files
    }

    pub(super) fn text(byte: u8) -> String {
        BASE64.encode(&Self::bytes(byte))
    }

    /// Bytes that do not repeat, so that a part of them is found as well.
    pub(super) fn bytes(byte: u8) -> Vec<u8> {
        (0..32u8).map(|place| byte.wrapping_mul(place.wrapping_add(3))).collect()
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("temporary folders have plain names").to_owned()
    }

    pub(super) fn canaries() -> Vec<Canary> {
        let keys = [("the signing key", 0x51), ("the hash key", 0x52), ("a sealing key", 0x53)];
        let forms = |(what, byte)| {
            let hex = HEXLOWER.encode(&Self::bytes(byte));
            [Canary::of(what, &Self::text(byte)), Canary::of(what, &hex)]
        };
        keys.into_iter().flat_map(forms).collect()
    }
}
