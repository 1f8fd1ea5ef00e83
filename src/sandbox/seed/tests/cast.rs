//! docs/sandbox.md tells who is in the account. It is held to that here.

use std::collections::{BTreeMap, BTreeSet};

use super::seeded;

/// The document.
pub(super) const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sandbox.md"));

/// The rows of the table under a heading, each cut into its cells.
pub(super) fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let section = DOCUMENT.split("\n## ").find(|section| section.lines().next() == Some(heading)).unwrap();
    let rows: Vec<Vec<&str>> = section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(!rows.is_empty(), "{heading}");
    rows
}

/// What stands between backticks.
pub(super) fn quoted(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn first_cells(heading: &str) -> BTreeSet<String> {
    rows(heading).iter().flat_map(|row| quoted(row[0])).collect()
}

#[test]
fn people_and_machines_are_those_of_the_account() {
    let account = seeded();
    let names = |person: bool| -> BTreeSet<String> {
        let users = account.users.iter().filter(|user| user.path.starts_with("/people/") == person);
        users.map(|user| user.name.clone()).collect()
    };
    assert_eq!(first_cells("People"), names(true));
    assert_eq!(first_cells("Machines"), names(false));
}

#[test]
fn people_are_in_the_teams_and_groups_that_are_told() {
    let account = seeded();
    for row in rows("People") {
        let name = quoted(row[0]).pop_first().unwrap();
        let user = account.users.get(&name).unwrap();
        let groups: BTreeSet<String> = account
            .groups
            .iter()
            .filter(|group| group.members.contains(&user.id))
            .map(|group| group.name.clone())
            .collect();
        assert_eq!((user.tags.get("team"), groups), (Some(row[1]), quoted(row[2])), "{name}");
    }
}

#[test]
fn groups_are_those_of_the_account() {
    let account = seeded();
    let told: BTreeMap<String, BTreeSet<String>> =
        rows("Groups").iter().map(|row| (quoted(row[0]).pop_first().unwrap(), quoted(row[1]))).collect();
    let names = account.groups.iter().map(|group| {
        let attached = group.policies.attached.iter().map(|arn| arn.rsplit('/').next().unwrap_or(arn).to_owned());
        (group.name.clone(), attached.chain(group.policies.inline.keys().cloned()).collect())
    });
    assert_eq!(told, names.collect());
}

#[test]
fn roles_are_those_of_the_account() {
    let account = seeded();
    assert_eq!(first_cells("Roles"), account.roles.iter().map(|role| role.name.clone()).collect());
}

#[test]
fn policies_are_those_of_the_account() {
    let account = seeded();
    let own = account.policies.values().filter(|policy| !policy.is_aws_managed());
    assert_eq!(first_cells("Policies"), own.map(|policy| policy.name.clone()).collect());
}
