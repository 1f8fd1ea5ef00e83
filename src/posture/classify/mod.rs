//! Whether an identity is a machine or a person, by which signals; and what kind of role it is.
//!
//! ```text
//! user -> signals (the table in signals.rs), each with its evidence -> confidence, their sum, 1.0 at most -> verdict
//! role -> always a machine; its kind by whom its trust policy lets in, and what is dangerous about that policy
//! ```
//!
//! docs/identities.md describes each signal, and where the answer differs from the one that the signals were published with.

mod role;
mod signals;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;

pub use self::role::{Federation, RoleKind, RoleVerdict, Trusted, of_role};
pub use self::signals::{Evidence, Found, SIGNALS, Signal};
use super::snapshot::User;

/// What a signal counts, and what all of them count together, in percent: whole numbers, so that 0.3 and 0.2 are 0.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Confidence(u8);

/// From how sure on an identity is taken for a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// From here on it is a machine.
    pub nhi: Confidence,
    /// Below this it is a person.
    pub human: Confidence,
}

/// What an identity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// A non-human identity.
    Nhi,
    /// Nobody can say.
    Uncertain,
    /// A person.
    Human,
}

/// What is said of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserVerdict<'a> {
    /// What it is.
    pub verdict: Verdict,
    /// How sure it is that it is a machine.
    pub confidence: Confidence,
    /// The signals that make it so, in the table's order.
    pub signals: Vec<Found<'a>>,
    /// Signals of which nobody knows, for lack of the credential report; they are not counted.
    pub unknown: Vec<&'static Signal>,
}

impl Confidence {
    /// As sure as can be.
    pub const FULL: Self = Self(100);

    /// So many percent; more than 100 are 100.
    #[must_use]
    pub const fn percent(percent: u8) -> Self {
        if percent > 100 { Self::FULL } else { Self(percent) }
    }

    /// Both together, at most [`Self::FULL`].
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::percent(self.0.saturating_add(other.0))
    }

    /// All of them together.
    fn sum(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::default(), Self::and)
    }

    /// Between 0 and 100.
    #[must_use]
    pub const fn as_percent(self) -> u8 {
        self.0
    }

    /// Between 0 and 1.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_f64().fmt(f)
    }
}

impl Default for Thresholds {
    /// As published.
    fn default() -> Self {
        Self { nhi: Confidence::percent(50), human: Confidence::percent(30) }
    }
}

impl Thresholds {
    /// The verdict on what the signals that are known make together; `unknown` is what the others could add. A person is only
    /// who would be one with all of them: what was not looked at is no evidence.
    fn judge(&self, known: Confidence, unknown: Confidence) -> Verdict {
        if known >= self.nhi {
            Verdict::Nhi
        } else if known.and(unknown) < self.human {
            Verdict::Human
        } else {
            Verdict::Uncertain
        }
    }
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nhi => "nhi",
            Self::Uncertain => "uncertain",
            Self::Human => "human",
        }
    }
}

/// Whether a user is a machine or a person.
#[must_use]
pub fn of_user<'a>(user: &'a User, thresholds: &Thresholds) -> UserVerdict<'a> {
    let (mut signals, mut unknown) = (Vec::new(), Vec::new());
    for signal in &SIGNALS {
        match signal.looks_at(user) {
            Some(evidence) => signals.extend(evidence.into_iter().map(|evidence| Found { signal, evidence })),
            None => unknown.push(signal),
        }
    }
    let confidence = Confidence::sum(signals.iter().map(|found| found.signal.weight));
    let not_known = Confidence::sum(unknown.iter().map(|signal| signal.weight));
    UserVerdict { verdict: thresholds.judge(confidence, not_known), confidence, signals, unknown }
}
