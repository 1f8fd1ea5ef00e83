use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::{Changes, Keyring, KeyringFile, Reload};
use crate::authn::testing::{KEY_ID, entry, keyring_json};

const SECOND_ID: &str = "IMGKSECONDSECONDSECO";

struct Files {
    _directory: TempDir,
    path: PathBuf,
}

impl Files {
    fn with(entries: &[Value]) -> (Self, Keyring) {
        let directory = tempfile::tempdir().unwrap();
        let files = Self { path: directory.path().join("keyring.json"), _directory: directory };
        files.write(&keyring_json(entries));
        let keyring = Keyring::open(KeyringFile::new(&files.path)).unwrap();
        (files, keyring)
    }

    fn write(&self, content: &[u8]) {
        fs::write(&self.path, content).unwrap();
        fs::set_permissions(&self.path, Permissions::from_mode(0o600)).unwrap();
    }
}

fn reloaded(keyring: &Keyring) -> Changes {
    match keyring.reload_if_changed() {
        Reload::Reloaded(changes) => changes,
        other => panic!("not reloaded: {other:?}"),
    }
}

fn refused(keyring: &Keyring) -> (&'static str, bool) {
    match keyring.reload_if_changed() {
        Reload::Refused { error, repeated } => (error.code(), repeated),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn the_same_content_is_no_new_version() {
    let (files, keyring) = Files::with(&[entry(&json!({}))]);
    assert!(matches!(keyring.reload_if_changed(), Reload::Unchanged));
    files.write(&keyring_json(&[entry(&json!({}))]));
    assert!(matches!(keyring.reload_if_changed(), Reload::Unchanged));
}

#[test]
fn a_new_version_is_taken_and_its_changes_are_told() {
    let (files, keyring) = Files::with(&[entry(&json!({}))]);
    let before = keyring.digest();
    files.write(&keyring_json(&[entry(&json!({})), entry(&json!({"access_key_id": SECOND_ID}))]));
    assert_eq!(reloaded(&keyring), Changes { added: vec![SECOND_ID.into()], ..Changes::default() });
    assert!(keyring.lookup(SECOND_ID).is_some());
    assert_ne!(keyring.digest(), before);

    files.write(&keyring_json(&[entry(&json!({"access_key_id": SECOND_ID, "status": "inactive"}))]));
    let expected = Changes { added: vec![], removed: vec![KEY_ID.into()], changed: vec![SECOND_ID.into()] };
    assert_eq!(reloaded(&keyring), expected);
    assert!(keyring.lookup(KEY_ID).is_none());
}

#[test]
fn a_new_secret_is_a_change() {
    let (files, keyring) = Files::with(&[entry(&json!({}))]);
    files.write(&keyring_json(&[entry(&json!({"secret_access_key": "x".repeat(40)}))]));
    assert_eq!(reloaded(&keyring), Changes { changed: vec![KEY_ID.into()], ..Changes::default() });
}

#[test]
fn a_bad_version_is_refused_and_the_old_one_stays() {
    let (files, keyring) = Files::with(&[entry(&json!({}))]);
    let before = keyring.digest();
    files.write(&keyring_json(&[entry(&json!({"status": "on"}))]));
    assert_eq!(refused(&keyring), ("keyring_faults", false));
    assert_eq!(refused(&keyring), ("keyring_faults", true));
    files.write(b"{");
    assert_eq!(refused(&keyring), ("keyring_malformed", false));
    fs::remove_file(&files.path).unwrap();
    assert_eq!(refused(&keyring), ("keyring_unreadable", false));
    assert!(keyring.lookup(KEY_ID).is_some());
    assert_eq!(keyring.digest(), before);

    files.write(&keyring_json(&[entry(&json!({}))]));
    assert!(matches!(keyring.reload_if_changed(), Reload::Unchanged));
    files.write(b"{");
    assert_eq!(refused(&keyring), ("keyring_malformed", false));
}

#[test]
fn a_version_that_others_may_read_is_refused() {
    let (files, keyring) = Files::with(&[entry(&json!({}))]);
    fs::set_permissions(&files.path, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(refused(&keyring), ("keyring_too_open", false));
}

#[test]
fn content_from_elsewhere_is_taken_when_offered() {
    let keyring = Keyring::from_json(&keyring_json(&[entry(&json!({}))])).unwrap();
    assert!(matches!(keyring.reload_if_changed(), Reload::Unchanged));
    let next = keyring_json(&[entry(&json!({"access_key_id": SECOND_ID}))]);
    assert!(matches!(keyring.offer(&next), Reload::Reloaded(_)));
    assert!(matches!(keyring.offer(&next), Reload::Unchanged));
    assert!(keyring.lookup(SECOND_ID).is_some());
}
