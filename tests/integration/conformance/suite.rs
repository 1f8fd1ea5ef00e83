//! The official conformance suite, npm `@modelcontextprotocol/conformance`: the scenarios that a server is to pass
//! without the suite's own tools, prompts and resources.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::Proxied;
use crate::support::mcp::{LEGACY, MODERN};
use crate::support::node::run_package;

/// A scenario, with those of its checks that cannot be made of this gateway. They are expected to fail: one that passes
/// has become applicable, and is to be taken out.
struct Scenario {
    name: &'static str,
    inapplicable: &'static [&'static str],
}

/// One that is applicable as a whole.
const fn whole(name: &'static str) -> Scenario {
    Scenario { name, inapplicable: &[] }
}

const OF_2026_07_28: &[Scenario] = &[
    Scenario {
        name: "server-stateless",
        inapplicable: &[
            // These want the suite's own tools, `test_missing_capability`, `test_streaming_elicitation` and
            // `test_logging_tool`.
            "sep-2575-server-rejects-undeclared-capability",
            "sep-2575-missing-capability-http-400",
            "sep-2575-http-server-no-independent-requests-on-stream",
            "sep-2575-server-no-log-without-loglevel",
        ],
    },
    whole("caching"),
    whole("sep-2164-resource-not-found"),
    whole("prompts-list"),
    whole("resources-list"),
    whole("http-header-validation"),
    whole("tools-list"),
    whole("server-sse-multiple-streams"),
    whole("input-required-result-unsupported-methods"),
    whole("dns-rebinding-protection"),
];

const OF_2025_11_25: &[Scenario] =
    &[whole("server-initialize"), whole("ping"), whole("tools-list"), whole("dns-rebinding-protection")];

#[test]
fn the_scenarios_of_2026_07_28_pass() {
    assert_pass(MODERN, OF_2026_07_28);
}

#[test]
fn the_scenarios_of_2025_11_25_pass() {
    assert_pass(LEGACY, OF_2025_11_25);
}

/// Runs them all before it says which failed.
fn assert_pass(version: &str, scenarios: &[Scenario]) {
    let proxied = Proxied::start();
    let failures: Vec<String> = scenarios
        .iter()
        .filter_map(|scenario| {
            let checks = checks(&proxied.url(), version, scenario.name);
            let not_passed = of_status(&checks, &["FAILURE", "WARNING"]);
            let expected = scenario.inapplicable.iter().copied().collect();
            // A scenario that finds nothing to check does not fail either.
            let is_well = not_passed == expected && !of_status(&checks, &["SUCCESS"]).is_empty();
            (!is_well).then(|| format!("{}: {checks:#?}", scenario.name))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What the suite checked, each with an `id`, a `status` and, unless it passed, an `errorMessage`.
fn checks(url: &str, version: &str, scenario: &str) -> Vec<Value> {
    let results = tempfile::tempdir().expect("a temporary directory can be made");
    let directory = results.path().to_str().expect("temporary folders have plain names");
    let options = ["--url", url, "--spec-version", version, "--scenario", scenario, "--output-dir", directory];
    let ran = run_package("conformance", &[&["server"], &options[..]].concat());
    let mut runs = fs::read_dir(directory).expect("the folder is ours").map(|run| run.expect("the folder is ours"));
    let run = runs.next().unwrap_or_else(|| unreachable!("{scenario} did not run: {}", ran.said()));
    let checks = fs::read(run.path().join("checks.json")).expect("the suite writes what it checked");
    serde_json::from_slice(&checks).expect("it is a list in JSON")
}

/// The ids of the checks that ended so.
fn of_status<'a>(checks: &'a [Value], statuses: &[&str]) -> BTreeSet<&'a str> {
    let ended_so = |check: &&Value| check["status"].as_str().is_some_and(|status| statuses.contains(&status));
    checks.iter().filter(ended_so).filter_map(|check| check["id"].as_str()).collect()
}
