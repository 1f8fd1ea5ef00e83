//! Files in pieces, so that several threads can read one file.
//!
//! A line belongs to the piece that it begins in, and is read to its end there, however far behind the piece that is.
//! So every line is in exactly one piece, wherever a file is cut. A compressed file cannot be cut: it is one piece, of
//! which one thread makes text and another one reads it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use memchr::{memchr, memrchr};

use super::ahead::Ahead;
use super::lines::{Line, Lines};
use super::sources::Source;
use crate::audit::files::{is_compressed, open_either};
use crate::audit::scan::LONGEST_LINE;

/// How long the pieces of a file are, in bytes. Reading one takes a millisecond or less, so no thread waits long for
/// another, and a thousand records are in it, so what is done once for each does not count.
pub(super) const PIECE: u64 = 1024 * 1024;

/// How much is read at once behind a piece's end: most lines end soon.
const BEHIND: usize = 16 * 1024;

/// How much is read at once where the first line of a piece is looked for, or the last one of a file.
const BEFORE: usize = 8 * 1024;

/// A part of a file, or all of it.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub(super) source: &'a Source,
    /// Whether the file begins with it.
    pub(super) is_first: bool,
    part: Option<Part>,
}

/// A part of an open file. The last one has no end, for the file may still be written.
#[derive(Debug)]
struct Part {
    file: Arc<File>,
    range: Range<u64>,
}

/// The pieces of a file, each `size` bytes long. What cannot be opened, or is no regular file, is one piece: reading
/// that says what is wrong.
///
/// Every line that begins in a piece which is not the last one has its end already. So all that is written meanwhile is
/// in the last one, and no reader finds a line whose end it does not see yet while another finds the ones behind it.
pub(super) fn pieces(source: &Source, size: u64) -> impl DoubleEndedIterator<Item = Piece<'_>> {
    let (file, count) = match open_to_cut(source, size) {
        Some((file, ended)) => (Some(Arc::new(file)), ended.div_ceil(size)),
        None => (None, 1),
    };
    (0..count).map(move |number| {
        let end = if number + 1 < count { (number + 1) * size } else { u64::MAX };
        let part = file.clone().map(|file| Part { file, range: number * size..end });
        Piece { source, is_first: number == 0, part }
    })
}

/// A file that is worth cutting, and where its last line ends.
fn open_to_cut(source: &Source, size: u64) -> Option<(File, u64)> {
    let worth_it = |about: &fs::Metadata| about.is_file() && about.len() > size;
    // It is looked at first, because opening what is no file may wait.
    if is_compressed(&source.path.to_string_lossy()) || !source.path.metadata().is_ok_and(|about| worth_it(&about)) {
        return None;
    }
    let file = File::open(&source.path).ok()?;
    let about = file.metadata().ok().filter(worth_it)?;
    let ended = end_of_lines(&file, about.len()).ok().filter(|ended| *ended > size)?;
    Some((file, ended))
}

/// Where the last line that has an end ends, of what is before `length`. Where more than the longest line follows that,
/// it is `length`: what is under way there is no record, whoever sees its end. Of a file that is one line under way, zero.
fn end_of_lines(file: &File, length: u64) -> io::Result<u64> {
    let lowest = length.saturating_sub(LONGEST_LINE as u64);
    let (mut block, mut end) = ([0; BEFORE], length);
    while end > lowest {
        let start = end.saturating_sub(BEFORE as u64).max(lowest);
        let block = &mut block[..usize::try_from(end - start).unwrap_or(BEFORE)];
        file.read_exact_at(block, start)?;
        if let Some(found) = memrchr(b'\n', block) {
            return Ok(start + found as u64 + 1);
        }
        end = start;
    }
    Ok(if lowest > 0 { length } else { 0 })
}

impl Piece<'_> {
    /// Opens the piece, to read its lines.
    pub(super) fn lines(&self) -> io::Result<PieceLines> {
        let Some(part) = &self.part else {
            let whole = open_either(&self.source.path)?;
            let is_compressed = is_compressed(&self.source.path.to_string_lossy());
            let reader: Box<dyn Read + Send> = if is_compressed { Box::new(Ahead::of(whole)?) } else { whole };
            return Ok(PieceLines { lines: Lines::of(reader), length: u64::MAX });
        };
        // Without a line that begins in it, it is empty.
        let start = part.first_line()?.unwrap_or(part.range.end);
        let length = part.range.end - start;
        let reader = PartReader { file: Arc::clone(&part.file), at: start, end: part.range.end };
        Ok(PieceLines { lines: Lines::of(Box::new(reader)), length })
    }
}

