use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use super::super::{KeyStatus, KeyUses, Keyring, KeyringEditor, KeyringFile, NewKey};
use super::faults;
use crate::authn::testing::{KEY_ID, SECRET, entry, keyring_json, noon};
use crate::clock::ManualClock;
use crate::random::{Random, SystemRandom};

/// Always the same, so that what is generated can be told.
#[derive(Debug)]
struct Sevens;

impl Random for Sevens {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0x77);
    }
}

fn editor(path: &Path) -> KeyringEditor {
    KeyringEditor::new(KeyringFile::new(path), ManualClock::at(noon()), Arc::new(SystemRandom))
}

fn new_key(caller: &str) -> NewKey {
    NewKey {
        caller: caller.into(),
        person: Some(format!("{caller}@example.com")),
        environments: vec!["dev".into()],
        uses: KeyUses { calls: false, approvals: true },
        expires_at: Some("2027-01-01T00:00:00Z".parse().unwrap()),
        description: Some("made by a \"test\"".into()),
    }
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(directory).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_added_key_is_in_the_file_which_is_its_owner_s_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keyring.json");
    let added = editor(&path).add(new_key("alice")).unwrap();

    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(names(directory.path()), ["keyring.json", "keyring.json.lock"]);
    let file: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(
        file,
        json!({"version": 1, "keys": [{
            "access_key_id": added.info.access_key_id,
            "secret_access_key": added.secret.expose(),
            "caller": "alice",
            "person": "alice@example.com",
            "environments": ["dev"],
            "uses": ["approvals"],
            "status": "active",
            "expires_at": "2027-01-01T00:00:00Z",
            "created_at": "2026-03-01T12:00:00Z",
            "description": "made by a \"test\"",
        }]})
    );
    let keyring = Keyring::open(KeyringFile::new(&path)).unwrap();
    assert_eq!(keyring.lookup(&added.info.access_key_id).unwrap().info(), &added.info);
}

#[test]
fn ids_and_secrets_are_of_their_form_and_random() {
    let directory = tempfile::tempdir().unwrap();
    let editor = editor(&directory.path().join("keyring.json"));
    let (a, b) = (editor.add(new_key("alice")).unwrap(), editor.add(new_key("alice")).unwrap());
    for added in [&a, &b] {
        let random = added.info.access_key_id.strip_prefix("IMGK").unwrap();
        assert_eq!(random.len(), 16);
        assert!(random.bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b)), "{random}");
        assert_eq!(added.secret.expose().len(), 40);
    }
    assert_ne!(a.info.access_key_id, b.info.access_key_id);
    assert_ne!(a.secret, b.secret);
}

#[test]
fn a_generator_that_repeats_itself_makes_no_second_key() {
    let directory = tempfile::tempdir().unwrap();
    let file = KeyringFile::new(directory.path().join("keyring.json"));
    let editor = KeyringEditor::new(file, ManualClock::at(noon()), Arc::new(Sevens));
    let added = editor.add(new_key("alice")).unwrap();
    assert_eq!(added.info.access_key_id, "IMGKO53XO53XO53XO53X");
    assert_eq!(added.secret.expose(), "d3d3".repeat(10));
    assert_eq!(editor.add(new_key("bob")).unwrap_err().code(), "keyring_random_repeats");
    assert_eq!(editor.list().unwrap().len(), 1);
}

#[test]
fn a_key_that_the_file_could_not_hold_is_not_made() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keyring.json");
    let bad = NewKey {
        uses: KeyUses::ALL,
        caller: "arn:aws:iam::123456789012:user/alice".into(),
        person: Some(String::new()),
        environments: vec!["*".into(), "dev".into(), "dev".into()],
        expires_at: Some(noon()),
        description: Some("a\nb".into()),
    };
    let faults_of_bad = faults(editor(&path).add(bad).unwrap_err());
    let places: Vec<&str> = faults_of_bad.iter().map(|fault| fault.split(':').next().unwrap()).collect();
    assert_eq!(places, ["caller", "person", "description", "environments", "environments", "expires_at"]);
    let none = NewKey { environments: Vec::new(), ..new_key("alice") };
    assert_eq!(faults(editor(&path).add(none).unwrap_err()), ["environments: must name at least one environment"]);
    assert!(!path.exists());
}

