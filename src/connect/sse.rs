//! Server-sent events, as far as MCP's Streamable HTTP uses them: what an event's data is.
//!
//! The WHATWG HTML standard, section 9.2.6: lines end with CR, LF or both; a line that begins with a colon is a comment;
//! several `data` lines are joined by line ends; an empty line ends the event. What is left of a stream that breaks off is
//! no event.

/// Takes a stream apart, however it is cut into chunks.
#[derive(Debug)]
pub struct Parser {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    /// The last byte was a CR, so that an LF that follows ends no line of its own.
    after_cr: bool,
    at_start: bool,
    most: usize,
}

/// An event, or a line of one, is longer than is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is longer than {0} bytes")]
pub struct TooLong(usize);

impl Parser {
    /// One whose events have at most `most` bytes.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { line: Vec::new(), data: Vec::new(), has_data: false, after_cr: false, at_start: true, most }
    }

    /// Takes the next chunk; the data of each event that it ends, in order. Events without data are left out.
    ///
    /// # Errors
    /// When an event is too long. The parser is of no use then.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<String>, TooLong> {
        let mut events = Vec::new();
        let mut rest = chunk;
        while let Some(&first) = rest.first() {
            if std::mem::take(&mut self.after_cr) && first == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let end = memchr::memchr2(b'\r', b'\n', rest);
            let piece = &rest[..end.unwrap_or(rest.len())];
            if self.line.len() + self.data.len() + piece.len() > self.most {
                return Err(TooLong(self.most));
            }
            self.line.extend_from_slice(piece);
            let Some(end) = end else { break };
            self.after_cr = rest[end] == b'\r';
            rest = &rest[end + 1..];
            events.extend(self.end_line());
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        let line = match std::mem::take(&mut self.at_start) {
            true => line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line),
            false => &line[..],
        };
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            return std::mem::take(&mut self.has_data)
                .then(|| String::from_utf8_lossy(&data).into_owned())
                .filter(|data| !data.is_empty());
        }
        let colon = memchr::memchr(b':', line).unwrap_or(line.len());
        // Every other field (event, id, retry, comments) says nothing that a message does not say itself.
        if &line[..colon] == b"data" {
            let value = line.get(colon + 1..).unwrap_or_default();
            if std::mem::replace(&mut self.has_data, true) {
                self.data.push(b'\n');
            }
            self.data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn events(chunks: &[&[u8]]) -> Vec<String> {
        let mut parser = Parser::new(1000);
        chunks.iter().flat_map(|chunk| parser.push(chunk).unwrap()).collect()
    }

    #[test]
    fn each_form_of_line_end_ends_a_line() {
        for end in ["\n", "\r", "\r\n"] {
            let stream = ["data: a", "data:b", "", "data:  c", "", ""].join(end);
            assert_eq!(events(&[stream.as_bytes()]), ["a\nb", " c"], "{end:?}");
        }
    }

    #[test]
    fn what_is_no_data_is_left_out() {
        let stream =
            "\u{feff}: comment\nevent: message\nid: 7\nretry: 5\ndata: a\ndatum: b\n\ndata\n\n: ping\n\ndata: cut off";
        assert_eq!(events(&[stream.as_bytes()]), ["a"]);
    }

    #[test]
    fn a_line_end_that_is_cut_in_two_is_one() {
        assert_eq!(events(&[b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n"]), ["a\nb"]);
        assert_eq!(events(&[b"data: a\r", b"\r", b"data: b\n\n"]), ["a", "b"]);
    }

    #[test]
    fn what_never_ends_is_not_kept() {
        let mut parser = Parser::new(8);
        assert_eq!(parser.push(b"data: a\n\n"), Ok(vec!["a".to_owned()]));
        assert_eq!(parser.push(b": 345678"), Ok(vec![]));
        assert_eq!(parser.push(b"9"), Err(TooLong(8)));
        let mut parser = Parser::new(20);
        let lines = std::iter::repeat_n(&b"data: ab\n"[..], 9);
        assert!(lines.map(|line| parser.push(line)).any(|pushed| pushed == Err(TooLong(20))), "joined data is bounded");
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_a_stream_is_cut(
            datas in proptest::collection::vec("[a-z:é ]{1,12}(\n[a-z: ]{0,8}){0,2}", 0..6),
            ends in proptest::collection::vec(0..3usize, 64),
            cuts in proptest::collection::vec(0..200usize, 0..20),
        ) {
            let mut ends = ends.into_iter().map(|end| ["\n", "\r", "\r\n"][end]).cycle();
            let mut stream = String::new();
            for data in &datas {
                for line in data.split('\n') {
                    // A comment between two lines, too; a CR must not be followed by another line's LF.
                    stream.push_str(&format!("data: {line}{}: x\r\n", ends.next().unwrap()));
                }
                stream.push_str("\r\n");
            }
            let bytes = stream.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(events(&chunks), datas);
        }

        #[test]
        fn no_stream_makes_it_fail_but_by_length(stream in proptest::collection::vec(any::<u8>(), 0..400)) {
            let whole = events(&[&stream]);
            let bytewise: Vec<&[u8]> = stream.chunks(1).collect();
            prop_assert_eq!(events(&bytewise), whole);
        }
    }
}
