//! `[[environment]]`: the accounts this gateway serves.

use std::cell::RefCell;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

use super::fault::{FaultCode, Place};
use super::policy::{self, DocumentPattern};
use super::section::{Item, Section};
use super::sink::Problem;
use crate::arn::{AccountId, Partition};

/// One `[[environment]]`: an AWS account, or a family of them, chosen by `/mcp/{environment}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedEnvironment {
    /// The name in the URL and in records.
    pub name: EnvironmentName,
    /// The accounts; never empty, and none of them in another environment.
    pub accounts: Vec<AccountId>,
    /// The partition the accounts are in.
    pub partition: Partition,
    /// Endpoint policies of its own; those of `[policy]` have to allow as well.
    pub policies: Vec<DocumentPattern>,
    /// Whether it is marked as production, which is never served by default.
    pub production: bool,
}

/// An environment's name: 1-32 characters of `[a-z0-9-]`, as it is a part of the URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvironmentName(String);

impl EnvironmentName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is no environment's name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} is not an environment's name: 1 to 32 lower-case letters, digits and hyphens, as it is a part of the URL"
)]
pub struct EnvironmentNameError(String);

impl FromStr for EnvironmentName {
    type Err = EnvironmentNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let valid = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=32).contains(&text.len()) && text.bytes().all(valid) {
            Ok(Self(text.to_owned()))
        } else {
            Err(EnvironmentNameError(text.to_owned()))
        }
    }
}

impl fmt::Display for EnvironmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for EnvironmentName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// All environments, in the file's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environments {
    list: Vec<ServedEnvironment>,
    default: Option<usize>,
}

impl Environments {
    /// The environment of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ServedEnvironment> {
        self.list.iter().find(|environment| environment.name.as_str() == name)
    }

    /// What plain `/mcp` serves; `None` when the environment must be named. Never a production one.
    #[must_use]
    pub fn default_environment(&self) -> Option<&ServedEnvironment> {
        self.list.get(self.default?)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &ServedEnvironment> {
        self.list.iter()
    }
}

/// What reading found: the environments, and every name that was declared, even by a faulty one, so that a mapping is
/// not blamed for naming it.
pub(super) struct Declared {
    pub(super) environments: Environments,
    pub(super) names: Vec<String>,
}

pub(super) fn read(root: &Section<'_>, folder: &Path) -> Declared {
    let reader =
        Reader { folder, names: RefCell::default(), accounts: RefCell::default(), default: RefCell::default() };
    let mut list = Vec::new();
    let (mut default, mut refused) = (None, false);
    let found = root.tables("environment", |section| reader.read(section));
    if root.optional("environment").is_none_or(|item| item.is_empty_list()) {
        root.missing("environment", "write [[environment]] with name = \"dev\" and accounts = [\"123456789012\"]");
    }
    for (environment, is_default) in found.into_iter().flatten() {
        if is_default == Some(true) {
            default = Some(list.len());
        }
        refused |= is_default == Some(false);
        list.push(environment);
    }
    if let [only] = list.as_slice()
        && !only.production
        && !refused
    {
        default = Some(0);
    }
    if list.len() > 1 && list.iter().any(|e| e.production) && !list.iter().all(|e| e.production) {
        root.sink().warn(
            "environment",
            "production and other environments share this process; run one gateway for each class of environment, with \
             its own AWS identity, so that one can never touch the other",
        );
    }
    Declared {
        environments: Environments { list, default },
        names: reader.names.into_inner().into_iter().map(|n| n.0).collect(),
    }
}

/// What must be unique, with the place where it was said first.
struct Reader<'a> {
    folder: &'a Path,
    names: RefCell<Vec<(String, Place)>>,
    accounts: RefCell<Vec<(AccountId, Place)>>,
    default: RefCell<Option<Place>>,
}

impl Reader<'_> {
    fn read(&self, section: &Section<'_>) -> Option<(ServedEnvironment, Option<bool>)> {
        let name = section.required("name", "write name = \"dev\"").and_then(|item| self.name(&item));
        let accounts = section.required("accounts", "write accounts = [\"123456789012\"]").map(|item| {
            if item.is_empty_list() {
                item.fault(Problem::invalid("is empty").remedy("name at least one account"));
            }
            item.list(|item| self.account(item))
        });
        let partition = section.choice("partition", &Partition::ALL.map(|p| (p.as_str(), p)), Partition::Aws);
        let policies = policy::patterns(section, "policies", self.folder);
        let production = section.boolean("production", false);
        let default = section.optional("default").and_then(|item| {
            let default = item.boolean()?;
            if default {
                self.mark_default(&item, production);
            }
            Some(default)
        });
        let environment = ServedEnvironment { name: name?, accounts: accounts?, partition, policies, production };
        Some((environment, default))
    }

    fn name(&self, item: &Item<'_>) -> Option<EnvironmentName> {
        let mut names = self.names.borrow_mut();
        let text = item.string()?;
        if let Some((_, first)) = names.iter().find(|(name, _)| name == text) {
            item.fault(Problem::new(FaultCode::Duplicate, format!("{text:?} is already declared at {first}")));
        }
        names.push((text.to_owned(), item.place().clone()));
        item.parse()
    }

    fn account(&self, item: &Item<'_>) -> Option<AccountId> {
        if item.is_integer() {
            let problem = Problem::new(FaultCode::WrongType, "expected a string, found an integer");
            item.fault(problem.remedy("put the account id in quotes: as a number it would lose its leading zeros"));
            return None;
        }
        let account = item.parse()?;
        let mut accounts = self.accounts.borrow_mut();
        if let Some((_, first)) = accounts.iter().find(|(other, _)| *other == account) {
            let text = format!("account {account} already belongs to an environment, at {first}");
            item.fault(Problem::new(FaultCode::Duplicate, text).remedy("an account belongs to one environment only"));
        }
        accounts.push((account, item.place().clone()));
        Some(account)
    }

    fn mark_default(&self, item: &Item<'_>, production: bool) {
        if production {
            let problem = Problem::conflict("a production environment cannot be the default");
            item.fault(problem.remedy("remove one of the two: production must be named by whoever means it"));
        }
        let mut seen = self.default.borrow_mut();
        match seen.as_ref() {
            Some(first) => {
                let text = format!("there is a default already, at {first}");
                item.fault(Problem::new(FaultCode::Duplicate, text).remedy("mark one environment at most"));
            }
            None => *seen = Some(item.place().clone()),
        }
    }
}
