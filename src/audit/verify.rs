//! Reading a journal back: is it whole, and if not, where is it broken?
//!
//! A file is verified on its own chain: from whatever record its header says it follows. A folder is verified across its
//! files, from the very first record. What a failed write left at the end of a segment, after the last durable record
//! that the next segment's recovery header names, was never confirmed to anyone: it is counted as unconfirmed, neither
//! taken for tampering nor vouched for.
//!
//! A journal that is being written can be verified. Its last line may then be seen half written, and is reported as torn.
//!
//! What this cannot show: that records were cut off at the end, that the newest segments were removed, or that someone
//! computed the whole chain anew.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::chain::ChainHead;
use super::scan::{Fault, Problem, Scan, read_header, scan};
use super::segment::{EXTENSION, Header, Reason, SegmentName};

#[cfg(test)]
mod tests;

/// What was found about a file, or the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Every record is as it was written.
    Verified,
    /// Every confirmed record is as it was written; a failed write left lines that were never confirmed.
    UnconfirmedTail,
    /// Records were changed, removed, added or moved.
    Broken,
}

/// The first record of a file that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BadRecord {
    /// The file's name.
    pub file: String,
    /// The line in that file, from 1.
    pub line: u64,
    /// The sequence number that the record claims, where it can be read.
    pub sequence: Option<u64>,
    /// What is wrong.
    pub fault: Fault,
    /// What is wrong, in plain words.
    pub explanation: String,
}

impl BadRecord {
    pub(super) fn new(file: &str, problem: Problem) -> Self {
        Self {
            file: file.to_owned(),
            line: problem.line,
            sequence: problem.sequence,
            explanation: problem.fault.to_string(),
            fault: problem.fault,
        }
    }
}

impl fmt::Display for BadRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.file, self.line)?;
        if let Some(sequence) = self.sequence {
            write!(f, " (record {sequence})")?;
        }
        write!(f, ": {}", self.explanation)
    }
}

/// What one file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileReport {
    /// The file's name.
    pub file: String,
    /// What was found.
    pub verdict: Verdict,
    /// Confirmed records that are as they were written, up to the first that is not. The header is one of them.
    pub records: u64,
    /// The sequence number of the first of them.
    pub first_sequence: Option<u64>,
    /// The sequence number of the last of them.
    pub last_sequence: Option<u64>,
    /// Lines that a failed write left behind.
    pub unconfirmed: u64,
    /// The first record that is not as it was written.
    pub bad: Option<BadRecord>,
}

/// What a journal holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyReport {
    /// The worst verdict of any file.
    pub verdict: Verdict,
    /// The sum over the files.
    pub records: u64,
    /// Each file, in the order of the chain.
    pub files: Vec<FileReport>,
    /// The first record that is not as it was written.
    pub first_bad: Option<BadRecord>,
    /// The end of the chain: what a witness elsewhere would be asked about. Absent when the last file is broken.
    pub head: Option<ChainHead>,
}

/// Why a journal could not be verified at all.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The folder holds no journal; if there was one, it was removed.
    #[error("there is no journal in {}: no file ends in {EXTENSION}", .0.display())]
    NoSegments(PathBuf),
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system answered.
        source: io::Error,
    },
}

/// Verifies a file or a folder of files. Memory is bounded by the longest line, not by the journal. Blocks.
///
/// # Errors
/// When something cannot be read, or there is nothing to verify. A broken journal is a report, not an error.
pub fn verify(path: &Path) -> Result<VerifyReport, VerifyError> {
    let failed = |source| VerifyError::Read { path: path.to_owned(), source };
    if path.metadata().map_err(failed)?.is_dir() {
        let names = journal_files(path).map_err(failed)?;
        if names.is_empty() {
            return Err(VerifyError::NoSegments(path.to_owned()));
        }
        return Ok(summary(verify_folder(path, &names)?));
    }
    let found = open(path).and_then(|reader| scan(reader, None, None)).map_err(failed)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let end = found.end;
    Ok(summary((vec![report(&name, found)], end)))
}

