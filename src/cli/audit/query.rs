//! `audit query`

use std::path::PathBuf;

use clap::Args;

use super::filters::{self, Filters};
use super::sheet::{Sheet, tell};
use super::table::Table;
use crate::audit::query::query;
use crate::cli::{Failure, Outcome, out};
use crate::clock::{Clock, SystemClock};

/// Find records in a journal.
#[derive(Debug, Args)]
#[command(after_help = format!("Examples:\n  \
    iam-mcp-gateway audit query /var/lib/iam-mcp-gateway/audit --from 2h --decision deny\n  \
    iam-mcp-gateway audit query /var/lib/iam-mcp-gateway/audit --action 'iam:Delete*' --resource '*:role/ci/*'\n  \
    iam-mcp-gateway audit query /var/lib/iam-mcp-gateway/audit --aws-request-id 5f0c1e1c-... --json\n\n{}\n\n\
    Files whose time lies more than a day outside the range are not read; one that is given by itself always is.\n\
    A query believes what stands in the files: `audit verify` says whether that is what was written.\n\
    Exit codes: 0 ok, also when nothing was found; 1 a file cannot be read; 2 wrong usage.", filters::HELP))]
pub(super) struct Query {
    /// A journal's folder, or one of its files, compressed or not.
    path: PathBuf,
    /// Show the last N of the records that match.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print the whole records, a line of JSON each.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    filters: Box<Filters>,
}

/// Runs the command.
///
/// # Errors
/// When there is no journal, or the filters mean nothing.
pub(super) fn run(command: &Query) -> Result<Outcome, Failure> {
    let filter = command.filters.filter(SystemClock.now())?;
    if command.json {
        let mut sheet = Sheet::plain();
        let summary = query(&command.path, &filter, command.limit, &mut |line| sheet.line(&out::escaped(line)))?;
        sheet.end()?;
        return Ok(tell(&summary));
    }
    let (mut sheet, mut table) = (Sheet::styled(), Table::default());
    let summary = query(&command.path, &filter, command.limit, &mut |line| table.add(line, &mut sheet))?;
    let _enough = table.settle(&mut sheet);
    sheet.end()?;
    let found = command.limit.map_or(summary.found, |limit| summary.found.min(limit as u64));
    let left_out = match summary.left_out {
        0 => String::new(),
        files => format!("; {files} file(s) lie outside the time range"),
    };
    let looked_at = format!("{found} of {} records in {} file(s){left_out}", summary.records, summary.files);
    out::note(&out::styled(out::FAINT, &looked_at));
    Ok(tell(&summary))
}
