//! The filters that `audit query`, `tail` and `export` share.

use std::ops::RangeInclusive;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::audit::query::{Decider, Effect, Filter, Pattern, When};
use crate::cli::Failure;

/// What is told of the filters in each command's help.
pub(super) const HELP: &str = "All filters that are given have to match. Actions and resources take * and ?, in any letter case; a resource\n\
    that AWS was asked about by name alone is recorded as user/*alice, and found by user/alice and user/any/path/alice.\n\
    `--decision deny` is what either stage denied; `--decided-by` tells them apart.";

/// Which records are asked for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Filters")]
pub(super) struct Filters {
    /// Not before: a date (RFC 3339), or how long ago, such as 15m, 2h, 7d.
    #[arg(long, value_name = "WHEN")]
    from: Option<When>,
    /// Before: a date (RFC 3339), or how long ago.
    #[arg(long, value_name = "WHEN")]
    to: Option<When>,
    /// The caller: `alice`, or `keyring:alice`.
    #[arg(long, value_name = "NAME")]
    caller: Option<String>,
    /// The person behind the caller.
    #[arg(long, value_name = "PERSON")]
    person: Option<String>,
    /// The tool.
    #[arg(long, value_name = "TOOL")]
    tool: Option<String>,
    /// An action that was planned, made or refused, such as `iam:Delete*`.
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    action: Option<Pattern>,
    /// What such an action was about: an ARN, or a pattern such as `*:role/ci/*`.
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    resource: Option<Pattern>,
    /// What was decided.
    #[arg(long, value_enum)]
    decision: Option<DecisionOption>,
    /// Who decided: the gateway's own stage, or AWS.
    #[arg(long, value_enum)]
    decided_by: Option<DeciderOption>,
    /// The code of a failure or refusal, such as `AccessDenied`.
    #[arg(long, value_name = "CODE")]
    error: Option<String>,
    /// AWS's id of a request.
    #[arg(long, value_name = "ID")]
    aws_request_id: Option<String>,
    /// What a record is about: intent, outcome, read, dry-run, denied, ...; `segment` for the headers of files.
    #[arg(long, value_name = "STAGE", value_parser = stage)]
    stage: Option<String>,
    /// The environment.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// The gateway's id of a request, which its answer and its log name.
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// A record's number in the chain, or a range of them, such as 12-20.
    #[arg(long, value_name = "NUMBER", value_parser = sequence)]
    sequence: Option<RangeInclusive<u64>>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DecisionOption {
    /// It may be done.
    Allow,
    /// It may not.
    Deny,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DeciderOption {
    /// The gateway.
    Gateway,
    /// AWS.
    Aws,
}

impl Filters {
    /// The filter, at this moment.
    ///
    /// # Errors
    /// When its range is empty.
    pub(super) fn filter(&self, now: Timestamp) -> Result<Filter, Failure> {
        let at = |when: Option<When>| when.map(|when| when.resolve(now)).transpose().map_err(Failure::usage);
        let (from, to) = (at(self.from)?, at(self.to)?);
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err(Failure::usage("--from must be before --to"));
        }
        Ok(Filter {
            from,
            to,
            caller: self.caller.clone(),
            person: self.person.clone(),
            tool: self.tool.clone(),
            action: self.action.clone(),
            resource: self.resource.clone(),
            decision: self.decision.map(|decision| match decision {
                DecisionOption::Allow => Effect::Allow,
                DecisionOption::Deny => Effect::Deny,
            }),
            decided_by: self.decided_by.map(|decider| match decider {
                DeciderOption::Gateway => Decider::Gateway,
                DeciderOption::Aws => Decider::Aws,
            }),
            error: self.error.clone(),
            aws_request: self.aws_request_id.clone(),
            stage: self.stage.clone(),
            environment: self.environment.clone(),
            request: self.request_id.clone(),
            sequence: self.sequence.clone(),
        })
    }
}

#[expect(clippy::unnecessary_wraps, reason = "clap's value parsers answer a result")]
fn pattern(text: &str) -> Result<Pattern, String> {
    Ok(Pattern::new(text))
}

fn stage(text: &str) -> Result<String, String> {
    use serde::de::{IntoDeserializer, value::Error};
    if text != "segment" {
        let word: serde::de::value::StrDeserializer<'_, Error> = text.into_deserializer();
        <crate::audit::Stage as serde::Deserialize>::deserialize(word)
            .map_err(|error| format!("{error}, or `segment`"))?;
    }
    Ok(text.to_owned())
}

fn sequence(text: &str) -> Result<RangeInclusive<u64>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok(first..=last),
        _ => Err("write a number, or a range such as 12-20".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        filters: Filters,
    }

    fn parsed(arguments: &[&str]) -> Result<Filter, String> {
        let line = Line::try_parse_from([&["x"], arguments].concat()).map_err(|error| error.to_string())?;
        line.filters.filter("2026-11-20T12:00:00Z".parse().unwrap()).map_err(|failure| failure.message)
    }

    #[test]
    fn what_is_given_is_asked_for() {
        let filter =
            parsed(&["--from", "15m", "--sequence", "3-4", "--stage", "dry-run", "--decision", "deny"]).unwrap();
        assert_eq!(filter.from, "2026-11-20T11:45:00Z".parse().ok());
        assert_eq!((filter.sequence, filter.stage.as_deref()), (Some(3..=4), Some("dry-run")));
        assert_eq!(filter.decision, Some(Effect::Deny));
        assert_eq!(parsed(&[]).unwrap(), Filter::default());
        assert!(parsed(&["--stage", "segment"]).is_ok());
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for (arguments, said) in [
            (["--from", "yesterday"], "such as 15m"),
            (["--stage", "intents"], "`intent`"),
            (["--sequence", "4-3"], "a range"),
            (["--sequence", "x"], "a number"),
            (["--decision", "maybe"], "allow, deny"),
        ] {
            let error = parsed(&arguments).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
        assert!(parsed(&["--from", "1h", "--to", "2h"]).unwrap_err().contains("before"));
    }
}
