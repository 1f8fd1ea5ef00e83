//! What is done of it when, and what of it is tried again.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::watch;
use tokio::time::Instant;

use super::closed::Closed;
use super::digests::{self, DigestFile, Due, Undigested};
use super::newest::Newest;
use super::retain::{Aged, Old, Retention};
use super::{Anchor, Check, Ending, KeepingError, KeepingOptions, Tell, compress, own, retain};
use crate::audit::digest::SignedDigest;
use crate::audit::journal::Journal;
use crate::audit::signing::{SigningKey, signed_digest};

/// How long after the last digest the next is made, whether or not files were closed.
const DIGEST_EVERY: Duration = Duration::from_secs(60 * 60);
/// How long after a round that failed the next is begun.
const RETRY: Duration = Duration::from_secs(60);

/// What a durable record lets go. Kept behind the removal, too: a step that failed is done by another round, and needs no other
/// record.
#[derive(Debug)]
struct LetGo {
    retention: Retention,
    /// The number of the record, or of one behind it.
    recorded_at: u64,
}

pub(super) struct Rounds {
    closed: Arc<Closed>,
    journal: Journal,
    options: KeepingOptions,
    ending: Arc<Ending>,
    anchored: watch::Sender<Option<Anchor>>,
    newest: Newest,
    /// The newest digest, while the journal has no record of it.
    unrecorded: Option<Anchor>,
    let_go: Option<LetGo>,
    /// When the next digest is made even if no file was closed; in the past while one was begun and not made.
    next_digest: Instant,
    tell: Tell,
}

impl Rounds {
    pub(super) fn of(
        journal: &Journal,
        options: KeepingOptions,
        ending: Arc<Ending>,
        anchored: watch::Sender<Option<Anchor>>,
        tell: Tell,
    ) -> Self {
        Self {
            closed: Arc::new(Closed::of(journal.folder(), &options.former_keys)),
            journal: journal.clone(),
            options,
            ending,
            anchored,
            newest: Newest::default(),
            unrecorded: None,
            let_go: None,
            next_digest: Instant::now() + DIGEST_EVERY,
            tell,
        }
    }

    /// One round after the other, until the process ends.
    pub(super) async fn run(mut self) {
        let mut segment = self.journal.segment();
        loop {
            segment.borrow_and_update();
            let retry = match self.round().await {
                Err(KeepingError::Ending) => return,
                Err(error) => {
                    tracing::error!(%error, "the audit journal's closed files are not kept as they should be");
                    (self.tell)(Some(&error));
                    // Of days, a minute's end changes nothing.
                    let only_waits = matches!(error, KeepingError::AheadOfClock { .. });
                    (!only_waits).then(|| Instant::now() + RETRY)
                }
                Ok(()) => {
                    (self.tell)(None);
                    None
                }
            };
            tokio::select! {
                () = self.ending.now.notified() => return,
                changed = segment.changed() => if changed.is_err() { return },
                () = tokio::time::sleep_until(retry.unwrap_or(self.next_digest)) => {}
            }
        }
    }

    /// Does what is due.
    async fn round(&mut self) -> Result<(), KeepingError> {
        let open = self.journal.segment().borrow().clone();
        let digested = self.digest(&open, false).await;
        // What was made is known elsewhere as soon as it can be. The rest of the round does not need it.
        let recorded = self.record_anchor().await;
        digested?;
        if self.options.compress {
            let open = open.clone();
            self.blocking(move |closed, check| compress::closed_files(closed, &open, check)).await?;
        }
        let retained = match self.options.keep {
            Some(keep) => self.retain(&open, keep).await,
            None => Ok(()),
        };
        recorded.and(retained)
    }

    /// Removes what is older than `keep`.
    async fn retain(&mut self, open: &str, keep: SignedDuration) -> Result<(), KeepingError> {
        let shipped = self.options.shipped.iter().map(|sink| sink.borrow().through).min().unwrap_or(u64::MAX);
        let open_then = open.to_owned();
        let Aged { old, hindrance } =
            self.blocking(move |closed, check| retain::old_files(closed, &open_then, keep, shipped, check)).await?;
        if let Some(old) = old {
            self.let_go(open, old).await?;
        }
        hindrance.map_or(Ok(()), Err)
    }

