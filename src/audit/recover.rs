//! What a start finds in the folder, and what it puts in order before the chain goes on.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::chain::ChainHead;
use super::files::{decompressed, is_compressed, of_the_journal, plain};
use super::scan::{Fault, scan};
use super::segment::SegmentName;
use super::storage::Storage;
use super::verify::BadRecord;

/// Why a journal does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Two writers would tear the chain apart.
    #[error("another process writes the audit journal in {}; each replica needs a folder of its own", .0.display())]
    Locked(PathBuf),
    /// Going on would hide that the last segment was changed.
    #[error(
        "the audit journal's last segment does not verify: {0}. Keep the folder as evidence and start with an empty one"
    )]
    NotVerified(Box<BadRecord>),
    /// The folder cannot be read or written.
    #[error("the audit journal in {} cannot be opened: {doing}", directory.display())]
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
}

/// Finds the end of the chain in `directory`, which the caller has locked.
///
/// A torn last line is moved to `<segment>.torn`; a segment without one complete line is renamed so as a whole, and the
/// one before it is looked at. Complete lines are made durable before the chain goes on from them: they may have been
/// written by a process that died before its sync. A segment that was compressed was closed before: it is whole, or was
/// changed.
pub(super) fn find_end(directory: &Path, storage: &dyn Storage) -> Result<Found, OpenError> {
    let failed = |doing| OpenError::disk(directory, doing);
    let names = storage.list(directory).map_err(failed("the folder is not readable"))?;
    let mut files = of_the_journal(names.clone());

    let mut torn = Vec::new();
    while let Some(file) = files.pop() {
        let Some(last) = SegmentName::parse(plain(&file)) else { continue };
        let (path, is_closed) = (directory.join(&file), is_compressed(&file));
        let reader = storage.read(&path).map_err(failed("its last segment is not readable"))?;
        let reader: Box<dyn BufRead> = if is_closed { decompressed(reader) } else { Box::new(BufReader::new(reader)) };
        let found = scan(reader, None, None, None).map_err(failed("its last segment is not readable"))?;
        let is_torn = match found.problem {
            None => false,
            Some(ref problem) => match problem.fault {
                Fault::TornLastLine if !is_closed => true,
                Fault::NoHeader if !is_closed && found.end_offset == 0 && problem.sequence.is_none() => true,
                _ => {
                    let problem = found.problem.expect("just seen");
                    return Err(OpenError::NotVerified(Box::new(BadRecord::new(&file, problem))));
                }
            },
        };
        match found.end {
            Some(head) => {
                if is_torn {
                    let name = free_name(&names, &last);
                    copy_tail(storage, &path, found.end_offset, &directory.join(&name))
                        .map_err(failed("a torn last line cannot be moved aside"))?;
                    torn.push(name);
                }
                if !is_closed {
                    storage.truncate(&path, found.end_offset).map_err(failed("its last segment cannot be synced"))?;
                }
                torn.sort_unstable();
                return Ok(Found { head, segment: Some(last), torn });
            }
            None => {
                let name = free_name(&names, &last);
                storage
                    .rename(&path, &directory.join(&name))
                    .map_err(failed("a torn segment cannot be moved aside"))?;
                torn.push(name);
            }
        }
    }
    torn.sort_unstable();
    Ok(Found { head: ChainHead::START, segment: None, torn })
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
    let mut file = storage.create(to)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match reader.read(&mut buffer)? {
            0 => return file.sync(),
            read => file.write_all(&buffer[..read])?,
        }
    }
}