impl Part {
    /// Where the first line begins that begins in the range.
    fn first_line(&self) -> io::Result<Option<u64>> {
        let Range { start, end } = self.range;
        // A line begins where one before it has its end.
        let Some(mut at) = start.checked_sub(1) else { return Ok(Some(0)) };
        let mut reader = PartReader { file: Arc::clone(&self.file), at, end: end - 1 }.take(end - 1 - at);
        let mut block = [0; BEFORE];
        loop {
            let read = match reader.read(&mut block) {
                Ok(0) => return Ok(None),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if let Some(found) = memchr(b'\n', &block[..read]) {
                return Ok(Some(at + found as u64 + 1));
            }
            at += read as u64;
        }
    }
}

/// Reads a file that others read, too, from its own place on; in small blocks once it is behind `end`.
#[derive(Debug)]
struct PartReader {
    file: Arc<File>,
    at: u64,
    end: u64,
}

impl Read for PartReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = if left > 0 { left } else { BEHIND }.min(buffer.len());
        let read = self.file.read_at(&mut buffer[..wanted], self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// The lines that begin in a piece.
pub(super) struct PieceLines {
    lines: Lines<Box<dyn Read + Send>>,
    /// How far behind the first line others may begin.
    length: u64,
}

impl PieceLines {
    /// The next line that has an end; none when the piece has no more.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        if self.is_over() { Ok(None) } else { self.lines.next() }
    }

    /// Whether a line begins in the piece that has no end, when there are no more that have one.
    pub(super) fn is_torn(&self) -> bool {
        !self.is_over() && self.lines.is_torn()
    }

    fn is_over(&self) -> bool {
        self.lines.passed() >= self.length
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The lines of each piece of a file with this text, `None` for one that is too long; and how many pieces end torn.
    fn cut(text: &[u8], size: u64) -> (Vec<Vec<Option<String>>>, usize) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        let source = Source { path: file.path().to_owned(), confirmed_through: None };
        let read: Vec<_> = pieces(&source, size).map(|piece| lines_of(&piece)).collect();
        let torn = read.iter().filter(|(_, torn)| *torn).count();
        (read.into_iter().map(|(lines, _)| lines).collect(), torn)
    }

    /// The lines of a piece, and whether it ends torn.
    fn lines_of(piece: &Piece<'_>) -> (Vec<Option<String>>, bool) {
        let mut lines = piece.lines().unwrap();
        let mut read = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            read.push(match line {
                Line::Whole(line) => Some(String::from_utf8(line.to_vec()).unwrap()),
                Line::TooLong => None,
            });
        }
        (read, lines.is_torn())
    }

    fn whole(pieces: &[&[&str]]) -> Vec<Vec<Option<String>>> {
        pieces.iter().map(|lines| lines.iter().map(|line| Some((*line).to_owned())).collect()).collect()
    }

    #[test]
    fn a_line_belongs_to_the_piece_that_it_begins_in() {
        assert_eq!(cut(b"abcdef\ngh\nij\n", 4), (whole(&[&["abcdef"], &["gh"], &["ij"], &[]]), 0));
        assert_eq!(cut(b"abc\ndef\n", 4), (whole(&[&["abc"], &["def"]]), 0), "one that begins where a piece does");
        assert_eq!(cut(b"ab\n\n\ncd\n", 3), (whole(&[&["ab"], &["", "", "cd"], &[]]), 0), "empty ones");
    }

    #[test]
    fn a_line_longer_than_pieces_is_read_once_and_the_pieces_in_it_are_empty() {
        assert_eq!(cut(b"a\nbcdefghijkl\nm\n", 3), (whole(&[&["a", "bcdefghijkl"], &[], &[], &[], &["m"], &[]]), 0));
    }

    #[test]
    fn an_end_of_two_characters_may_be_cut_apart() {
        for size in 1..12 {
            let (read, torn) = cut(b"ab\r\n\r\ncd\r\n", size);
            assert_eq!((read.concat(), torn), (whole(&[&["ab\r", "\r", "cd\r"]]).concat(), 0), "{size}");
        }
    }