    /// Removes these, behind a record and a digest of it.
    async fn let_go(&mut self, open: &str, mut old: Old) -> Result<(), KeepingError> {
        let recorded = self.let_go.as_ref().and_then(|let_go| old.named_by(&let_go.retention));
        let recorded_at = match (recorded, &self.let_go) {
            (Some(recorded), Some(let_go)) => {
                old = recorded;
                let_go.recorded_at
            }
            _ => {
                self.journal.note_durably(own::of_retention(&self.journal, old.retention())?).await?;
                let recorded_at = self.journal.durable().borrow().sequence;
                self.let_go = Some(LetGo { retention: old.retention().clone(), recorded_at });
                recorded_at
            }
        };
        if !self.newest.reaches(recorded_at) {
            // What is anchored elsewhere, or signed by a key that nobody can take, vouches for that record as well.
            self.digest(open, true).await?;
            self.record_anchor().await?;
        }
        tracing::info!(files = old.count(), "audit journal files older than audit.keep_days are removed");
        self.blocking(move |closed, check| old.remove(closed.folder(), check)).await
    }

    /// Writes the digests that are due, at least one where it `must`. `open` was the file that is written, a moment ago or now.
    async fn digest(&mut self, open: &str, must: bool) -> Result<(), KeepingError> {
        let at_start = !self.newest.is_seen();
        let mut made_one = false;
        loop {
            // Before the folder is looked at: what is durable now is in it, and what is closed now stays closed.
            let head = *self.journal.durable().borrow();
            let (open, newest) = (open.to_owned(), self.newest.clone());
            let Due { undigested, only_own, last, more } =
                self.blocking(move |closed, check| digests::due(closed, &open, &newest, head, check)).await?;
            let was_in_doubt = self.newest.found(last.as_ref());
            match last {
                Some(last) if was_in_doubt => self.made(last),
                Some(last) if self.anchored.borrow().is_none() => drop(self.anchored.send_replace(Some(last))),
                _ => {}
            }
            let must = !made_one && (must || self.next_digest <= Instant::now());
            let may_wait = undigested.files.is_empty() || (only_own && !at_start && !made_one);
            if may_wait && !must {
                return Ok(());
            }
            self.make(undigested).await?;
            made_one = true;
            if !more {
                return Ok(());
            }
        }
    }

    async fn make(&mut self, undigested: Undigested) -> Result<(), KeepingError> {
        // Until it is made it is due, whatever the next round finds.
        self.next_digest = Instant::now();
        let file = DigestFile::of(&self.signed(undigested).await?);
        let anchor = file.anchor.clone();
        self.newest.begin(anchor.clone());
        self.blocking(move |closed, _| file.write(closed.folder())).await?;
        self.made(anchor);
        Ok(())
    }

    fn made(&mut self, anchor: Anchor) {
        // The anchor in the log: where logs are kept elsewhere, whoever can write the folder cannot take it back.
        tracing::info!(
            target: "iam_mcp_gateway::audit::anchor",
            digest = anchor.number,
            sha256 = %anchor.sha256,
            through = anchor.head.sequence,
            "audit digest; keep its SHA-256, and give it to `audit verify --anchor`"
        );
        self.newest.made(anchor.clone());
        self.anchored.send_replace(Some(anchor.clone()));
        self.unrecorded = Some(anchor);
        // Whatever else of the round fails, the next one needs no other digest for it.
        self.next_digest = Instant::now() + DIGEST_EVERY;
    }

    /// Writes the record of the newest digest. It needs no digest of its own: the next one's `head` is behind it.
    async fn record_anchor(&mut self) -> Result<(), KeepingError> {
        let Some(anchor) = &self.unrecorded else { return Ok(()) };
        let record = own::of_digest(&self.journal, anchor)?;
        self.journal.note_durably(record).await.map_err(KeepingError::NotAnchored)?;
        self.unrecorded = None;
        Ok(())
    }

    async fn signed(&self, undigested: Undigested) -> Result<SignedDigest, KeepingError> {
        let folder = self.closed.folder();
        let key = folder.signing_key.as_deref();
        let context = folder.context().fields().clone();
        let digest = undigested.into_digest(folder.clock.now(), context, key.map(SigningKey::public));
        let hash = digest.hash();
        let mut signed = digest.sign(key);
        if let Some(signer) = &self.options.signer {
            let signature = tokio::select! {
                signature = signer.sign(signed_digest(hash)) => signature.map_err(KeepingError::NotSigned)?,
                // The next process makes this digest; the end of this one does not wait for somebody elsewhere.
                () = self.ending.now.notified() => return Err(KeepingError::Ending),
            };
            signed.kms = Some(signature);
        }
        Ok(signed)
    }

    /// Works on the closed files where it may block. `check` is to be asked between two of them.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Closed, Check<'_>) -> Result<T, KeepingError> + Send + 'static,
    ) -> Result<T, KeepingError> {
        let (closed, ending) = (Arc::clone(&self.closed), Arc::clone(&self.ending));
        tokio::task::spawn_blocking(move || work(&closed, &|| ending.check()))
            .await
            .unwrap_or_else(|error| Err(if error.is_panic() { KeepingError::Panicked } else { KeepingError::Ending }))
    }
}
