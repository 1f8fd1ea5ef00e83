//! `[audit]`: where the journal is, and how soon it is on disk.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use thiserror::Error;
use zeroize::Zeroizing;

use super::audit_digests;
use super::audit_secrets::{self, Secrets};
use super::audit_sinks::{self, Sinks};
use super::environments::Environments;
use super::file;
use super::key_file::{KEY_BYTES, KeyFileError, Readers, read_key};
use super::section::Section;
use super::signals::{self, Signals};
use crate::arn::KmsKeyArn;
use crate::audit::PublicKey;

/// `[audit]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// The journal's folder. One process writes to it.
    pub directory: PathBuf,
    /// How long a write waits for its record to be durable before it is refused.
    pub durable: Duration,
    /// How long the record of a read may stay in memory before it is durable.
    pub delay: Duration,
    /// The size at which a journal file is closed and the next begun, in bytes.
    pub segment_bytes: u64,
    /// The age at which it is, counted from its first record.
    pub segment_age: Duration,
    /// Whether closed files are compressed.
    pub compress: bool,
    /// How long after its end a file is kept; for ever without it.
    pub keep: Option<SignedDuration>,
    /// Whether a read is answered only after its record is durable.
    pub strict_reads: bool,
    /// What becomes of reads while the journal takes no records.
    pub unrecorded_reads: UnrecordedReads,
    /// The file with the seed of the key that signs the journal.
    pub signing_key: Option<PathBuf>,
    /// Whether the group of that file may read it.
    pub signing_key_group_readable: bool,
    /// The public halves of keys that signed the journal before: their digests are believed, too.
    pub former_public_keys: Vec<PublicKey>,
    /// The key in AWS KMS that signs digests as well.
    pub digest_kms_key: Option<KmsKeyArn>,
    /// What stands in the place of secrets.
    pub secrets: Secrets,
    /// Where records go beside the journal.
    pub sinks: Sinks,
    /// `[audit.signals]`.
    pub signals: Signals,
}

/// What becomes of reads while the journal takes no records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnrecordedReads {
    /// They are refused.
    Refuse,
    /// They are answered, and a record says how many when the journal is written again.
    Serve,
}

pub(super) fn read(section: &Section<'_>, folder: &Path, environments: &Environments) -> Option<Audit> {
    let directory = section
        .required(
            "directory",
            "write directory = \"/var/lib/iam-mcp-gateway/audit\", on a disk that outlives the process",
        )
        .and_then(|item| file(&item, folder));
    let durable =
        section.integer::<u64>("durable_seconds", 1..=60, 5, "callers wait for it; a healthy disk takes milliseconds");
    let delay = section.integer::<u64>(
        "delay_milliseconds",
        10..=10_000,
        1000,
        "what a crash may lose of the records of reads; below 10 ms every read costs a sync of its own",
    );
    let segment_bytes = section.integer(
        "segment_bytes",
        1_048_576..=1_073_741_824,
        67_108_864,
        "a segment is verified, compressed and shipped as a whole",
    );
    let segment_minutes = section.integer::<u64>(
        "segment_minutes",
        1..=1440,
        60,
        "a file is digested, compressed and removed as a whole; a day at most is what a digest leaves open",
    );
    let strict_reads = section.boolean("strict_reads", false);
    let unrecorded_reads = section.choice(
        "unrecorded_reads",
        &[("refuse", UnrecordedReads::Refuse), ("serve", UnrecordedReads::Serve)],
        UnrecordedReads::Refuse,
    );
    let signing_key = section.optional("signing_key").and_then(|item| file(&item, folder));
    let signing_key_group_readable = section.boolean("signing_key_group_readable", false);
    let former_public_keys = audit_digests::former_public_keys(section);
    let digest_kms_key = audit_digests::read(section, environments);
    let secrets = audit_secrets::read(section, folder);
    let sinks = audit_sinks::read(section);
    let signals = section.table("signals", signals::read);
    let (durable, delay) = (Duration::from_secs(durable), Duration::from_millis(delay));
    let segment_age = Duration::from_secs(segment_minutes * 60);
    let compress = section.boolean("compress", true);
    let keep = section
        .optional("keep_days")
        .and_then(|item| item.integer::<u32>(1..=36_500, "files are removed for good when they are older"));
    let keep = keep.map(|days| SignedDuration::from_hours(i64::from(days) * 24));
    let (directory, signals) = (directory?, signals?);
    Some(Audit {
        directory,
        durable,
        delay,
        segment_bytes,
        segment_age,
        compress,
        keep,
        strict_reads,
        unrecorded_reads,
        signing_key,
        signing_key_group_readable,
        former_public_keys,
        digest_kms_key,
        secrets,
        sinks,
        signals,
    })
}

/// Why the key that signs the journal cannot be used.
#[derive(Debug, Error)]
#[error("the signing key {}: {error}", file.display())]
pub struct SigningKeyFault {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub error: KeyFileError,
}

/// Reads the seed of the key that signs the journal.
///
/// # Errors
/// When the file cannot be read, others can read it too, or it is no key.
pub fn read_signing_seed(file: &Path, group_readable: bool) -> Result<Zeroizing<[u8; KEY_BYTES]>, SigningKeyFault> {
    let readers = Readers { group: group_readable, option: "audit.signing_key_group_readable" };
    read_key(file, readers).map_err(|error| SigningKeyFault { file: file.to_owned(), error })
}