    #[test]
    fn a_last_line_without_an_end_is_torn_once() {
        assert_eq!(cut(b"a\nbcdefgh", 1), (whole(&[&["a"], &[]]), 1), "it is the last piece's, however long");
        assert_eq!(cut(b"abc\ndefg\nh", 4), (whole(&[&["abc"], &["defg"], &[]]), 1));
    }

    #[test]
    fn a_line_that_is_too_long_is_counted_where_it_begins_even_if_it_has_no_end() {
        let long = vec![b'x'; 9 * 1024 * 1024];
        let (read, torn) = cut(&[b"a\n", &long[..], b"\nb\n"].concat(), PIECE);
        assert_eq!(
            (&read[0], read.concat(), torn),
            (&vec![Some("a".into()), None], vec![Some("a".into()), None, Some("b".into())], 0)
        );
        let (read, torn) = cut(&[b"a\n", &long[..]].concat(), PIECE);
        assert_eq!((read.concat(), torn), (vec![Some("a".into())], 1));
    }

    #[test]
    fn what_is_written_while_a_file_is_read_is_in_its_last_piece() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), b"abc\ndef\ng").unwrap();
        let source = Source { path: file.path().to_owned(), confirmed_through: None };
        let pieces: Vec<Piece<'_>> = pieces(&source, 4).collect();
        fs::write(file.path(), b"abc\ndef\nghi\njkl\n").unwrap();
        let (read, torn) = lines_of(pieces.last().unwrap());
        assert_eq!((pieces.len(), read, torn), (2, whole(&[&["def", "ghi", "jkl"]]).concat(), false));
    }

    #[test]
    fn a_line_under_way_is_not_found_missing_before_those_behind_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), b"abc\ndefg").unwrap();
        let source = Source { path: file.path().to_owned(), confirmed_through: None };
        let pieces: Vec<Piece<'_>> = pieces(&source, 2).collect();
        let (last, earlier) = pieces.split_last().unwrap();
        let mut read: Vec<_> = earlier.iter().flat_map(|piece| lines_of(piece).0).collect();
        fs::write(file.path(), b"abc\ndefghi\njk\n").unwrap();
        read.extend(lines_of(last).0);
        assert_eq!(read, whole(&[&["abc", "defghi", "jk"]]).concat());
    }

    #[test]
    fn a_file_that_became_shorter_is_read_as_it_is() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), b"abc\ndef\nghi\njkl\n").unwrap();
        let source = Source { path: file.path().to_owned(), confirmed_through: None };
        let pieces: Vec<Piece<'_>> = pieces(&source, 4).collect();
        fs::write(file.path(), b"abc\nde").unwrap();
        let read: Vec<_> = pieces.iter().map(lines_of).collect();
        let torn: Vec<bool> = read.iter().map(|(_, torn)| *torn).collect();
        assert_eq!(read[0].0, whole(&[&["abc"]]).concat());
        assert_eq!((&torn[..], read[1].0.len()), (&[false, true, false, false][..], 0));
    }

    proptest! {
        #[test]
        fn every_line_is_in_one_piece_wherever_a_file_is_cut(text in "[ab\r\n]{0,60}", size in 1u64..70) {
            let (read, torn) = cut(text.as_bytes(), size);
            let (expected, expected_torn) = cut(text.as_bytes(), u64::MAX);
            prop_assert_eq!(read.concat(), expected.concat());
            prop_assert_eq!(torn, expected_torn);
        }

        #[test]
        fn a_file_that_grows_while_it_is_read_gives_lines_without_a_gap(
            before in "([ab]{0,9}\n){0,3}[ab]{1,9}",
            after in "([ab]{0,3}\n){1,3}",
            size in 1u64..6,
            when in 0usize..12,
        ) {
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(file.path(), &before).unwrap();
            let source = Source { path: file.path().to_owned(), confirmed_through: None };
            let all = before.clone() + &after;
            let mut read = Vec::new();
            for (number, piece) in pieces(&source, size).enumerate() {
                if number == when {
                    fs::write(file.path(), &all).unwrap();
                }
                read.extend(lines_of(&piece).0.into_iter().flatten());
            }
            let ended = |text: &str| -> Vec<String> {
                let lines = text.split_inclusive('\n');
                lines.filter_map(|line| Some(line.strip_suffix('\n')?.to_owned())).collect()
            };
            prop_assert!(ended(&all).starts_with(&read), "{read:?}");
            prop_assert!(read.starts_with(&ended(&before)), "{read:?}");
        }
    }
}
