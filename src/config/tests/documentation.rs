use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{MINIMAL, config, minimal_with, parse_with};
use crate::config::sink::Sink;

const DOCUMENTATION: &str = include_str!("../../../docs/configuration.md");

/// The rows of the documentation's tables by path, such as `role_mapping.access`, with the column of defaults.
fn documented() -> BTreeMap<String, String> {
    let mut section = "";
    let mut rows = BTreeMap::new();
    for line in DOCUMENTATION.lines() {
        if let Some(heading) = line.strip_prefix("## `") {
            section = heading.trim_matches(['[', ']', '`']);
        }
        if let Some((key, rest)) = line.strip_prefix("| `").and_then(|row| row.split_once("` | ")) {
            let default = rest.split(" | ").next().unwrap_or_default();
            assert_eq!(rows.insert(format!("{section}.{key}"), default.to_owned()), None, "{section}.{key} twice");
        }
    }
    rows
}

/// Every key that a reader asks for when everything is configured.
fn known() -> BTreeSet<String> {
    let text = minimal_with(
        "caller = \"alice\"",
        "caller = { kind = \"keyring\", pattern = \"alice\" }\ntags = { a = \"b\" }",
    );
    let text = format!("{text}[sealing]\nkeys = [{{ id = \"a\", file = \"a\", state = \"seal\" }}]\n");
    let sink = Sink::default();
    let none: BTreeMap<String, String> = BTreeMap::new();
    assert!(crate::config::parse(&text, Path::new("gateway.toml"), &none, &sink).is_some());
    let (_, _, known) = sink.into_parts();
    // Sections themselves have no dot; arrays of tables are written without their brackets at the front.
    known
        .into_iter()
        .map(|path| path.replacen("role_mapping[]", "role_mapping", 1).replacen("environment[]", "environment", 1))
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
    let defaults = config(MINIMAL);
    let mut tried = 0;
    for (path, default) in documented() {
        let number = default.strip_prefix('`').and_then(|rest| rest.split('`').next()).unwrap_or_default();
        if number.parse::<u64>().is_ok() {
            let (section, key) = path.split_once('.').unwrap();
            let variable = format!("IAM_MCP_GATEWAY__{}__{}", section.to_uppercase(), key.to_uppercase());
            let mut explicit = parse_with(MINIMAL, &[(&variable, number)]).unwrap().config;
            explicit.digest.clone_from(&defaults.digest);
            assert_eq!(explicit, defaults, "{path} = {number}");
            tried += 1;
        }
    }
    assert!(tried > 18, "{tried}");
}

#[test]
fn the_documented_ranges_are_those_that_are_possible() {
    let mut tried = 0;
    for line in DOCUMENTATION.lines().filter(|line| line.contains("_seconds` |") || line.contains("s` | `")) {
        let cells: Vec<&str> = line.trim_matches(['|', ' ']).split(" | ").collect();
        let Some((low, high)) = cells[2].split(',').next().and_then(|range| range.split_once('-')) else { continue };
        let (Ok(low), Ok(high)) = (low.parse::<u64>(), high.parse::<u64>()) else { continue };
        let key = cells[0].trim_matches('`').to_uppercase();
        let sections: Vec<_> =
            documented().into_keys().filter(|path| path.ends_with(&format!(".{}", key.to_lowercase()))).collect();
        let section = sections[0].split('.').next().unwrap().to_uppercase();
        let variable = format!("IAM_MCP_GATEWAY__{section}__{key}");
        for out_of_range in [low - 1, high + 1] {
            let faults = parse_with(MINIMAL, &[(&variable, &out_of_range.to_string())]).unwrap_err().to_string();
            assert!(faults.contains(&format!("{low} to {high} is possible")), "{faults}");
        }
        tried += 1;
    }
    assert!(tried > 15, "{tried}");
}

#[test]
fn the_documented_example_is_a_configuration() {
    let example = DOCUMENTATION.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(config(example).role_mappings.iter().count(), 2);
}
