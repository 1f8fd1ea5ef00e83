//! `[audit]`: where the journal is, and how soon it is on disk.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::file;
use super::section::Section;

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
}

pub(super) fn read(section: &Section<'_>, folder: &Path) -> Option<Audit> {
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
    let (durable, delay) = (Duration::from_secs(durable), Duration::from_millis(delay));
    Some(Audit { directory: directory?, durable, delay, segment_bytes })
}
