//! What a signal is about.

use serde::Serialize;

/// What a signal is about. The words are a contract: configuration, metrics, the log and `audit signals` share them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A call would have changed what nobody changes through the gateway, or left out a required boundary.
    ProtectedResource,
    /// A caller writes at an hour at which it has not written.
    UnusualHours,
    /// A caller writes far more than it usually does.
    UnusualVolume,
    /// A caller, or an address, is refused again and again.
    ManyRefusals,
    /// A caller uses a destructive tool that it has not used.
    FirstDestructive,
    /// A caller comes from a network from which it has not come.
    NewAddress,
}

/// How soon somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// With the others of the week.
    Low,
    /// Today.
    Medium,
    /// Now.
    High,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ProtectedResource,
        Self::UnusualHours,
        Self::UnusualVolume,
        Self::ManyRefusals,
        Self::FirstDestructive,
        Self::NewAddress,
    ];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProtectedResource => "protected-resource",
            Self::UnusualHours => "unusual-hours",
            Self::UnusualVolume => "unusual-volume",
            Self::ManyRefusals => "many-refusals",
            Self::FirstDestructive => "first-destructive",
            Self::NewAddress => "new-address",
        }
    }

    /// The kind of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// How soon somebody should look.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::ProtectedResource | Self::UnusualVolume => Severity::High,
            Self::ManyRefusals | Self::FirstDestructive | Self::NewAddress => Severity::Medium,
            Self::UnusualHours => Severity::Low,
        }
    }
}

impl Severity {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_the_same_everywhere() {
        for kind in Kind::ALL {
            assert_eq!(json!(kind), json!(kind.as_str()));
            assert_eq!(json!(kind.severity()), json!(kind.severity().as_str()));
            assert_eq!(Kind::of(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::of("new-Address"), None);
    }
}
