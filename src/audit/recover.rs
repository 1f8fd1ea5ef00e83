//! What a start finds in the folder, and what it puts in order before the chain goes on.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::chain::ChainHead;
use super::files::{decompressed, is_compressed, of_the_journal, plain};
use super::scan::{Fault, Scan, confirmed_through, read_header, scan};
use super::segment::SegmentName;
use super::storage::{SegmentFile, Storage};
use super::unsettled::Unsettled;
use super::verify::BadRecord;

/// Why a journal does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Two writers would tear the chain apart.
    #[error("another process writes the audit journal in {}; each replica needs a folder of its own", .0.display())]
    Locked(PathBuf),
    /// Going on would hide that the last segments were changed.
    #[error(
        "the audit journal's last segment, or one before it in which writes were under way, does not verify: {0}. Keep the \
         folder as evidence and start with an empty one"
    )]
    NotVerified(Box<BadRecord>),
    /// Going on would hide that a segment was removed in which writes were under way.
    #[error(
        "writes have been under way in the audit journal in {} since record {since}, and the file that holds it is missing. \
         Put it back; or keep the folder as evidence and start with an empty one",
        directory.display()
    )]
    MissingSegment {
        /// The journal's folder.
        directory: PathBuf,
        /// The record of the oldest intent without an outcome.
        since: u64,
    },
    /// The folder cannot be read or written.
    #[error("the audit journal in {} cannot be opened: {doing}: {source}", directory.display())]
    Disk {
        /// The journal's folder.
        directory: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What the operating system answered.
        source: io::Error,
    },
}

impl OpenError {
    pub(super) fn disk(directory: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        let directory = directory.to_owned();
        move |source| Self::Disk { directory, doing, source }
    }
}

/// Where the chain goes on.
#[derive(Debug)]
pub(super) struct Found {
    /// The last record of the folder, durable.
    pub(super) head: ChainHead,
    /// The segment that holds it.
    pub(super) segment: Option<SegmentName>,
    /// Files that hold torn lines, moved there now.
    pub(super) torn: Vec<String>,
    /// Intents whose process ended before they had an outcome.
    pub(super) unsettled: Unsettled,
}

/// Finds the end of the chain in `directory`, which the caller has locked, and the writes that were under way there.
///
/// A torn last line is moved to `<segment>.torn`; a segment without one complete line is renamed so as a whole, and the
/// one before it is looked at. Complete lines are made durable before the chain goes on from them: they may have been
/// written by a process that died before its sync. A segment that was compressed was closed before: it is whole, or was
/// changed.
pub(super) fn find_end(directory: &Path, storage: &dyn Storage) -> Result<Found, OpenError> {
    let names = storage.list(directory).map_err(OpenError::disk(directory, "the folder is not readable"))?;
    let folder = Folder { directory, storage, files: of_the_journal(names.clone()), names };
    let mut torn = Vec::new();
    for (index, file) in folder.files.iter().enumerate().rev() {
        let Some(last) = SegmentName::parse(plain(file)) else { continue };
        let mut unsettled = Unsettled::default();
        let found = folder.scan(file, None, None, &mut unsettled)?;
        let is_torn = folder.is_torn(file, &found)?;
        let Some(head) = found.end else {
            torn.push(folder.set_aside(file, &last)?);
            continue;
        };
        if is_torn {
            torn.push(folder.set_tail_aside(file, &last, found.end_offset)?);
        }
        if !is_compressed(file) {
            let path = directory.join(file);
            let synced = storage.truncate(&path, found.end_offset);
            synced.map_err(OpenError::disk(directory, "its last segment cannot be synced"))?;
        }
        if let Some(since) = found.header.and_then(|header| header.unsettled_since) {
            unsettled = folder.unsettled(since, index)?;
        }
        torn.sort_unstable();
        return Ok(Found { head, segment: Some(last), torn, unsettled });
    }
    torn.sort_unstable();
    Ok(Found { head: ChainHead::START, segment: None, torn, unsettled: Unsettled::default() })
}

struct Folder<'a> {
    directory: &'a Path,
    storage: &'a dyn Storage,
    /// All names.
    names: Vec<String>,
    /// Those of journal files, in the order of the chain.
    files: Vec<String>,
}

