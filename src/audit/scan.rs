//! Reading one segment: each line against its own hash and against the chain.

use std::io::{self, BufRead};

use serde::Serialize;
use serde_json::{Map, Value};

use super::canonical::{is_canonical, seal};
use super::chain::{ChainHead, Integrity};
use super::record::INTEGRITY;
use super::segment::{Header, Reason};
use super::signing::PublicKey;

/// The longest line that is read, in bytes; the journal writes none as long.
pub(super) const LONGEST_LINE: usize = 8 * 1024 * 1024;

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Fault {
    /// The line is not a JSON object.
    #[error("the line is not a JSON object")]
    NotJson,
    /// The line is longer than any the journal writes.
    #[error("the line is longer than the journal writes")]
    LineTooLong,
    /// The field `integrity` is missing or has other fields than it should.
    #[error("the record has no usable `integrity`")]
    NoIntegrity,
    /// The line is JSON, but not the canonical form of it.
    #[error("the line is not the canonical form of its record: it was not written by the journal")]
    NotCanonical,
    /// The content does not have the hash that the record states.
    #[error("the hash does not match: the record was changed")]
    HashDiffers,
    /// Records are missing, repeated or out of order.
    #[error("the sequence number should be {expected}: records were removed, added or moved")]
    SequenceDiffers {
        /// The number that follows the record before.
        expected: u64,
    },
    /// The record is not linked to the one before it.
    #[error("the previous hash is not that of the record before: the chain is broken here")]
    PreviousHashDiffers,
    /// The file was compressed, and its data is broken from here on.
    #[error("the compressed data is broken from here on: the file was changed or cut off after it was closed")]
    NotDecompressed,
    /// The last line has no end.
    #[error("the last line is torn: it was not written to its end")]
    TornLastLine,
    /// The segment does not begin with a header record.
    #[error("the segment does not begin with a header record")]
    NoHeader,
    /// The header states another last durable record than the one it is linked to.
    #[error("the segment's header contradicts its own place in the chain")]
    HeaderDiffers,
    /// The segment before this one is another than the header names.
    #[error("the segment before this one should be {name}")]
    PreviousSegmentDiffers {
        /// The file name in the header, or `none`.
        name: String,
    },
    /// The segment before this one is not in the folder.
    #[error("the segment before this one, {name}, is missing")]
    MissingSegment {
        /// Its file name.
        name: String,
    },
    /// The files before this one were removed for their age, as a record says that is signed by another key than the first that
    /// the journal names. Without keys from elsewhere only the first counts.
    #[error(
        "the files before this one were removed for their age, as a record under the key {key} says; no keys were given, so only \
         {counting} counts, which the journal names first: if both are yours, give both with --public-key, once for each"
    )]
    RemovedUnderAnotherKey {
        /// The key that signed the record.
        key: PublicKey,
        /// The key that counts.
        counting: PublicKey,
    },
    /// The signature is not that of the key which the segment names.
    #[error("the signature does not match: the record, or one before it, was changed by somebody without the key")]
    SignatureDiffers,
    /// There is a signature although the segment names no key.
    #[error("the record is signed, but the segment names no key")]
    SignatureWithoutKey,
    /// The segment was to be signed by one of the given keys, and names none of them.
    #[error("the segment is not signed by a key that was given")]
    KeyDiffers,
    /// The file's name is not the one the journal gave it.
    #[error("the file's name is not that of a segment which begins with this record")]
    NameDiffers,
}

/// A fault and its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// The line, from 1.
    pub(super) line: u64,
    /// The sequence number that the record claims, where it can be read.
    pub(super) sequence: Option<u64>,
    pub(super) fault: Fault,
}

