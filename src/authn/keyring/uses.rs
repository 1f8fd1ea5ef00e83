//! What a key may be used for.
//!
//! An agent has its caller's key. If that key may approve too, an agent that can reach `/approvals` can do what a person
//! should: so a person who approves is given a key for that alone, which is kept where no agent reads.

use serde::{Serialize, Serializer};

/// What a key may be used for; a keyring that does not say so means both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUses {
    /// Calls of MCP.
    pub calls: bool,
    /// Approvals of what others' agents plan.
    pub approvals: bool,
}

/// What a key is used for, of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// A call of MCP.
    Calls,
    /// An approval.
    Approvals,
}

impl KeyUse {
    /// The word in keyrings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Approvals => "approvals",
        }
    }

    const ALL: [Self; 2] = [Self::Calls, Self::Approvals];
}

impl KeyUses {
    /// Both.
    pub const ALL: Self = Self { calls: true, approvals: true };
    /// Calls alone.
    pub const CALLS: Self = Self { calls: true, approvals: false };

    /// Those with these words.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn of_words<'w>(words: impl IntoIterator<Item = &'w str>) -> Result<Self, &'static str> {
        const RULE: &str = "must be a list of \"calls\", \"approvals\" or both, each once";
        let mut uses = Self { calls: false, approvals: false };
        for word in words {
            let named = match word {
                "calls" => &mut uses.calls,
                "approvals" => &mut uses.approvals,
                _ => return Err(RULE),
            };
            if std::mem::replace(named, true) {
                return Err(RULE);
            }
        }
        if uses.calls || uses.approvals { Ok(uses) } else { Err(RULE) }
    }

    /// Whether it may be used for this.
    #[must_use]
    pub fn allow(self, key_use: KeyUse) -> bool {
        match key_use {
            KeyUse::Calls => self.calls,
            KeyUse::Approvals => self.approvals,
        }
    }

    /// Whether it may be used for everything.
    #[must_use]
    pub fn are_all(&self) -> bool {
        *self == Self::ALL
    }

    /// Their words.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        KeyUse::ALL.into_iter().filter(move |key_use| self.allow(*key_use)).map(KeyUse::as_str)
    }
}

impl Serialize for KeyUses {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_named_once_and_at_least_one() {
        for (words, expected) in [
            (&["calls"][..], Some((true, false))),
            (&["approvals"], Some((false, true))),
            (&["approvals", "calls"], Some((true, true))),
            (&[], None),
            (&["calls", "calls"], None),
            (&["Calls"], None),
            (&["approvals", "all"], None),
        ] {
            let uses = KeyUses::of_words(words.iter().copied()).ok();
            assert_eq!(uses.map(|uses| (uses.calls, uses.approvals)), expected, "{words:?}");
        }
        assert_eq!(serde_json::to_value(KeyUses::ALL).unwrap(), serde_json::json!(["calls", "approvals"]));
    }
}