#[test]
fn the_list_is_in_the_file_s_order_and_without_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let editor = editor(&directory.path().join("keyring.json"));
    let added: Vec<_> = ["zoe", "alice"].map(|caller| editor.add(new_key(caller)).unwrap()).into();
    let list = editor.list().unwrap();
    assert_eq!(list.iter().map(|info| info.caller.as_str()).collect::<Vec<_>>(), ["zoe", "alice"]);
    let shown = format!("{list:?} {} {added:?}", serde_json::to_string(&list).unwrap());
    assert!(added.iter().all(|added| !shown.contains(added.secret.expose())));
    assert!(!shown.contains("secret_access_key"));
}

#[test]
fn a_disabled_key_stays_known_and_disabling_again_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keyring.json");
    let editor = editor(&path);
    let keep = editor.add(new_key("alice")).unwrap();
    let drop = editor.add(new_key("bob")).unwrap();
    assert!(editor.disable(&drop.info.access_key_id).unwrap());
    let content = fs::read(&path).unwrap();
    assert!(!editor.disable(&drop.info.access_key_id).unwrap());
    assert_eq!(fs::read(&path).unwrap(), content);
    let list = editor.list().unwrap();
    assert_eq!(list.iter().map(|info| info.status).collect::<Vec<_>>(), [KeyStatus::Active, KeyStatus::Inactive]);
    assert!(String::from_utf8(content).unwrap().contains(keep.secret.expose()));
    assert_eq!(editor.disable("IMGKNOSUCHKEYNOSUCHK").unwrap_err().code(), "keyring_no_such_key");
}

#[test]
fn an_edit_through_a_symbolic_link_changes_the_target() {
    let directory = tempfile::tempdir().unwrap();
    let (path, link) = (directory.path().join("keyring.json"), directory.path().join("link"));
    editor(&path).add(new_key("alice")).unwrap();
    symlink(&path, &link).unwrap();
    editor(&link).add(new_key("bob")).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(editor(&path).list().unwrap().len(), 2);
}

#[test]
fn an_edit_keeps_the_file_s_owner_and_mode() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keyring.json");
    let file = KeyringFile::new(&path).allow_group_read(true);
    let editor = KeyringEditor::new(file, ManualClock::at(noon()), Arc::new(SystemRandom));
    editor.add(new_key("alice")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o440)).unwrap();
    // Only root may give a file away; everybody else checks that it stays theirs.
    let _ = chown(&path, Some(12_345), Some(12_346));
    let before = fs::metadata(&path).unwrap();
    editor.add(new_key("bob")).unwrap();
    let after = fs::metadata(&path).unwrap();
    assert_ne!(before.ino(), after.ino());
    assert_eq!((before.uid(), before.gid(), before.mode()), (after.uid(), after.gid(), after.mode()));
}

#[test]
fn a_bad_or_open_file_is_not_edited() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keyring.json");
    fs::write(&path, keyring_json(&[entry(&json!({"status": "on"}))])).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let content = fs::read(&path).unwrap();
    assert_eq!(editor(&path).add(new_key("bob")).unwrap_err().code(), "keyring_faults");
    assert_eq!(editor(&path).disable(KEY_ID).unwrap_err().code(), "keyring_faults");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(editor(&path).add(new_key("bob")).unwrap_err().code(), "keyring_too_open");
    assert_eq!(fs::read(&path).unwrap(), content);
    assert!(String::from_utf8(content).unwrap().contains(SECRET));
}

#[test]
fn an_edit_that_cannot_be_written_says_so() {
    let path = PathBuf::from("/nonexistent-directory/keyring.json");
    assert_eq!(editor(&path).add(new_key("alice")).unwrap_err().code(), "keyring_unwritable");
}

#[test]
fn editors_at_once_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keyring.json");
    std::thread::scope(|scope| {
        for editor_number in 0..4 {
            let path = &path;
            scope.spawn(move || {
                for key in 0..5 {
                    editor(path).add(new_key(&format!("c{editor_number}-{key}"))).unwrap();
                }
            });
        }
    });
    let callers: BTreeSet<String> = editor(&path).list().unwrap().into_iter().map(|info| info.caller).collect();
    assert_eq!(callers.len(), 20);
    assert_eq!(names(directory.path()), ["keyring.json", "keyring.json.lock"]);
}
