//! Tokens that the gateway gives away and that nobody but it can read, make or change: confirmations, plans, approvals,
//! and the session tokens of gateway credentials.
//!
//! AES-256-GCM. From each root of `[sealing]` (32 random bytes) HKDF-SHA256 derives one key for each purpose, with the
//! purpose and the gateway's name in its label: a token of one purpose is none of another's, and another gateway that was
//! given the same roots opens none of this one's. In front of what is sealed stand, readable and authenticated, the format's
//! version, the token's kind and the key's fingerprint, which is derived with the key; so a token of a key that this
//! gateway does not have is told apart from one that was changed.
//!
//! Any number of roots can be open at once, and one of them seals: that is how they are rotated without a break.

mod key;
mod keyset;
#[cfg(test)]
mod tests;

pub use keyset::{Keyset, OpenError, Opened, SharedKeyset};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The model passes it back to do what was planned.
    Model,
    /// The client passes it back with what its person answered.
    Client,
    /// A plan that waits for another person.
    Plan,
    /// What that person said to a plan.
    Approval,
    /// The session token of gateway credentials.
    Credentials,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Model, Self::Client, Self::Plan, Self::Approval, Self::Credentials];

    /// How tokens name it.
    fn byte(self) -> u8 {
        match self {
            Self::Model => 1,
            Self::Client => 2,
            Self::Plan => 3,
            Self::Approval => 4,
            Self::Credentials => 5,
        }
    }

    fn purpose(self) -> Purpose {
        match self {
            Self::Model | Self::Client | Self::Plan | Self::Approval => Purpose::Confirmations,
            Self::Credentials => Purpose::Credentials,
        }
    }
}

/// What a derived key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Sealing confirmations, plans and approvals.
    Confirmations,
    /// Sealing the session tokens of gateway credentials.
    Credentials,
    /// Making the secret access keys that go with those.
    Secrets,
}

impl Purpose {
    /// The label that keys of it are derived with.
    fn label(self) -> &'static str {
        match self {
            Self::Confirmations => "confirmations",
            Self::Credentials => "credentials",
            Self::Secrets => "secret-access-keys",
        }
    }
}
