//! Finding records in a journal, and following it.
//!
//! [`query`] reads the files of a journal, plain or compressed, in several threads, and gives the lines of matching
//! records in the order of the chain. Memory is bounded by the longest line and the number of threads, or by the limit
//! that is asked for; never by the journal. [`Follower`] goes on from there with what is written later.
//!
//! A query believes what stands in the files: whether records are as they were written is what [`super::verify()`]
//! says. It leaves out what a failed write left at the end of a file and the next file holds again, and it counts lines
//! that are no records.

mod ahead;
mod filter;
mod follow;
mod found;
mod lines;
pub(super) mod loose;
#[cfg(test)]
mod made;
mod pattern;
mod pieces;
mod prefilter;
mod raw_time;
mod search;
mod sources;
#[cfg(test)]
mod tests;
mod view;
mod when;
mod workers;

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use self::search::{Search, search};
use self::sources::Sources;

pub use self::filter::{Decider, Effect, Filter, is_caller};
pub use self::follow::Follower;
pub use self::loose::Text;
pub use self::pattern::Pattern;
pub(super) use self::view::DENIED_BY_AWS;
pub use self::view::{Asked, Call, Caller, Data, Decision as RecordedDecision, Place, Planned, RecordView};
pub use self::when::{NoMoment, When};

/// What was looked at. Counts are of the files that were read: with a limit, those that hold enough.
#[derive(Debug, Default)]
pub struct Summary {
    /// Files that were read.
    pub files: usize,
    /// Files that were not, because their time lies outside the range.
    pub left_out: usize,
    /// Records.
    pub records: u64,
    /// Records that are asked for; with a limit, before it.
    pub found: u64,
    /// Lines that are no records: torn, too long, or nothing that the journal wrote.
    pub no_records: u64,
    /// Matching lines of a failed write, that were never confirmed.
    pub unconfirmed: u64,
    /// Files that could not be read to their end.
    pub unread: Vec<Unread>,
}

/// A file that could not be read to its end.
#[derive(Debug)]
pub struct Unread {
    /// The file.
    pub path: PathBuf,
    /// What the operating system answered, or the decompressor.
    pub error: io::Error,
}

impl Summary {
    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.left_out += other.left_out;
        self.records += other.records;
        self.found += other.found;
        self.no_records += other.no_records;
        self.unconfirmed += other.unconfirmed;
        for unread in other.unread {
            // Its pieces are next to each other.
            if self.unread.last().is_none_or(|last| last.path != unread.path) {
                self.unread.push(unread);
            }
        }
    }
}

/// Why a journal cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The folder holds no journal.
    #[error("there is no journal in {}", .0.display())]
    NoJournal(PathBuf),
    /// The file or folder cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system answered.
        source: io::Error,
    },
}

/// Gives the line of each record that `filter` asks for to `each`, oldest first, until that breaks; with a `limit`, of
/// the last so many. `path` is a journal's folder or one of its files. Blocks.
///
/// # Errors
/// When there is no journal, or no thread can be begun to read it. Files of it that cannot be read are in the summary, and
/// the others are read.
pub fn query(
    path: &Path,
    filter: &Filter,
    limit: Option<usize>,
    each: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Result<Summary, QueryError> {
    let sources = sources(path, filter)?;
    let mut summary = search(&sources.files, &Search::of(filter), limit, each)
        .map_err(|source| QueryError::Read { path: path.to_owned(), source })?;
    summary.left_out = sources.left_out;
    Ok(summary)
}

fn sources(path: &Path, filter: &Filter) -> Result<Sources, QueryError> {
    let sources = Sources::of(path, filter).map_err(|source| QueryError::Read { path: path.to_owned(), source })?;
    if sources.files.is_empty() && sources.left_out == 0 {
        return Err(QueryError::NoJournal(path.to_owned()));
    }
    Ok(sources)
}
