//! The tables in docs/scaling.md, each between two comments: `<!-- NAME -->` and `<!-- end -->`.

use crate::inputs::{ROWS, Source};
use crate::tables::Table;

const END: &str = "<!-- end -->";

/// The document with these tables in it.
///
/// # Errors
/// Which table has no place in it.
pub(crate) fn with_tables(document: &str, tables: &[Table]) -> Result<String, String> {
    let mut text = document.to_owned();
    for table in tables {
        let (from, to) = place(&text, table)?;
        text.replace_range(from..to, &table.text);
    }
    Ok(text)
}

/// Which tables the document has otherwise, with the first line that differs.
pub(crate) fn differences(document: &str, tables: &[Table]) -> Vec<String> {
    let mut found = Vec::new();
    for table in tables {
        match place(document, table) {
            Ok((from, to)) if document[from..to] == table.text => {}
            Ok((from, to)) => {
                let mut lines = document[from..to].lines();
                let differs = table.text.lines().find(|line| lines.next() != Some(*line)).unwrap_or("(fewer lines)");
                found.push(format!("the table {} is another one now: {differs}", table.name));
            }
            Err(why) => found.push(why),
        }
    }
    found
}

fn place(document: &str, table: &Table) -> Result<(usize, usize), String> {
    let begin = format!("<!-- {} -->\n", table.name);
    let missing = || format!("the document has no place for the table {}: {begin}{END}", table.name);
    let from = document.find(&begin).ok_or_else(missing)? + begin.len();
    let to = document[from..].find(END).ok_or_else(missing)?;
    Ok((from, from + to))
}

/// Which inputs are not what the documents say that they are from: figures that were measured anew, defaults that were changed.
pub(crate) fn outdated(performance: &str, configuration: &str) -> Vec<String> {
    let mut found = Vec::new();
    for row in ROWS {
        match row.source {
            Source::Measured(words) if !performance.contains(words) => {
                found.push(format!("docs/performance.md does not say \"{words}\" any more: {}", row.name));
            }
            Source::Setting(key) => {
                let key = key.rsplit('.').next().unwrap_or(key);
                let line = format!("| `{key}` | `{}`", row.value);
                if !configuration.lines().any(|is| is.starts_with(&line)) {
                    found.push(format!("docs/configuration.md does not say {line}: {}", row.name));
                }
            }
            _ => {}
        }
    }
    found
}
