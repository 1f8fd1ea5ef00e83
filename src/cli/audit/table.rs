//! Records as a table that is readable at a glance.

use std::borrow::Cow;
use std::io::Write;
use std::ops::ControlFlow;

use anstyle::Style;

use super::sheet::Sheet;
use crate::audit::query::RecordView;
use crate::cli::out;
use crate::tools::text::visible;

const TITLES: [&str; COLUMNS] = ["record", "time", "stage", "caller", "tool", "decision", "resources"];
const COLUMNS: usize = 7;
/// The column that has a colour.
const DECISION: usize = 5;
/// How many rows are held back to find how wide the columns are.
const HELD: usize = 200;
/// The widest that a cell is, but for the last one's.
const WIDEST: usize = 28;
/// How many resources of a record are named.
const NAMED: usize = 2;

/// A table that is written row by row.
#[derive(Debug, Default)]
pub(super) struct Table {
    held: Vec<Row>,
    /// Known once rows were written.
    widths: Option<[usize; COLUMNS]>,
}

#[derive(Debug)]
struct Row {
    cells: [String; COLUMNS],
    style: Style,
}

impl Table {
    /// Adds a record; whether more are wanted.
    pub(super) fn add<W: Write>(&mut self, line: &str, sheet: &mut Sheet<W>) -> ControlFlow<()> {
        let Some(record) = RecordView::of(line) else { return ControlFlow::Continue(()) };
        let row = Row::of(&record);
        match &self.widths {
            Some(widths) => sheet.line(&row.shown(widths)),
            None => {
                self.held.push(row);
                if self.held.len() < HELD { ControlFlow::Continue(()) } else { self.settle(sheet) }
            }
        }
    }

    /// Writes what was held back.
    pub(super) fn settle<W: Write>(&mut self, sheet: &mut Sheet<W>) -> ControlFlow<()> {
        if self.widths.is_some() {
            return ControlFlow::Continue(());
        }
        let mut widths = TITLES.map(str::len);
        for (width, column) in widths.iter_mut().zip(0..) {
            let cells = self.held.iter().map(|row| row.cells[column].chars().count());
            *width = cells.fold(*width, usize::max).min(WIDEST);
        }
        self.widths = Some(widths);
        let titles = Row { cells: TITLES.map(str::to_owned), style: Style::new() };
        sheet.line(&out::styled(out::STRONG, titles.shown(&widths).as_str()))?;
        self.held.drain(..).try_for_each(|row| sheet.line(&row.shown(&widths)))
    }
}

impl Row {
    fn of(record: &RecordView<'_>) -> Self {
        let or_dash = |text: Option<&str>| text.map_or_else(|| "-".to_owned(), |text| cut(text, WIDEST));
        let (style, decision) = decision(record);
        Self {
            cells: [
                record.integrity.sequence.map_or_else(String::new, |sequence| sequence.to_string()),
                or_dash(record.time.get()),
                or_dash(record.stage.get()),
                or_dash(record.data.caller.name.get()),
                // What is about no tool says what it is about.
                or_dash(record.tool().or(record.event.get())),
                cut(&decision, WIDEST),
                resources(record),
            ],
            style,
        }
    }

    fn shown(&self, widths: &[usize; COLUMNS]) -> String {
        let mut shown = String::new();
        for (column, (cell, width)) in self.cells.iter().zip(widths).enumerate() {
            let blanks = if column + 1 == COLUMNS { 0 } else { width.saturating_sub(cell.chars().count()) + 2 };
            let cell = if column == DECISION { out::styled(self.style, cell) } else { cell.clone() };
            shown.push_str(&cell);
            shown.extend(std::iter::repeat_n(' ', blanks));
        }
        shown
    }
}

fn decision(record: &RecordView<'_>) -> (Style, Cow<'static, str>) {
    let effect = record.data.decision.effect.get();
    match (effect, record.error_code.get()) {
        (Some("deny"), Some(code)) => (out::BAD, format!("deny {code}").into()),
        (Some("deny"), None) => (out::BAD, "deny".into()),
        (_, Some(code)) if record.is_denied_by_aws() => (out::BAD, format!("AWS {code}").into()),
        (_, Some(code)) => (out::CAUTION, code.to_owned().into()),
        (Some("allow"), None) => (out::GOOD, "allow".into()),
        (_, None) => (Style::new(), "-".into()),
    }
}

