//! What secrets are hashed with, and how they are found by it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::key_files::KeyFiles;
use super::started;
use crate::support::command::{run, run_with};
use crate::support::gateway::TestGateway;
use crate::support::waiting::eventually;

#[test]
fn a_secret_that_somebody_holds_is_found_by_its_hash() {
    let keys = KeyFiles::new();
    let (mut gateway, _) = started(&keys, "info", "hash");
    let pasted = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    gateway.call("alice", "list_users", json!({"secret_access_key": pasted}));
    gateway.call("reader", "whoami", json!({"credentials": {"secret": [pasted]}, pasted: 1}));
    gateway.call("reader", "get_user", json!({"user_name": pasted}));
    gateway.stop();
    let hashed = |arguments: &[&str], input: &str| {
        let key = keys.path("hash");
        let ran = run_with(&[&["audit", "hash", "--key", &key, "--json"], arguments].concat(), &[], input);
        assert_eq!(ran.code, 0, "{}", ran.said());
        ran.json()
    };
    let hash = hashed(&[], &format!("{pasted}\n"));
    assert_eq!(hash, hashed(&["--value-is-json"], &format!("{pasted:?}")));
    assert_ne!(hash, hashed(&[], "another"));
    let text = hash["hmacSha256"].as_str().expect("a hash is a text");
    let found: Vec<Value> = gateway.journal().into_iter().filter(|record| record.to_string().contains(text)).collect();
    let tools: Vec<&Value> = found.iter().map(|record| &record["additionalEventData"]["tool"]).collect();
    assert_eq!(tools, ["list_users", "whoami", "get_user"], "{found:#?}");
    let unknown = &found[0]["requestParameters"]["params"]["unknownArguments"];
    assert_eq!((&unknown["count"], &unknown["hashed"][0]["value"]), (&json!(1), &hash));
    assert_eq!(found[2]["requestParameters"]["params"]["arguments"]["user_name"], hash);

    let plain = run_with(&["audit", "hash", "--key", &keys.path("hash")], &[], pasted);
    assert_eq!(plain.stdout.trim(), text);
    assert!(!plain.said().contains(pasted));
    for (input, arguments, said) in [("", &[][..], "empty"), ("x", &["--value-is-json"], "no JSON (line 1, column 1)")]
    {
        let wrong = run_with(&[&["audit", "hash", "--key", &keys.path("hash")], arguments].concat(), &[], input);
        assert!(wrong.code == 2 && wrong.stderr.contains(said), "{}", wrong.said());
    }
    fs::write(keys.path("hash"), "hunter2").expect("the folder is ours");
    let bad = run_with(&["audit", "hash", "--key", &keys.path("hash")], &[], pasted);
    assert!(bad.code == 1 && bad.stderr.contains("32 bytes in base64") && !bad.said().contains("hunter2"));
}

#[test]
fn a_hash_key_that_cannot_be_used_starts_nothing() {
    let keys = KeyFiles::new();
    let gateway = TestGateway::without_aws().start();
    let config = gateway.argument("gateway.toml");
    let with = |key: &str| format!("[audit]\nsecrets = \"hash\"\nhash_key = {:?}\n", keys.path(key));
    gateway.reconfigure("[audit]\n", &with("hash"));
    assert_eq!(run(&["config", "check", "--config", &config]).code, 0);
    eventually("the change waits for the next start", || {
        gateway.log().contains("these changes take effect at the next start").then_some(())
    });
    fs::set_permissions(keys.path("hash"), fs::Permissions::from_mode(0o644)).expect("the folder is ours");
    for command in [["config", "check", "--config", &config], ["serve", "--config", &config, "--read-only"]] {
        let ran = run(&command);
        assert_eq!(ran.code, 64, "{command:?}: {}", ran.said());
        assert!(ran.said().contains("others can read it; run chmod 600"), "{command:?}: {}", ran.said());
    }
}
