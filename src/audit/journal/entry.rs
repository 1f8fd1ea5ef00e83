//! What waits for the writer.

use std::sync::Arc;
use std::sync::atomic::AtomicU8;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::permit::UnreceivedPermit;
use super::state::AuditUnavailable;
use crate::audit::canonical::Unsealed;
use crate::audit::record::Record;
use crate::audit::unsettled::Link;

/// What the writer is asked.
#[derive(Debug)]
pub(super) enum Command {
    /// To write a record.
    Write(Box<Entry>),
    /// To make everything durable and end.
    Close(oneshot::Sender<()>),
}

/// A record on its way to the disk, and who waits for it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) unsealed: Unsealed,
    pub(super) link: Link,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Intent {
        reply: oneshot::Sender<Result<UnreceivedPermit, AuditUnavailable>>,
        if_lost: Record,
        if_not_forwarded: Record,
    },
    /// Nobody waits for one that was written in place of a caller.
    Outcome { reply: Option<oneshot::Sender<Result<(), AuditUnavailable>>>, fate: Fate },
    /// Nobody waits for most.
    Note { accepted: Instant, reply: Option<oneshot::Sender<Result<(), AuditUnavailable>>> },
}

impl Entry {
    /// Made by the caller, not by the writer: what a record costs to spell out is paid side by side.
    pub(super) fn new(record: Record, kind: Kind) -> Self {
        Self { link: Link::of(record.fields()), unsealed: record.into(), kind }
    }

    /// An outcome that nobody waits for.
    pub(super) fn unattended(record: Record) -> Self {
        Self::new(record, Kind::Outcome { reply: None, fate: Fate::new() })
    }

    /// A note that nobody waits for.
    pub(super) fn note(record: Record) -> Self {
        Self::new(record, Kind::Note { accepted: Instant::now(), reply: None })
    }

    /// Whether it must be synced before its caller goes on.
    pub(super) fn wants_durability(&self) -> bool {
        !matches!(self.kind, Kind::Note { reply: None, .. })
    }

    /// Whether it is an intent that nobody waits for any more: not yet written, it need not be.
    pub(super) fn is_given_up(&self) -> bool {
        matches!(&self.kind, Kind::Intent { reply, .. } if reply.is_closed())
    }
}

/// What became of an outcome. Read and changed only by [`super::gate::Shared`], under its lock, so that the caller's
/// deadline and the disk's success decide it between them exactly once.
#[derive(Debug, Clone)]
pub(super) struct Fate(pub(super) Arc<AtomicU8>);

impl Fate {
    pub(super) const WAITING: u8 = 0;
    pub(super) const HELD: u8 = 1;
    pub(super) const DURABLE: u8 = 2;

    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicU8::new(Self::WAITING)))
    }
}