impl Folder<'_> {
    fn open(&self, file: &str) -> io::Result<Box<dyn BufRead + Send>> {
        let reader = self.storage.read(&self.directory.join(file))?;
        Ok(if is_compressed(file) { decompressed(reader) } else { Box::new(BufReader::new(reader)) })
    }

    fn scan(
        &self,
        file: &str,
        follows: Option<ChainHead>,
        confirmed_through: Option<u64>,
        unsettled: &mut Unsettled,
    ) -> Result<Scan, OpenError> {
        let scanned = self.open(file).and_then(|reader| {
            scan(reader, follows, confirmed_through, None, &mut |fields, head| unsettled.take(fields, head.sequence))
        });
        scanned.map_err(OpenError::disk(self.directory, "a segment is not readable"))
    }

    /// Whether the last segment has an end that a stop of the machine explains.
    fn is_torn(&self, file: &str, found: &Scan) -> Result<bool, OpenError> {
        let Some(problem) = &found.problem else { return Ok(false) };
        match problem.fault {
            _ if is_compressed(file) => {}
            Fault::TornLastLine => return Ok(true),
            Fault::NoHeader if found.end_offset == 0 && problem.sequence.is_none() => return Ok(true),
            _ => {}
        }
        Err(OpenError::NotVerified(Box::new(BadRecord::new(file, problem.clone()))))
    }

    /// The writes that were under way when the last file, at `last`, ended; the oldest was begun with the record `since`.
    fn unsettled(&self, since: u64, last: usize) -> Result<Unsettled, OpenError> {
        let first_sequence = |file: &String| SegmentName::parse(plain(file)).map(|name| name.first_sequence);
        // Of several files that begin at one record, all but the last hold nothing that was confirmed.
        let holds = |file: &&String| first_sequence(file).is_some_and(|first| first <= since);
        let begins = self.files[..=last].iter().filter(holds).filter_map(first_sequence).next_back();
        let files: Vec<&String> =
            self.files[..=last].iter().filter(|file| begins.is_some() && first_sequence(file) >= begins).collect();
        if files.is_empty() {
            return Err(OpenError::MissingSegment { directory: self.directory.to_owned(), since });
        }
        let headers = files.iter().map(|file| self.open(file).and_then(read_header)).collect::<io::Result<Vec<_>>>();
        let headers = headers.map_err(OpenError::disk(self.directory, "a segment is not readable"))?;
        let mut unsettled = Unsettled::default();
        // A file before the first sound header was begun at the same record, and nothing in it was confirmed.
        let mut head = headers.iter().flatten().next().map(|header| header.last_durable);
        for (index, file) in files.into_iter().enumerate() {
            let confirmed = confirmed_through(&headers[index + 1..], head);
            let found = self.scan(file, head, confirmed, &mut unsettled)?;
            if let Some(problem) = found.problem {
                return Err(OpenError::NotVerified(Box::new(BadRecord::new(file, problem))));
            }
            head = found.end.or(head);
        }
        Ok(unsettled)
    }

    fn set_aside(&self, file: &str, segment: &SegmentName) -> Result<String, OpenError> {
        let name = free_name(&self.names, segment);
        let renamed = self.storage.rename(&self.directory.join(file), &self.directory.join(&name));
        renamed.map_err(OpenError::disk(self.directory, "a torn segment cannot be moved aside"))?;
        Ok(name)
    }

    fn set_tail_aside(&self, file: &str, segment: &SegmentName, offset: u64) -> Result<String, OpenError> {
        let name = free_name(&self.names, segment);
        let copied = copy_tail(self.storage, &self.directory.join(file), offset, &self.directory.join(&name));
        copied.map_err(OpenError::disk(self.directory, "a torn last line cannot be moved aside"))?;
        Ok(name)
    }
}

/// `<segment>.torn`, or with a number where an earlier start was stopped after it had made that file.
fn free_name(names: &[String], segment: &SegmentName) -> String {
    let first = format!("{segment}.torn");
    let numbered = (2..).map(|number| format!("{segment}.torn.{number}"));
    std::iter::once(first).chain(numbered).find(|name| !names.contains(name)).expect("names do not run out")
}

fn copy_tail(storage: &dyn Storage, from: &Path, offset: u64, to: &Path) -> io::Result<()> {
    let mut reader = storage.read(from)?;
    io::copy(&mut reader.by_ref().take(offset), &mut io::sink())?;
    let file = storage.create(to)?;
    let copied = append(&mut *reader, file);
    if copied.is_err() {
        // On a full disk each start would leave one more behind. The first error is the one to report.
        let _ = storage.remove(to);
    }
    copied
}

fn append(from: &mut dyn Read, mut file: Box<dyn SegmentFile>) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match from.read(&mut buffer)? {
            0 => return file.sync(),
            read => file.write_all(&buffer[..read])?,
        }
    }
}