/// Every `*.jsonl` file, in the order of the chain.
fn journal_files(directory: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in directory.read_dir()? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(EXTENSION) {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn verify_folder(directory: &Path, names: &[String]) -> Result<(Vec<FileReport>, Option<ChainHead>), VerifyError> {
    let mut headers = Vec::with_capacity(names.len());
    for name in names {
        let path = directory.join(name);
        let header = open(&path).and_then(read_header).map_err(|source| VerifyError::Read { path, source })?;
        headers.push(header);
    }

    let mut reports = Vec::with_capacity(names.len());
    let mut head = Some(ChainHead::START);
    for (index, name) in names.iter().enumerate() {
        let path = directory.join(name);
        let confirmed_through = confirmed_through(&headers[index + 1..], head);
        let mut found = open(&path)
            .and_then(|reader| scan(reader, head, confirmed_through))
            .map_err(|source| VerifyError::Read { path, source })?;
        name_fault(name, names, &mut found);
        head = match (&found.problem, found.end) {
            // Not to report one fault twice, the next file is taken at its header's word.
            (Some(_), _) => None,
            (None, Some(end)) => Some(end),
            // Nothing in the file was ever confirmed.
            (None, None) => head,
        };
        reports.push(report(name, found));
    }
    Ok((reports, head))
}

/// The last record of a file that was ever confirmed, where the next sound header says that not all of them were.
///
/// A header that claims less than what came before this file is not believed: the chain then shows the contradiction.
fn confirmed_through(later: &[Option<Header>], head: Option<ChainHead>) -> Option<u64> {
    let next = later.iter().flatten().next()?;
    let last = next.last_durable.sequence;
    (next.reason == Reason::Recovery && head.is_some_and(|head| last >= head.sequence)).then_some(last)
}

/// Sees what only the folder's list of names shows.
fn name_fault(name: &str, names: &[String], found: &mut Scan) {
    if let Some(problem) = &mut found.problem {
        let previous = found.header.as_ref().and_then(|header| header.previous_segment.as_ref());
        if let (1, Fault::SequenceDiffers { .. }, Some(previous)) = (problem.line, &problem.fault, previous)
            && !names.contains(previous)
        {
            problem.fault = Fault::MissingSegment { name: previous.clone() };
        }
        return;
    }
    let named = SegmentName::parse(name).map(|name| name.first_sequence);
    if named.is_none() || (found.first_sequence.is_some() && found.first_sequence != named) {
        found.problem = Some(Problem { line: 1, sequence: found.first_sequence, fault: Fault::NameDiffers });
    }
}

fn open(path: &Path) -> io::Result<BufReader<File>> {
    Ok(BufReader::with_capacity(64 * 1024, File::open(path)?))
}

fn report(name: &str, found: Scan) -> FileReport {
    let verdict = match (&found.problem, found.unconfirmed) {
        (Some(_), _) => Verdict::Broken,
        (None, 0) => Verdict::Verified,
        (None, _) => Verdict::UnconfirmedTail,
    };
    FileReport {
        file: name.to_owned(),
        verdict,
        records: found.records,
        first_sequence: found.end.and(found.first_sequence),
        last_sequence: found.end.map(|end| end.sequence),
        unconfirmed: found.unconfirmed,
        bad: found.problem.map(|problem| BadRecord::new(name, problem)),
    }
}

fn summary((files, head): (Vec<FileReport>, Option<ChainHead>)) -> VerifyReport {
    VerifyReport {
        verdict: files.iter().map(|file| file.verdict).max().unwrap_or(Verdict::Verified),
        records: files.iter().map(|file| file.records).sum(),
        first_bad: files.iter().find_map(|file| file.bad.clone()),
        files,
        head,
    }
}
