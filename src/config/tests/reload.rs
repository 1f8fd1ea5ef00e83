use super::{MINIMAL, config, minimal_with};

#[test]
fn what_needs_a_restart_is_named() {
    let old = config(MINIMAL);
    assert!(old.reloadable_difference(&old).is_empty());
    for (find, replace, expected) in [
        ("iam-mcp.example", "iam-mcp2.example", "gateway.name"),
        ("", "[listen]\naddress = \"127.0.0.1:0\"", "listen"),
        ("", "[limits]\nconnections = 2", "limits"),
        ("accounts", "production = true\naccounts", "environment"),
        ("keyring.toml", "keyring2.toml", "sigv4"),
        ("", "[broker]\ncached_sessions = 1", "broker"),
        ("/var/lib/audit", "/var/lib/audit2", "audit"),
        ("", "[tools]\nconfirmation_seconds = 30", "tools"),
        ("", "[aws]\nsts_region = \"eu-central-1\"", "aws"),
        ("", "[log]\nformat = \"json\"", "log.format"),
    ] {
        assert_eq!(old.reloadable_difference(&config(&minimal_with(find, replace))), [expected]);
    }
}

#[test]
fn what_can_be_applied_at_once_is_not_named() {
    let old = config(MINIMAL);
    for (find, replace) in [
        ("[gateway]", "[gateway]\nread_only = true"),
        ("\"alice\"", "\"bob\""),
        ("", "[protect]\narns = [\"arn:aws:iam::123456789012:role/x\"]"),
        ("", "[log]\nlevel = \"debug\""),
        ("", "[broker]\naccount_calls_per_second = 3\naccount_burst = 4"),
        ("", "[sealing]\nkeys_group_readable = true"),
        ("", "[exchange]\naudience = \"other\""),
        ("", "[[revoked]]\nperson = \"mallory\""),
        ("", "[identities]\nnhi_percent = 60"),
    ] {
        let new = config(&minimal_with(find, replace));
        assert_ne!(old, new);
        assert!(old.reloadable_difference(&new).is_empty(), "{replace}");
    }
}
