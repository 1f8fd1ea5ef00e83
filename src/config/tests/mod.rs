mod defaults;
mod digest;
mod documentation;
mod faults;
mod new_secrets;
mod overrides;
mod proofs;
mod reload;
mod shared_tokens;
mod sinks;

use std::collections::BTreeMap;
use std::path::Path;

use super::{Config, Faults, Loaded};

/// The least that is a configuration.
pub(super) const MINIMAL: &str = r#"
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
pub(super) fn minimal_with(old: &str, new: &str) -> String {
    if old.is_empty() {
        return format!("{MINIMAL}{new}\n");
    }
    assert!(MINIMAL.contains(old), "{old}");
    MINIMAL.replacen(old, new, 1)
}

pub(super) fn parse_with(text: &str, variables: &[(&str, &str)]) -> Result<Loaded, Faults> {
    let environment: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::parse(text, Path::new("/etc/gateway/gateway.toml"), &environment)
}

pub(super) fn parse(text: &str) -> Result<Loaded, Faults> {
    parse_with(text, &[])
}

/// The configuration that `text` is.
#[track_caller]
pub(super) fn config(text: &str) -> Config {
    parse(text).unwrap_or_else(|faults| panic!("{faults}")).config
}

/// The faults of `text`, as people see them, the folder left out.
#[track_caller]
pub(super) fn faults(text: &str) -> String {
    parse(text).expect_err("the text has faults").to_string().replace("/etc/gateway/", "")
}
