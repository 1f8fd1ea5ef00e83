use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{MINIMAL, config, minimal_with, parse_with};
use crate::config::sink::Sink;

const DOCUMENTATION: &str = include_str!("../../../docs/configuration.md");

/// A row of one of the documentation's tables.
struct Row {
    default: String,
    possible: String,
}

/// The rows by path, such as `role_mapping.access`.
fn documented() -> BTreeMap<String, Row> {
    let mut section = "";
    let mut rows = BTreeMap::new();
    for line in DOCUMENTATION.lines() {
        if let Some(heading) = line.strip_prefix("## `") {
            section = heading.trim_matches(['[', ']', '`']);
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let ["", key, default, possible, _meaning, ""] = cells.as_slice()
            && key.starts_with('`')
        {
            let row = Row { default: (*default).to_owned(), possible: (*possible).to_owned() };
            let path = format!("{section}.{}", key.trim_matches('`'));
            assert!(rows.insert(path.clone(), row).is_none(), "{path} twice");
        }
    }
    rows
}

/// A table that has required keys of its own, for whatever is set in it.
const BUCKET: &str = "[audit.s3]\nbucket = \"trail\"\naccount = \"111122223333\"\nregion = \"us-east-1\"\n";

/// The same.
const SECRETS: &str = "[tools.secrets_manager]\nregion = \"us-east-1\"\n";

/// The same.
const SHARED: &str = "[shared_state]\nurl = \"rediss://valkey\"\n";

/// Everything about who is believed, with tables within tables.
const PROOFS: &str = r#"
[exchange]
web_identity = [{ account = "123456789012", issuer = "https://0a.tokens.sts.global.api.aws" }]
[exchange.caller_identity]
accounts = ["123456789012"]
[[issuer]]
name = "login"
url = "https://login.example"
uses = ["exchange", "bearer"]
caller = "{sub}"
[bearer]
url = "https://gateway.example"
[[revoked]]
person = "mallory"
"#;

/// The sections that are arrays of tables.
const ARRAYS: [&str; 4] = ["role_mapping", "environment", "issuer", "revoked"];

/// The least configuration in which the key at `path` can stand.
fn minimal_for(path: &str) -> String {
    match path {
        _ if path.starts_with("audit.s3.") => format!("{MINIMAL}{BUCKET}"),
        _ if path.starts_with("shared_state.") => format!("{MINIMAL}{SHARED}"),
        _ if path.starts_with("tools.secrets_manager.") => format!("{MINIMAL}{SECRETS}"),
        _ => MINIMAL.to_owned(),
    }
}

/// The variable that overrides the key at `path`.
fn variable(path: &str) -> String {
    format!("IAM_MCP_GATEWAY__{}", path.replace('.', "__").to_uppercase())
}

/// Every key that a reader asks for when everything is configured.
fn known() -> BTreeSet<String> {
    let text = minimal_with(
        "caller = \"alice\"",
        "caller = { kind = \"keyring\", pattern = \"alice\" }\ntags = { a = \"b\" }",
    );
    let text = format!("{text}[sealing]\nkeys = [{{ id = \"a\", file = \"a\", state = \"seal\" }}]\n");
    let text = format!("{text}{BUCKET}{SECRETS}{PROOFS}");
    let sink = Sink::default();
    let none: BTreeMap<String, String> = BTreeMap::new();
    assert!(crate::config::parse(&text, Path::new("gateway.toml"), &none, &sink).is_some());
    let (_, _, known) = sink.into_parts();
    // Sections themselves have no dot; arrays of tables are written without their brackets at the front.
    known
        .into_iter()
        .map(|path| ARRAYS.iter().fold(path, |path, array| path.replacen(&format!("{array}[]"), array, 1)))
        .filter(|path| path.contains('.'))
        .collect()
}

#[test]
fn every_key_is_documented_and_every_documented_key_exists() {
    let documented: BTreeSet<String> = documented().into_keys().collect();
    assert!(documented.len() > 50);
    assert_eq!(known(), documented);
}

#[test]
fn the_documented_numbers_are_the_defaults() {
    let mut tried = 0;
    for (path, row) in documented() {
        let text = minimal_for(&path);
        let defaults = config(&text);
        let number = row.default.strip_prefix('`').and_then(|rest| rest.split('`').next()).unwrap_or_default();
        if number.parse::<u64>().is_ok() {
            let mut explicit = parse_with(&text, &[(&variable(&path), number)]).unwrap().config;
            explicit.digest.clone_from(&defaults.digest);
            assert_eq!(explicit, defaults, "{path} = {number}");
            tried += 1;
        }
    }
    assert_eq!(tried, 52);
}

#[test]
fn the_documented_ranges_are_those_that_are_possible() {
    let mut tried = 0;
    for (path, row) in documented() {
        let range = row.possible.split(',').next().and_then(|range| range.split_once('-'));
        let Some((Ok(low), Ok(high))) = range.map(|(low, high)| (low.parse::<u64>(), high.parse::<u64>())) else {
            continue;
        };
        for out_of_range in low.checked_sub(1).into_iter().chain([high + 1]) {
            let value = out_of_range.to_string();
            let outcome = match path.strip_prefix("role_mapping.") {
                Some(key) => parse_with(&minimal_with("access", &format!("{key} = {value}\naccess")), &[]),
                None => parse_with(&minimal_for(&path), &[(&variable(&path), &value)]),
            };
            let faults = outcome.expect_err(&path).to_string();
            assert!(
                faults.contains(&format!("{value} is out of range; {low} to {high} is possible")),
                "{path}: {faults}"
            );
        }
        tried += 1;
    }
    assert_eq!(tried, 56);
}

#[test]
fn the_documented_example_is_a_configuration() {
    let example = DOCUMENTATION.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(config(example).role_mappings.iter().count(), 2);
}
