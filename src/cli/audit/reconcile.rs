//! `audit reconcile`

mod sources;
mod tell;

use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use self::sources::SourceOptions;
use crate::audit::query::When;
use crate::audit::reconcile::{Journals, Question, REACH, Range, Verdict};
use crate::cli::{Failure, Outcome, out};
use crate::clock::{Clock, SystemClock};

/// How much of what LookupEvents reaches back is given up, so that the edge of the range is read on both sides.
const EDGE: SignedDuration = SignedDuration::from_hours(2);

/// Compare a journal with CloudTrail, and name what is missing on either side.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    iam-mcp-gateway audit reconcile /var/lib/iam-mcp-gateway/audit --cloudtrail s3://org-trail/ --from 49h --to 25h\n  \
    iam-mcp-gateway audit reconcile replica-1/ replica-2/ --cloudtrail ./trail-copy --from 2026-11-01T00:00:00Z \
    --to 2026-12-01T00:00:00Z --reads\n  \
    iam-mcp-gateway audit reconcile /var/lib/iam-mcp-gateway/audit --lookup-events --from 2h --json\n\n\
    Every event of a session that the gateway assumed must have a record that lists its request, and every write that\n\
    AWS answered must have its event. Give the journals of all replicas: what another one did has no record otherwise.\n\
    A write whose end the journal does not know is held against the events that could be its own.\n\
    CloudTrail has a day: what is older and has no event is missing, so with --to 25h or earlier the verdict is final.\n\
    Both sides are believed as they are: `audit verify` says whether the journal is as it was written, and CloudTrail's\n\
    own log file validation whether its files are. docs/audit-reconcile.md says what can be concluded.\n\n\
    AWS is asked with the usual credentials (environment variables, the profile of AWS_PROFILE, ...), which need\n\
    s3:ListBucket and s3:GetObject of the bucket (and kms:Decrypt of its key), or cloudtrail:LookupEvents.\n\n\
    Exit codes: 0 complete, or nothing is missing of what is due; 1 something is missing, contradicts the other side, or\n\
    cannot be read; 2 wrong usage.")]
pub(super) struct Reconcile {
    /// The journals' folders, or single files of them, compressed or not.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Not before: a date (RFC 3339), or how long ago, such as 15m, 2h, 7d.
    #[arg(long, value_name = "WHEN")]
    from: Option<When>,
    /// Before: a date (RFC 3339), or how long ago. Now, if it is not given.
    #[arg(long, value_name = "WHEN")]
    to: Option<When>,
    /// What is newer than this has not settled: it is not due, and not missing.
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = settle)]
    settle: SignedDuration,
    /// Name reads without an event as well, and let them count as missing; a trail may be set to leave reads out.
    #[arg(long)]
    reads: bool,
    /// The name of a gateway whose stamped sessions are looked for, beside those that the journals name; may be given
    /// several times.
    #[arg(long = "gateway", value_name = "NAME")]
    gateways: Vec<String>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sources: SourceOptions,
}

/// Runs the command.
///
/// # Errors
/// When the arguments mean nothing, there is no journal, or no credentials are found.
pub(super) fn run(command: &Reconcile) -> Result<Outcome, Failure> {
    let now = SystemClock.now();
    let question = Question {
        range: command.range(now)?,
        now,
        settle: command.settle,
        reads: command.reads,
        gateways: command.gateways.iter().cloned().collect(),
    };
    let journals = Journals::read(question, &command.paths)?;
    if journals.gateways().is_empty() {
        return Err(Failure::usage(
            "the journal does not name its gateway, whose sessions are looked for: give --gateway NAME",
        ));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        let sources = command.sources.open(journals.regions(), now).await?;
        Ok::<_, Failure>(journals.compare(&sources).await)
    })?;
    if command.json {
        out::json(&report);
    } else {
        tell::report(&report);
    }
    Ok(match report.verdict {
        Verdict::Complete | Verdict::NotDueYet => Outcome::Done,
        Verdict::Incomplete | Verdict::Unreadable => Outcome::Failed,
    })
}

impl Reconcile {
    fn range(&self, now: Timestamp) -> Result<Range, Failure> {
        let at = |when: Option<When>| when.map(|when| when.resolve(now)).transpose().map_err(Failure::usage);
        let (mut from, to) = (at(self.from)?, at(self.to)?.unwrap_or(now));
        if from.is_some_and(|from| from >= to) {
            return Err(Failure::usage("--from must be before --to"));
        }
        if self.sources.lookup_events {
            let reach = now.checked_sub(REACH).map_err(Failure::usage)?;
            if from.is_some_and(|from| from < reach) {
                return Err(Failure::usage(
                    "LookupEvents reaches 90 days back: give a later --from, or the trail's files with --cloudtrail",
                ));
            }
            from = Some(from.unwrap_or(reach.checked_add(EDGE).map_err(Failure::usage)?));
        }
        Ok(Range { from, to })
    }
}

fn settle(text: &str) -> Result<SignedDuration, String> {
    match text.parse() {
        Ok(When::Ago(time)) => Ok(time),
        Ok(When::At(_)) | Err(_) => Err("write a time such as 90s, 30m or 2h".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        reconcile: Reconcile,
    }

    fn parsed(arguments: &[&str]) -> Result<Reconcile, String> {
        let line = [&["x", "audit"], arguments].concat();
        Line::try_parse_from(line).map(|line| line.reconcile).map_err(|error| error.to_string())
    }

    fn range(arguments: &[&str]) -> Result<Range, String> {
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        parsed(arguments)?.range(now).map_err(|failure| failure.message)
    }

    #[test]
    fn a_range_ends_now_and_begins_where_the_source_does() {
        let to = "2026-11-20T12:00:00Z".parse().unwrap();
        assert_eq!(range(&["--cloudtrail", "x"]), Ok(Range { from: None, to }));
        let reach = "2026-08-22T14:00:00Z".parse().ok();
        assert_eq!(range(&["--lookup-events"]), Ok(Range { from: reach, to }));
        let given = "2026-11-20T10:00:00Z".parse().ok();
        assert_eq!(range(&["--lookup-events", "--from", "2h"]), Ok(Range { from: given, to }));
        assert_eq!(parsed(&["--cloudtrail", "x"]).unwrap().settle, SignedDuration::from_mins(30));
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for (arguments, said) in [
            (&["--lookup-events", "--from", "91d"][..], "90 days"),
            (&["--cloudtrail", "x", "--from", "1h", "--to", "2h"], "before"),
            (&["--cloudtrail", "x", "--settle", "2026-11-20T12:00:00Z"], "such as 90s"),
            (&["--cloudtrail", "x", "--settle", "soon"], "such as 90s"),
            (&[], "--cloudtrail"),
            (&["--cloudtrail", "s3://"], "no bucket"),
            (&["--cloudtrail", "x", "--region", "here"], "region"),
            (&["--cloudtrail", "x", "--endpoint-url", "https://s3.example"], "not this machine"),
        ] {
            let error = range(arguments).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
