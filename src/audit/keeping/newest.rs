//! The newest digest as this process knows it, against what the folder says that it is.

use super::{Anchor, KeepingError};

/// The newest digest. Retention leaves it, and nobody else writes digests: the folder holds it, or somebody was there.
#[derive(Debug, Clone, Default)]
pub(super) struct Newest {
    /// Whether the folder was looked at: what lies there at a start is found, and compared from then on.
    seen: bool,
    /// The one that this process made or found.
    last: Option<Anchor>,
    /// One whose writing was not seen to end well: the folder may hold it or not.
    in_doubt: Option<Anchor>,
}

impl Newest {
    /// Holds what the folder says to what is known.
    ///
    /// # Errors
    /// When the newest digest is not there any more, or another.
    pub(super) fn confirm(&self, found: Option<&Anchor>) -> Result<(), KeepingError> {
        if !self.seen || found == self.last.as_ref() || (found.is_some() && found == self.in_doubt.as_ref()) {
            return Ok(());
        }
        let (file, why) = match (&self.last, found) {
            (Some(last), None) => (last, "it was the newest digest, and there is none now".to_owned()),
            (Some(last), Some(found)) if found.file == last.file => {
                (last, "it was the newest digest, and has another content now".to_owned())
            }
            (Some(last), Some(found)) => (last, format!("it was the newest digest, and now {} is", found.file)),
            (None, Some(found)) => {
                (found, "there was no digest before it, and this process did not make it".to_owned())
            }
            (None, None) => return Ok(()),
        };
        Err(KeepingError::Changed { file: file.file.clone(), why })
    }

    /// Whether the folder was looked at.
    pub(super) fn is_seen(&self) -> bool {
        self.seen
    }

    /// Whether it vouches for the record of this number.
    pub(super) fn reaches(&self, sequence: u64) -> bool {
        self.last.as_ref().is_some_and(|last| last.head.sequence >= sequence)
    }

    /// The folder holds this one, as was confirmed; whether it is one that was in doubt.
    pub(super) fn found(&mut self, found: Option<&Anchor>) -> bool {
        let was_in_doubt = found.is_some() && found == self.in_doubt.as_ref();
        *self = Self { seen: true, last: found.cloned(), in_doubt: None };
        was_in_doubt
    }

    /// This one is about to be written.
    pub(super) fn begin(&mut self, next: Anchor) {
        self.in_doubt = Some(next);
    }

    /// This one was written.
    pub(super) fn made(&mut self, made: Anchor) {
        *self = Self { seen: true, last: Some(made), in_doubt: None };
    }
}
