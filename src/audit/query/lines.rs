//! The lines of a file, one after another, in memory bounded by the longest.

use std::io::{self, Read};

use memchr::memchr;

use crate::audit::scan::LONGEST_LINE;

/// What is read at once.
const BLOCK: usize = 256 * 1024;

/// A line that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Without its end.
    Whole(&'a [u8]),
    /// Longer than any that the journal writes; its bytes were not kept.
    TooLong,
}

/// Reads lines. At the end of what is there it can be asked again, for a file that is still written.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Where the last line that was given begins in the buffer.
    given: usize,
    /// Where the next line begins in the buffer.
    start: usize,
    /// Where what was read ends.
    filled: usize,
    /// Where the line under way begins, counted from where reading began.
    passed: u64,
    /// How many bytes of it were thrown away, because it is too long.
    dropped: u64,
    longest: usize,
}

impl<R: Read> Lines<R> {
    pub(super) fn of(reader: R) -> Self {
        Self::bounded(reader, BLOCK, LONGEST_LINE)
    }

    fn bounded(reader: R, block: usize, longest: usize) -> Self {
        Self { reader, buffer: vec![0; block], given: 0, start: 0, filled: 0, passed: 0, dropped: 0, longest }
    }

    /// The next line that has an end; none while there is no more.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let mut searched = self.start;
        let end = loop {
            if let Some(at) = memchr(b'\n', &self.buffer[searched..self.filled]) {
                break searched + at;
            }
            match self.fill()? {
                Some(new) => searched = new,
                None => return Ok(None),
            }
        };
        let line = self.start..end;
        self.given = self.start;
        self.start = end + 1;
        let dropped = std::mem::take(&mut self.dropped);
        self.passed += dropped + line.len() as u64 + 1;
        let too_long = dropped > 0 || line.len() >= self.longest;
        Ok(Some(if too_long { Line::TooLong } else { Line::Whole(&self.buffer[line]) }))
    }

    /// Puts back the line that was given last: it is the next one again. Not of one that was too long, whose bytes are gone.
    pub(super) fn put_back(&mut self) {
        self.passed -= (self.start - self.given) as u64;
        self.start = self.given;
    }

    /// How many bytes the lines had that were read so far, with their ends.
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    /// Whether something stands after the last line's end.
    pub(super) fn is_torn(&self) -> bool {
        self.dropped > 0 || self.start < self.filled
    }

    /// Moves what is kept to the buffer's beginning and reads more; where that begins, if there was more.
    fn fill(&mut self) -> io::Result<Option<usize>> {
        self.buffer.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        self.start = 0;
        self.given = 0;
        if self.filled >= self.longest {
            self.dropped += self.filled as u64;
            self.filled = 0;
        }
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.filled..]) {
                Ok(0) => return Ok(None),
                Ok(read) => {
                    let new = self.filled;
                    self.filled += read;
                    return Ok(Some(new));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &[u8], block: usize, longest: usize) -> (Vec<Option<Vec<u8>>>, bool) {
        let mut lines = Lines::bounded(text, block, longest);
        let mut read = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            read.push(match line {
                Line::Whole(line) => Some(line.to_vec()),
                Line::TooLong => None,
            });
        }
        (read, lines.is_torn())
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_and_never_held() {
        let text = [&b"a\n"[..], &[b'x'; 100], b"\nb\n", &[b'y'; 50]].concat();
        let (read, torn) = all(&text, 4, 20);
        assert_eq!(read, [Some(b"a".to_vec()), None, Some(b"b".to_vec())]);
        assert!(torn);
        let mut lines = Lines::bounded(&text[..], 4, 20);
        while lines.next().unwrap().is_some() {}
        assert_eq!(lines.passed(), text.len() as u64 - 50);
        assert!(lines.buffer.len() <= 40, "{}", lines.buffer.len());
    }

    #[test]
    fn a_line_that_was_put_back_comes_again() {
        let mut lines = Lines::bounded(&b"ab\ncd\nef"[..], 4, 20);
        for line in [&b"ab"[..], b"cd"] {
            assert_eq!(lines.next().unwrap(), Some(Line::Whole(line)));
            let passed = lines.passed();
            lines.put_back();
            assert_eq!(lines.next().unwrap(), Some(Line::Whole(line)));
            assert_eq!(lines.passed(), passed);
        }
        assert_eq!(lines.next().unwrap(), None);
        assert!(lines.is_torn(), "what has no end yet is still there");
    }

    proptest! {
        #[test]
        fn lines_are_what_stands_between_ends(text in "[ab\n]{0,80}", block in 1usize..9) {
            let (read, torn) = all(text.as_bytes(), block, 1000);
            let read: Vec<String> = read.into_iter().map(|line| String::from_utf8(line.unwrap()).unwrap()).collect();
            let mut expected: Vec<&str> = text.split('\n').collect();
            let rest = expected.pop().unwrap();
            prop_assert_eq!(read, expected);
            prop_assert_eq!(torn, !rest.is_empty());
        }
    }
}
