//! The key that signs the journal: how it is made, who may read it, and what it proves.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;

use crate::support::command::{Ran, run};
use crate::support::gateway::TestGateway;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory can be made"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn argument(&self, name: &str) -> String {
        self.path(name).to_str().expect("temporary folders have plain names").to_owned()
    }

    /// Makes a key; what was printed is kept beside it.
    fn key(&self, name: &str) -> Ran {
        let made = run(&["audit", "key", "--file", &self.argument(name)]);
        fs::write(self.path(&format!("{name}.pub")), &made.stdout).expect("the folder is ours");
        made
    }
}

fn verify(gateway: &TestGateway, folder: &Folder, public_key: &str) -> Ran {
    run(&["audit", "verify", "--public-key", &folder.argument(public_key), &gateway.argument("audit")])
}

#[test]
fn a_key_is_made_for_its_owner_alone_and_never_changed() {
    let folder = Folder::new();
    let made = folder.key("audit.key");
    assert!(made.code == 0 && made.stderr.contains("made "), "{}", made.said());
    let file = folder.path("audit.key");
    let mode = fs::metadata(&file).expect("it was made").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let seed = fs::read_to_string(&file).expect("it was made");
    assert!(!made.said().contains(seed.trim()), "the seed is told to nobody");
    let again = folder.key("audit.key");
    assert_eq!((again.stdout.as_str(), again.stderr.as_str()), (made.stdout.as_str(), ""));
    assert_eq!(fs::read_to_string(&file).expect("it is there"), seed);
    let json = run(&["audit", "key", "--json", "--file", &folder.argument("audit.key")]).json();
    assert_eq!(json, json!({"publicKey": made.stdout.trim(), "made": false}));
    assert_ne!(folder.key("other.key").stdout, made.stdout);

    fs::write(&file, "hunter2").expect("the folder is ours");
    let bad = folder.key("audit.key");
    assert!(bad.code == 1 && bad.stderr.contains("32 bytes in base64") && !bad.said().contains("hunter2"));
    let nowhere = run(&["audit", "key", "--file", &folder.argument("no/such/folder/audit.key")]);
    assert!(nowhere.code == 1 && nowhere.stderr.contains("cannot be made"), "{}", nowhere.said());
}

#[test]
fn a_journal_is_signed_and_only_with_the_key_that_was_given() {
    let folder = Folder::new();
    folder.key("audit.key");
    folder.key("other.key");
    let seed = fs::read_to_string(folder.path("audit.key")).expect("it was made");
    let mut gateway =
        TestGateway::without_aws().set("audit.signing_key", &format!("{:?}", folder.argument("audit.key"))).start();
    assert!(!gateway.call("alice", "whoami", json!({})).is_error);
    gateway.call("alice", "create_user", json!({"user_name": "dave"}));
    gateway.stop();
    let good = verify(&gateway, &folder, "audit.key.pub");
    assert!(good.code == 0 && good.stdout.contains("signed: up to record "), "{}", good.said());
    assert!(!good.stdout.contains("note:"), "nothing is exposed, and the key was given: {}", good.said());
    let other = verify(&gateway, &folder, "other.key.pub");
    assert!(other.code == 1 && other.stdout.contains("not signed by a key that was given"), "{}", other.said());
    let own_word = run(&["audit", "verify", &gateway.argument("audit")]);
    assert!(own_word.code == 0 && own_word.stdout.contains("which the journal names itself"), "{}", own_word.said());
    let no_key = verify(&gateway, &folder, "audit.key");
    assert!(no_key.code == 1 && no_key.stdout.contains("not signed by a key that was given"), "{}", no_key.said());
    let written = fs::read_dir(gateway.path("audit"))
        .expect("the journal is there")
        .map(|file| fs::read_to_string(file.expect("the folder is ours").path()).expect("records are UTF-8"));
    let written: String = written.collect::<String>() + &gateway.log();
    assert!(!written.contains(seed.trim()), "the seed is in no record and no log");
    assert!(!gateway.log().contains("is not signed"));
}

#[test]
fn a_journal_that_is_not_signed_says_so_and_passes_for_none_that_is() {
    let folder = Folder::new();
    folder.key("audit.key");
    let mut gateway = TestGateway::without_aws().start();
    assert!(!gateway.call("alice", "whoami", json!({})).is_error);
    assert!(gateway.log().contains("the audit journal is not signed"), "{}", gateway.log());
    gateway.stop();
    let plain = run(&["audit", "verify", &gateway.argument("audit")]);
    assert!(plain.code == 0 && plain.stdout.contains("unsigned: no record is signed"), "{}", plain.said());
    assert_eq!(verify(&gateway, &folder, "audit.key.pub").code, 1);
}

#[test]
fn a_key_that_others_can_read_starts_nothing() {
    let folder = Folder::new();
    folder.key("audit.key");
    let gateway = TestGateway::without_aws().start();
    let config = gateway.argument("gateway.toml");
    let audit = "[audit]\n";
    gateway.reconfigure(audit, &format!("{audit}signing_key = {:?}\n", folder.argument("audit.key")));
    assert_eq!(run(&["config", "check", "--config", &config]).code, 0);
    fs::set_permissions(folder.path("audit.key"), fs::Permissions::from_mode(0o644)).expect("the folder is ours");
    for command in [["config", "check", "--config", &config], ["serve", "--config", &config, "--read-only"]] {
        let ran = run(&command);
        assert_eq!(ran.code, 64, "{command:?}: {}", ran.said());
        assert!(ran.said().contains("others can read it; run chmod 600"), "{command:?}: {}", ran.said());
    }
}
