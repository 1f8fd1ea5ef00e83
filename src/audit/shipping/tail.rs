//! Reading a journal behind its writer, as far as it is durable.

use std::fmt;
use std::io::{self, BufRead};
use std::sync::Arc;

use super::Batch;
use crate::audit::files::{either, of_the_journal, plain};
use crate::audit::folder::Folder;
use crate::audit::record::INTEGRITY;
use crate::audit::scan::LONGEST_LINE;
use crate::audit::segment::SegmentName;

/// Why records cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum TailError {
    #[error("the journal cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error("the journal's file with record {0} is missing, or ends before it")]
    Missing(u64),
}

/// Where reading is.
pub(super) struct Tail {
    folder: Arc<Folder>,
    /// The files as they were when `open` was the one that is written.
    segments: Vec<SegmentName>,
    open: String,
    reading: Option<Reading>,
}

struct Reading {
    file: String,
    lines: Box<dyn BufRead + Send>,
    /// The sequence number of the next line.
    next: u64,
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Tail {
    pub(super) fn of(folder: Arc<Folder>) -> Self {
        Self { folder, segments: Vec::new(), open: String::new(), reading: None }
    }

    /// The records behind `through`, at most up to `durable`, and about `most` bytes of them: at least one. In a signed journal it
    /// ends with a signed record, where one comes soon: nobody else vouches for what stands behind the last.
    ///
    /// `open` is the file that is written. A record that an abandoned file holds, too, is read from the file after it, where
    /// it was confirmed.
    pub(super) fn read(&mut self, open: &str, through: u64, durable: u64, most: usize) -> Result<Batch, TailError> {
        if self.open != open {
            let names = self.folder.storage.list(&self.folder.directory)?;
            self.segments = of_the_journal(names).iter().filter_map(|name| SegmentName::parse(plain(name))).collect();
            open.clone_into(&mut self.open);
        }
        let mut batch = Batch { first: through + 1, last: through, lines: Vec::new() };
        // Where the last line begins.
        let mut line = 0;
        while batch.last < durable && (batch.lines.len() < most.max(1) || self.goes_on(&batch.lines, line, most)) {
            line = batch.lines.len();
            let next = batch.last + 1;
            let Some(file) = self.segments.iter().rfind(|segment| segment.first_sequence <= next) else {
                // Removed for its age before there was this sink.
                let first = self.segments.first().ok_or(TailError::Missing(next))?.first_sequence;
                batch = Batch { first, last: first - 1, lines: Vec::new() };
                continue;
            };
            let is_there = |reading: &Reading| reading.file == file.as_str() && reading.next == next;
            let mut reading = match self.reading.take().filter(is_there) {
                Some(reading) => reading,
                None => self.open_at(file, next)?,
            };
            // After an error the file is opened anew: part of a line may have been read.
            read_line(&mut reading.lines, &mut batch.lines, next)?;
            reading.next += 1;
            self.reading = Some(reading);
            batch.last = next;
        }
        Ok(batch)
    }

    /// Whether a batch that is full takes another record, because a signature comes soon.
    fn goes_on(&self, lines: &[u8], line: usize, most: usize) -> bool {
        self.folder.signing_key.is_some() && lines.len() < most * 2 && !is_signed(&lines[line..])
    }

    fn open_at(&self, file: &SegmentName, next: u64) -> Result<Reading, TailError> {
        // It may have been compressed since it was listed.
        let lines = either(|ending| self.folder.open(&format!("{file}{ending}")))?;
        let mut reading = Reading { file: file.to_string(), lines, next: file.first_sequence };
        let mut passed_over = Vec::new();
        while reading.next < next {
            passed_over.clear();
            read_line(&mut reading.lines, &mut passed_over, reading.next)?;
            reading.next += 1;
        }
        Ok(reading)
    }
}

fn is_signed(line: &[u8]) -> bool {
    let record = serde_json::from_slice::<serde_json::Value>(line);
    record.is_ok_and(|record| record[INTEGRITY].get("signature").is_some())
}

/// Appends the whole line of the record `sequence`; nothing of it on an error.
fn read_line(reader: &mut impl BufRead, lines: &mut Vec<u8>, sequence: u64) -> Result<(), TailError> {
    let start = lines.len();
    let read = io::Read::take(&mut *reader, LONGEST_LINE as u64).read_until(b'\n', lines);
    match read {
        Ok(_) if lines.len() > start && lines.ends_with(b"\n") => Ok(()),
        read => {
            lines.truncate(start);
            read?;
            Err(TailError::Missing(sequence))
        }
    }
}
