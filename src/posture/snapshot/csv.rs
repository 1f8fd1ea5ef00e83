//! Tables as AWS writes them: RFC 4180, with lines that may end in a line feed alone.

/// What is wrong with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CsvFault {
    /// A quote that nothing closes.
    #[error("a quote in line {0} is never closed")]
    Open(usize),
    /// A quote within a cell that does not begin with one, or something between a closing quote and the next comma.
    #[error("a quote in line {0} stands where none may")]
    Stray(usize),
}

/// The lines of a table, cell by cell; empty lines are none. Lines are counted from 1.
///
/// # Errors
/// When quotes are not as they must be, so that nobody can say where cells end.
pub(super) fn lines(text: &str) -> Result<Vec<(usize, Vec<String>)>, CsvFault> {
    let mut reader = Reader { rest: text, line: 1 };
    let mut lines = Vec::new();
    while !reader.rest.is_empty() {
        let (number, cells) = (reader.line, reader.line()?);
        if cells != [""] {
            lines.push((number, cells));
        }
    }
    Ok(lines)
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

/// What stands behind a cell.
enum Behind {
    Comma,
    End,
}

impl<'a> Reader<'a> {
    fn line(&mut self) -> Result<Vec<String>, CsvFault> {
        let mut cells = Vec::new();
        loop {
            let (cell, behind) = self.cell()?;
            cells.push(cell);
            if let Behind::End = behind {
                return Ok(cells);
            }
        }
    }

    fn cell(&mut self) -> Result<(String, Behind), CsvFault> {
        if let Some(quoted) = self.rest.strip_prefix('"') {
            self.rest = quoted;
            let cell = self.quoted()?;
            let line = self.line;
            let (left, behind) = self.plain();
            return if left.is_empty() { Ok((cell, behind)) } else { Err(CsvFault::Stray(line)) };
        }
        let line = self.line;
        let (cell, behind) = self.plain();
        if cell.contains('"') { Err(CsvFault::Stray(line)) } else { Ok((cell.to_owned(), behind)) }
    }

    /// What comes before the closing quote; two quotes are one of the text.
    fn quoted(&mut self) -> Result<String, CsvFault> {
        let (opened, mut cell) = (self.line, String::new());
        loop {
            let (before, behind) = self.rest.split_once('"').ok_or(CsvFault::Open(opened))?;
            self.line += before.matches('\n').count();
            cell.push_str(before);
            match behind.strip_prefix('"') {
                Some(behind) => {
                    cell.push('"');
                    self.rest = behind;
                }
                None => {
                    self.rest = behind;
                    return Ok(cell);
                }
            }
        }
    }

    /// What comes before the next comma, or before the line's end.
    fn plain(&mut self) -> (&'a str, Behind) {
        let end = self.rest.find([',', '\n']).unwrap_or(self.rest.len());
        let (cell, behind) = self.rest.split_at(end);
        if let Some(behind) = behind.strip_prefix(',') {
            self.rest = behind;
            return (cell, Behind::Comma);
        }
        self.rest = behind.strip_prefix('\n').unwrap_or(behind);
        self.line += 1;
        (cell.strip_suffix('\r').unwrap_or(cell), Behind::End)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells(text: &str) -> Result<Vec<Vec<String>>, CsvFault> {
        Ok(lines(text)?.into_iter().map(|(_, cells)| cells).collect())
    }

    #[test]
    fn cells_end_at_commas_and_lines_at_line_feeds() {
        for text in ["a,b\nc,\n", "a,b\r\nc,\r\n", "a,b\n\n\nc,", "\"a\",\"b\"\r\n\"c\",\"\""] {
            assert_eq!(cells(text).unwrap(), [["a", "b"], ["c", ""]], "{text:?}");
        }
        assert_eq!(cells("").unwrap(), Vec::<Vec<String>>::new());
    }

    #[test]
    fn quotes_hold_commas_line_feeds_and_quotes() {
        assert_eq!(cells("\"a,b\",\"c\"\"d\",\"e\nf\"\ng").unwrap(), [vec!["a,b", "c\"d", "e\nf"], vec!["g"]]);
        let numbers: Vec<usize> = lines("a\n\n\"e\nf\"\ng").unwrap().into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, [1, 3, 5]);
    }

    #[test]
    fn quotes_where_none_may_be_are_faults() {
        for (text, fault) in [
            ("a\n\"b", CsvFault::Open(2)),
            ("\"", CsvFault::Open(1)),
            ("a\nb\"c\n", CsvFault::Stray(2)),
            ("\"a\"b,c", CsvFault::Stray(1)),
        ] {
            assert_eq!(cells(text), Err(fault), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_another_writer_wrote_is_read_as_it_was(
            table in (1usize..4).prop_flat_map(|width| {
                prop::collection::vec(prop::collection::vec("[a,\"\r\n é]{0,6}", width), 1..6)
            })
        ) {
            let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
            for line in &table {
                writer.write_record(line).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let expected: Vec<Vec<String>> = table.into_iter().filter(|line| *line != [""]).collect();
            prop_assert_eq!(cells(&text).unwrap(), expected);
        }

        #[test]
        fn no_text_is_too_odd(text in "[a,\"\r\n]{0,40}") {
            let _read = lines(&text);
        }
    }
}
