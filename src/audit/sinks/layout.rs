//! How objects in a bucket are named and what they hold: as CloudTrail's log files, so that what reads those reads these.
//!
//! `[prefix/]AWSLogs/ACCOUNT/McpGateway/REGION/YYYY/MM/DD/ACCOUNT_McpGateway_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz`, after
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-find-log-files.html>. `UNIQUE` is the replica and the
//! first record of the object. An object is a gzip of `{"Records":[...]}`, each record as it stands in the journal.

use std::fmt;
use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;

use crate::audit::folder::DiskError;
use crate::audit::journal::Journal;
use crate::audit::keeping::KeepingError;
use crate::audit::shipping::Batch;

/// One process with its journal, as objects name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Replica(String);

impl Replica {
    /// The replica whose journal this is: a name that stays with the folder.
    ///
    /// # Errors
    /// When it cannot be read or kept.
    pub fn of(journal: &Journal) -> Result<Self, KeepingError> {
        const FILE: &str = "replica";
        let folder = journal.folder();
        let mut text = String::new();
        match folder.storage.read(&folder.directory.join(FILE)) {
            Ok(reader) => {
                reader.take(64).read_to_string(&mut text).map_err(DiskError::when("reading", FILE))?;
                let changed = || KeepingError::Changed { file: FILE.to_owned(), why: "it holds no UUID".to_owned() };
                Self::parse(text.trim()).ok_or_else(changed)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let new = Self(journal.new_id());
                folder.write_whole(FILE, &mut format!("{new}\n").as_bytes())?;
                Ok(new)
            }
            Err(error) => Err(DiskError::when("reading", FILE)(error).into()),
        }
    }

    /// Reads a replica's name back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_uuid = text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        is_uuid.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a replica's objects lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// What stands before `AWSLogs`, without slashes at its ends; may be empty.
    pub prefix: String,
    /// The account that owns the bucket.
    pub account: String,
    /// The bucket's region.
    pub region: String,
    /// Whose objects they are.
    pub replica: Replica,
}

impl Layout {
    /// The key of the object with this batch, stored at `now`.
    #[must_use]
    pub fn key(&self, batch: &Batch, now: Timestamp) -> String {
        let Self { account, region, replica, .. } = self;
        let (day, time, first) = (self.day(now), now.strftime("%Y%m%dT%H%MZ"), batch.first);
        format!("{day}{account}_McpGateway_{region}_{time}_{replica}-{first:020}.json.gz")
    }

    /// What the keys of objects stored in the minute of `time`, or later on its day, come after.
    #[must_use]
    pub fn from(&self, time: Timestamp) -> String {
        let Self { account, region, .. } = self;
        format!("{}{account}_McpGateway_{region}_{}", self.day(time), time.strftime("%Y%m%dT%H%M"))
    }

    /// What the keys of objects stored on the day of `time` begin with.
    #[must_use]
    pub fn day(&self, time: Timestamp) -> String {
        format!("{}/{}/{}/", self.folder(), self.region, time.strftime("%Y/%m/%d"))
    }

    /// The first record of the object with this key, where it is one of `replica`'s.
    pub(super) fn first_of(key: &str, replica: &Replica) -> Option<u64> {
        let (named, first) = key.strip_suffix(".json.gz")?.rsplit_once('-')?;
        let is_theirs = named.strip_suffix(&replica.0).is_some_and(|before| before.ends_with('_'));
        let is_number = first.len() == 20 && first.bytes().all(|byte| byte.is_ascii_digit());
        if is_theirs && is_number { first.parse().ok() } else { None }
    }

    /// The key of a replica's heartbeat.
    #[must_use]
    pub fn heartbeat(&self, replica: &Replica) -> String {
        format!("{}{replica}.json", self.replicas())
    }

    /// Whose heartbeat has this key; none where it is no heartbeat's.
    pub(super) fn replica_of(&self, key: &str) -> Option<Replica> {
        Replica::parse(key.strip_prefix(&self.replicas())?.strip_suffix(".json")?)
    }

    /// What the keys of heartbeats begin with.
    #[must_use]
    pub fn replicas(&self) -> String {
        format!("{}/{}/replicas/", self.folder(), self.region)
    }

    fn folder(&self) -> String {
        let parted = if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) };
        format!("{parted}AWSLogs/{}/McpGateway", self.account)
    }
}

/// The object with these lines.
///
/// # Errors
/// Never for memory; the encoder's own.
pub(super) fn object(lines: &[u8]) -> io::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::with_capacity(lines.len() / 4), Compression::default());
    gzip.write_all(b"{\"Records\":[")?;
    for (index, line) in lines.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if index > 0 {
            gzip.write_all(b",")?;
        }
        gzip.write_all(line.strip_suffix(b"\n").unwrap_or(line))?;
    }
    gzip.write_all(b"]}")?;
    gzip.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn keys_are_cloudtrails_and_sort_by_time_and_record() {
        let replica = Replica::parse("0b7c1a52-58a1-4a4e-9f0a-0d6d3a1f2b3c").unwrap();
        let mut layout = Layout {
            prefix: "audit".to_owned(),
            account: "111122223333".to_owned(),
            region: "eu-central-1".to_owned(),
            replica,
        };
        let batch = Batch { first: 7, last: 9, lines: Vec::new() };
        let now = "2026-11-20T10:05:59Z".parse().unwrap();
        assert_eq!(
            layout.key(&batch, now),
            "audit/AWSLogs/111122223333/McpGateway/eu-central-1/2026/11/20/111122223333_McpGateway_eu-central-1_\
             20261120T1005Z_0b7c1a52-58a1-4a4e-9f0a-0d6d3a1f2b3c-00000000000000000007.json.gz"
        );
        layout.prefix.clear();
        let key = layout.key(&batch, now);
        assert!(key.starts_with("AWSLogs/111122223333/McpGateway/"));
        let other = Replica::parse("1b7c1a52-58a1-4a4e-9f0a-0d6d3a1f2b3c").unwrap();
        assert_eq!((Layout::first_of(&key, &layout.replica), Layout::first_of(&key, &other)), (Some(7), None));
        assert_eq!(Layout::first_of(&key.replace("07.json", "x7.json"), &layout.replica), None);
        assert_eq!(layout.replica_of(&layout.heartbeat(&other)), Some(other.clone()));
        assert_eq!(layout.replica_of(&format!("{}.1.claim", layout.heartbeat(&other))), None);
        assert_eq!(Replica::parse("../../x"), None);
    }

    #[test]
    fn an_object_holds_the_lines_as_they_are() {
        let object = object(b"{\"a\":1}\n{\"b\":2}\n").unwrap();
        let mut text = String::new();
        GzDecoder::new(&object[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, r#"{"Records":[{"a":1},{"b":2}]}"#);
    }
}