/// The first resources, and how many more there are.
fn resources(record: &RecordView<'_>) -> String {
    let mut distinct: Vec<&str> = Vec::new();
    for resource in record.resources() {
        if !distinct.contains(&resource) {
            distinct.push(resource);
        }
    }
    let more = distinct.len().saturating_sub(NAMED);
    let mut named: Vec<String> = distinct.into_iter().take(NAMED).map(|resource| cut(resource, 256)).collect();
    if more > 0 {
        named.push(format!("+{more}"));
    }
    if named.is_empty() { "-".to_owned() } else { named.join(" ") }
}

/// The text as it can be shown, cut where it is too long.
pub(super) fn cut(text: &str, most: usize) -> String {
    // Of a text of megabytes only the beginning is looked at.
    let end = text.char_indices().nth(most + 1).map_or(text.len(), |(end, _)| end);
    let shown = visible(&text[..end]);
    match shown.char_indices().nth(most) {
        None => shown.into_owned(),
        Some(_) => shown.chars().take(most - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn shown(records: &[Value]) -> String {
        let mut written = Vec::new();
        let mut sheet = Sheet::on(&mut written);
        let mut table = Table::default();
        for record in records {
            assert!(table.add(&record.to_string(), &mut sheet).is_continue());
        }
        assert!(table.settle(&mut sheet).is_continue());
        sheet.end().unwrap();
        anstream::adapter::strip_str(&String::from_utf8(written).unwrap()).to_string()
    }

    #[test]
    fn columns_stand_below_each_other() {
        let record = |sequence: u64, caller: &str, code: Value| {
            json!({"eventTime": "2026-11-20T12:00:00.500Z", "stage": "read", "errorCode": code,
                "integrity": {"sequence": sequence}, "additionalEventData": {"tool": "get_user",
                "caller": {"name": caller}, "decision": {"effect": "allow"},
                "awsCalls": [{"resource": "a"}, {"resource": "a"}, {"resource": "b"}, {"resource": "c"}]}})
        };
        let shown = shown(&[record(9, "al", Value::Null), record(10, "alice", json!("NoSuchEntity"))]);
        let expected = "\
record  time                      stage  caller  tool      decision      resources
9       2026-11-20T12:00:00.500Z  read   al      get_user  allow         a b +1
10      2026-11-20T12:00:00.500Z  read   alice   get_user  NoSuchEntity  a b +1
";
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_decision_says_which_stage_denied() {
        let decided = |record: Value| decision(&RecordView::of(&record.to_string()).unwrap()).1.into_owned();
        let place = json!({"sequence": 1});
        for (data, code, expected) in [
            (json!({"decision": {"effect": "deny"}}), json!("ReadOnlyCaller"), "deny ReadOnlyCaller"),
            (
                json!({"decision": {"effect": "allow"}, "error": {"stage": "aws"}}),
                json!("AccessDenied"),
                "AWS AccessDenied",
            ),
            (json!({"decision": {"effect": "allow"}}), json!("Throttling"), "Throttling"),
            (json!({}), Value::Null, "-"),
        ] {
            let record = json!({"integrity": place, "errorCode": code, "additionalEventData": data});
            assert_eq!(decided(record), expected);
        }
    }

    #[test]
    fn hostile_text_is_shown_and_not_obeyed() {
        let hostile = "\u{1b}[2J\r\n\u{9b}31m\u{202e}\u{e0041}";
        let record = json!({"eventTime": hostile, "stage": hostile, "errorCode": hostile, "integrity": {"sequence": 1},
            "additionalEventData": {"tool": hostile, "caller": {"name": hostile},
            "awsCalls": [{"resource": hostile}]}});
        let shown = shown(&[record]);
        assert_eq!(shown.lines().count(), 2, "{shown}");
        assert!(shown.chars().all(|character| character == '\n' || !crate::hidden::is_hidden(character)), "{shown:?}");
        assert!(shown.contains("\\u{1b}[2J"), "{shown}");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(cut(&"x".repeat(30), 28), format!("{}…", "x".repeat(27)));
        assert_eq!(cut(&"x".repeat(28), 28), "x".repeat(28));
        assert_eq!(cut(&"\n".repeat(1_000_000), 5), "\\u{a…");
    }
}
