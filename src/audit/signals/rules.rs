//! The numbers of the rules.

/// The numbers of the rules: `[audit.signals]`. docs/audit-signals.md says what each rule makes of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How many days make up a caller's habit; what is older is forgotten.
    pub history_days: u32,
    /// How many days after its first record a caller is known. Until then nothing is told of its habits.
    pub learning_days: u32,
    /// On how many earlier days a caller must have written before its hours are its habit.
    pub habit_days: u32,
    /// How many writes within an hour are never too many.
    pub volume_least: u32,
    /// How many times the busiest hour of its usual day a caller may write within an hour.
    pub volume_factor: u32,
    /// From how many refusals of one caller on it is told.
    pub refusals: u32,
    /// From how many refused authentications out of one network on it is told.
    pub address_refusals: u32,
    /// From how many refused authentications out of all networks together on it is told.
    pub everywhere_refusals: u32,
    /// Within how many minutes refusals are counted together.
    pub refusal_minutes: u32,
    /// For how many minutes after a signal others of its kind about the same caller are only counted.
    pub quiet_minutes: u32,
    /// How many callers are remembered; beyond, the one that was silent longest is forgotten.
    pub callers: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            history_days: 30,
            learning_days: 7,
            habit_days: 5,
            volume_least: 20,
            volume_factor: 5,
            refusals: 10,
            address_refusals: 30,
            everywhere_refusals: 300,
            refusal_minutes: 10,
            quiet_minutes: 60,
            callers: 2000,
        }
    }
}
