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

pub(super) use super::testing::{MINIMAL, config, minimal_with};
use super::{Config, Faults, Loaded};

pub(super) fn parse_with(text: &str, variables: &[(&str, &str)]) -> Result<Loaded, Faults> {
    let environment: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::parse(text, Path::new("/etc/gateway/gateway.toml"), &environment)
}

pub(super) fn parse(text: &str) -> Result<Loaded, Faults> {
    parse_with(text, &[])
}

/// The faults of `text`, as people see them, the folder left out.
#[track_caller]
pub(super) fn faults(text: &str) -> String {
    parse(text).expect_err("the text has faults").to_string().replace("/etc/gateway/", "")
}
