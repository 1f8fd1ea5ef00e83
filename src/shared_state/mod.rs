//! What the replicas of one gateway have to agree on: what was used up, and how often something happened.
//!
//! [`SharedState`] is the one door to it. [`Memory`] is a single process's own; [`Valkey`] is a server's that all replicas
//! ask; [`Replicated`] asks the server, and knows what holds while it is gone.

mod memory;
mod replicated;
#[cfg(test)]
mod tests;
mod valkey;

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

pub use crate::bucket::Rate;
pub use memory::{Capacities, Memory};
pub use replicated::{Contact, Replicated};
pub use valkey::{Found, Unreachable, Valkey};

/// What is used up at most once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The signature of a write.
    Write,
    /// A confirmation token, or a plan.
    Token,
    /// A proof that the exchange took.
    Proof,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Write, Self::Token, Self::Proof];

    /// Its name in keys and figures.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Token => "token",
            Self::Proof => "proof",
        }
    }
}

/// Something that can be used once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Single {
    /// What it is.
    pub kind: Kind,
    /// What makes it one of its own: a hash or a signature, never something that could be used by whoever reads it.
    pub id: [u8; 32],
    /// Whose it is, where one owner must leave room for the others.
    pub owner: Option<[u8; 32]>,
    /// When it was made, by its own word, which was verified.
    pub made: Timestamp,
    /// Until when its use has to be remembered.
    pub until: Timestamp,
}

/// What became of trying to use something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It is used now, for the first time.
    First,
    /// It was used before.
    Again,
    /// It expired so long ago that its use may have been forgotten.
    Forgotten,
    /// It was made before what remembers began to: only what is made at `earliest` or later is known not to have been used.
    MadeTooEarly {
        /// From when on.
        earliest: Timestamp,
    },
    /// Nothing more can be remembered, of this owner or of anybody, so nothing more may be used.
    Full,
}

/// What happens at a rate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Counted {
    /// All requests of a caller.
    Requests([u8; 32]),
    /// The writes of a caller.
    Writes([u8; 32]),
    /// Calls to AWS for an account, `aws/123456789012`; with a service behind it, the calls of one that has a quota of its own.
    Account(String),
}

/// Whether something may happen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It may, and is counted.
    Now,
    /// It may not, until this time has passed.
    After(Duration),
}

/// The server that replicas share is gone, and with it what they agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the state that the gateway's replicas share cannot be reached")]
pub struct Gone;

impl Gone {
    /// The code of what is refused for it.
    pub const CODE: &'static str = "shared_state_unavailable";
}

/// What replicas share.
pub trait SharedState: fmt::Debug + Send + Sync {
    /// Uses something up, if it was not.
    ///
    /// # Errors
    /// [`Gone`] if whether it was used cannot be known; it may be used up all the same.
    fn use_up<'a>(&'a self, single: &'a Single) -> BoxFuture<'a, Result<Use, Gone>>;

    /// Whether something was used, as far as is known; to use it, ask [`SharedState::use_up`].
    fn was_used<'a>(&'a self, kind: Kind, id: &'a [u8; 32]) -> BoxFuture<'a, bool>;

    /// Counts one more of what happens at this rate at most.
    ///
    /// # Errors
    /// [`Gone`] if nothing is known of the others.
    fn take<'a>(&'a self, counted: &'a Counted, rate: Rate) -> BoxFuture<'a, Result<Taken, Gone>>;

    /// Whether what is used here is known to every replica.
    fn reaches_all_replicas(&self) -> bool;

    /// Whether writes may go on that use nothing up: not while they are refused because nothing is known of the others.
    fn vouches(&self) -> bool {
        true
    }
}
