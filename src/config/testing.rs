//! Configurations for tests of whatever is configured.

use std::collections::BTreeMap;
use std::path::Path;

use super::Config;

/// The least that is a configuration.
pub(crate) const MINIMAL: &str = r#"
[gateway]
name = "iam-mcp.example.internal"
[[environment]]
name = "dev"
accounts = ["123456789012"]
[[role_mapping]]
environment = "dev"
caller = "alice"
role_arn = "arn:aws:iam::{account}:role/agent"
access = "read-only"
[policy]
without_documents = "allow"
[sigv4]
keyring = "keyring.toml"
[audit]
directory = "/var/lib/audit"
"#;

/// [`MINIMAL`] with `old` replaced by `new`; with an empty `old`, `new` is appended.
pub(crate) fn minimal_with(old: &str, new: &str) -> String {
    if old.is_empty() {
        return format!("{MINIMAL}{new}\n");
    }
    assert!(MINIMAL.contains(old), "{old}");
    MINIMAL.replacen(old, new, 1)
}

/// The configuration that `text` is.
#[track_caller]
pub(crate) fn config(text: &str) -> Config {
    let none = BTreeMap::<String, String>::new();
    let loaded = Config::parse(text, Path::new("/etc/gateway/gateway.toml"), &none);
    loaded.unwrap_or_else(|faults| panic!("{faults}")).config
}
