//! What tokens mean that several processes open.

use super::{minimal_with, parse};

#[test]
fn who_writes_with_sealing_keys_is_warned_that_once_is_once_at_each_replica() {
    let keys = "[sealing]\nkeys = [{ id = \"a\", file = \"sealing.key\", state = \"seal\" }]\n";
    let writes = minimal_with("access = \"read-only\"", "access = \"read-write\"");
    let shared = "[shared_state]\nurl = \"redis://127.0.0.1\"\n";
    for (text, expected) in [
        (format!("{writes}{keys}"), true),
        (format!("{writes}{keys}{shared}"), false),
        (minimal_with("", keys), false),
        (writes.clone(), false),
    ] {
        let warnings = parse(&text).unwrap().warnings;
        let warned = warnings.iter().any(|warning| warning.to_string().contains("once at each replica"));
        assert_eq!(warned, expected, "{text}");
    }
}
