//! Why a proof gives nobody credentials.

use std::time::Duration;

/// What kind of refusal it is, which decides how it is answered and recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofClass {
    /// What was sent is no proof. 400
    Malformed,
    /// It is one, and does not hold. 401
    Refused,
    /// This gateway does not accept it from this account or issuer, or at all. 403
    NotAccepted,
    /// It holds, and whoever it is of has no place here. 403
    NoPlace,
    /// Whoever could confirm it does not answer, or not so that it can be believed. 503
    Unavailable {
        /// When another try may succeed.
        retry_after: Duration,
    },
}

/// A refused proof: a stable code, what was wrong and what to do. Nothing of the proof itself stands in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProofRefusal {
    /// The kind.
    pub class: ProofClass,
    /// The stable code, for clients, records and metrics.
    pub code: &'static str,
    /// What was wrong. May be recorded: it quotes nothing that a client chose.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl ProofRefusal {
    /// A refusal of this kind.
    #[must_use]
    pub fn new(class: ProofClass, code: &'static str, message: impl Into<String>) -> Self {
        Self { class, code, message: message.into(), hint: None }
    }

    /// The same, telling what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What is no proof.
    #[must_use]
    pub fn malformed(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ProofClass::Malformed, code, message)
    }

    /// A proof that does not hold.
    #[must_use]
    pub fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ProofClass::Refused, code, message)
    }

    /// A proof that this gateway does not take.
    #[must_use]
    pub fn not_accepted(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ProofClass::NotAccepted, code, message)
    }

    /// A proof that holds, of somebody who has no place here.
    #[must_use]
    pub fn no_place(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ProofClass::NoPlace, code, message)
    }

    /// A proof that cannot be confirmed now.
    #[must_use]
    pub fn unavailable(code: &'static str, message: impl Into<String>, retry_after: Duration) -> Self {
        Self::new(ProofClass::Unavailable { retry_after }, code, message)
    }
}