/// What one segment holds.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Records that are right, up to the first problem.
    pub(super) records: u64,
    pub(super) header: Option<Header>,
    pub(super) first_sequence: Option<u64>,
    /// The last record that is right.
    pub(super) end: Option<ChainHead>,
    /// Where the line after the last right one begins, in bytes.
    pub(super) end_offset: u64,
    /// The last record with a signature that is right.
    pub(super) signed_through: Option<u64>,
    /// Lines after the last confirmed record.
    pub(super) unconfirmed: u64,
    pub(super) problem: Option<Problem>,
}

/// Reads a segment to its end or its first problem.
///
/// `follows` is the end of the segment before, where it is known. `confirmed_through` is the last durable record that
/// the recovery header of the next segment names: lines after it were never confirmed, and are only counted. Where
/// `trusted` are given, the segment has to name one of them. `seen` is given each record that is right.
pub(super) fn scan(
    mut reader: impl BufRead,
    follows: Option<ChainHead>,
    confirmed_through: Option<u64>,
    trusted: Option<&[PublicKey]>,
    seen: &mut dyn FnMut(&Map<String, Value>, ChainHead),
) -> io::Result<Scan> {
    let mut found = Scan::default();
    let mut head = follows;
    let mut line = Vec::new();
    for number in 1.. {
        if let (Some(last), Some(head)) = (confirmed_through, head)
            && head.sequence >= last
        {
            match count_lines(&mut reader) {
                Err(error) if is_of_the_decompressor(&error) => {
                    found.problem = Some(Problem { line: number, sequence: None, fault: Fault::NotDecompressed });
                }
                counted => found.unconfirmed = counted?,
            }
            break;
        }
        let judged = match read_line(&mut reader, &mut line)? {
            Line::Broken => Err((None, Fault::NotDecompressed)),
            Line::End if number == 1 => Err((None, Fault::NoHeader)),
            Line::End => break,
            Line::Torn => Err((None, Fault::TornLastLine)),
            Line::TooLong => Err((None, Fault::LineTooLong)),
            Line::Whole => check_line(&line).and_then(|record| {
                let sequence = Some(record.integrity.sequence);
                if number == 1 {
                    found.header = Header::of(&record.fields);
                    found.first_sequence = sequence;
                    check_header(&record, found.header.as_ref()).map_err(|fault| (sequence, fault))?;
                    check_key(found.header.as_ref(), trusted).map_err(|fault| (sequence, fault))?;
                }
                check_link(&record.integrity, head).map_err(|fault| (sequence, fault))?;
                if check_signature(&record.integrity, found.header.as_ref()).map_err(|fault| (sequence, fault))? {
                    found.signed_through = sequence;
                }
                seen(&record.fields, record.integrity.head());
                Ok(record.integrity.head())
            }),
        };
        match judged {
            Ok(reached) => {
                head = Some(reached);
                found.end = head;
                found.records += 1;
                found.end_offset += line.len() as u64;
            }
            Err((sequence, fault)) => {
                found.problem = Some(Problem { line: number, sequence, fault });
                break;
            }
        }
    }
    Ok(found)
}

/// The header of a segment, when its first line is a sound one.
pub(super) fn read_header(mut reader: impl BufRead) -> io::Result<Option<Header>> {
    let mut line = Vec::new();
    if !matches!(read_line(&mut reader, &mut line)?, Line::Whole) {
        return Ok(None);
    }
    let Ok(record) = check_line(&line) else { return Ok(None) };
    let header = Header::of(&record.fields);
    Ok(check_header(&record, header.as_ref()).is_ok().then_some(header).flatten())
}

/// The last record of a file that was ever confirmed, where the next sound header says that not all of them were.
///
/// A header that claims less than what came before this file is not believed: the chain then shows the contradiction.
pub(super) fn confirmed_through(later: &[Option<Header>], head: Option<ChainHead>) -> Option<u64> {
    let next = later.iter().flatten().next()?;
    let last = next.last_durable.sequence;
    (next.reason == Reason::Recovery && head.is_some_and(|head| last >= head.sequence)).then_some(last)
}

/// A line that is right on its own.
pub(super) struct Checked {
    pub(super) fields: Map<String, Value>,
    pub(super) integrity: Integrity,
}

