//! `[identities]`: from how sure on an identity is taken for a machine.

use super::section::Section;
use super::sink::Problem;

/// `[identities]`. What signals make together is between 0 and 100 percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identities {
    /// From here on a user is taken for a machine.
    pub nhi_percent: u8,
    /// Below this it is taken for a person; between the two nobody can say.
    pub human_percent: u8,
}

impl Default for Identities {
    fn default() -> Self {
        Self { nhi_percent: 50, human_percent: 30 }
    }
}

pub(super) fn read(section: &Section<'_>) -> Identities {
    let usual = Identities::default();
    let why = "what signals make together is 0 to 100 percent sure";
    let percent = |key, usual: u8| {
        let percent = section.integer::<u16>(key, 1..=100, usual.into(), why);
        u8::try_from(percent).unwrap_or(usual)
    };
    let read = Identities {
        nhi_percent: percent("nhi_percent", usual.nhi_percent),
        human_percent: percent("human_percent", usual.human_percent),
    };
    if read.human_percent > read.nhi_percent {
        let text = format!("is above nhi_percent, which is {}", read.nhi_percent);
        let remedy = "what is below human_percent is a person's: it cannot be a machine's as well";
        section.fault_at("human_percent", Problem::conflict(text).remedy(remedy));
    }
    read
}
