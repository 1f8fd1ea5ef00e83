//! `[tools]`: what holds for every tool.

use std::sync::Arc;
use std::time::Duration;

use super::environments::Environments;
use super::section::{Item, Section};
use super::sink::Problem;
use crate::arn::{KmsKeyArn, Partition, Region};

/// `[tools]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    /// How long a confirmation token is good for.
    pub confirmation: Duration,
    /// How long a plan waits for its approval, and an approval for its use.
    pub approval: Duration,
    /// How many entities a call may change before it wants a second person.
    pub second_person_above: usize,
    /// What becomes of the secret of a new access key.
    pub new_secrets: NewSecrets,
}

/// What becomes of the secret of a new access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewSecrets {
    /// No key is made.
    Refuse,
    /// It is told once, in the result of the call that makes the key.
    Reveal,
    /// It is stored with the caller's role, and only its ARN is told.
    SecretsManager(Arc<SecretsStore>),
}

/// `[tools.secrets_manager]`: where new secrets are stored, in the account of the caller's role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretsStore {
    /// The region.
    pub region: Region,
    /// What the names of secrets begin with.
    pub name_prefix: String,
    /// The key that they are encrypted with; without it Secrets Manager's own of the account.
    pub kms_key: Option<KmsKeyArn>,
}

/// What `new_secrets` says.
#[derive(Clone, Copy)]
enum Kind {
    Refuse,
    Reveal,
    SecretsManager,
}

/// What names of secrets begin with, where nothing else is said.
const NAME_PREFIX: &str = "iam-mcp/";

/// The longest: with a user's name and a key's id behind it, it stays within Secrets Manager's 512 characters.
const LONGEST_PREFIX: usize = 200;

pub(super) fn read(section: &Section<'_>, environments: &Environments) -> Tools {
    let why = "long enough for a person to read the plan, short enough that the plan is still true";
    let confirmation = section.integer::<u64>("confirmation_seconds", 30..=900, 300, why);
    let why = "long enough to find another person, short enough that the plan is still true";
    let approval = section.integer::<u64>("approval_seconds", 60..=86_400, 3600, why);
    let why = "a plan of more is not read line by line by whoever began it";
    let second_person_above = section.integer::<u64>("second_person_above", 1..=1000, 20, why);
    let kinds = [("refuse", Kind::Refuse), ("reveal", Kind::Reveal), ("secrets_manager", Kind::SecretsManager)];
    let store = section.optional("secrets_manager").and_then(|item| item.table(|table| store(table, environments)));
    let new_secrets = match (section.choice("new_secrets", &kinds, Kind::Refuse), store.flatten()) {
        (Kind::Refuse, _) => NewSecrets::Refuse,
        (Kind::Reveal, _) => NewSecrets::Reveal,
        (Kind::SecretsManager, Some(store)) => NewSecrets::SecretsManager(Arc::new(store)),
        (Kind::SecretsManager, None) => {
            if section.optional("secrets_manager").is_none() {
                let problem = Problem::conflict("is \"secrets_manager\", and nothing says in which region");
                section.fault_at("new_secrets", problem.remedy("add [tools.secrets_manager] with a region"));
            }
            NewSecrets::Refuse
        }
    };
    Tools {
        confirmation: Duration::from_secs(confirmation),
        approval: Duration::from_secs(approval),
        second_person_above: usize::try_from(second_person_above).unwrap_or(usize::MAX),
        new_secrets,
    }
}

fn store(section: &Section<'_>, environments: &Environments) -> Option<SecretsStore> {
    let region = section.required("region", "write the region whose Secrets Manager stores them").and_then(|item| {
        let region: Region = item.parse()?;
        let own = Partition::of(&region);
        if let Some(other) = environments.iter().map(|environment| environment.partition).find(|other| *other != own) {
            item.fault(Problem::conflict(format!("{region} is in partition {own}, and an environment is in {other}")));
        }
        Some(region)
    });
    let name_prefix = match section.optional("name_prefix") {
        Some(item) => name_prefix(&item),
        None => Some(NAME_PREFIX.to_owned()),
    };
    let kms_key = section.optional("kms_key").map(|item| {
        let key: KmsKeyArn = item.parse()?;
        if region.as_ref().is_some_and(|region| region != key.region()) {
            item.fault(Problem::conflict(format!("is in {}, and the secrets are not", key.region())));
        }
        Some(key)
    });
    let kms_key = match kms_key {
        None => None,
        Some(read) => Some(read?),
    };
    Some(SecretsStore { region: region?, name_prefix: name_prefix?, kms_key })
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>
fn name_prefix(item: &Item<'_>) -> Option<String> {
    item.check(|text| {
        let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
        if text.is_empty() || text.len() > LONGEST_PREFIX || !text.bytes().all(is_of_names) {
            let problem = "is not what a secret's name can begin with";
            let remedy = format!("1-{LONGEST_PREFIX} letters, digits or any of /_+=.@-");
            return Err(Problem::invalid(problem).remedy(remedy));
        }
        Ok(text.to_owned())
    })
}
