//! The audit journal: one chained record for everything the gateway does, durable before it is acted upon.
//!
//! - [`Record`] is what is written: a JSON object, made elsewhere.
//! - [`Journal`] chains records and makes them durable, many with one sync of the disk. [`Journal::intent`] gives the
//!   [`Permit`] without which no writing call runs; [`Journal::outcome`] and [`Journal::note`] give the [`Recorded`]
//!   without which no reply is made.
//! - [`verify()`] reads a journal back and says whether it is whole.
//! - [`query`] finds records in one, and [`signals`] what somebody should look at.
//! - [`reconcile`] compares it with CloudTrail; [`RequestLog`] tells of single requests to AWS what they were made for.
//! - [`redaction`] decides what of a value a record keeps.
//!
//! # The format
//! A journal is a folder of segments, `journal-<first sequence>-<attempt>-<UTC time>.jsonl`, whose names sort in the
//! order of the chain. A line is the canonical JSON (RFC 8785) of one record, ended by `\n`. The field `integrity` holds
//! `sequence` (from 1, without gaps), `previousHash` (64 zeros before the first record of a folder) and `hash`: the
//! lowercase hexadecimal SHA-256 of the canonical JSON of the record with `integrity` but without `integrity.hash`.
//! The first record of a segment is its header (`stage: "segment"`): why the segment was begun, which one came before,
//! and the last record known durable, from which the chain goes on.
//!
//! # What a bare hash chain cannot show
//! The chain shows that a record in the middle was changed, removed, added or moved. It does not show that records were
//! cut off at the end, and whoever can write the folder can compute a whole chain anew. Both need a witness elsewhere.

mod canonical;
mod chain;
mod digest;
mod event;
mod exact;
mod files;
mod folder;
mod hash_key;
mod journal;
mod keeping;
mod lock;
pub mod query;
pub mod reconcile;
mod record;
mod recover;
pub mod redaction;
mod requests;
mod scan;
mod segment;
mod shipping;
pub mod signals;
mod signing;
pub mod sinks;
mod storage;
mod unsettled;
mod verify;

pub use chain::{ChainHead, Hash};
pub use digest::KmsSignature;
pub use event::{Event, Stage};
pub use exact::make_exact;
pub use files::{journal_files, open};
pub use folder::DiskError;
pub use hash_key::HashKey;
pub use journal::{
    AuditUnavailable, Intent, Journal, JournalCounters, JournalOptions, JournalState, Permit, Recorded,
    UnavailableReason,
};
pub use keeping::{Anchor, DigestSigner, Keeper, KeepingError, KeepingOptions, SigningFuture, Tell};
pub use record::{Record, RecordError};
pub use recover::OpenError;
pub use redaction::{Kept, Redaction};
pub use requests::{FoundRequests, RecordedRefusal, RecordedRequest, RequestLog};
pub use scan::Fault;
pub use shipping::{Batch, Pace, Shipped, Shipper, Sink, SinkError, TellShipped};
pub use signing::{KmsPublicKey, NoKmsPublicKey, NoPublicKey, PublicKey, SigningKey};
pub use storage::{DiskStorage, SegmentFile, Storage};
pub use unsettled::OUTCOME_UNKNOWN;
pub use verify::{
    BadDigest, BadRecord, DigestFault, Digests, FileReport, Signatures, UnsettledWrites, Verdict, VerifyError,
    VerifyReport, Witness, verify,
};
