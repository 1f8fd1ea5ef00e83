//! `[tools]`: what holds for every tool.

use std::time::Duration;

use super::section::Section;

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
}

pub(super) fn read(section: &Section<'_>) -> Tools {
    let why = "long enough for a person to read the plan, short enough that the plan is still true";
    let confirmation = section.integer::<u64>("confirmation_seconds", 30..=900, 300, why);
    let why = "long enough to find another person, short enough that the plan is still true";
    let approval = section.integer::<u64>("approval_seconds", 60..=86_400, 3600, why);
    let why = "a plan of more is not read line by line by whoever began it";
    let second_person_above = section.integer::<u64>("second_person_above", 1..=1000, 20, why);
    let new_secrets = match section.choice("new_secrets", &[("refuse", false), ("reveal", true)], false) {
        false => NewSecrets::Refuse,
        true => NewSecrets::Reveal,
    };
    Tools {
        confirmation: Duration::from_secs(confirmation),
        approval: Duration::from_secs(approval),
        second_person_above: usize::try_from(second_person_above).unwrap_or(usize::MAX),
        new_secrets,
    }
}
