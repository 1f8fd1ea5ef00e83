//! `audit export`

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::filters::{self, Filters};
use super::sheet::{Sheet, tell};
use super::{cloudtrail, csv};
use crate::audit::query::query;
use crate::cli::{Failure, Outcome, out};
use crate::clock::{Clock, SystemClock};

/// Write the records of a journal in a form that other programs read.
#[derive(Debug, Args)]
#[command(after_help = format!("Examples:\n  \
    iam-mcp-gateway audit export /var/lib/iam-mcp-gateway/audit --format cloudtrail --from 7d > records.json\n  \
    iam-mcp-gateway audit export /var/lib/iam-mcp-gateway/audit --format csv --decision deny > denied.csv\n\n\
    cloudtrail: one document {{\"Records\": [...]}}, as CloudTrail's log files are. CloudTrail's fields stand as they do in\n\
    the journal, every other field (stage, integrity, ...) in additionalEventData.\n\
    csv: RFC 4180, UTF-8, a heading, then a line for each record. Several values of one cell are parted by blanks.\n\
    Characters that steer a terminal or are not seen are written as \\u{{...}}; a cell that a spreadsheet would take for a\n\
    formula has an apostrophe before it. The columns:\n{}\n\n{}\n\n\
    Exit codes: 0 ok, 1 a file cannot be read (what was written is then not everything), 2 wrong usage.",
    csv::describe(), filters::HELP))]
pub(super) struct Export {
    /// A journal's folder, or one of its files, compressed or not.
    path: PathBuf,
    /// The form.
    #[arg(long, value_enum)]
    format: Format,
    #[command(flatten)]
    filters: Box<Filters>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// As CloudTrail's log files.
    Cloudtrail,
    /// A table.
    Csv,
}

/// Runs the command.
///
/// # Errors
/// When there is no journal, or the filters mean nothing.
pub(super) fn run(command: &Export) -> Result<Outcome, Failure> {
    let filter = command.filters.filter(SystemClock.now())?;
    let mut sheet = Sheet::plain();
    let mut first = true;
    let summary = query(&command.path, &filter, None, &mut |line| match command.format {
        Format::Cloudtrail => {
            sheet.text(if std::mem::take(&mut first) { "{\"Records\":[\n" } else { ",\n" })?;
            cloudtrail::event(line).map_or(ControlFlow::Continue(()), |event| sheet.text(&out::escaped(&event)))
        }
        Format::Csv => {
            if std::mem::take(&mut first) {
                sheet.text(&csv::heading())?;
            }
            csv::row(line).map_or(ControlFlow::Continue(()), |row| sheet.text(&row))
        }
    })?;
    let _enough = match (command.format, first) {
        // Without its end, nobody takes a part for the whole.
        (Format::Cloudtrail, _) if !summary.unread.is_empty() => ControlFlow::Continue(()),
        (Format::Cloudtrail, true) => sheet.line("{\"Records\":[]}"),
        (Format::Cloudtrail, false) => sheet.line("\n]}"),
        (Format::Csv, true) => sheet.text(&csv::heading()),
        (Format::Csv, false) => ControlFlow::Continue(()),
    };
    sheet.end()?;
    Ok(tell(&summary))
}
