//! A record as a line of CSV (RFC 4180).

use std::fmt::Write as _;

use serde_json::Value;

use crate::audit::query::RecordView;
use crate::tools::text::visible;

/// Where a cell's text comes from.
enum From {
    /// This place of the record (RFC 6901). What is no text stands there as JSON.
    Place(&'static str),
    /// Several places, each text once.
    Texts(for<'a> fn(&'a RecordView<'_>) -> Vec<&'a str>),
}

/// The columns: name, what is in it, and where it comes from.
const COLUMNS: [(&str, &str, From); 27] = [
    ("time", "when it happened, in UTC", From::Place("/eventTime")),
    ("sequence", "the record's number in the chain", From::Place("/integrity/sequence")),
    ("stage", "what the record is about", From::Place("/stage")),
    ("event", "what happened: CallTool, ReadResource or Complete for calls", From::Place("/eventName")),
    ("caller_kind", "how the caller proved who it is", From::Place("/additionalEventData/caller/kind")),
    ("caller", "the caller's name", From::Place("/additionalEventData/caller/name")),
    ("person", "the person behind the caller", From::Place("/additionalEventData/caller/person")),
    ("source_ip", "the client's address", From::Place("/sourceIPAddress")),
    ("user_agent", "what the client calls itself", From::Place("/userAgent")),
    ("tool", "the tool", From::Place("/additionalEventData/tool")),
    ("effect", "read, write, destructive or grant", From::Place("/additionalEventData/effect")),
    ("arguments", "the tool's arguments, as JSON", From::Place("/requestParameters/params/arguments")),
    ("environment", "the environment", From::Place("/additionalEventData/environment")),
    ("role_mapping", "the role mapping", From::Place("/additionalEventData/roleMapping")),
    ("role_arn", "the role that is assumed", From::Place("/additionalEventData/roleArn")),
    ("decision", "what the gateway decided: allow or deny", From::Place("/additionalEventData/decision/effect")),
    ("reason", "what decided", From::Place("/additionalEventData/decision/reason")),
    ("policy", "the endpoint policy that denies", From::Place("/additionalEventData/decision/policy")),
    ("statement", "its statement", From::Place("/additionalEventData/decision/statement")),
    ("error_code", "the code of the refusal or failure", From::Place("/errorCode")),
    ("error_message", "its message", From::Place("/errorMessage")),
    ("error_stage", "who said no: gateway or aws", From::Place("/additionalEventData/error/stage")),
    ("actions", "the actions that were planned, made or refused", From::Texts(|record| record.actions().collect())),
    ("resources", "what they were about", From::Texts(|record| record.resources().collect())),
    ("aws_request_ids", "AWS's ids of the requests", From::Texts(|record| record.aws_request_ids().collect())),
    ("request_id", "the gateway's id of the request", From::Place("/requestID")),
    ("event_id", "the record's own id", From::Place("/eventID")),
];

/// What the columns are, for people.
pub(super) fn describe() -> String {
    let mut text = String::new();
    for (name, meaning, _) in &COLUMNS {
        write!(text, "\n  {name:<16} {meaning}").expect("a string takes everything");
    }
    text.split_off(1)
}

/// The first line.
pub(super) fn heading() -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, ..)| *name).collect();
    names.join(",") + "\r\n"
}

/// A record's line; none where the line is no record.
pub(super) fn row(line: &str) -> Option<String> {
    let (record, view) = (serde_json::from_str::<Value>(line).ok()?, RecordView::of(line)?);
    let mut row = String::new();
    for (_, _, from) in &COLUMNS {
        if !row.is_empty() {
            row.push(',');
        }
        match from {
            From::Place(place) => match record.pointer(place) {
                None | Some(Value::Null) => row.push_str("\"\""),
                Some(Value::String(text)) => write_cell(&mut row, text),
                Some(other) => write_cell(&mut row, &other.to_string()),
            },
            From::Texts(texts) => {
                let mut distinct: Vec<&str> = Vec::new();
                for text in texts(&view) {
                    if !distinct.contains(&text) {
                        distinct.push(text);
                    }
                }
                write_cell(&mut row, &distinct.join(" "));
            }
        }
    }
    row.push_str("\r\n");
    Some(row)
}

/// Appends a cell, always in quotes: a program that takes another character than the comma for the one between cells must
/// not find a cell's beginning in the middle of a text.
fn write_cell(row: &mut String, text: &str) {
    let shown = visible(text);
    row.push('"');
    if begins_a_formula(&shown) {
        row.push('\'');
    }
    row.push_str(&shown.replace('"', "\"\""));
    row.push('"');
}

/// Whether a spreadsheet would take the cell for a formula. Some pass over blanks before it, and some read the full-width
/// forms of these characters, too.
fn begins_a_formula(text: &str) -> bool {
    let first = text.trim_start().chars().next().or(text.chars().next());
    let signs = ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    text.starts_with(['\t', '\r', '\n']) || first.is_some_and(|first| signs.contains(&first))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What another program reads.
    fn read(record: &Value) -> Vec<String> {
        let text = heading() + &row(&record.to_string()).unwrap();
        let mut reader = ::csv::ReaderBuilder::new().has_headers(true).from_reader(text.as_bytes());
        assert_eq!(reader.headers().unwrap().len(), COLUMNS.len());
        let rows: Vec<_> = reader.records().collect::<Result<_, _>>().unwrap();
        assert_eq!(rows.len(), 1, "{text}");
        rows[0].iter().map(str::to_owned).collect()
    }

    fn column(name: &str) -> usize {
        COLUMNS.iter().position(|(own, ..)| *own == name).unwrap()
    }

    #[test]
    fn cells_hold_what_the_record_says() {
        let record = json!({"eventTime": "2026-11-20T12:00:00.500Z", "integrity": {"sequence": 7},
            "requestParameters": {"params": {"arguments": {"user_name": "a,\"b\""}}},
            "additionalEventData": {"awsCalls": [{"action": "iam:GetUser"}, {"action": "iam:ListUsers"}, {"action": "iam:GetUser"}]}});
        let cells = read(&record);
        assert_eq!(
            (cells[column("time")].as_str(), cells[column("sequence")].as_str()),
            ("2026-11-20T12:00:00.500Z", "7")
        );
        assert_eq!(cells[column("arguments")], r#"{"user_name":"a,\"b\""}"#);
        assert_eq!(
            (cells[column("actions")].as_str(), cells[column("tool")].as_str()),
            ("iam:GetUser iam:ListUsers", "")
        );
    }

    #[test]
    fn formulas_are_no_formulas_and_controls_are_spelled_out() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            (" =1", "' =1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("\t=1", "\\u{9}=1"),
            ("\r\n=1", "\\u{d}\\u{a}=1"),
            ("a\u{202e}b\u{1b}[2J", "a\\u{202e}b\\u{1b}[2J"),
            ("a\",=1,\"b", "a\",=1,\"b"),
            ("a-b", "a-b"),
            ("", ""),
        ] {
            let record = json!({"integrity": {"sequence": 1}, "errorMessage": text});
            assert_eq!(read(&record)[column("error_message")], cell, "{text:?}");
        }
    }

    #[test]
    fn every_column_is_described() {
        assert!(COLUMNS.iter().all(|(name, ..)| describe().contains(&format!("  {name} "))));
    }
}
