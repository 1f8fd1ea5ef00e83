//! Where statements stand in the text of a document, as the simulator tells it.
//!
//! Lines and columns count from 1. A statement begins behind what comes before it (the bracket of the list, the comma
//! or the colon) and ends behind its own last brace. That is how AWS answers: in its AdministratorAccess, whose third line is
//! `  "Statement": [`, the statement begins at line 3, column 17, and ends at line 8, column 6.

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// The statements' begins and ends, in their order. The text is a policy document that could be read.
pub(super) fn of_statements(text: &str) -> Vec<(Position, Position)> {
    let mut scan = Scan { text, found: Vec::new(), depth: 0, within: None, name: String::new(), begin: 0 };
    scan.run();
    scan.found.into_iter().map(|(begin, end)| (position(text, begin), position(text, end))).collect()
}

/// A walk through the text, from one bracket, comma, colon or string to the next.
struct Scan<'a> {
    text: &'a str,
    found: Vec<(usize, usize)>,
    depth: usize,
    /// The depth at which the braces of statements are, within the element `Statement`.
    within: Option<usize>,
    /// The last string at the depth of the document's own elements.
    name: String,
    /// Behind what comes before the next statement.
    begin: usize,
}

impl Scan<'_> {
    fn run(&mut self) {
        let mut at = 0;
        while let Some(offset) = self.text[at..].find(['"', '{', '}', '[', ']', ':', ',']) {
            let token = at + offset;
            at = token + 1;
            match self.text.as_bytes()[token] {
                b'"' => {
                    at = end_of_string(self.text, token);
                    if self.depth == 1 {
                        self.name = serde_json::from_str(&self.text[token..at]).unwrap_or_default();
                    }
                }
                b'{' => self.depth += 1,
                b'[' => {
                    self.depth += 1;
                    if self.within == Some(2) && self.depth == 2 {
                        (self.within, self.begin) = (Some(3), at);
                    }
                }
                b'}' | b']' => {
                    if self.within == Some(self.depth) {
                        self.found.push((self.begin, at));
                    }
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth <= 1 {
                        self.within = None;
                    }
                }
                b':' if self.depth == 1 && self.name == "Statement" => (self.within, self.begin) = (Some(2), at),
                b',' if self.within == Some(self.depth + 1) => self.begin = at,
                _ => {}
            }
        }
    }
}

/// Behind the quote that ends the string that begins at `begin`.
fn end_of_string(text: &str, begin: usize) -> usize {
    let mut escaped = false;
    let ends = |byte: u8| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    };
    text.as_bytes()[begin + 1..].iter().copied().position(ends).map_or(text.len(), |length| begin + length + 2)
}

fn position(text: &str, offset: usize) -> Position {
    let before = &text[..offset];
    let line_begin = before.rfind('\n').map_or(0, |newline| newline + 1);
    Position { line: before.matches('\n').count() + 1, column: before[line_begin..].chars().count() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(text: &str) -> Vec<[usize; 4]> {
        let of = |(begin, end): (Position, Position)| [begin.line, begin.column, end.line, end.column];
        of_statements(text).into_iter().map(of).collect()
    }

    #[test]
    fn positions_are_those_that_aws_tells() {
        let administrator = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \
                             \"Action\": \"*\",\n      \"Resource\": \"*\"\n    }\n  ]\n}";
        assert_eq!(positions(administrator), [[3, 17, 8, 6]]);
        let in_a_line = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"a:b","Resource":"*"}]}"#;
        assert_eq!(positions(in_a_line), [[1, 38, 1, 85]]);
    }

    #[test]
    fn brackets_in_texts_and_conditions_are_not_those_of_statements() {
        let text = r#"{"Id":"}]{\"","Statement":[{"Sid":"[{,:","C":{"a":["x",{"y":1}]}}, {"Sid":"b"}],"Version":"x"}"#;
        let found = positions(text);
        assert_eq!(found.len(), 2);
        assert_eq!(&text[found[0][1] - 1..found[0][3] - 1], r#"{"Sid":"[{,:","C":{"a":["x",{"y":1}]}}"#);
        assert_eq!(&text[found[1][1] - 1..found[1][3] - 1], r#" {"Sid":"b"}"#);
    }

    #[test]
    fn a_statement_without_a_list_begins_behind_the_colon() {
        assert_eq!(positions(r#"{"Statement":{"Effect":"Allow","Action":["a:b"]},"Id":"x"}"#), [[1, 14, 1, 49]]);
    }
}
