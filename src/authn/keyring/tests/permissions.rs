use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;

use super::super::{Keyring, KeyringFile};
use crate::authn::testing::{KEY_ID, entry, keyring_json};

fn written(mode: u32) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keyring.json");
    fs::write(&path, keyring_json(&[entry(&json!({}))])).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    (directory, path)
}

#[test]
fn a_file_of_its_owner_alone_is_read() {
    for mode in [0o600, 0o400] {
        let (_directory, path) = written(mode);
        assert!(Keyring::open(KeyringFile::new(path)).unwrap().lookup(KEY_ID).is_some());
    }
}

#[test]
fn any_permission_for_others_is_refused_with_the_command_that_mends_it() {
    for mode in [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o777] {
        let (_directory, path) = written(mode);
        let error = Keyring::open(KeyringFile::new(&path)).unwrap_err();
        assert_eq!(error.code(), "keyring_too_open", "{mode:o}");
        let resolved = fs::canonicalize(&path).unwrap();
        assert!(error.to_string().ends_with(&format!("run: chmod 600 '{}'", resolved.display())), "{error}");
    }
}

#[test]
fn the_group_may_read_when_it_is_allowed_to_and_nothing_more() {
    for (mode, good) in [(0o440, true), (0o640, true), (0o600, true), (0o660, false), (0o650, false), (0o644, false)] {
        let (_directory, path) = written(mode);
        let outcome = Keyring::open(KeyringFile::new(path).allow_group_read(true));
        assert_eq!(outcome.is_ok(), good, "{mode:o}");
    }
}

#[test]
fn of_a_symbolic_link_the_target_s_mode_counts() {
    for (mode, good) in [(0o600, true), (0o644, false)] {
        let (directory, path) = written(mode);
        let link = directory.path().join("link");
        symlink(&path, &link).unwrap();
        assert_eq!(Keyring::open(KeyringFile::new(link)).is_ok(), good, "{mode:o}");
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let code = |path: PathBuf| Keyring::open(KeyringFile::new(path)).unwrap_err().code();
    assert_eq!(code(directory.path().into()), "keyring_not_a_file");
    assert_eq!(code(directory.path().join("absent")), "keyring_unreadable");
}
