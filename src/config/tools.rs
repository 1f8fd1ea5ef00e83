//! `[tools]`: what holds for every tool.

use std::time::Duration;

use super::section::Section;

/// `[tools]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    /// How long a confirmation token is good for.
    pub confirmation: Duration,
}

pub(super) fn read(section: &Section<'_>) -> Tools {
    let why = "long enough for a person to read the plan, short enough that the plan is still true";
    Tools { confirmation: Duration::from_secs(section.integer::<u64>("confirmation_seconds", 30..=900, 300, why)) }
}