/// Checks a line, ended by `\n`, on its own.
pub(super) fn check_line(line: &[u8]) -> Result<Checked, (Option<u64>, Fault)> {
    let mut fields: Map<String, Value> = serde_json::from_slice(line).map_err(|_| (None, Fault::NotJson))?;
    let integrity: Integrity = fields
        .remove(INTEGRITY)
        .and_then(|integrity| serde_json::from_value(integrity).ok())
        .ok_or((None, Fault::NoIntegrity))?;
    let sequence = Some(integrity.sequence);
    let follows = integrity.follows().ok_or((sequence, Fault::NoIntegrity))?;

    let mut expected = Vec::with_capacity(line.len());
    let sealed = seal(&mut expected, &fields, follows);
    if let Some(signature) = &integrity.signature {
        sealed.sign(&mut expected, signature);
    }
    if expected == line {
        return Ok(Checked { fields, integrity });
    }
    let content = &line[..line.len() - 1];
    let canonical = is_canonical(content, &fields, &integrity);
    Err((sequence, if canonical { Fault::HashDiffers } else { Fault::NotCanonical }))
}

fn check_header(record: &Checked, header: Option<&Header>) -> Result<(), Fault> {
    let header = header.ok_or(Fault::NoHeader)?;
    if record.integrity.follows() == Some(header.last_durable) { Ok(()) } else { Err(Fault::HeaderDiffers) }
}

fn check_key(header: Option<&Header>, trusted: Option<&[PublicKey]>) -> Result<(), Fault> {
    let named = header.and_then(|header| header.signing_key);
    match trusted {
        Some(trusted) if !named.is_some_and(|named| trusted.contains(&named)) => Err(Fault::KeyDiffers),
        _ => Ok(()),
    }
}

/// Whether the record has a signature, which then is right.
fn check_signature(integrity: &Integrity, header: Option<&Header>) -> Result<bool, Fault> {
    let Some(signature) = &integrity.signature else { return Ok(false) };
    let key = header.and_then(|header| header.signing_key).ok_or(Fault::SignatureWithoutKey)?;
    if key.has_signed(integrity.hash, signature) { Ok(true) } else { Err(Fault::SignatureDiffers) }
}

/// Whether the record follows `head`, where that is known.
pub(super) fn check_link(integrity: &Integrity, head: Option<ChainHead>) -> Result<(), Fault> {
    let Some(head) = head else { return Ok(()) };
    if integrity.sequence != head.sequence + 1 {
        return Err(Fault::SequenceDiffers { expected: head.sequence + 1 });
    }
    if integrity.previous_hash != head.hash {
        return Err(Fault::PreviousHashDiffers);
    }
    Ok(())
}

enum Line {
    Whole,
    Torn,
    TooLong,
    Broken,
    End,
}

fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Line> {
    line.clear();
    let read = match io::Read::take(&mut *reader, LONGEST_LINE as u64).read_until(b'\n', line) {
        Err(error) if is_of_the_decompressor(&error) => return Ok(Line::Broken),
        read => read?,
    };
    Ok(match line.last() {
        None => Line::End,
        Some(b'\n') => Line::Whole,
        Some(_) if read == LONGEST_LINE => Line::TooLong,
        Some(_) => Line::Torn,
    })
}

/// Whether it says that compressed data is broken; no file system answers so.
fn is_of_the_decompressor(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}

/// Counts what is left, a torn last line included, without keeping any of it.
fn count_lines(reader: &mut impl BufRead) -> io::Result<u64> {
    let mut lines = 0;
    let mut torn = false;
    loop {
        let buffer = reader.fill_buf()?;
        let Some(last) = buffer.last() else { return Ok(lines + u64::from(torn)) };
        torn = *last != b'\n';
        lines += buffer.iter().filter(|byte| **byte == b'\n').count() as u64;
        let read = buffer.len();
        reader.consume(read);
    }
}
