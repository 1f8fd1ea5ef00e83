//! The actions that AWS has, with their access levels.
//!
//! The table is a snapshot of the Service Authorization Reference and so always somewhat behind: an action that is not in it is
//! taken for what its name says, and nothing is refused for it.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;

/// What an action does, the least first.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessLevel {
    /// It tells what there is, or what is in it: AWS's List and Read.
    Read,
    /// It makes, changes or removes something: AWS's Write and Tagging.
    Write,
    /// It changes who may do what.
    PermissionsManagement,
}

/// An action of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its name without the service, as AWS writes it.
    pub name: &'static str,
    /// What it does.
    pub level: AccessLevel,
    /// Whether it acts on something in particular; else only the resource `*` fits it.
    pub takes_resources: bool,
}

/// A service of the table.
#[derive(Debug, Default)]
pub struct Service {
    /// Its actions by name in lower case.
    actions: BTreeMap<Box<str>, Known>,
    /// The services in the ARNs that they act on.
    arns: Vec<&'static str>,
}

impl Service {
    /// Its action of this name, in lower case.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&Known> {
        self.actions.get(name)
    }

    /// All its actions, with their names in lower case.
    pub fn actions(&self) -> impl Iterator<Item = (&str, &Known)> {
        self.actions.iter().map(|(name, known)| (&**name, known))
    }

    /// The services in the ARNs that its actions act on; empty where that is not known.
    #[must_use]
    pub fn arns(&self) -> &[&'static str] {
        &self.arns
    }
}

static TABLE: LazyLock<BTreeMap<&'static str, Service>> = LazyLock::new(|| read(include_str!("table.txt")));

/// The service with this prefix, in lower case.
#[must_use]
pub fn service(prefix: &str) -> Option<&'static Service> {
    TABLE.get(prefix)
}

/// The prefixes of all services, sorted.
pub fn services() -> impl Iterator<Item = &'static str> {
    TABLE.keys().copied()
}

/// The action `service:name` in lower case.
#[must_use]
pub fn find(action: &str) -> Option<&'static Known> {
    let (prefix, name) = action.split_once(':')?;
    service(prefix)?.action(name)
}

/// What an action `service:name` in lower case does; of one that is not in the table, by its verb.
#[must_use]
pub fn level(action: &str) -> AccessLevel {
    const READING: [&str; 9] = ["get", "list", "describe", "head", "search", "lookup", "query", "view", "batchget"];
    if let Some(known) = find(action) {
        return known.level;
    }
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    if READING.iter().any(|verb| name.starts_with(verb)) {
        AccessLevel::Read
    } else if name.contains("policy") || name.contains("permission") {
        AccessLevel::PermissionsManagement
    } else {
        AccessLevel::Write
    }
}

/// Reads the table. Lines of another form are none, which a test says there are not.
fn read(text: &'static str) -> BTreeMap<&'static str, Service> {
    let mut services: BTreeMap<&str, Service> = BTreeMap::new();
    for (prefix, group, names) in text.lines().filter_map(line) {
        let service = services.entry(prefix).or_default();
        let level = match group.trim_end_matches('*') {
            "A" => {
                service.arns.extend(names.split(','));
                continue;
            }
            "R" | "L" => AccessLevel::Read,
            "P" => AccessLevel::PermissionsManagement,
            _ => AccessLevel::Write,
        };
        for name in names.split(',') {
            let known = Known { name, level, takes_resources: !group.ends_with('*') };
            service.actions.insert(name.to_ascii_lowercase().into(), known);
        }
    }
    services
}

fn line(line: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let (prefix, rest) = line.split_once(' ')?;
    let (group, names) = rest.split_once(' ')?;
    (prefix != "#").then_some((prefix, group, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        for line in include_str!("table.txt").lines().filter(|line| !line.starts_with('#')) {
            let (prefix, group, names) = super::line(line).unwrap_or_else(|| panic!("{line}"));
            assert!(prefix.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
            assert!(["A", "R", "L", "W", "T", "P", "R*", "L*", "W*", "T*", "P*"].contains(&group), "{line}");
            assert!(
                !names.is_empty() && names.split(',').all(|name| !name.is_empty() && !name.contains(' ')),
                "{line}"
            );
        }
    }

    #[test]
    fn levels_are_awss() {
        for (action, level) in [
            ("iam:getuser", AccessLevel::Read),
            ("iam:listusers", AccessLevel::Read),
            ("s3:putobject", AccessLevel::Write),
            ("ec2:createtags", AccessLevel::Write),
            ("iam:attachuserpolicy", AccessLevel::PermissionsManagement),
            ("s3:putbucketpolicy", AccessLevel::PermissionsManagement),
            ("sts:assumerole", AccessLevel::Write),
            // In no table: by the verb.
            ("newservice:getthing", AccessLevel::Read),
            ("newservice:makething", AccessLevel::Write),
            ("newservice:putresourcepolicy", AccessLevel::PermissionsManagement),
        ] {
            assert_eq!(super::level(action), level, "{action}");
        }
    }

    #[test]
    fn it_is_known_what_an_action_acts_on() {
        assert!(!find("iam:listusers").unwrap().takes_resources && find("iam:getuser").unwrap().takes_resources);
        assert_eq!(find("iam:getuser").unwrap().name, "GetUser");
        assert!(service("s3").unwrap().arns().contains(&"s3"));
        assert!(services().count() > 400 && service("nonsense").is_none());
    }
}
