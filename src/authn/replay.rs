//! A signature writes only once.
//!
//! A verified request could be sent again by whoever saw it, for as long as its date is accepted. Reading twice does no
//! harm; before a write, its signature is looked up here, and remembered.
//!
//! What one process's memory cannot know is what an earlier process of this gateway let pass, so writes signed before this
//! process started are refused. A client whose clock is ahead could have had a signature with a later date accepted earlier;
//! therefore writes are taken only up to [`MAX_AHEAD`] ahead of the server's clock, and only when their date is that much
//! later than the start. With both, a signature that an earlier process let write is never let write again, as long as
//! the two processes' clocks agree; the price is that the first two or three seconds of a process are for reading.
//!
//! With state that is shared between replicas, the same holds of the server that they share: what was signed before it
//! began to remember is refused, whichever process asks.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::verified::{Evidence, Verified};
use crate::clock::SharedClock;
use crate::shared_state::{Gone, Kind, SharedState, Single, Use};

/// How far the date of a write may be ahead of the server's clock: NTP keeps clocks well within a second.
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_secs(2);

/// Why a write is refused although its signature is genuine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayRefusal {
    /// A write with this signature was let pass before.
    #[error("this signed request was already used; sign it anew")]
    Replayed,
    /// It was signed before what remembers could have seen every use of it.
    #[error("the request was signed at {signed_at}; this server takes writes signed at {earliest} or later")]
    SignedBeforeStart {
        /// The date of the signature.
        signed_at: Timestamp,
        /// The earliest that is taken.
        earliest: Timestamp,
    },
    /// The client's clock is ahead by more than [`MAX_AHEAD`].
    #[error("the request was signed at {signed_at}, ahead of this server's time {now}; set the client's clock")]
    SignedAhead {
        /// The date of the signature.
        signed_at: Timestamp,
        /// The server's time.
        now: Timestamp,
    },
    /// Its date is so old that its use may have been forgotten.
    #[error("the request was signed at {signed_at}, which is too long ago to write; sign it anew")]
    SignatureExpired {
        /// The date of the signature.
        signed_at: Timestamp,
    },
    /// No more signatures can be remembered until others expire.
    #[error("too many writes within the lifetime of a signature; try again later")]
    TableFull,
    /// What the replicas share cannot be reached, so another one may have let it write.
    #[error(
        "whether another replica has taken this request cannot be known: the state that replicas share is out of reach"
    )]
    SharedStateUnavailable,
}

impl ReplayRefusal {
    /// All the codes there are.
    pub const CODES: [&'static str; 6] =
        ["replayed", "signed_before_start", "signed_ahead", "signature_expired", "replay_table_full", Gone::CODE];

    /// The stable code of this reason, for clients, records and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Replayed => "replayed",
            Self::SignedBeforeStart { .. } => "signed_before_start",
            Self::SignedAhead { .. } => "signed_ahead",
            Self::SignatureExpired { .. } => "signature_expired",
            Self::TableFull => "replay_table_full",
            Self::SharedStateUnavailable => Gone::CODE,
        }
    }
}

/// From when on a process that starts now may let writes pass that were signed then: the first whole second after it, since
/// dates have no fractions and an earlier process may have ended at this moment.
#[must_use]
pub fn earliest_after(start: Timestamp) -> Timestamp {
    Timestamp::from_second((start + MAX_AHEAD).as_second() + 1).expect("the clock is not at the end of time")
}

/// Lets each signature write once.
#[derive(Debug)]
pub struct ReplayTable {
    state: Arc<dyn SharedState>,
    max_skew: SignedDuration,
    clock: SharedClock,
}

impl ReplayTable {
    /// A table in `state`, whose memory of writes must begin as [`earliest_after`] says, unless no earlier process has known
    /// any of the keys. `max_skew` must be the verifier's.
    #[must_use]
    pub fn new(state: Arc<dyn SharedState>, max_skew: SignedDuration, clock: SharedClock) -> Self {
        Self { state, max_skew, clock }
    }

    /// Lets a write pass, once. Call it last before the write is decided on: what is let pass is used up.
    ///
    /// A request with an access token has no signature that could be used up: whoever has the token can ask for the same
    /// again, or for anything else. That is why such requests write only where a mapping lets them.
    ///
    /// # Errors
    /// When the signature has written before, or the table cannot know that it has not.
    pub async fn admit(&self, verified: &Verified) -> Result<(), ReplayRefusal> {
        let Evidence::Signature { signature, signed_at, .. } = *verified.evidence() else {
            return if self.state.vouches() { Ok(()) } else { Err(ReplayRefusal::SharedStateUnavailable) };
        };
        let now = self.clock.now();
        // Without an earlier process, too: there may be a later one that knows the same keys.
        if signed_at > now + MAX_AHEAD {
            return Err(ReplayRefusal::SignedAhead { signed_at, now });
        }
        // Each is remembered until the last second in which verification would accept its date.
        let until = signed_at + self.max_skew;
        let single = Single { kind: Kind::Write, id: signature, owner: None, made: signed_at, until };
        match self.state.use_up(&single).await {
            Ok(Use::First) => Ok(()),
            Ok(Use::Again) => Err(ReplayRefusal::Replayed),
            Ok(Use::Forgotten) => Err(ReplayRefusal::SignatureExpired { signed_at }),
            Ok(Use::MadeTooEarly { earliest }) => Err(ReplayRefusal::SignedBeforeStart { signed_at, earliest }),
            Ok(Use::Full) => Err(ReplayRefusal::TableFull),
            Err(Gone) => Err(ReplayRefusal::SharedStateUnavailable),
        }
    }
}

#[cfg(test)]
mod tests;
